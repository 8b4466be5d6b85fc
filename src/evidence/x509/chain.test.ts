import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import fc from 'fast-check';
import {
  BEGIN,
  basicConstraints,
  type CertificateOptions,
  DURING,
  END,
  extension,
  type KeyType,
  keyUsage,
  makeAuthority,
  makeCertificate,
  pinned,
  type TestIdentity,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import { mutants } from '../../../test/support/mutation.js';
import { install, portable } from '../../bytes/cryptography.js';
import { contextTag, DER, derChildren, readDer } from '../../bytes/der.js';
import { element, integer, objectIdentifier } from '../../bytes/der-writer.js';
import { Failure } from '../../reason.js';
import { nodeCryptography } from '../../shell/node.js';
import { type Certificate, parseCertificate } from './certificate.js';
import { type ChainOptions, checkChain } from './chain.js';
import { MAX_CHAIN } from './pem.js';

const root = makeAuthority({ subject: 'root' });
const above = makeAuthority({ subject: 'above', issuer: root, pathLength: 1 });
const below = makeAuthority({ subject: 'below', issuer: above, pathLength: 0 });
const leaf = makeCertificate({ subject: 'leaf', issuer: below, extensions: [keyUsage('digitalSignature')] });

/** Keys of RSA take long to make: one pair serves all. */
const rsa = testKeys('RSA-2048');
const keysOf = (type: KeyType) => (type === 'RSA-2048' ? rsa : testKeys(type));

const chainOf = (...identities: readonly TestIdentity[]): Certificate[] =>
  identities.map(({ certificate }) => parseCertificate(certificate));

const options: ChainOptions = { roots: [pinned(root, 'the root')], asOf: DURING };

/** The code and the place with which a chain is refused; null for one that is good. */
async function verdictOn(
  chain: readonly Certificate[],
  asked: Partial<ChainOptions> = {},
): Promise<{ code: string; field: string | undefined } | null> {
  try {
    await checkChain(chain, { ...options, ...asked });
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { code: error.code, field: error.field };
  }
}

describe('a chain', () => {
  it('leads to the root that is pinned, and says which that is', async () => {
    const found = await checkChain(chainOf(leaf, below, above, root), options);
    expect(found).toEqual(pinned(root, 'the root'));
  });

  it('leads to one of several roots', async () => {
    const other = makeAuthority({ subject: 'other' });
    const roots = [pinned(other, 'another'), pinned(root, 'the root')];
    expect((await checkChain(chainOf(leaf, below, above, root), { ...options, roots })).name).toBe(
      'the root',
    );
  });

  it('may be a root alone, or a root and what it has signed', async () => {
    expect(await verdictOn(chainOf(root))).toBeNull();
    expect(await verdictOn(chainOf(above, root))).toBeNull();
  });

  it('counts under a renewed certificate of the same key', async () => {
    const renewed = makeAuthority({ subject: 'root', keys: root.keys, serial: 2, notAfter: END + 1 });
    expect(await verdictOn(chainOf(leaf, below, above, renewed))).toBeNull();
  });

  it.each(['P-256', 'P-384', 'P-521', 'RSA-2048'] as const)('under authorities of %s', async type => {
    const top = makeAuthority({ subject: 'top', keys: keysOf(type) });
    const middle = makeAuthority({ subject: 'middle', keys: keysOf(type), issuer: top });
    const chain = chainOf(makeCertificate({ subject: 'end', issuer: middle }), middle, top);
    for (const provider of [portable, nodeCryptography]) {
      install(provider);
      expect(await verdictOn(chain, { roots: [pinned(top)] })).toBeNull();
    }
  });

  it.each([
    ['ECDSA', 'P-256', 'SHA-384'],
    ['ECDSA', 'P-384', 'SHA-256'],
    ['ECDSA', 'P-384', 'SHA-512'],
    ['RSA-PSS', 'RSA-2048', 'SHA-256'],
    ['RSA-PSS', 'RSA-2048', 'SHA-512'],
    ['RSASSA-PKCS1-v1_5', 'RSA-2048', 'SHA-256'],
    ['RSASSA-PKCS1-v1_5', 'RSA-2048', 'SHA-384'],
  ] as const)('signed with %s under a key of %s, and %s', async (algorithm, type, hash) => {
    const top = makeAuthority({ subject: 'top', keys: keysOf(type), algorithm, hash });
    const end = makeCertificate({ subject: 'end', issuer: top, algorithm, hash });
    for (const provider of [portable, nodeCryptography]) {
      install(provider);
      expect(await verdictOn(chainOf(end, top), { roots: [pinned(top)] })).toBeNull();
    }
  });
});

describe('RFC 5280 §6.1: what refuses a chain, and at which certificate', () => {
  const at = (code: string, place?: number) => ({
    code,
    field: place === undefined ? undefined : `certificate ${place}`,
  });
  const endUnder = (issuer: Pick<TestIdentity, 'name' | 'keys'>, more: Partial<CertificateOptions> = {}) =>
    makeCertificate({ subject: 'leaf', issuer, ...more });
  const authority = (more: Partial<CertificateOptions> & { pathLength?: number } = {}) =>
    makeAuthority({ subject: 'above', issuer: root, ...more });

  it('nothing, or a root that nobody pinned', async () => {
    expect(await verdictOn([])).toEqual(at('certificate/root-unknown'));
    expect(await verdictOn(chainOf(leaf, below, above))).toEqual(at('certificate/root-unknown'));
    expect(await verdictOn(chainOf(leaf, below, above, root), { roots: [] })).toEqual(
      at('certificate/root-unknown'),
    );
  });

  it('another key under the name of the root', async () => {
    const impostor = makeAuthority({ subject: 'root' });
    const chain = chainOf(endUnder(impostor), impostor);
    expect(await verdictOn(chain)).toEqual(at('certificate/root-unknown'));
  });

  it('more certificates than anybody uses, before any is looked at', async () => {
    const chain = Array.from({ length: MAX_CHAIN + 1 }, () => chainOf(root)).flat();
    expect(await verdictOn(chain)).toEqual(at('certificate/chain-too-long'));
    expect(await verdictOn(Array.from({ length: 100 }, () => chainOf(root)).flat())).toEqual(
      at('certificate/chain-too-long'),
    );
  });

  it('an order that is another', async () => {
    expect(await verdictOn(chainOf(leaf, above, below, root))).toEqual(at('certificate/issuer-mismatch', 2));
  });

  it('a certificate that is missing', async () => {
    expect(await verdictOn(chainOf(leaf, above, root))).toEqual(at('certificate/issuer-mismatch', 0));
  });

  it('a root that names another issuer', async () => {
    const crossed = makeAuthority({ subject: 'root', keys: root.keys, issuer: above });
    expect(await verdictOn(chainOf(above, crossed))).toEqual(at('certificate/issuer-mismatch', 1));
  });

  it('a root whose own signature is damaged', async () => {
    const damaged = root.certificate.slice();
    damaged[damaged.length - 1] = (damaged.at(-1) as number) ^ 1;
    const chain = [...chainOf(above), parseCertificate(damaged)];
    expect(await verdictOn(chain)).toEqual(at('certificate/signature-invalid', 1));
    // Also once the sound one has been seen, and again.
    expect(await verdictOn(chainOf(above, root))).toBeNull();
    for (let count = 0; count < 2; count++)
      expect(await verdictOn(chain)).toEqual(at('certificate/signature-invalid', 1));
  });

  it('a root whose certificate says something else now', async () => {
    expect(await verdictOn(chainOf(above, root))).toBeNull();
    const verdict = await verdictOn([...chainOf(above), parseCertificate(withSerial(root, 99))]);
    expect(verdict).toEqual(at('certificate/signature-invalid', 1));
  });

  it('a root that is no authority', async () => {
    const weak = makeCertificate({ subject: 'root', keys: root.keys, extensions: [keyUsage('keyCertSign')] });
    expect(await verdictOn(chainOf(above, weak))).toEqual(at('certificate/not-an-authority', 1));
  });

  it('roots beyond those that are remembered count like the first', async () => {
    const keys = testKeys('P-256');
    for (let serial = 1; serial < 70; serial++) {
      const renewed = makeAuthority({ subject: 'renewed', keys, serial });
      const wrong = parseCertificate(withSerial(renewed, 200));
      const roots = [pinned(renewed)];
      expect(await verdictOn(chainOf(renewed), { roots })).toBeNull();
      expect(await verdictOn([wrong], { roots })).toEqual(at('certificate/signature-invalid', 0));
    }
  });

  it.each([
    ['is no authority', [keyUsage('keyCertSign')]],
    ['may sign other things only', [basicConstraints(), keyUsage('cRLSign', 'digitalSignature')]],
  ])('an issuer that %s', async (_, extensions) => {
    const issuer = authority({ extensions });
    expect(await verdictOn(chainOf(endUnder(issuer), issuer, root))).toEqual(
      at('certificate/not-an-authority', 1),
    );
  });

  it('a leaf that signs as an authority', async () => {
    const end = makeCertificate({ subject: 'end', issuer: root, extensions: [keyUsage('digitalSignature')] });
    expect(await verdictOn(chainOf(endUnder(end), end, root))).toEqual(at('certificate/not-an-authority', 1));
  });

  it('more authorities below one than it may have', async () => {
    const under = makeAuthority({ subject: 'under', issuer: below });
    expect(await verdictOn(chainOf(endUnder(under), under, below, above, root))).toEqual(
      at('certificate/path-too-long', 3),
    );
    const narrow = authority({ pathLength: 0 });
    const second = makeAuthority({ subject: 'second', issuer: narrow });
    expect(await verdictOn(chainOf(endUnder(narrow), narrow, root))).toBeNull();
    expect(await verdictOn(chainOf(endUnder(second), second, narrow, root))).toEqual(
      at('certificate/path-too-long', 2),
    );
  });

  it('a path length of the root', async () => {
    const top = makeAuthority({ subject: 'top', pathLength: 0 });
    const middle = makeAuthority({ subject: 'middle', issuer: top });
    const roots = [pinned(top)];
    expect(await verdictOn(chainOf(middle, top), { roots })).toBeNull();
    expect(await verdictOn(chainOf(endUnder(middle), middle, top), { roots })).toEqual(
      at('certificate/path-too-long', 2),
    );
  });

  it.each([
    ['SHA-1', () => element(DER.sequence, objectIdentifier('1.2.840.10045.4.1'))],
    ['Ed25519', () => element(DER.sequence, objectIdentifier('1.3.101.112'))],
    [
      'ECDSA with parameters',
      () => element(DER.sequence, objectIdentifier('1.2.840.10045.4.3.3'), element(DER.null)),
    ],
    ['RSA without parameters', () => element(DER.sequence, objectIdentifier('1.2.840.113549.1.1.11'))],
    ['RSA-PSS with two hashes', () => pss({ hash: DIGEST.sha384, mask: DIGEST.sha256 })],
    ['RSA-PSS with SHA-1', () => pss({ hash: '1.3.14.3.2.26', mask: '1.3.14.3.2.26' })],
    ['RSA-PSS with SHA-1 by default', () => pss({})],
    ['RSA-PSS with another mask', () => pss({ generator: '1.2.3' })],
    ['RSA-PSS with a salt that has no room', () => pss({ salt: 2 ** 40 })],
  ])('an algorithm that nobody uses: %s', async (_, algorithm) => {
    const chain = [...chainOf(relabelled(endUnder(root), algorithm())), ...chainOf(root)];
    expect(await verdictOn(chain)).toEqual(at('certificate/algorithm-unsupported', 0));
  });

  it.each([
    ['ECDSA under a key of RSA', 'RSA-2048', '1.2.840.10045.4.3.3', undefined],
    ['RSA under a key of ECDSA', 'P-384', '1.2.840.113549.1.1.12', element(DER.null)],
  ] as const)('an algorithm that the issuer has no key for: %s', async (_, type, name, parameters) => {
    const top = makeAuthority({ subject: 'top', keys: keysOf(type) });
    const algorithm = element(DER.sequence, objectIdentifier(name), ...(parameters ? [parameters] : []));
    const chain = chainOf(relabelled(endUnder(top), algorithm), top);
    expect(await verdictOn(chain, { roots: [pinned(top)] })).toEqual(at('certificate/signature-invalid', 0));
  });

  it('a signature by another key under the name of the issuer', async () => {
    const forged = endUnder({ name: below.name, keys: testKeys('P-384') });
    expect(await verdictOn(chainOf(forged, below, above, root))).toEqual(
      at('certificate/signature-invalid', 0),
    );
  });

  it('a key of the issuer that nobody can read', async () => {
    const issuer = authority({ keys: { ...testKeys('P-384'), spki: unreadable() } });
    const end = endUnder({ name: issuer.name, keys: testKeys('P-384') });
    expect(await verdictOn(chainOf(end, issuer, root))).toEqual(at('certificate/signature-invalid', 0));
  });

  it('a critical extension that nobody here understands, unless whoever asks does', async () => {
    const end = endUnder(root, { extensions: [extension('1.2.3', element(DER.null), true)] });
    const harmless = endUnder(root, { extensions: [extension('1.2.3', element(DER.null))] });
    expect(await verdictOn(chainOf(end, root))).toEqual(at('certificate/extension-unknown', 0));
    expect(await verdictOn(chainOf(end, root), { understood: ['1.2.3'] })).toBeNull();
    expect(await verdictOn(chainOf(harmless, root))).toBeNull();
    const constrained = authority({
      extensions: [basicConstraints(), extension('2.5.29.30', element(DER.sequence), true)],
    });
    expect(await verdictOn(chainOf(endUnder(constrained), constrained, root))).toEqual(
      at('certificate/extension-unknown', 1),
    );
  });

  it('times, both ends of which count', async () => {
    const chain = chainOf(leaf, below, above, root);
    expect(await verdictOn(chain, { asOf: BEGIN })).toBeNull();
    expect(await verdictOn(chain, { asOf: END })).toBeNull();
    expect(await verdictOn(chain, { asOf: BEGIN - 1 })).toEqual(at('certificate/not-yet-valid', 0));
    expect(await verdictOn(chain, { asOf: END + 1 })).toEqual(at('certificate/expired', 0));
    const short = authority({ notAfter: DURING });
    expect(await verdictOn(chainOf(endUnder(short), short, root), { asOf: DURING + 1 })).toEqual(
      at('certificate/expired', 1),
    );
  });

  it('a forged chain is called forged, and not merely old', async () => {
    const forged = endUnder({ name: below.name, keys: testKeys('P-384') }, { notAfter: BEGIN + 1 });
    expect(await verdictOn(chainOf(forged, below, above, root))).toEqual(
      at('certificate/signature-invalid', 0),
    );
  });

  it('a time that is no number', async () => {
    // Neither comparison is true of it, so that it would pass as any time.
    expect(await verdictOn(chainOf(root), { asOf: Number.NaN })).toEqual(at('certificate/not-yet-valid', 0));
  });
});

it('damaged certificates make a chain that is refused, or never one at all', async () => {
  const chain = chainOf(leaf, below, above, root);
  await fc.assert(
    fc.asyncProperty(mutants([leaf.certificate]), async bytes => {
      let damaged: Certificate;
      try {
        damaged = parseCertificate(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        return;
      }
      // ECDSA lets a stranger write the same signature in one other way only, which damage does not find.
      const isSame = damaged.bytes.every((byte, place) => byte === leaf.certificate[place]);
      const verdict = await verdictOn([damaged, ...chain.slice(1)]);
      expect(verdict === null).toBe(isSame && damaged.bytes.length === leaf.certificate.length);
    }),
    { numRuns: 300 },
  );
});

/** The certificate with another serial number of one octet, and the signature that it had. */
function withSerial(identity: TestIdentity, serial: number): Uint8Array {
  const [tbs, algorithm, signature] = derChildren(readDer(identity.certificate)).map(({ whole }) => whole);
  const members = derChildren(readDer(tbs as Uint8Array)).map(({ whole }) => whole);
  const changed = element(DER.sequence, ...members.with(1, integer(serial)));
  return element(DER.sequence, changed, algorithm as Uint8Array, signature as Uint8Array);
}

const DIGEST = { sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2' } as const;

/** A certificate that names another algorithm than it is signed with, in both places. */
function relabelled(identity: TestIdentity, algorithm: Uint8Array): TestIdentity {
  const [tbs, , signature] = derChildren(readDer(identity.certificate));
  const members = derChildren(tbs as NonNullable<typeof tbs>).map(({ whole }) => whole);
  const certificate = element(
    DER.sequence,
    element(DER.sequence, ...members.with(2, algorithm)),
    algorithm,
    (signature as NonNullable<typeof signature>).whole,
  );
  return { ...identity, certificate };
}

function pss(choice: { hash?: string; mask?: string; generator?: string; salt?: number }): Uint8Array {
  const isDefault = Object.keys(choice).length === 0;
  const {
    hash = DIGEST.sha384,
    mask = DIGEST.sha384,
    generator = '1.2.840.113549.1.1.8',
    salt = 48,
  } = choice;
  const digest = (name: string) => element(DER.sequence, objectIdentifier(name), element(DER.null));
  const parts = [
    element(contextTag(0), digest(hash)),
    element(contextTag(1), element(DER.sequence, objectIdentifier(generator), digest(mask))),
    element(contextTag(2), integer(salt)),
  ];
  return element(
    DER.sequence,
    objectIdentifier('1.2.840.113549.1.1.10'),
    element(DER.sequence, ...(isDefault ? [] : parts)),
  );
}

/** A point that is on no curve. */
function unreadable(): Uint8Array {
  const point = new Uint8Array(97).fill(1);
  point[0] = 4;
  const algorithm = element(
    DER.sequence,
    objectIdentifier('1.2.840.10045.2.1'),
    objectIdentifier('1.3.132.0.34'),
  );
  return element(DER.sequence, algorithm, element(DER.bitString, Uint8Array.of(0), point));
}

describe('what is verified again', () => {
  const signaturesOf = async (chain: readonly Certificate[], asked: Partial<ChainOptions>) => {
    let signatures = 0;
    install({
      ...nodeCryptography,
      verifyForeign: (...of) => {
        signatures++;
        return nodeCryptography.verifyForeign(...of);
      },
    });
    try {
      return [await verdictOn(chain, asked), signatures];
    } finally {
      install(nodeCryptography);
    }
  };
  const house = () => {
    const top = makeAuthority({ subject: 'top' });
    const under = makeAuthority({ subject: 'under', issuer: top });
    const end = makeCertificate({ subject: 'end', issuer: under });
    return { top, under, end, asked: { roots: [pinned(top)] } };
  };

  it('is who signs documents; not his authorities, in the very bytes in which they were good', async () => {
    const { top, under, end, asked } = house();
    const chain = chainOf(end, under, top);
    expect(await signaturesOf(chain, asked)).toEqual([null, 3]);
    expect(await signaturesOf(chain, asked)).toEqual([null, 1]);
    expect(await signaturesOf(chainOf(under, top), asked)).toEqual([null, 0]);
    // All else about them is looked at as before.
    expect(await verdictOn(chain, { ...asked, asOf: END + 1 })).toMatchObject({
      code: 'certificate/expired',
    });
    expect(await verdictOn(chain, { roots: [pinned(under)] })).toMatchObject({
      code: 'certificate/root-unknown',
    });
  });

  it('is an authority in other bytes, or under another key of the same name', async () => {
    const { top, under, end, asked } = house();
    expect(await verdictOn(chainOf(end, under, top), asked)).toBeNull();
    const damaged = under.certificate.slice();
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1;
    const chain = chainOf(end, { ...under, certificate: damaged }, top);
    expect(await verdictOn(chain, asked)).toEqual({
      code: 'certificate/signature-invalid',
      field: 'certificate 1',
    });
    const other = makeAuthority({ subject: 'top' });
    expect(await verdictOn(chainOf(end, under, other), { roots: [pinned(other)] })).toEqual({
      code: 'certificate/signature-invalid',
      field: 'certificate 1',
    });
  });

  it('is what was refused: nothing of it is remembered', async () => {
    const { top, under, end, asked } = house();
    const stranger = makeAuthority({ subject: 'stranger' });
    expect(await verdictOn(chainOf(end, under, stranger), asked)).not.toBeNull();
    expect(await signaturesOf(chainOf(end, under, top), asked)).toEqual([null, 3]);
  });
});
