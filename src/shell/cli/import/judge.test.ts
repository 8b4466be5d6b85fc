import { describe, expect, it } from 'vitest';
import '../../node.js';
import {
  REQUEST as ACI_REQUEST,
  RESPONSE as ACI_RESPONSE,
  makeReceipt,
  makeReport,
  makeSession,
} from '../../../../test/support/evidence/aci.js';
import {
  AIR_KEY,
  REQUEST as AIR_REQUEST,
  RESPONSE as AIR_RESPONSE,
  makeAir,
  NITRO_ATTESTATION,
  tdQuote,
} from '../../../../test/support/evidence/air.js';
import { makeCollateral } from '../../../../test/support/evidence/dcap.js';
import { ADDRESS, dstackReport, NONCE, signText } from '../../../../test/support/evidence/dstack.js';
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
  userData,
} from '../../../../test/support/evidence/opengradient.js';
import { makeCertificate, pem } from '../../../../test/support/evidence/x509-maker.js';
import { reasonOf, reasonOfAsync } from '../../../../test/support/failure.js';
import { CIRCUMSTANCES, outcomeOf } from '../../../../test/support/imports.js';
import { toBase64 } from '../../../bytes/base64.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { utf8 } from '../../../bytes/octets.js';
import { parseBatch } from '../../../evidence/opengradient/batch.js';
import { type Beside, judgeImport } from './judge.js';
import { type Origin, partsOf } from './parts.js';
import { importLines } from './words.js';

const NOTHING: Beside = {
  request: null,
  response: null,
  nonce: null,
  key: null,
  tls: null,
  root: null,
  collateral: null,
};
const named = (files: Record<string, Uint8Array>) =>
  Object.entries(files).map(([path, bytes]) => ({ path, bytes }));
const judge = (origin: Origin, files: Record<string, Uint8Array>, beside: Partial<Beside> = {}) =>
  judgeImport(origin, named(files), { ...NOTHING, ...beside }, CIRCUMSTANCES);

const certificate = makeCertificate({ subject: 'localhost', type: 'P-256' }).certificate;
const attestation = makeAttestation(userData(certificate));
const NEAR_TEXT = `${toHex(sha256(AIR_REQUEST))}:${toHex(sha256(AIR_RESPONSE))}`;
const nearSignature = utf8(
  JSON.stringify({
    text: NEAR_TEXT,
    signature: toHex(signText(NEAR_TEXT)),
    signing_address: toHex(ADDRESS),
    signing_algo: 'ecdsa',
    signature_kind: 'gateway',
  }),
);

describe('files of an import, in any order', () => {
  it.each<readonly [string, Origin, Record<string, Uint8Array>, Partial<Beside>]>([
    [
      'an answer of OpenGradient',
      'opengradient',
      { a: attestation, b: KEY, c: REQUEST, d: makeAnswer(), e: utf8(pem(certificate)) },
      {},
    ],
    [
      'a stream, with the key as the service answers it and the document as text',
      'opengradient',
      {
        a: utf8(JSON.stringify({ public_key: keyPem(ENCLAVE), tee_id: 'x' })),
        b: utf8(`${toBase64(attestation)}\n`),
        c: makeStream(),
      },
      { request: REQUEST },
    ],
    [
      'an answer given beside',
      'opengradient',
      { a: KEY, b: utf8(toHex(attestation)) },
      { request: REQUEST, response: makeAnswer() },
    ],
    [
      'a batch, with keys',
      'opengradient',
      { a: makeBatch({ items: [{ keys: OTHER_ENCLAVE }] }), b: KEY, c: utf8(keyPem(OTHER_ENCLAVE)) },
      {},
    ],
    [
      'a receipt of aci/1',
      'aci',
      { a: makeReport(), b: makeReceipt(), c: makeSession() },
      { request: ACI_REQUEST, response: ACI_RESPONSE, nonce: NONCE, collateral: makeCollateral() },
    ],
    [
      'a signature of NEAR AI',
      'near',
      { a: nearSignature, b: utf8(JSON.stringify({ gateway_attestation: dstackReport() })) },
      { request: AIR_REQUEST, response: AIR_RESPONSE, nonce: NONCE, collateral: makeCollateral() },
    ],
    [
      'an attested inference receipt',
      'air',
      { a: makeAir(), b: NITRO_ATTESTATION },
      { request: AIR_REQUEST, response: AIR_RESPONSE },
    ],
    [
      'the same in text',
      'air',
      { a: utf8(`${toHex(NITRO_ATTESTATION)}\n`), b: utf8(toBase64(makeAir()).replace(/(.{76})/g, '$1\n')) },
      { request: AIR_REQUEST, response: AIR_RESPONSE },
    ],
  ])('%s', async (_, origin, files, beside) => {
    const root =
      'a' in files && origin === 'opengradient' && beside.request === undefined && !('d' in files)
        ? parseBatch(files.a as Uint8Array).tree[0]
        : null;
    const judged = await judge(origin, files, { ...beside, root: root ?? null });
    expect(outcomeOf(judged)).toEqual({ status: 'accepted', code: null, failed: [], unmade: [] });
    const lines = importLines(judged).join('\n');
    expect(lines).toMatch(/^ACCEPTED/);
    expect(lines).toContain('verified');
  });

  it.each<readonly [string, Origin, Record<string, Uint8Array>, string]>([
    ['a file of another kind', 'opengradient', { a: utf8('hello') }, 'import/kind-unknown'],
    ['JSON of another kind', 'near', { a: utf8('{}') }, 'import/kind-unknown'],
    ['a list', 'aci', { a: utf8('[]') }, 'import/kind-unknown'],
    ['text that only looks like JSON', 'aci', { a: utf8('{') }, 'import/kind-unknown'],
    ['two answers', 'opengradient', { a: makeAnswer(), b: makeAnswer() }, 'import/part-doubled'],
    ['two attestations', 'air', { a: tdQuote(), b: tdQuote() }, 'import/part-doubled'],
  ])('%s is refused', (_, origin, files, code) => {
    expect(reasonOf(() => partsOf(origin, named(files)))).toBe(code);
  });

  it.each<readonly [string, Origin, Record<string, Uint8Array>, string]>([
    ['no answer', 'opengradient', { a: KEY }, 'import/nothing-to-judge'],
    ['no signature', 'near', { a: utf8(JSON.stringify(dstackReport())) }, 'import/nothing-to-judge'],
    ['no receipt', 'aci', { a: makeReport() }, 'import/nothing-to-judge'],
    ['no receipt', 'air', { a: NITRO_ATTESTATION }, 'import/nothing-to-judge'],
    ['two keys for one answer', 'opengradient', { a: makeAnswer(), b: KEY, c: KEY }, 'import/part-doubled'],
    [
      'a certificate that is none',
      'opengradient',
      { a: makeAnswer(), b: utf8('-----BEGIN CERTIFICATE-----\n') },
      'certificate/malformed',
    ],
  ])('%s: %s', async (_, origin, files, code) => {
    expect(await reasonOfAsync(async () => judge(origin, files))).toBe(code);
  });

  it('what fails and what is missing is said in words', async () => {
    const refused = importLines(
      await judge('air', { a: makeAir(), b: tdQuote() }, { key: AIR_KEY, request: utf8('x') }),
    ).join('\n');
    expect(refused).toMatch(/^REFUSED/);
    for (const words of ['air/request-mismatch', 'refuted', 'What to do:']) expect(refused).toContain(words);
    const lacking = importLines(await judge('opengradient', { a: makeAnswer() })).join('\n');
    expect(lacking).toMatch(/^INCONCLUSIVE/);
    expect(lacking).toContain('signing key');
  });
});
