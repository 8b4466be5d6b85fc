/** How a certificate or a revocation list is signed: the algorithm that it names, as a scheme of ours, and the signature in the form of that. */
import type { SignatureScheme } from '../../bytes/cryptography.js';
import {
  contextTag,
  DER,
  type DerElement,
  derBitOctets,
  derChildren,
  derMembers,
  derNumber,
  derObjectIdentifier,
  ecdsaFromDer,
} from '../../bytes/der.js';
import { Failure } from '../../reason.js';
import type { KeyKind } from './key-kind.js';

/** A scheme for each curve: whose it is, the key of the issuer says. Null for an algorithm that we do not accept. */
export type SignedAs =
  | { readonly kind: 'ECDSA'; readonly hash: SignatureScheme['hash']; readonly der: Uint8Array }
  | { readonly kind: 'RSA'; readonly scheme: SignatureScheme; readonly signature: Uint8Array }
  | { readonly kind: 'unsupported'; readonly algorithm: string };

/** Source: RFC 5758 §3.2, RFC 8017 appendix A.2. SHA-1 is not accepted anywhere. */
const ECDSA_HASHES: ReadonlyMap<string, SignatureScheme['hash']> = new Map([
  ['1.2.840.10045.4.3.2', 'SHA-256'],
  ['1.2.840.10045.4.3.3', 'SHA-384'],
  ['1.2.840.10045.4.3.4', 'SHA-512'],
]);
const RSA_HASHES: ReadonlyMap<string, SignatureScheme['hash']> = new Map([
  ['1.2.840.113549.1.1.11', 'SHA-256'],
  ['1.2.840.113549.1.1.12', 'SHA-384'],
  ['1.2.840.113549.1.1.13', 'SHA-512'],
]);
const HASHES: ReadonlyMap<string, SignatureScheme['hash']> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'SHA-256'],
  ['2.16.840.1.101.3.4.2.2', 'SHA-384'],
  ['2.16.840.1.101.3.4.2.3', 'SHA-512'],
]);
const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

/** Throws `der/malformed`. */
export function signatureOf(algorithm: DerElement | undefined, signature: DerElement | undefined): SignedAs {
  const [oid, parameters, ...more] = derMembers(algorithm, DER.sequence);
  if (more.length > 0) throw malformed('an algorithm of more than two parts');
  const name = derObjectIdentifier(oid);
  const octets = derBitOctets(signature);
  const ecdsa = ECDSA_HASHES.get(name);
  if (ecdsa !== undefined && parameters === undefined) return { kind: 'ECDSA', hash: ecdsa, der: octets };
  const rsa = RSA_HASHES.get(name);
  if (rsa !== undefined && parameters?.tag === DER.null)
    return { kind: 'RSA', scheme: { name: 'RSASSA-PKCS1-v1_5', hash: rsa }, signature: octets };
  const pss = name === RSA_PSS ? pssOf(parameters) : null;
  return pss === null
    ? { kind: 'unsupported', algorithm: name }
    : { kind: 'RSA', scheme: pss, signature: octets };
}

/** The scheme and the signature, if a key of that kind can have made it; null otherwise. */
export function underKey(
  signed: SignedAs,
  key: KeyKind | null,
): { readonly scheme: SignatureScheme; readonly signature: Uint8Array } | null {
  if (signed.kind === 'RSA' && key?.name === 'RSA') return signed;
  if (signed.kind !== 'ECDSA' || key?.name !== 'EC') return null;
  try {
    const signature = ecdsaFromDer(signed.der, COORDINATE_BYTES[key.curve]);
    return { scheme: { name: 'ECDSA', curve: key.curve, hash: signed.hash }, signature };
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Octets of one number of a signature. */
export const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const;

/** As long as the longest digest; providers throw for lengths that no signature has room for. */
const MAX_SALT_BYTES = 64;

/** RSASSA-PSS with one hash for both of its uses; null for others. Source: RFC 8017 appendix A.2.3. */
function pssOf(parameters: DerElement | undefined): SignatureScheme | null {
  let hash: SignatureScheme['hash'] | undefined;
  let mask: SignatureScheme['hash'] | undefined;
  let saltBytes = 20;
  let last = 0;
  for (const part of derMembers(parameters, DER.sequence)) {
    const [value, ...more] = derChildren(part);
    if (more.length > 0 || part.tag <= last) throw malformed('parameters of another form');
    last = part.tag;
    if (part.tag === contextTag(0))
      hash = HASHES.get(derObjectIdentifier(derMembers(value, DER.sequence)[0]));
    else if (part.tag === contextTag(1)) {
      const [generator, inner] = derMembers(value, DER.sequence);
      if (derObjectIdentifier(generator) === MGF1)
        mask = HASHES.get(derObjectIdentifier(derMembers(inner, DER.sequence)[0]));
    } else if (part.tag === contextTag(2)) saltBytes = derNumber(value);
    else if (part.tag !== contextTag(3) || derNumber(value) !== 1)
      throw malformed('parameters of another form');
  }
  if (hash === undefined || hash !== mask || saltBytes > MAX_SALT_BYTES) return null;
  return { name: 'RSA-PSS', hash, saltBytes };
}

function malformed(detail: string): Failure {
  return new Failure('der/malformed', { detail });
}
