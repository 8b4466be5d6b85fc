import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import {
  ADDRESS,
  dstackReport,
  EDWARDS_KEY,
  NONCE,
  type ReportOptions,
  runtimeEvent,
  signText,
  signTextEdwards,
} from '../../../test/support/evidence/dstack.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { CIRCUMSTANCES, outcomeOf } from '../../../test/support/imports.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import type { ImportCircumstances } from './imported.js';
import { importNear, type NearInput } from './near.js';

const REQUEST = utf8('{"model":"a/b:c","messages":[]}');
const RESPONSE = utf8('data: {"id":"1"}\n\n');
const digests = `${toHex(sha256(REQUEST))}:${toHex(sha256(RESPONSE))}`;
const BY_MODEL = `a/b:c:${digests}`;

const signature = (members: Record<string, unknown> = {}, text = BY_MODEL) =>
  utf8(
    JSON.stringify({
      text,
      signature: `0x${toHex(signText(text))}`,
      signing_address: `0x${toHex(ADDRESS)}`,
      signing_algo: 'ecdsa',
      signature_kind: 'provider_tee',
      ...members,
    }),
  );
const models = (...options: readonly ReportOptions[]) =>
  utf8(JSON.stringify({ model_attestations: options.map(each => dstackReport({ tls: null, ...each })) }));

const WHOLE: NearInput = {
  signature: signature(),
  request: REQUEST,
  response: RESPONSE,
  report: models({}),
  nonce: NONCE,
  collateral: makeCollateral(),
};
const judge = (change: Partial<NearInput> = {}, circumstances: Partial<ImportCircumstances> = {}) =>
  importNear({ ...WHOLE, ...change }, { ...CIRCUMSTANCES, ...circumstances });

describe('a signed response of NEAR AI', () => {
  it('of the serving side is accepted: the name of the model is signed, and its weights are not', async () => {
    const judged = await judge();
    expect(outcomeOf(judged)).toEqual({ status: 'accepted', code: null, failed: [], unmade: [] });
    expect([judged.facts.model.grade, judged.facts.place.grade]).toEqual(['provider-signed', 'handoff']);
    expect(judged.claims.map(({ status }) => status)).toEqual([
      ...['verified', 'verified', 'verified', 'verified'],
      ...['asserted', 'unknown', 'unknown'],
    ]);
  });

  it('of the gateway names no model', async () => {
    const judged = await judge({
      signature: signature({ signature_kind: 'gateway' }, digests),
      report: utf8(JSON.stringify({ gateway_attestation: dstackReport(), model_attestations: [] })),
    });
    expect(outcomeOf(judged)).toEqual({ status: 'accepted', code: null, failed: [], unmade: [] });
    expect([judged.facts.model.grade, judged.facts.place.grade]).toEqual(['asserted', 'handoff']);
    expect(judged.claims).toHaveLength(6);
  });

  it('in Ed25519, with a report of one component', async () => {
    const members = {
      signing_algo: 'ed25519',
      signing_address: toHex(EDWARDS_KEY),
      signature: toHex(signTextEdwards(BY_MODEL)),
    };
    const report = utf8(JSON.stringify(dstackReport({ algorithm: 'ed25519', tls: null })));
    expect(outcomeOf(await judge({ signature: signature(members), report })).status).toBe('accepted');
  });

  it.each<readonly [string, Partial<NearInput>, string, string]>([
    [
      'another signature',
      { signature: signature({ signature: toHex(signText('x')) }) },
      'signature',
      'near/signature-invalid',
    ],
    ['another request', { request: utf8('{"model":"a/b:c"}') }, 'request', 'near/request-mismatch'],
    ['another response', { response: utf8('x') }, 'response', 'near/response-mismatch'],
    [
      'a gateway that names a model',
      {
        signature: signature({ signature_kind: 'gateway' }),
        report: utf8(JSON.stringify({ gateway_attestation: dstackReport() })),
      },
      'kind',
      'near/kind-mismatch',
    ],
    ['a serving side that names none', { signature: signature({}, digests) }, 'kind', 'near/kind-mismatch'],
    ['the report of another nonce', { nonce: NONCE.with(0, 1) }, 'report-data', 'near/report-data-mismatch'],
    [
      'a report of which the quote names another key',
      { report: models({ reportData: new Uint8Array(64) }) },
      'report-data',
      'near/report-data-mismatch',
    ],
    [
      'a report with another TLS key than the quote has',
      { report: models({ tls: sha256(utf8('x')), reportData: new Uint8Array(64) }) },
      'report-data',
      'near/report-data-mismatch',
    ],
    [
      'another compose file',
      { report: models({ members: { info: { tcb_info: { app_compose: '{}' } } } }) },
      'deployment',
      'dstack/compose-mismatch',
    ],
    [
      'an event log of another machine',
      { report: models({ members: { event_log: [runtimeEvent('compose-hash', utf8('x'))] } }) },
      'deployment',
      'dstack/log-mismatch',
    ],
    [
      'a trust domain that can be looked into',
      { report: models({ quote: { body: body => void body.set([1], 120) } }) },
      'hardware',
      'quote/debug',
    ],
  ])('with %s fails in that alone', async (_, change, check, code) => {
    const judged = outcomeOf(await judge(change));
    expect([judged.status, judged.code, judged.failed]).toEqual(['refused', code, [check]]);
  });

  it('that names another model than was asked for', async () => {
    const text = `a/b:d:${digests}`;
    expect(outcomeOf(await judge({ signature: signature({}, text) }))).toMatchObject({
      failed: ['model'],
      code: 'near/model-mismatch',
    });
    const noJson = utf8('x');
    const other = `a/b:c:${toHex(sha256(noJson))}:${toHex(sha256(RESPONSE))}`;
    expect(outcomeOf(await judge({ signature: signature({}, other), request: noJson })).failed).toEqual([
      'model',
    ]);
  });

  it.each<readonly [string, Partial<NearInput>]>([
    ['of another key', { report: models({ algorithm: 'ed25519' }) }],
    ['without any', { report: models() }],
    // The gateway's key says nothing about who serves the model.
    [
      'of the gateway alone',
      { report: utf8(JSON.stringify({ gateway_attestation: dstackReport({ tls: null }) })) },
    ],
  ])('with a report %s: the signer is not attested', async (_, change) => {
    expect(outcomeOf(await judge(change))).toMatchObject({
      failed: ['signer'],
      code: 'near/signer-unattested',
    });
  });

  it.each<readonly [string, Partial<NearInput>, readonly string[]]>([
    ['the request', { request: null }, ['request', 'model']],
    ['the response', { response: null }, ['response']],
    ['the report', { report: null }, ['signer', 'hardware', 'report-data', 'deployment']],
    ['the nonce', { nonce: null }, ['report-data']],
    ['collateral', { collateral: null }, ['hardware']],
    ['an event log', { report: models({ members: { event_log: null } }) }, ['deployment']],
    ['a compose file', { report: models({ members: { info: { tcb_info: 'x' } } }) }, ['deployment']],
    ['a kind', { signature: signature({ signature_kind: null }) }, ['kind']],
  ])('without %s is inconclusive', async (_, change, unmade) => {
    expect(outcomeOf(await judge(change))).toMatchObject({ status: 'inconclusive', failed: [], unmade });
  });

  it('that does not say whose signature it is: why that is not enough is said', async () => {
    expect((await judge({ signature: signature({ signature_kind: undefined }) })).code).toBe(
      'near/kind-unstated',
    );
  });

  it('under a root that nobody has pinned: what the quote carries counts for nothing', async () => {
    const judged = await judge({}, { roots: { nitro: [], dcap: [] } });
    expect(outcomeOf(judged)).toMatchObject({ failed: ['hardware'], unmade: ['report-data', 'deployment'] });
    expect(judged.facts.place.grade).toBe('none');
  });

  it.each<readonly [string, Partial<NearInput>, string]>([
    ...(
      [
        ['no text', { text: undefined }],
        ['a text of one part', { text: 'x' }],
        ['a text of digests that are none', { text: `${'z'.repeat(64)}:${'z'.repeat(64)}` }],
        ['an address of 32 bytes', { signing_address: toHex(EDWARDS_KEY) }],
        ['a signature of 64 bytes', { signature: 'ab'.repeat(64) }],
        ['an algorithm that there is not', { signing_algo: 'rsa' }],
        ['a kind that there is not', { signature_kind: 'somebody' }],
      ] as const
    ).map(
      ([what, members]) => [what, { signature: signature(members) }, 'near/signature-malformed'] as const,
    ),
    ...(
      [
        ['no quote', { intel_quote: undefined }],
        ['a quote that is none', { intel_quote: 'ab' }],
        ['an address of 32 bytes', { signing_address: toHex(EDWARDS_KEY) }],
        ['a nonce of 20 bytes', { request_nonce: 'ab'.repeat(20) }],
        ['a fingerprint of 20 bytes', { tls_cert_fingerprint: 'ab'.repeat(20) }],
        ['a payload that is no text', { nvidia_payload: {} }],
      ] as const
    ).map(([what, members]) => [what, { report: models({ members }) }, 'near/report-malformed'] as const),
    ['a list', { report: utf8('[]') }, 'near/report-malformed'],
    ['models that are no list', { report: utf8('{"model_attestations":{}}') }, 'near/report-malformed'],
    [
      'a quote of zeros',
      { report: models({ members: { intel_quote: '00'.repeat(700) } }) },
      'quote/version-unsupported',
    ],
  ])('malformed: %s', async (_, change, code) => {
    expect(await reasonOfAsync(() => judge(change))).toBe(code);
  });
});

describe('every byte of an answer about a signature', () => {
  it('counts', async () => {
    // Without the quote, which takes its time and has a test of its own.
    const others = { report: null };
    const whole = WHOLE.signature;
    const unmade = ['signer', 'hardware', 'report-data', 'deployment'];
    expect(outcomeOf(await judge(others))).toMatchObject({ failed: [], unmade });
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.with(at, (whole[at] as number) ^ 1);
      const outcome = await judge({ ...others, signature: changed }).then(outcomeOf, () => 'malformed');
      expect(outcome).not.toMatchObject({ failed: [], unmade });
    }
  });
});

describe('the signature that NEAR AI has published', () => {
  it('is good, of nobody knows which component, and of other bytes than its page shows', async () => {
    const published = {
      text: '0353202f04c8a24a484c8e4b7ea0b186ea510e2ae0f1808875fd8a96a8059e39:479be7c96bb9b21ca927fe23f2f092abe2eb2fff7e3ad368ea96505e04673cdc',
      signature:
        '0x5ed3ac0642bceb8cdd5b222cd2db36b92af2a4d427f11cd1bec0e5b732b94628015f32f2cec91865148bf9d6f56ab673645f6bc500421cd28ff120339ea7e1a01b',
      signing_address: '0x1d58EE32e9eB327c074294A2b8320C47E33b9316',
      signing_algo: 'ecdsa',
    };
    const given = { signature: utf8(JSON.stringify(published)), request: null, response: null, report: null };
    expect(outcomeOf(await judge(given))).toMatchObject({
      status: 'inconclusive',
      failed: [],
      unmade: ['request', 'response', 'kind', 'signer', 'hardware', 'report-data', 'deployment'],
    });
    expect(outcomeOf(await judge({ ...given, request: utf8('{}') })).failed).toEqual(['request']);
  });
});
