/**
 * A statement that is signed without Sigstore's services: by a key that the verifier holds, or by a certificate of an authority that he knows. No log has seen it and nobody
 * has stamped the time. Source: OpenSSF Model Signing 1.0, §4.1 and §8.2; its algorithm registry: elliptic curves, each with the hash of its strength.
 */
import { sha256, verifyForeign } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { preAuthenticationEncoding } from '../../receipt/envelope.js';
import { type Certificate, kindOfKey, parseCertificate } from '../x509/certificate.js';
import { checkChain } from '../x509/chain.js';
import { documentScheme, type KeyKind } from '../x509/key-kind.js';
import { underKey } from '../x509/signed-as.js';
import type { SigstoreBundle } from './bundle.js';
import { isIdentity, type SignerIdentity } from './identity.js';

/** `spki`: a public key in DER. Throws `sigstore/signer-differs` for a bundle that is not signed by a key, or `sigstore/signature-invalid`. */
export async function verifyByKey(bundle: SigstoreBundle, spki: Uint8Array): Promise<SignerIdentity> {
  if (bundle.signer.kind !== 'key') throw differs(bundle, 'key');
  await checkSignature(bundle, spki, kindOfKey(spki));
  return { issuer: null, identity: `sha256:${toHex(sha256(spki))}` };
}

/**
 * `authorities`: certificates of whom the verifier believes, as anchors. `identity`: the common name of the signer's certificate. `asOf` in Unix seconds. Throws
 * `sigstore/signer-differs`, what `checkChain` throws, `sigstore/certificate-unfit`, `sigstore/identity-refused` or `sigstore/signature-invalid`.
 */
export async function verifyByAuthority(
  bundle: SigstoreBundle,
  authorities: readonly Certificate[],
  identity: string,
  asOf: number,
): Promise<SignerIdentity> {
  if (bundle.signer.kind !== 'chain') throw differs(bundle, 'chain');
  const given = bundle.signer.certificates.map(parseCertificate);
  const root = await checkChain(chainOf(given, authorities), {
    roots: authorities.map(({ spki, commonName }) => ({
      name: commonName ?? toHex(sha256(spki)),
      spkiSha256: sha256(spki),
    })),
    asOf,
    understood: [EXTENDED_KEY_USAGE],
  });
  const [signer] = given;
  // Whoever may sign documents may also be an authority: the first implementation's own test has such a one.
  if (signer === undefined || !signer.maySign.documents)
    throw new Failure('sigstore/certificate-unfit', { detail: 'not for signatures' });
  const { commonName } = signer;
  if (commonName === null || !isIdentity(identity, commonName))
    throw new Failure('sigstore/identity-refused', { field: 'identity', detail: commonName ?? 'none' });
  await checkSignature(bundle, signer.spki, signer.keyKind);
  return { issuer: root.name, identity: commonName };
}

const EXTENDED_KEY_USAGE = '2.5.29.37';

/** Bundles may leave the root out: whoever verifies has it. Of several that could have issued the last, the one whose name it has. */
function chainOf(given: readonly Certificate[], authorities: readonly Certificate[]): readonly Certificate[] {
  const last = given.at(-1);
  if (last === undefined || authorities.some(({ spki }) => equal(spki, last.spki))) return given;
  const issuer = authorities.find(({ subject }) => equal(subject, last.issuer));
  return issuer === undefined ? given : [...given, issuer];
}

async function checkSignature(
  { payload, signature }: SigstoreBundle,
  spki: Uint8Array,
  kind: KeyKind | null,
): Promise<void> {
  const scheme = documentScheme(kind);
  if (scheme?.name !== 'ECDSA')
    throw new Failure('sigstore/certificate-unfit', { detail: 'no key of P-256, P-384 or P-521' });
  const signed = underKey({ kind: 'ECDSA', hash: scheme.hash, der: signature }, kind);
  if (
    signed === null ||
    !(await verifyForeign(signed.scheme, spki, preAuthenticationEncoding(payload), signed.signature))
  )
    throw new Failure('sigstore/signature-invalid');
}

function differs({ signer }: SigstoreBundle, expected: string): Failure {
  return new Failure('sigstore/signer-differs', { detail: `${signer.kind}, not ${expected}` });
}
