import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  APP_COMPOSE,
  EVENTS,
  OTHER_EVENT,
  RAW_EVENT,
  runtimeEvent,
  type TestEvent,
  type TrustDomainOptions,
  trustDomainQuote,
} from '../../../test/support/evidence/dstack.js';
import { reasonOf } from '../../../test/support/failure.js';
import { sha256 } from '../../bytes/cryptography.js';
import type { Json } from '../../bytes/json.js';
import { concat, utf8 } from '../../bytes/octets.js';
import type { TdReport } from '../dcap/body.js';
import { parseQuote } from '../dcap/quote.js';
import { checkDeployment } from './deployment.js';

const bodyOf = (options?: TrustDomainOptions) => parseQuote(trustDomainQuote(options)).body as TdReport;
const json = (events: readonly TestEvent[]) => events as unknown as Json;
const check = (events: readonly TestEvent[], options: TrustDomainOptions = {}, appCompose = APP_COMPOSE) =>
  checkDeployment({ body: bodyOf({ events, ...options }), eventLog: json(events), appCompose });
const COMPOSE = runtimeEvent('compose-hash', sha256(utf8(APP_COMPOSE)));

describe('the deployment of a trust domain', () => {
  it('is the compose file that was measured at boot', () => {
    expect(check(EVENTS)).toEqual({ composeDigest: sha256(utf8(APP_COMPOSE)) });
    expect(
      checkDeployment({ body: bodyOf(), eventLog: JSON.stringify(EVENTS), appCompose: APP_COMPOSE }),
    ).toBeDefined();
  });

  it('also where the machine has no configuration, or events have no digest of their own', () => {
    check(EVENTS, { mrConfigId: new Uint8Array(48) });
    const bare = EVENTS.map(event => (event.event_type === 1 ? event : { ...event, digest: '' }));
    checkDeployment({ body: bodyOf(), eventLog: json(bare), appCompose: APP_COMPOSE });
  });

  it.each<readonly [string, () => unknown]>([
    [
      'another register',
      () =>
        checkDeployment({
          body: bodyOf({ events: [COMPOSE] }),
          eventLog: json(EVENTS),
          appCompose: APP_COMPOSE,
        }),
    ],
    [
      'an event left out',
      () => checkDeployment({ body: bodyOf(), eventLog: json(EVENTS.slice(2)), appCompose: APP_COMPOSE }),
    ],
    [
      'two events in another order',
      () => checkDeployment({ body: bodyOf(), eventLog: json(EVENTS.toReversed()), appCompose: APP_COMPOSE }),
    ],
    [
      'an event that says something else than what was measured',
      () => check([{ ...COMPOSE, event_payload: '00' }], { events: [COMPOSE] }),
    ],
    [
      'an event with another digest than it has',
      () => check([{ ...COMPOSE, digest: 'ab'.repeat(48) }], { events: [COMPOSE] }),
    ],
  ])('log-mismatch: %s', (_, act) => {
    expect(reasonOf(act)).toBe('dstack/log-mismatch');
  });

  it.each<readonly [string, () => unknown]>([
    ['another compose file', () => check(EVENTS, {}, '{}')],
    ['no compose file measured', () => check([OTHER_EVENT, RAW_EVENT])],
    ['one that was measured after boot only', () => check([runtimeEvent('system-ready', utf8('')), COMPOSE])],
    ['two at boot', () => check([COMPOSE, COMPOSE])],
    // Its digest is whatever it says, and the name beside it says nothing.
    [
      'one that is not of dstack',
      () => check([{ ...RAW_EVENT, event: 'compose-hash', event_payload: COMPOSE.event_payload }]),
    ],
    [
      'another in the configuration',
      () => check(EVENTS, { mrConfigId: concat(Uint8Array.of(1), new Uint8Array(32)) }),
    ],
  ])('compose-mismatch: %s', (_, act) => {
    expect(reasonOf(act)).toBe('dstack/compose-mismatch');
  });

  it.each<readonly [string, Json]>([
    ['no list', {}],
    ['an empty list', []],
    ['nothing of the register', json([OTHER_EVENT])],
    ['a text that is no JSON', '['],
    ['a text with a member twice', '[{"imr":3,"imr":3,"digest":""}]'],
    ['an event without a register', [{ digest: '' }]],
    ['a register that there is not', json([{ ...RAW_EVENT, imr: -1 }])],
    ['a digest that is too short', json([{ ...RAW_EVENT, digest: 'ab' }])],
    ['a payload that is none', json([{ ...COMPOSE, event_payload: 'x' }])],
    ['a kind that is none', json([{ ...RAW_EVENT, event_type: 2 ** 32 }])],
  ])('log-malformed: %s', (_, eventLog) => {
    expect(reasonOf(() => checkDeployment({ body: bodyOf(), eventLog, appCompose: APP_COMPOSE }))).toBe(
      'dstack/log-malformed',
    );
  });
});
