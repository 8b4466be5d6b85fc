/** What we read of the certificates of makers of hardware is what Node.js reads, and their chains lead to the roots that people know. */
import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import '../../shell/node.js';
import { describeGenuine, genuine, genuineBase64, genuineText } from '../../../test/support/vectors.js';
import { fromBase64 } from '../../bytes/base64.js';
import { type CborMap, decodeCbor } from '../../bytes/cbor.js';
import { sha256 } from '../../bytes/cryptography.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { parseCertificate } from './certificate.js';
import { checkChain } from './chain.js';
import { certificatesFromPem } from './pem.js';
import { checkNotRevoked, parseRevocationList } from './revocation-list.js';

const SECOND = 1000;
const at = (iso: string) => Date.parse(iso) / SECOND;

interface GenuineChain {
  readonly name: string;
  /** From whom signs documents, or authorities, to the root, in DER. */
  readonly certificates: () => readonly Uint8Array[];
  /** SHA-256 of the root's SubjectPublicKeyInfo. */
  readonly root: string;
  readonly asOf: number;
}

const AMD_ROOTS = {
  milan: '9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9',
  genoa: '429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831',
  turin: '4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08',
};
const AWS_ROOT = 'f2caf5ecc6190b4a8399b78bc58a2bbcd0382375db8a1bfd78a82743874fd225';
const INTEL_ROOT = 'a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e';
const NVIDIA_ROOT = 'a90c4eb5acfd3e3d03a25db6a26b84f720ad0503196c627c21ddd48dd85b06a4';

const CHAINS: readonly GenuineChain[] = [
  ...(['milan', 'genoa', 'turin'] as const).map(product => ({
    name: `AMD, ${product}`,
    certificates: () => [
      ...inPem(genuineText(`sev-snp/${product}_vcek.pem`)),
      genuine(`roots/amd/${product}_ask.der`),
      genuine(`roots/amd/${product}_ark.der`),
    ],
    root: AMD_ROOTS[product],
    asOf: at('2026-06-01T00:00:00Z'),
  })),
  {
    name: 'AMD, a guest that is debugged',
    certificates: () => [
      genuine('sev-snp/debug_vcek.der'),
      genuine('roots/amd/milan_ask.der'),
      genuine('roots/amd/milan_ark.der'),
    ],
    root: AMD_ROOTS.milan,
    asOf: at('2023-01-01T00:00:00Z'),
  },
  ...(['production', 'debug', 'zero-pcr'] as const).map(name => ({
    name: `AWS, ${name}`,
    certificates: () =>
      inNitro(name === 'zero-pcr' ? genuineBase64('nitro/zero-pcr.b64') : genuine(`nitro/${name}.bin`)),
    root: AWS_ROOT,
    asOf: at(
      {
        production: '2022-10-13T08:58:03Z',
        debug: '2022-10-12T13:50:07Z',
        'zero-pcr': '2023-09-18T15:03:31Z',
      }[name],
    ),
  })),
  ...(['tdx_quote', 'tdx_quote_outdated', 'sgx_quote'] as const).flatMap(name =>
    (['pck_crl', 'tcb_info', 'qe_identity'] as const).map(part => ({
      name: `Intel, ${name}, ${part}`,
      certificates: () => inPem(collateralOf(name)[`${part}_issuer_chain`] as string),
      root: INTEL_ROOT,
      asOf: at('2025-06-20T00:00:00Z'),
    })),
  ),
  {
    name: 'NVIDIA',
    certificates: () => inPem(genuineText('nvidia/hopperCertChain.txt')),
    root: NVIDIA_ROOT,
    asOf: at('2026-06-01T00:00:00Z'),
  },
  ...['hopper_evidence', 'hopper_evidence_cert_hold'].map(name => ({
    name: `NVIDIA, ${name}`,
    certificates: () => {
      const [first] = JSON.parse(genuineText(`nvidia/${name}.json`)) as { certificate: string }[];
      return inPem(new TextDecoder().decode(fromBase64(first?.certificate ?? '') ?? undefined));
    },
    root: NVIDIA_ROOT,
    asOf: at('2026-06-01T00:00:00Z'),
  })),
];

describeGenuine('the certificates of makers of hardware', () => {
  it.each(CHAINS)('$name: what we read is what Node.js reads', ({ certificates }) => {
    for (const bytes of certificates()) {
      const ours = parseCertificate(bytes);
      const theirs = new X509Certificate(bytes);
      expect(BigInt(`0x0${toHex(ours.serial)}`)).toBe(BigInt(`0x${theirs.serialNumber}`));
      expect(ours.notBefore).toBe(Date.parse(theirs.validFrom) / SECOND);
      expect(ours.notAfter).toBe(Date.parse(theirs.validTo) / SECOND);
      const { publicKey } = theirs;
      expect(toHex(ours.spki)).toBe(publicKey.export({ type: 'spki', format: 'der' }).toString('hex'));
      expect(ours.keyKind?.name.toLowerCase()).toBe(publicKey.asymmetricKeyType);
      const curve = { prime256v1: 'P-256', secp384r1: 'P-384', '': undefined };
      const named = (publicKey.asymmetricKeyDetails?.namedCurve ?? '') as keyof typeof curve;
      expect(ours.keyKind?.name === 'EC' ? ours.keyKind.curve : undefined).toBe(curve[named]);
      expect(ours.authority !== null).toBe(theirs.ca);
      expect(ours.commonName).toBe(/^CN=(.*)$/m.exec(theirs.subject)?.[1]);
    }
  });

  it.each(CHAINS)('$name: its chain leads to the root, as Node.js sees it too', async chain => {
    const all = chain.certificates();
    const certificates = all.map(parseCertificate);
    const roots = [{ name: chain.name, spkiSha256: fromHex(chain.root) as Uint8Array }];
    const { asOf } = chain;
    expect((await checkChain(certificates, { roots, asOf })).name).toBe(chain.name);
    const theirs = all.map(bytes => new X509Certificate(bytes));
    for (const [place, certificate] of theirs.entries()) {
      const issuer = theirs[place + 1] ?? certificate;
      expect(certificate.verify(issuer.publicKey)).toBe(true);
      expect(certificate.checkIssued(issuer)).toBe(true);
    }
  });

  it.each(CHAINS)('$name: not with the chain turned round, nor with one damaged', async chain => {
    const certificates = chain.certificates().map(parseCertificate);
    const top = certificates.at(-1) as (typeof certificates)[number];
    const options = { roots: [{ name: '', spkiSha256: sha256(top.spki) }], asOf: chain.asOf };
    await expect(checkChain(certificates.toReversed(), options)).rejects.toThrow('certificate/');
    for (const [place, { bytes }] of certificates.entries()) {
      const damaged = bytes.slice();
      damaged[damaged.length - 5] = (damaged.at(-5) as number) ^ 1;
      const changed = certificates.with(place, parseCertificate(damaged));
      await expect(checkChain(changed, options)).rejects.toMatchObject({
        code: 'certificate/signature-invalid',
        field: `certificate ${place}`,
      });
    }
  });
});

describeGenuine('the revocation lists of Intel', () => {
  it.each(['tdx_quote', 'tdx_quote_outdated', 'sgx_quote'])('%s', async name => {
    const collateral = collateralOf(name);
    const [authority, root] = certificatesFromPem(collateral.pck_crl_issuer_chain as string);
    if (authority === undefined || root === undefined) throw new Error('no chain');
    const lists = [collateral.root_ca_crl, collateral.pck_crl].map(hex =>
      parseRevocationList(fromHex(hex as string) as Uint8Array),
    );
    const [rootList, list] = lists as [(typeof lists)[number], (typeof lists)[number]];
    const asOf = list.thisUpdate + 1;
    await checkNotRevoked(authority, root, rootList, Math.max(asOf, rootList.thisUpdate));
    const leaf = (serial: Uint8Array) => ({ ...authority, issuer: authority.subject, serial });
    await checkNotRevoked(leaf(Uint8Array.of(1)), authority, list, asOf);
    for (const [serial, since] of list.revoked()) {
      const revoked = leaf(fromHex(serial) as Uint8Array);
      expect(since).toBeLessThanOrEqual(list.thisUpdate);
      await expect(checkNotRevoked(revoked, authority, list, asOf)).rejects.toThrow('certificate/revoked');
    }
  });
});

function inPem(text: string): readonly Uint8Array[] {
  return certificatesFromPem(text).map(({ bytes }) => bytes);
}

function inNitro(document: Uint8Array): readonly Uint8Array[] {
  const [, , payload] = decodeCbor(document, { keys: 'in-any-order' }) as Uint8Array[];
  const fields = decodeCbor(payload as Uint8Array, { keys: 'in-any-order' }) as CborMap;
  const bundle = fields.get('cabundle') as readonly Uint8Array[];
  return [fields.get('certificate') as Uint8Array, ...bundle.toReversed()];
}

function collateralOf(name: string): Readonly<Record<string, unknown>> {
  return JSON.parse(genuineText(`tdx/${name}_collateral.json`));
}
