import { describe, expect, it } from 'vitest';
import '../../node.js';
import { chainOf, makeCollateral, makeQuote, STRANGER } from '../../../../test/support/evidence/dcap.js';
import { makeNitro, measurement } from '../../../../test/support/evidence/nitro.js';
import { makeNrasHouse, makeNrasInput } from '../../../../test/support/evidence/nras.js';
import { chainPem, makeEvidence, NONCE } from '../../../../test/support/evidence/nvidia.js';
import { DEVICE, SIMULATED_ROOTS, TEST_ROOTS } from '../../../../test/support/evidence/roots.js';
import { makeSnp } from '../../../../test/support/evidence/snp.js';
import { DURING, pem } from '../../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../../test/support/failure.js';
import { describeGenuine, genuine, genuineBase64, genuineText } from '../../../../test/support/vectors.js';
import { toBase64 } from '../../../bytes/base64.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { evidenceFromHex, parseEvidenceFile } from '../../../evidence/nvidia/evidence-file.js';
import { evidenceVerbs } from './evidence.js';
import { type EvidenceRoots, MAKERS } from './evidence-input.js';

const ask = (name: string, input: object, roots: EvidenceRoots) => {
  const found = evidenceVerbs(roots).find(verb => verb.name === name);
  if (found === undefined) throw new Error(`no verb ${name}`);
  return found.answer(utf8(JSON.stringify(input)));
};
const asOf = (seconds: number) => new Date(seconds * 1000).toISOString();
const base64 = (value: Uint8Array | string) => toBase64(typeof value === 'string' ? utf8(value) : value);
const GARBAGE = base64('no evidence');

const snp = makeSnp();
const nitroInput = { document: base64(makeNitro()), asOf: asOf(DURING + 1) };
const snpInput = {
  report: base64(snp.report),
  vcek: base64(snp.signer.certificate),
  ask: base64(snp.authority as Uint8Array),
  ark: base64(snp.root as Uint8Array),
  asOf: asOf(DURING),
};
const collateral = makeCollateral();
const tdxInput = { quote: base64(makeQuote()), collateral: base64(collateral), asOf: asOf(DURING) };
const nvidiaInput = {
  evidence: base64(makeEvidence(DEVICE)),
  certificateChain: base64(chainPem(DEVICE)),
  nonce: base64(NONCE),
  asOf: asOf(DURING),
};
const WHOLE: readonly (readonly [string, object, string])[] = [
  ['verify-nitro', nitroInput, 'nitro'],
  ['verify-snp', snpInput, 'sev-snp'],
  ['verify-tdx', tdxInput, 'tdx'],
  ['verify-nvidia', nvidiaInput, 'nvidia'],
];

describe('verify-nras', () => {
  const house = makeNrasHouse();
  const { answer, keys } = makeNrasInput(house);
  const input = { answer: base64(answer), keys: base64(keys), nonce: base64(NONCE), asOf: asOf(DURING + 60) };
  const pins = [base64(sha256(house.signer.keys.spki))];
  const root = base64(pem(house.root.certificate));

  it('accepts what keys have signed that somebody vouches for', async () => {
    for (const vouching of [{ pins }, { root }, { root: base64(house.root.certificate) }])
      expect(await ask('verify-nras', { ...input, ...vouching }, MAKERS)).toMatchObject({
        status: 'accepted',
        claims: { kind: 'nras', notChecked: [], fields: { result: true } },
      });
  });

  it.each<readonly [string, object, string, string]>([
    ['nobody vouches', {}, 'refused', 'certificate/root-unknown'],
    ['another key is pinned', { pins: [base64(new Uint8Array(32))] }, 'refused', 'certificate/root-unknown'],
    ['another nonce', { root, nonce: base64(new Uint8Array(32)) }, 'refused', 'nras/nonce-mismatch'],
    ['another service', { root, issuer: 'https://nras.example' }, 'refused', 'nras/issuer-mismatch'],
    ['later', { root, asOf: asOf(DURING + 86_400) }, 'refused', 'nras/expired'],
    [
      'a driver that is not on the list',
      { root, policy: { driverVersions: ['1'] } },
      'refused',
      'nvidia/driver-refused',
    ],
    ['no answer', { root, answer: GARBAGE }, 'malformed', 'nras/malformed'],
    ['no keys', { root, keys: GARBAGE }, 'malformed', 'nras/keys-malformed'],
    ['no root', { root: GARBAGE }, 'malformed', 'certificate/malformed'],
  ])('%s: %o', async (_, change, status, code) => {
    expect(await ask('verify-nras', { ...input, ...change }, MAKERS)).toMatchObject({ status, code });
  });

  it('without a nonce it is inconclusive, unless the policy does without', async () => {
    const { nonce: _, ...rest } = input;
    expect(await ask('verify-nras', { ...rest, root }, MAKERS)).toMatchObject({
      status: 'inconclusive',
      code: 'nras/nonce-not-given',
    });
    const policy = { nonceRequired: false };
    expect(await ask('verify-nras', { ...rest, root, policy }, MAKERS)).toMatchObject({ status: 'accepted' });
  });

  it('reads no pin that is no digest', async () => {
    expect(await reasonOfAsync(() => ask('verify-nras', { ...input, pins: [base64('short')] }, MAKERS))).toBe(
      'conformance/input-malformed',
    );
  });
});

it('takes certificates in PEM as the text that they are, and nothing else that is no base64', async () => {
  const text = Buffer.from(nvidiaInput.certificateChain, 'base64').toString();
  expect(text).toMatch(/^-----BEGIN /);
  const given = { ...nvidiaInput, certificateChain: text };
  expect(await ask('verify-nvidia', given, TEST_ROOTS)).toMatchObject({ status: 'accepted' });
  const reason = await reasonOfAsync(() =>
    ask('verify-nvidia', { ...given, certificateChain: `\n${text}` }, TEST_ROOTS),
  );
  expect(reason).toBe('conformance/input-malformed');
});

describe.each(WHOLE)('%s', (name, input, kind) => {
  it('accepts what is whole, with the digest of what is signed and all that was found', async () => {
    const answer = await ask(name, input, TEST_ROOTS);
    expect(answer).toMatchObject({ status: 'accepted', code: null, reason: null });
    expect(answer.evidenceDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(JSON.stringify(answer.claims))).toMatchObject({
      kind,
      root: { simulated: false },
      checks: expect.arrayContaining([expect.objectContaining({ name: 'hardware', status: 'pass' })]),
      document: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('refuses it under the roots of the makers', async () => {
    expect(await ask(name, input, MAKERS)).toMatchObject({
      status: 'refused',
      code: 'certificate/root-unknown',
      evidenceDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('never accepts what a simulated attester has signed', async () => {
    const answer = await ask(name, input, SIMULATED_ROOTS);
    expect(answer).toMatchObject({ status: 'refused', code: 'evidence/simulated' });
    const failed = (answer.claims.checks as { status: string; name: string }[]).filter(
      ({ status }) => status === 'fail',
    );
    expect(failed.map(check => check.name)).toEqual(['hardware']);
  });

  it('has a strict input', async () => {
    for (const wrong of [
      { ...input, more: 1 },
      { ...input, policy: { more: 1 } },
      { ...input, asOf: 'now' },
    ])
      expect(await reasonOfAsync(() => ask(name, wrong, TEST_ROOTS))).toBe('conformance/input-malformed');
  });
});

describe('what is refused, missing, unknown or no evidence', () => {
  const edited = (at: number, value: number) => {
    const bytes = snp.report.slice();
    bytes[at] = value;
    return base64(bytes);
  };
  const quote = (at: number, value: number) => {
    const bytes = makeQuote();
    bytes[at] = value;
    return base64(bytes);
  };
  it.each<readonly [string, string, object, string, string]>([
    ['verify-nitro', 'no document', { document: GARBAGE }, 'malformed', 'nitro/malformed'],
    [
      'verify-nitro',
      'a policy that knows another measurement',
      { policy: { pcrs: { 0: [toHex(measurement(7))] } } },
      'refused',
      'nitro/measurement-refused',
    ],
    ['verify-nitro', 'tomorrow', { asOf: asOf(DURING + 86_400) }, 'refused', 'certificate/expired'],
    ['verify-snp', 'no report', { report: GARBAGE }, 'malformed', 'snp/malformed'],
    [
      'verify-snp',
      'a report of version 6',
      { report: edited(0, 6) },
      'unsupported',
      'snp/version-unsupported',
    ],
    [
      'verify-snp',
      'a report that was changed',
      { report: edited(0x90, 1) },
      'refused',
      'snp/signature-invalid',
    ],
    ['verify-snp', 'no certificate', { vcek: GARBAGE }, 'malformed', 'certificate/malformed'],
    ['verify-snp', 'another product', { product: 'turin' }, 'refused', 'snp/product-mismatch'],
    [
      'verify-snp',
      'a policy that asks for a revocation list',
      { policy: { revocation: 'required' } },
      'inconclusive',
      'snp/revocation-unknown',
    ],
    ['verify-tdx', 'no quote', { quote: GARBAGE }, 'unsupported', 'quote/version-unsupported'],
    [
      'verify-tdx',
      'half a quote',
      { quote: base64(makeQuote().subarray(0, 100)) },
      'malformed',
      'quote/malformed',
    ],
    [
      'verify-tdx',
      'a quote of version 9',
      { quote: quote(0, 9) },
      'unsupported',
      'quote/version-unsupported',
    ],
    [
      'verify-tdx',
      'a quote of another kind of key',
      { quote: quote(2, 3) },
      'unsupported',
      'quote/key-type-unsupported',
    ],
    ['verify-tdx', 'a quote of another TEE', { quote: quote(4, 2) }, 'unsupported', 'quote/tee-unknown'],
    ['verify-tdx', 'collateral that is none', { collateral: GARBAGE }, 'malformed', 'collateral/malformed'],
    ['verify-tdx', 'collateral without anything', { collateral: {} }, 'malformed', 'collateral/malformed'],
    [
      'verify-tdx',
      'collateral of another house',
      { collateral: base64(makeCollateral({ tcbInfoChain: chainOf(STRANGER.signer, STRANGER.root) })) },
      'refused',
      'certificate/root-unknown',
    ],
    ['verify-nvidia', 'no evidence', { evidence: GARBAGE }, 'malformed', 'nvidia/malformed'],
    ['verify-nvidia', 'no chain', { certificateChain: GARBAGE }, 'malformed', 'certificate/malformed'],
    [
      'verify-nvidia',
      'another nonce',
      { nonce: base64(new Uint8Array(32)) },
      'refused',
      'nvidia/nonce-mismatch',
    ],
    [
      'verify-nvidia',
      'a policy that asks for revocation',
      { policy: { required: ['revocation'] } },
      'inconclusive',
      'nvidia/revocation-not-given',
    ],
  ])('%s: %s', async (name, _, changes, status, code) => {
    const [, input] = WHOLE.find(([each]) => each === name) as (typeof WHOLE)[number];
    expect(await ask(name, { ...input, ...changes }, TEST_ROOTS)).toMatchObject({ status, code });
  });

  it('verify-tdx without collateral: inconclusive, and the TCB is not checked', async () => {
    const { collateral: _, ...rest } = tdxInput;
    const answer = await ask('verify-tdx', rest, TEST_ROOTS);
    expect(answer).toMatchObject({ status: 'inconclusive', code: 'collateral/missing' });
    expect(answer.claims.checks).toContainEqual(
      expect.objectContaining({ name: 'tcb-status', status: 'not-checked' }),
    );
  });

  it('verify-tdx takes collateral as an object as well, and a quote of SGX', async () => {
    const object = JSON.parse(fromUtf8(collateral) as string);
    expect(await ask('verify-tdx', { ...tdxInput, collateral: object }, TEST_ROOTS)).toMatchObject({
      status: 'accepted',
    });
    const sgx = {
      quote: base64(makeQuote({ form: 'sgx-3' })),
      collateral: base64(makeCollateral({ tee: 'sgx' })),
      asOf: asOf(DURING),
    };
    expect(await ask('verify-tdx', sgx, TEST_ROOTS)).toMatchObject({
      status: 'accepted',
      claims: { kind: 'sgx' },
    });
  });

  it('verify-snp takes certificates in PEM, two in ask, and those of a key that is lent', async () => {
    const { ark: _, ...rest } = snpInput;
    const inPem = {
      ...rest,
      vcek: base64(pem(snp.signer.certificate)),
      ask: base64(pem(snp.authority as Uint8Array, snp.root as Uint8Array)),
    };
    expect(await ask('verify-snp', inPem, TEST_ROOTS)).toMatchObject({ status: 'accepted' });
    const lent = makeSnp({ kind: 'vlek' });
    const vlek = {
      report: base64(lent.report),
      vlek: base64(lent.signer.certificate),
      ask: base64(lent.authority as Uint8Array),
      ark: base64(lent.root as Uint8Array),
      asOf: asOf(DURING),
    };
    expect(await ask('verify-snp', vlek, TEST_ROOTS)).toMatchObject({ status: 'accepted' });
    const two = { ...inPem, vcek: inPem.ask };
    expect(await ask('verify-snp', two, TEST_ROOTS)).toMatchObject({ code: 'certificate/chain-too-long' });
    for (const wrong of [
      { ...snpInput, vlek: snpInput.vcek },
      { ...rest, vcek: undefined },
    ])
      expect(await ask('verify-snp', wrong, TEST_ROOTS)).toMatchObject({
        status: 'malformed',
        code: 'conformance/input-malformed',
      });
  });

  it('a member twice, also in a policy', async () => {
    const text = JSON.stringify({ ...nitroInput, policy: { maximumAge: 1 } });
    const twice = text.replace('"maximumAge":1', '"maximumAge":1,"maximumAge":2');
    const [verb] = evidenceVerbs(TEST_ROOTS);
    expect(await reasonOfAsync(async () => verb?.answer(utf8(twice)))).toBe('conformance/input-malformed');
  });
});

describeGenuine('genuine evidence', () => {
  const nvidiaOf = (path: string) => {
    const [item] = parseEvidenceFile(genuine(path));
    if (item === undefined) throw new Error('no device');
    return {
      evidence: base64(item.evidence),
      certificateChain: base64(item.certificateChain),
      nonce: base64(item.claimedNonce),
    };
  };
  const hexOf = (path: string) => ({
    evidence: base64(evidenceFromHex(genuineText(path))),
    certificateChain: base64(genuine('nvidia/hopperCertChain.txt')),
  });
  const snpOf = (product: string) => ({
    report: base64(genuine(`sev-snp/${product}_attestation_report.bin`)),
    vcek: base64(genuine(`sev-snp/${product}_vcek.pem`)),
    ask: base64(genuine(`sev-snp/${product}_ask.pem`)),
    product,
  });
  const quoteOf = (name: string) => ({
    quote: base64(genuine(`tdx/${name}`)),
    collateral: JSON.parse(genuineText(`tdx/${name}_collateral.json`)),
  });
  const THEN = '2025-07-01T00:00:00Z';
  const LATER = '2026-03-01T00:00:00Z';
  const NOW = '2026-11-29T00:00:00Z';

  it.each<readonly [string, string, () => object, string, string, string | null]>([
    [
      'production',
      'verify-nitro',
      () => ({ document: base64(genuine('nitro/production.bin')) }),
      '2022-10-13T08:58:03Z',
      'accepted',
      null,
    ],
    [
      'production',
      'verify-nitro',
      () => ({ document: base64(genuine('nitro/production.bin')) }),
      NOW,
      'refused',
      'certificate/expired',
    ],
    [
      'debug',
      'verify-nitro',
      () => ({ document: base64(genuine('nitro/debug.bin')) }),
      '2022-10-12T13:50:07Z',
      'refused',
      'nitro/debug',
    ],
    [
      'zero',
      'verify-nitro',
      () => ({ document: base64(genuineBase64('nitro/zero-pcr.b64')) }),
      '2023-09-18T15:03:31Z',
      'refused',
      'nitro/debug',
    ],
    ['milan', 'verify-snp', () => snpOf('milan'), LATER, 'accepted', null],
    ['genoa', 'verify-snp', () => snpOf('genoa'), LATER, 'accepted', null],
    ['turin', 'verify-snp', () => snpOf('turin'), LATER, 'accepted', null],
    [
      'debug',
      'verify-snp',
      () => ({
        report: base64(genuine('sev-snp/debug_report.bin')),
        vcek: base64(genuine('sev-snp/debug_vcek.der')),
      }),
      '2024-01-01T00:00:00Z',
      'refused',
      'snp/debug',
    ],
    ['tdx', 'verify-tdx', () => quoteOf('tdx_quote'), THEN, 'accepted', null],
    ['tdx', 'verify-tdx', () => quoteOf('tdx_quote'), NOW, 'refused', 'collateral/tcb-info-expired'],
    [
      'outdated',
      'verify-tdx',
      () => quoteOf('tdx_quote_outdated'),
      LATER,
      'refused',
      'quote/tcb-unsupported',
    ],
    ['sgx', 'verify-tdx', () => quoteOf('sgx_quote'), THEN, 'refused', 'quote/tcb-status-refused'],
    ['hopper', 'verify-nvidia', () => nvidiaOf('nvidia/hopper_evidence.json'), LATER, 'accepted', null],
    [
      'on hold',
      'verify-nvidia',
      () => nvidiaOf('nvidia/hopper_evidence_cert_hold.json'),
      LATER,
      'accepted',
      null,
    ],
    ['hopper', 'verify-nvidia', () => hexOf('nvidia/hopperAttestationReport.txt'), LATER, 'accepted', null],
    [
      'invalid',
      'verify-nvidia',
      () => hexOf('nvidia/hopperAttestationReportInvalidSignature.txt'),
      LATER,
      'refused',
      'nvidia/signature-invalid',
    ],
  ])('%s, %s', async (_, name, input, time, status, code) => {
    const answer = await ask(name, { ...input(), asOf: time }, MAKERS);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });
});
