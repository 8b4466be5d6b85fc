import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  makeNitro,
  NITRO_CHAIN,
  NITRO_TEST_ROOTS,
  type NitroChain,
  type NitroOptions,
} from '../../../test/support/evidence/nitro.js';
import {
  BEGIN,
  basicConstraints,
  type CertificateOptions,
  DURING,
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  signDocument,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import { describeGenuine, genuine, genuineBase64 } from '../../../test/support/vectors.js';
import { type CborMap, decodeCbor, encodeCbor } from '../../bytes/cbor.js';
import { install, portable, sha256 } from '../../bytes/cryptography.js';
import { DER } from '../../bytes/der.js';
import { element, objectIdentifier } from '../../bytes/der-writer.js';
import { toHex } from '../../bytes/hex.js';
import { concat, utf8 } from '../../bytes/octets.js';
import { nodeCryptography } from '../../shell/node.js';
import { decidingCode, statusOf } from '../report.js';
import { parseCertificate } from '../x509/certificate.js';
import { parseNitroDocument } from './document.js';
import { NITRO_ROOTS } from './roots.js';
import { type NitroReport, verifyNitro } from './verify.js';

const verified = (document: Uint8Array, asOf = DURING + 1): Promise<NitroReport> =>
  verifyNitro({ document, asOf, roots: NITRO_TEST_ROOTS });

/** Each check with its code, or as passed. */
const outcome = ({ checks }: NitroReport) =>
  Object.fromEntries(checks.map(check => [check.name, check.status === 'pass' ? 'pass' : check.code]));

const ALL_PASS = { chain: 'pass', signature: 'pass', current: 'pass' };
const UNMADE = 'evidence/prerequisite-failed';

describe('a document that was made for the tests', () => {
  it('passes every check, under either provider of cryptography', async () => {
    for (const provider of [portable, nodeCryptography]) {
      install(provider);
      const report = await verified(makeNitro());
      expect(outcome(report)).toEqual(ALL_PASS);
      expect(statusOf(report.checks)).toBe('accepted');
      expect(report).toMatchObject({
        kind: 'nitro',
        uncovered: [],
        root: { name: 'the root of the tests', simulated: false },
      });
    }
  });

  it('is identified by what is signed, however it is signed and framed', async () => {
    const first = makeNitro();
    const second = makeNitro();
    const reports = await Promise.all(
      [first, second, concat(Uint8Array.of(0xd2), first)].map(b => verified(b)),
    );
    const [one, two, three] = reports as [NitroReport, NitroReport, NitroReport];
    expect(toHex(one.signedRegion)).toBe(toHex(sha256(parseNitroDocument(first).signed)));
    expect(two.signedRegion).toEqual(one.signedRegion);
    expect(three.signedRegion).toEqual(one.signedRegion);
    expect(new Set(reports.map(({ whole }) => toHex(whole))).size).toBe(3);
    expect(toHex(one.whole)).toBe(toHex(sha256(first)));
  });

  it('counts from buffers and views as from bytes', async () => {
    const document = makeNitro();
    const memory = Buffer.concat([Buffer.of(1), document, Buffer.of(1)]);
    const report = await verified(memory.subarray(1, -1));
    expect(outcome(report)).toEqual(ALL_PASS);
    expect(report).toEqual(await verified(document));
  });

  it('AWS does not vouch for it', async () => {
    const report = await verifyNitro({ document: makeNitro(), asOf: DURING });
    expect(outcome(report)).toEqual({
      chain: 'certificate/root-unknown',
      signature: 'pass',
      current: UNMADE,
    });
    expect(report.root).toBeNull();
  });
});

describe('a document that fails one check', () => {
  const [root, region, instance] = NITRO_CHAIN.bundle as [
    NitroChain['signer'],
    NitroChain['signer'],
    NitroChain['signer'],
  ];
  const signedBy = (options: Partial<CertificateOptions>): NitroOptions => ({
    chain: {
      ...NITRO_CHAIN,
      signer: makeCertificate({
        subject: 'enclave',
        issuer: instance,
        extensions: [keyUsage('digitalSignature')],
        ...options,
      }),
    },
  });
  const under = (...bundle: readonly NitroChain['signer'][]): NitroOptions => ({
    chain: { ...NITRO_CHAIN, bundle },
  });
  const otherKeys = testKeys('P-384');
  const ES256 = encodeCbor(new Map([[1, -7]]));
  const damaged = (): Uint8Array => {
    const bytes = makeNitro();
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    return bytes;
  };

  it.each<[string, () => Uint8Array, string]>([
    [
      'another root',
      () => makeNitro(under(makeAuthority({ subject: 'aws.nitro-enclaves' }), region, instance)),
      'certificate/root-unknown',
    ],
    ['the bundle turned round', () => makeNitro(under(instance, region, root)), 'certificate/root-unknown'],
    [
      'the bundle in another order',
      () => makeNitro(under(root, instance, region)),
      'certificate/issuer-mismatch',
    ],
    ['an authority that is missing', () => makeNitro(under(root, instance)), 'certificate/issuer-mismatch'],
    [
      'an authority that is none',
      () => {
        const { name, keys } = instance;
        const extensions = [keyUsage('keyCertSign')];
        return makeNitro(
          under(root, region, makeCertificate({ subject: name, issuer: region, keys, extensions })),
        );
      },
      'certificate/not-an-authority',
    ],
    [
      'more authorities than one may have below it',
      () => {
        const narrow = makeAuthority({ subject: 'region', issuer: root, keys: region.keys, pathLength: 0 });
        return makeNitro(under(root, narrow, instance));
      },
      'certificate/path-too-long',
    ],
    [
      'a critical extension that is unknown',
      () =>
        makeNitro(
          signedBy({
            extensions: [keyUsage('digitalSignature'), extension('1.2.3', element(DER.null), true)],
          }),
        ),
      'certificate/extension-unknown',
    ],
    [
      'a signer that the authority has not issued',
      () => makeNitro(signedBy({ issuer: { name: instance.name, keys: otherKeys } })),
      'certificate/signature-invalid',
    ],
    [
      'a certificate that names two algorithms',
      () =>
        makeNitro(
          signedBy({ members: members => members.with(2, element(DER.sequence, objectIdentifier('1.2.3'))) }),
        ),
      'certificate/malformed',
    ],
    [
      'a signer that had expired when it signed',
      () => makeNitro(signedBy({ notBefore: BEGIN, notAfter: DURING - 1 })),
      'certificate/expired',
    ],
    [
      'a signer that was not valid yet',
      () => makeNitro(signedBy({ notBefore: DURING + 1 })),
      'certificate/not-yet-valid',
    ],
    [
      'a certificate that is none',
      () => makeNitro({ members: { cabundle: [utf8('none')] } }),
      'certificate/malformed',
    ],
    [
      'a hundred certificates',
      () => makeNitro({ members: { cabundle: Array.from({ length: 99 }, () => utf8('1')) } }),
      'certificate/chain-too-long',
    ],
  ])('chain: %s', async (_, make, code) => {
    const report = await verified(make());
    expect(outcome(report)).toMatchObject({ chain: code, current: UNMADE });
    expect(['pass', UNMADE]).toContain(outcome(report).signature);
    expect(report.root).toBeNull();
    expect(statusOf(report.checks)).toBe('refused');
    expect(decidingCode(report.checks)).toBe(code);
  });

  it.each<[string, () => Uint8Array, string]>([
    ['a flipped bit', damaged, 'nitro/signature-invalid'],
    [
      'another key',
      () => makeNitro({ signature: signDocument(otherKeys, utf8('something')) }),
      'nitro/signature-invalid',
    ],
    [
      'of the payload alone, without what RFC 9052 has around it',
      () =>
        makeNitro({
          signature: signDocument(NITRO_CHAIN.signer.keys, parseNitroDocument(makeNitro()).signed.slice(20)),
        }),
      'nitro/signature-invalid',
    ],
    [
      'over another hash',
      () => {
        const { signed } = parseNitroDocument(makeNitro());
        return makeNitro({ signature: signDocument(NITRO_CHAIN.signer.keys, signed, 'SHA-256') });
      },
      'nitro/signature-invalid',
    ],
    ['too short', () => makeNitro({ signature: new Uint8Array(64) }), 'nitro/signature-invalid'],
    [
      'in DER',
      () => makeNitro({ signature: utf8('0\u0006\u0002\u0001\u0001\u0002\u0001\u0001') }),
      'nitro/signature-invalid',
    ],
    ['of another algorithm', () => makeNitro({ header: ES256 }), 'nitro/algorithm-unsupported'],
    [
      'of an algorithm beyond all numbers',
      () => makeNitro({ header: encodeCbor(new Map([[1, 2n ** 63n]])) }),
      'nitro/algorithm-unsupported',
    ],
    ['of a key of another curve', () => makeNitro(signedBy({ type: 'P-256' })), 'nitro/signer-unsuitable'],
    [
      'of an authority',
      () =>
        makeNitro(
          signedBy({ extensions: [basicConstraints(0), keyUsage('digitalSignature', 'keyCertSign')] }),
        ),
      'nitro/signer-unsuitable',
    ],
    [
      'of a key that signs certificates only',
      () => makeNitro(signedBy({ extensions: [keyUsage('keyCertSign')] })),
      'nitro/signer-unsuitable',
    ],
  ])('signature: %s', async (_, make, code) => {
    const report = await verified(make());
    expect(outcome(report)).toEqual({ ...ALL_PASS, signature: code });
    expect(statusOf(report.checks)).toBe('refused');
  });

  it('a signer of RSA signs no documents', async () => {
    const keys = testKeys('RSA-2048');
    const report = await verified(makeNitro({ ...signedBy({ keys }), signature: new Uint8Array(256) }));
    expect(outcome(report)).toEqual({ ...ALL_PASS, signature: 'nitro/signer-unsuitable' });
  });

  it('current: the certificate has expired since, or was not valid yet', async () => {
    const document = makeNitro();
    const { notBefore, notAfter } = parseCertificate(NITRO_CHAIN.signer.certificate);
    for (const asOf of [notBefore, DURING, notAfter])
      expect(outcome(await verified(document, asOf))).toEqual(ALL_PASS);
    expect(outcome(await verified(document, notAfter + 1))).toEqual({
      ...ALL_PASS,
      current: 'certificate/expired',
    });
    expect(outcome(await verified(document, notBefore - 1))).toEqual({
      ...ALL_PASS,
      current: 'certificate/not-yet-valid',
    });
    expect(outcome(await verified(document, Number.NaN))).toEqual({
      ...ALL_PASS,
      current: 'certificate/not-yet-valid',
    });
  });

  it('several at once are all reported', async () => {
    const { signer, bundle } = NITRO_CHAIN;
    const document = makeNitro({ chain: { signer, bundle: bundle.toReversed() }, header: ES256 });
    expect(outcome(await verified(document))).toEqual({
      chain: 'certificate/root-unknown',
      signature: 'nitro/algorithm-unsupported',
      current: UNMADE,
    });
  });
});

describeGenuine('documents of AWS', () => {
  const PRODUCTION = () => genuine('nitro/production.bin');
  const DEBUG = () => genuine('nitro/debug.bin');
  const ZERO = () => genuineBase64('nitro/zero-pcr.b64');

  it.each([
    [
      'production',
      PRODUCTION,
      '2022-10-13T08:58:02.136Z',
      'i-020b6af9246d90e92-enc0183d09086c24190',
      'f4d48b81',
    ],
    ['debug', DEBUG, '2022-10-12T13:50:06.081Z', 'i-03ad7cdb817437eeb-enc0183cc7569b3f6e1', '00000000'],
    ['zero', ZERO, '2023-09-18T15:03:30.860Z', 'i-0918f6c55e3b61d89-enc018aa8b8e2285d13', '00000000'],
  ])('%s: genuine as of its own time, and nothing as of now', async (_, read, made, moduleId, pcr0) => {
    const document = read();
    const asOf = Math.floor(Date.parse(made) / 1000);
    const report = await verifyNitro({ document, asOf });
    expect(outcome(report)).toEqual(ALL_PASS);
    expect(report.root).toEqual({ name: 'AWS Nitro Enclaves Root-G1', simulated: false });
    expect(report.fields.moduleId).toBe(moduleId);
    expect(new Date(report.fields.timestamp).toISOString()).toBe(made);
    expect(toHex(report.fields.pcrs.get(0) ?? utf8('')).slice(0, 8)).toBe(pcr0);
    const now = Date.parse('2026-11-29T00:00:00Z') / 1000;
    const later = await verifyNitro({ document, asOf: now });
    expect(outcome(later)).toEqual({ ...ALL_PASS, current: 'certificate/expired' });
  });

  it('the debug document has its key in it', async () => {
    const { fields } = await verifyNitro({ document: DEBUG(), asOf: 0 });
    expect(fields.publicKey).toEqual(utf8('my super secret key'));
  });

  it('the pinned root is the one that their bundles begin with', () => {
    for (const read of [PRODUCTION, DEBUG, ZERO]) {
      const { bundle } = parseNitroDocument(read());
      const [root] = bundle as [Uint8Array, ...Uint8Array[]];
      expect(NITRO_ROOTS[0]?.spkiSha256).toEqual(sha256(parseCertificate(root).spki));
      expect(toHex(sha256(root))).toBe('641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b');
    }
  });

  it('one encoded anew is the same, because the signature does not cover how it is framed', async () => {
    const document = PRODUCTION();
    const parts = decodeCbor(document, { keys: 'in-any-order' }) as readonly Uint8Array[];
    expect(encodeCbor(parts)).toEqual(document);
    const payload = decodeCbor(parts[2] as Uint8Array, { keys: 'in-any-order' }) as CborMap;
    // With its keys sorted it is no longer what was signed.
    const anew = encodeCbor([parts[0] as Uint8Array, new Map(), encodeCbor(payload), parts[3] as Uint8Array]);
    const report = await verifyNitro({ document: anew, asOf: 0 });
    expect(outcome(report)).toMatchObject({ chain: 'pass', signature: 'nitro/signature-invalid' });
  });
});
