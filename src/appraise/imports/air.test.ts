import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  AIR_KEY,
  type AirOptions,
  CHALLENGE,
  MEASURED,
  makeAir,
  NITRO_ATTESTATION,
  REQUEST,
  RESPONSE,
  tdQuote,
} from '../../../test/support/evidence/air.js';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import { makeNitro } from '../../../test/support/evidence/nitro.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { CIRCUMSTANCES, outcomeOf } from '../../../test/support/imports.js';
import type { Cbor } from '../../bytes/cbor.js';
import { concat, utf8 } from '../../bytes/octets.js';
import { type AirInput, importAir } from './air.js';
import type { ImportCircumstances } from './imported.js';

const WHOLE: AirInput = {
  receipt: makeAir(),
  key: null,
  attestation: NITRO_ATTESTATION,
  request: REQUEST,
  response: RESPONSE,
  nonce: CHALLENGE,
  collateral: null,
};
const judge = (change: Partial<AirInput> = {}, circumstances: Partial<ImportCircumstances> = {}) =>
  importAir({ ...WHOLE, ...change }, { ...CIRCUMSTANCES, ...circumstances });
const claim = (key: number, value: Cbor | undefined, more: AirOptions = {}) => ({
  receipt: makeAir({ ...more, claims: new Map([[key, value]]) }),
});

const ofTdx = (attestation: Uint8Array, registers = MEASURED('tdx-mrtd-rtmr')): Partial<AirInput> => ({
  receipt: makeAir({ attestation, claims: new Map([[-65543, registers]]) }),
  attestation,
  key: AIR_KEY,
  collateral: makeCollateral(),
});
const ofNitro = (attestation: Uint8Array): Partial<AirInput> => ({
  receipt: makeAir({ attestation }),
  attestation,
  key: AIR_KEY,
});

/** What the published evidence of the draft's authors looks like: registers of one octet each, and nobody who has signed. */
const STUB = (() => {
  const quote = tdQuote();
  const beginning = quote.slice(0, 48 + 584);
  beginning.fill(0xaa, 48 + 136, 48 + 184);
  beginning.fill(0xbb, 48 + 328, 48 + 376);
  return concat(beginning, Uint8Array.of(128, 0, 0, 0), new Uint8Array(128));
})();

describe('an attested inference receipt', () => {
  it.each<readonly [string, Partial<AirInput>]>([
    ['of a Nitro enclave, whose document has the key', {}],
    ['of a trust domain, whose quote has its digest', ofTdx(tdQuote())],
  ])('%s, is accepted', async (_, change) => {
    const judged = await judge(change);
    expect(outcomeOf(judged)).toEqual({ status: 'accepted', code: null, failed: [], unmade: [] });
    expect([judged.facts.model.grade, judged.facts.place.grade]).toEqual(['provider-signed', 'handoff']);
    expect(judged.claims.map(({ status }) => status)).toEqual([
      ...['verified', 'verified', 'verified', 'verified'],
      ...['asserted', 'unknown', 'asserted'],
    ]);
  });

  it('that is perfect, over a stub: what it says of its hardware is refuted, and why is said', async () => {
    expect(STUB).toHaveLength(764);
    const judged = await judge(ofTdx(STUB));
    expect(outcomeOf(judged)).toEqual({
      status: 'refused',
      code: 'air/attestation-stub',
      failed: ['hardware'],
      unmade: ['key-attested', 'measurements'],
    });
    expect(judged.claims.map(({ status, code }) => [status, code])).toEqual([
      ['verified', null],
      ['verified', null],
      ['refuted', 'air/attestation-stub'],
      ['refuted', 'air/attestation-stub'],
      ['asserted', null],
      ['unknown', null],
      ['asserted', null],
    ]);
    expect(judged.facts.place.grade).toBe('none');
    expect(judged.checks.find(({ name }) => name === 'hardware')).toMatchObject({
      detail: 'quote/malformed',
    });
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['text', utf8('attestation')],
    ['a map of CBOR, as mock documents are', Uint8Array.of(0xa0)],
  ])('over %s is over a stub too', async (_, stub) => {
    expect(outcomeOf(await judge(ofNitro(stub)))).toMatchObject({
      failed: ['hardware'],
      code: 'air/attestation-stub',
    });
  });

  it('is not said to be over a stub where other bytes were given', async () => {
    const judged = outcomeOf(await judge({ attestation: utf8('x'), key: AIR_KEY }));
    expect(judged).toMatchObject({
      failed: ['attestation-hash', 'hardware'],
      code: 'air/attestation-mismatch',
    });
  });

  it.each<readonly [string, Partial<AirInput>, readonly string[], string]>([
    [
      'a signature of another',
      { receipt: makeAir({ signature: new Uint8Array(64) }) },
      ['signature'],
      'air/signature-invalid',
    ],
    ['another request', { request: utf8('x') }, ['request'], 'air/request-mismatch'],
    ['another response', { response: utf8('x') }, ['response'], 'air/response-mismatch'],
    ['another nonce', { nonce: utf8('another one') }, ['nonce'], 'air/nonce-mismatch'],
    ['no nonce', claim(10, undefined), ['nonce'], 'air/nonce-mismatch'],
    ['a time that has not come', claim(6, DURING + 302), ['time'], 'air/from-the-future'],
    ['an evaluation', claim(-65548, 'evaluation'), ['mode'], 'air/evaluation'],
    [
      'another attestation',
      { attestation: makeNitro({ members: { public_key: AIR_KEY, nonce: utf8('x') } }) },
      ['attestation-hash'],
      'air/attestation-mismatch',
    ],
    [
      'an attestation of another key',
      ofNitro(makeNitro({ members: { public_key: new Uint8Array(32) } })),
      ['key-attested'],
      'air/key-unattested',
    ],
    ['an attestation without a key', ofNitro(makeNitro()), ['key-attested'], 'air/key-unattested'],
    ['a quote of another key', ofTdx(tdQuote(new Uint8Array(64))), ['key-attested'], 'air/key-unattested'],
    [
      'a register that the attestation has otherwise',
      claim(-65543, MEASURED('nitro-pcr').set('pcr1', new Uint8Array(48))),
      ['measurements'],
      'air/measurement-mismatch',
    ],
    [
      'a register that the quote has otherwise',
      ofTdx(tdQuote(), MEASURED('tdx-mrtd-rtmr').set('pcr4', new Uint8Array(48))),
      ['measurements'],
      'air/measurement-mismatch',
    ],
  ])('with %s fails in that alone', async (_, change, failed, code) => {
    const judged = outcomeOf(await judge(change));
    expect([judged.status, judged.code, judged.failed]).toEqual(['refused', code, failed]);
  });

  it.each<readonly [string, Partial<AirInput>, readonly string[]]>([
    [
      'the attestation',
      { attestation: null, key: AIR_KEY },
      ['attestation-hash', 'hardware', 'key-attested', 'measurements'],
    ],
    [
      'the attestation and the key',
      { attestation: null },
      ['signature', 'attestation-hash', 'hardware', 'key-attested', 'measurements'],
    ],
    ['the key of a trust domain', { ...ofTdx(tdQuote()), key: null }, ['signature', 'key-attested']],
    ['collateral', { ...ofTdx(tdQuote()), collateral: null }, ['hardware']],
    ['the request', { request: null }, ['request']],
    ['the response', { response: null }, ['response']],
    ['a mode that the draft has', claim(-65548, 'GatewayOnly'), ['mode']],
  ])('without %s is inconclusive', async (_, change, unmade) => {
    expect(outcomeOf(await judge(change))).toMatchObject({ status: 'inconclusive', failed: [], unmade });
  });

  it('with a mode that the draft does not have: why that is not enough is said', async () => {
    expect((await judge(claim(-65548, 'ShieldMode'))).code).toBe('air/mode-unknown');
  });

  it('whose own nonce nobody asked about says nothing about one', async () => {
    const judged = await judge({ nonce: null });
    expect([judged.status, judged.claims.length]).toEqual(['accepted', 6]);
  });

  it('under a root that nobody has pinned', async () => {
    const judged = await judge({}, { roots: { nitro: [], dcap: [] } });
    expect(outcomeOf(judged)).toMatchObject({
      failed: ['hardware'],
      unmade: ['key-attested', 'measurements'],
      code: 'certificate/root-unknown',
    });
    expect(judged.claims[2]).toMatchObject({ status: 'refuted' });
  });

  it('what is no receipt, or no collateral, is malformed', async () => {
    expect(await reasonOfAsync(() => judge({ receipt: utf8('x') }))).toBe('air/malformed');
    expect(await reasonOfAsync(() => judge({ ...ofTdx(tdQuote()), collateral: utf8('x') }))).toBe(
      'collateral/malformed',
    );
  });
});
