import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, begin, chat, errorOf } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { exchangeOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  completion,
  DONE,
  HELLO,
  stalledStream,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { checkCose } from '../../appraise/cose.js';
import { verify } from '../../appraise/verify.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes } from '../../receipt/envelope.js';
import { DEFAULT_LIMITS, type GatewayContext } from './context.js';
import { handleReceipt } from './receipts.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base, timeouts: { idle: 20_000 } });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const NOTHING = { opening: null, request: null, response: null };

async function grade(bundle: Uint8Array): Promise<string> {
  const { facts } = await verify({ bundle, trust: gateway.trust, content: NOTHING, asOf: Date.now() });
  return facts.record.grade;
}

describe('GET /v1/receipts/<id>', () => {
  it('gives the bundle at once, with the proof that there is', async () => {
    upstream.behaviour = answer(200, completion());
    const exchange = exchangeOf(await ask(gateway.address));
    const got = await ask(gateway.address, { path: `/v1/receipts/${exchange}` });
    expect(got.status).toBe(200);
    expect(got.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(['signed', 'included', 'witnessed']).toContain(await grade(got.body));
    expect(Buffer.from(canonicalize(parseCanonical(got.body)))).toEqual(got.body);
  });

  it.each(['included', 'witnessed'] as const)('?wait=%s gives a proof of at least that', async stage => {
    upstream.behaviour = answer(200, completion());
    const exchange = exchangeOf(await ask(gateway.address));
    const { body } = await ask(gateway.address, { path: `/v1/receipts/${exchange}?wait=${stage}` });
    expect(stage === 'witnessed' ? ['witnessed'] : ['included', 'witnessed']).toContain(await grade(body));
  });

  it('?format=cose gives the COSE receipt, once the entry is included', async () => {
    upstream.behaviour = answer(200, completion());
    const exchange = exchangeOf(await ask(gateway.address));
    const got = await ask(gateway.address, { path: `/v1/receipts/${exchange}?format=cose` });
    expect(got.status).toBe(200);
    expect(got.headers).toMatchObject({
      'content-type': 'application/cose; cose-type="cose-sign1"',
      'cache-control': 'no-store',
    });
    const bundle = await ask(gateway.address, { path: `/v1/receipts/${exchange}?wait=included` });
    const entry = envelopeBytes(parseBundle(bundle.body).envelope);
    expect((await checkCose(got.body, entry, gateway.trust)).checkpoint.origin).toBe(gateway.trust.log.name);
  });

  it('receipt/not-included: a COSE receipt is nothing without its proof', async () => {
    const context = {
      now: Date.now,
      limits: DEFAULT_LIMITS,
      active: { ending: () => null },
      log: { find: async () => 0, reached: async () => false, proveCose: async () => null },
    } as unknown as GatewayContext;
    const response = new EventEmitter() as unknown as ServerResponse;
    const query = new URLSearchParams('format=cose');
    const refused = handleReceipt(context, 'a'.repeat(26), query, response);
    await expect(refused).rejects.toMatchObject({ code: 'receipt/not-included' });
  });

  it.each(['', 'json', 'COSE'])('?format=%s is refused by name', async format => {
    const path = `/v1/receipts/aaaaaaaaaaaaaaaaaaaaaaaaaa?format=${format}`;
    const got = await ask(gateway.address, { path });
    expect(got.status).toBe(400);
    expect(errorOf(got)).toMatchObject({ code: 'invalid_value', param: 'format' });
  });

  it.each(['', 'signed', 'WITNESSED', '10', 'witnessed%20'])('?wait=%s is refused by name', async wait => {
    const path = `/v1/receipts/aaaaaaaaaaaaaaaaaaaaaaaaaa?wait=${wait}`;
    const got = await ask(gateway.address, { path });
    expect(got.status).toBe(400);
    expect(errorOf(got)).toMatchObject({ code: 'invalid_value', param: 'wait' });
  });

  it.each([
    'aaaaaaaaaaaaaaaaaaaaaaaaaa',
    'a',
    'AAAAAAAAAAAAAAAAAAAAAAAAAA',
    'x'.repeat(1000),
    '..%2f..',
    '%00',
  ])('of the unknown exchange %s is refused', async exchange => {
    const got = await ask(gateway.address, { path: `/v1/receipts/${exchange}?wait=witnessed` });
    expect(got.status).toBe(404);
    expect(errorOf(got)).toMatchObject({ code: 'receipt/unknown', type: 'not_found_error' });
  });

  it('while the answer is on its way there is none: at once without a wait', async () => {
    upstream.behaviour = stream(HELLO[0], 300, HELLO[2], DONE);
    const asking = begin(gateway.address, { body: chat({ stream: true }) });
    const exchange = await exchangeFrom(asking);
    const got = await ask(gateway.address, { path: `/v1/receipts/${exchange}` });
    expect(got.status).toBe(404);
    expect(errorOf(got).code).toBe('receipt/pending');
    await asking.answer;
    expect((await ask(gateway.address, { path: `/v1/receipts/${exchange}` })).status).toBe(200);
  });

  it('and with one, it comes when the answer has ended', async () => {
    upstream.behaviour = stream(HELLO[0], 300, HELLO[2], DONE);
    const asking = begin(gateway.address, { body: chat({ stream: true }) });
    const exchange = await exchangeFrom(asking);
    const got = await ask(gateway.address, { path: `/v1/receipts/${exchange}?wait=witnessed` });
    expect(await grade(got.body)).toBe('witnessed');
    await asking.answer;
  });

  it('for ten seconds at most, of which the unit suite waits for less than one', {
    timeout: 30_000,
  }, async () => {
    const hasty = await openGateway({
      upstream: upstream.base,
      timeouts: { idle: 30_000 },
      limits: thorough({}, { receiptTime: 700 }),
    });
    try {
      upstream.behaviour = stalledStream(HELLO[0]);
      const asking = begin(hasty.address, { body: chat({ stream: true }) });
      const exchange = await exchangeFrom(asking);
      const started = performance.now();
      const got = await ask(hasty.address, { path: `/v1/receipts/${exchange}?wait=included` });
      expect(performance.now() - started).toBeGreaterThan(thorough(9900, 600));
      expect(performance.now() - started).toBeLessThan(11_500);
      expect(errorOf(got).code).toBe('receipt/pending');
      asking.leave();
      await asking.answer;
    } finally {
      await hasty.close();
    }
  });
});

function exchangeFrom(asking: ReturnType<typeof begin>): Promise<string> {
  return new Promise(resolve => {
    asking.request.once('response', response => resolve(exchangeOf(response)));
  });
}
