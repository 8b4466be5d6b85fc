import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeNitro } from '../../../test/support/evidence/nitro.js';
import {
  ENCLAVE,
  KEY,
  keyPem,
  makeAnswer,
  makeAttestation,
  makeBatch,
  makeStream,
  OTHER_ENCLAVE,
  REQUEST,
  SIGNED_AT,
  TEXT,
  TLS_CERTIFICATE,
  userData,
} from '../../../test/support/evidence/opengradient.js';
import { SIMULATED_ROOTS } from '../../../test/support/evidence/roots.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { CIRCUMSTANCES, outcomeOf } from '../../../test/support/imports.js';
import { fromHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { parseBatch } from '../../evidence/opengradient/batch.js';
import { SAFE_DCAP_POLICY } from '../evidence/dcap-policy.js';
import { SAFE_NITRO_POLICY } from '../evidence/nitro-policy.js';
import type { ImportCircumstances } from './imported.js';
import { importOpenGradient, importOpenGradientBatch, type OpenGradientInput } from './opengradient.js';

const WHOLE: OpenGradientInput = {
  response: makeAnswer(),
  request: REQUEST,
  key: KEY,
  attestation: makeAttestation(),
  tlsCertificate: null,
};
const judge = (change: Partial<OpenGradientInput> = {}, circumstances: Partial<ImportCircumstances> = {}) =>
  importOpenGradient({ ...WHOLE, ...change }, { ...CIRCUMSTANCES, ...circumstances });

describe('an answer of OpenGradient', () => {
  it('with all parts is accepted, as a handoff and no more', async () => {
    const judged = await judge({ tlsCertificate: TLS_CERTIFICATE });
    expect(outcomeOf(judged)).toEqual({ status: 'accepted', code: null, failed: [], unmade: [] });
    expect(judged.facts.model.grade).toBe('asserted');
    expect(judged.facts.place.grade).toBe('handoff');
    expect(judged.claims.map(({ status }) => status)).toEqual([
      ...['verified', 'verified', 'verified'],
      ...['asserted', 'asserted', 'asserted', 'unknown', 'unknown'],
    ]);
    expect(judged.stated).toMatchObject({
      model: 'gpt-4.1',
      notHashed: ['top_p'],
      time: SIGNED_AT,
      form: 'body',
    });
  });

  it('that came as a stream too', async () => {
    expect(outcomeOf(await judge({ response: makeStream() })).status).toBe('accepted');
  });

  it.each<readonly [string, Partial<OpenGradientInput>, string, string]>([
    [
      'another key',
      { response: makeAnswer({ members: { tee_id: 'ab'.repeat(32) } }) },
      'key',
      'opengradient/key-mismatch',
    ],
    [
      'a signature over another time',
      { response: makeAnswer({ members: { tee_timestamp: SIGNED_AT - 1 } }) },
      'signature',
      'opengradient/signature-invalid',
    ],
    [
      'another request',
      { request: utf8('{"model":"gpt-4.1","prompt":"x"}') },
      'request',
      'opengradient/request-mismatch',
    ],
    [
      'another text',
      { response: makeAnswer({ choice: { message: { content: `${TEXT}!` }, finish_reason: 'stop' } }) },
      'output',
      'opengradient/output-mismatch',
    ],
    [
      'the text of the answer signed as a tool call',
      {
        response: makeAnswer({
          output: '[]',
          choice: { message: { content: '[]', tool_calls: [1] }, finish_reason: 'tool_calls' },
        }),
      },
      'output',
      'opengradient/output-mismatch',
    ],
    [
      'a time that has not come',
      { response: makeAnswer({ timestamp: DURING + 302 }) },
      'time',
      'opengradient/from-the-future',
    ],
    [
      "the document of another enclave's key",
      { attestation: makeAttestation(userData(TLS_CERTIFICATE, OTHER_ENCLAVE)) },
      'key-attested',
      'opengradient/key-unattested',
    ],
    [
      'a document without digests',
      { attestation: makeAttestation(null) },
      'key-attested',
      'opengradient/user-data-malformed',
    ],
    [
      'another TLS certificate',
      { tlsCertificate: utf8('another') },
      'tls',
      'opengradient/certificate-mismatch',
    ],
    [
      'a document of an enclave in debug mode',
      {
        attestation: makeNitro({
          members: { user_data: userData(), pcrs: new Map([0, 1, 2].map(pcr => [pcr, new Uint8Array(48)])) },
        }),
      },
      'attestation',
      'nitro/debug',
    ],
  ])('with %s fails in that alone', async (_, change, check, code) => {
    const judged = outcomeOf(await judge(change));
    expect([judged.status, judged.code, judged.failed]).toEqual(['refused', code, [check]]);
  });

  it('whose whole key is another fails in all that rests on it', async () => {
    expect(outcomeOf(await judge({ key: utf8(keyPem(OTHER_ENCLAVE)) })).failed).toEqual([
      'key',
      'signature',
      'key-attested',
    ]);
  });

  it.each<readonly [string, Partial<OpenGradientInput>, readonly string[]]>([
    ['the request', { request: null }, ['request']],
    ['the key', { key: null }, ['key', 'signature', 'key-attested']],
    ['the attestation', { attestation: null }, ['key-attested', 'attestation']],
    [
      'the output of a stream of tool calls',
      { response: makeStream([], { finish: 'tool_calls' }) },
      ['output'],
    ],
  ])('without %s is inconclusive', async (_, change, unmade) => {
    const judged = await judge(change);
    expect(outcomeOf(judged)).toMatchObject({ status: 'inconclusive', failed: [], unmade });
    expect(judged.facts.place.grade).toBe(unmade.includes('key-attested') ? 'asserted' : 'handoff');
  });

  it('that ends in tool calls, as a stream: why the output was not looked at is said', async () => {
    const judged = await judge({ response: makeStream([], { finish: 'tool_calls' }) });
    expect(judged.code).toBe('opengradient/stream-unsupported');
  });

  it('under a root that nobody has pinned, or of a simulated attester, is refused, and its key counts for nothing', async () => {
    const unknown = await judge({}, { roots: { nitro: [], dcap: [] } });
    expect(outcomeOf(unknown)).toMatchObject({
      failed: ['attestation'],
      unmade: ['key-attested'],
      code: 'certificate/root-unknown',
    });
    expect(unknown.facts.place.grade).toBe('none');
    const simulated = await judge({}, { roots: SIMULATED_ROOTS });
    expect(outcomeOf(simulated)).toMatchObject({ failed: ['attestation'], code: 'evidence/simulated' });
    expect(simulated.claims[2]).toMatchObject({ status: 'refuted', code: 'evidence/simulated' });
  });

  it('that is old is refused by a policy that wants fresh documents', async () => {
    const nitro = { ...SAFE_NITRO_POLICY, maximumAge: 0 };
    expect(outcomeOf(await judge({}, { policies: { nitro, dcap: SAFE_DCAP_POLICY } })).code).toBe(
      'nitro/stale',
    );
  });

  it.each<readonly [string, Partial<OpenGradientInput>, string]>([
    ['an answer', { response: utf8('{}') }, 'opengradient/response-malformed'],
    ['a request', { request: utf8('{}') }, 'opengradient/request-malformed'],
    ['a key', { key: utf8('x') }, 'opengradient/key-malformed'],
    ['a document', { attestation: utf8('x') }, 'nitro/malformed'],
  ])('what is no %s is malformed', async (_, change, code) => {
    expect(await reasonOfAsync(() => judge(change))).toBe(code);
  });

  it('every bit of what is signed counts', async () => {
    const [answer] = [JSON.parse(new TextDecoder().decode(WHOLE.response)) as Record<string, unknown>];
    for (const name of ['tee_request_hash', 'tee_output_hash', 'tee_id'] as const) {
      const digits = `${answer[name]}`.replace('0x', '');
      for (let at = 0; at < digits.length; at++) {
        const changed = `${digits.slice(0, at)}${digits[at] === '0' ? '1' : '0'}${digits.slice(at + 1)}`;
        const response = utf8(JSON.stringify({ ...answer, [name]: changed }));
        expect((await judge({ response, attestation: null })).status).toBe('refused');
      }
    }
    for (let at = 0; at < REQUEST.length; at++) {
      const request = REQUEST.slice();
      request[at] = (request[at] as number) ^ 1;
      // What is outside of the digest may change; all else is another request, or none.
      const inTopP = at >= REQUEST.length - ',"top_p":0.5}'.length && at < REQUEST.length - 1;
      if (inTopP) continue;
      const status = await judge({ request, attestation: null }).then(
        ({ status }) => status,
        () => 'malformed',
      );
      expect(['refused', 'malformed']).toContain(status);
    }
  });
});

describe('a batch of OpenGradient', () => {
  const batch = makeBatch();
  const root = parseBatch(batch).tree[0] as Uint8Array;
  const judgeBatch = (change: Partial<Parameters<typeof importOpenGradientBatch>[0]> = {}) =>
    importOpenGradientBatch({ batch, root, keys: [KEY], ...change });

  it('with root and keys is accepted', async () => {
    const judged = await judgeBatch();
    expect(outcomeOf(judged)).toEqual({ status: 'accepted', code: null, failed: [], unmade: [] });
    expect([judged.facts.model.grade, judged.facts.place.grade]).toEqual(['none', 'none']);
    expect(judged.claims.map(({ status }) => status)).toEqual([
      'verified',
      'verified',
      'verified',
      'asserted',
      'unknown',
      'unknown',
    ]);
  });

  it.each<readonly [string, Parameters<typeof judgeBatch>[0], readonly string[], string]>([
    ['another root', { root: fromHex('00'.repeat(32)) }, ['root'], 'opengradient/root-mismatch'],
    [
      'an item without a signature',
      { batch: makeBatch({ items: [{ signature: new Uint8Array() }] }), root: null },
      ['signatures'],
      'opengradient/signature-absent',
    ],
    [
      'an item that another has signed',
      { batch: makeBatch({ items: [{ signature: new Uint8Array(256) }] }), root: null },
      ['signatures'],
      'opengradient/signature-invalid',
    ],
    [
      'an item that was changed',
      { batch: makeBatch({ change: dump => dump.values.pop() }) },
      ['leaves'],
      'opengradient/leaves-incomplete',
    ],
    [
      'a node that was changed',
      { batch: makeBatch({ change: dump => dump.tree.push(dump.tree[0]) }) },
      ['tree', 'leaves', 'root'],
      'opengradient/tree-mismatch',
    ],
  ])('with %s is refused', async (_, change, failed, code) => {
    const judged = outcomeOf(await judgeBatch(change));
    expect(judged).toMatchObject({ status: 'refused', code });
    expect(judged.failed).toEqual(expect.arrayContaining(failed as string[]));
  });

  it('no byte of it can be changed', async () => {
    const one = makeBatch({ items: [{ question: 'a' }, { question: 'b' }] });
    const published = parseBatch(one).tree[0] as Uint8Array;
    for (let at = 0; at < one.length; at++) {
      const changed = one.with(at, (one[at] as number) ^ 1);
      const status = await judgeBatch({ batch: changed, root: published }).then(
        judged => judged.status,
        () => 'malformed',
      );
      expect(status).not.toBe('accepted');
    }
  });

  it('without root, or the keys of all items, is inconclusive', async () => {
    expect(outcomeOf(await judgeBatch({ root: null }))).toMatchObject({
      status: 'inconclusive',
      unmade: ['root'],
    });
    expect(outcomeOf(await judgeBatch({ keys: [] }))).toMatchObject({
      status: 'inconclusive',
      unmade: ['signatures'],
    });
    const items = [{ keys: ENCLAVE }, { keys: OTHER_ENCLAVE }];
    const two = { batch: makeBatch({ items }), root: null };
    expect(outcomeOf(await judgeBatch(two)).unmade).toEqual(['root', 'signatures']);
    expect(outcomeOf(await judgeBatch({ ...two, keys: [KEY, utf8(keyPem(OTHER_ENCLAVE))] })).unmade).toEqual([
      'root',
    ]);
  });
});
