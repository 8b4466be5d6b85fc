/**
 * The keys of NVIDIA's attestation service as it publishes them: a JSON Web Key Set (RFC 7517) of P-384 keys, each with the certificates of its key
 * up to one below the root. They change daily, so they are archived with the tokens; who fetched them is nobody's proof.
 */
import { fromBase64, fromBase64Url } from '../../../bytes/base64.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { fromHex } from '../../../bytes/hex.js';
import { isWithinExtent, type JsonExtent } from '../../../bytes/json-extent.js';
import { concat, equal, fromUtf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';
import { type Certificate, parseCertificate } from '../../x509/certificate.js';
import { checkChain, type PinnedRoot } from '../../x509/chain.js';
import { MAX_CHAIN } from '../../x509/pem.js';
import { parseObject } from './token.js';

export interface NrasKey {
  readonly name: string;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** Base64 of DER, from the key's own certificate on. */
  readonly certificates: readonly string[];
}

/** Whom the caller lets vouch for keys. */
export interface NrasTrust {
  /** SHA-256 of the SubjectPublicKeyInfo of keys that count as they are. */
  readonly keys?: readonly Uint8Array[];
  /** Where certificates may lead to. */
  readonly roots?: readonly PinnedRoot[];
  /** Certificates in DER that come behind those of the key set, up to the root: the service does not send it. */
  readonly authorities?: readonly Uint8Array[];
}

/** The service's has 32 keys in 80 KB. */
const MAX_BYTES = 512 * 1024;
const MAX_KEYS = 256;
/** Of a key: itself and its chain, some ten members, and its certificates. */
const EXTENT: JsonExtent = { containers: 4 * MAX_KEYS, members: 32 * MAX_KEYS, values: 64 * MAX_KEYS };
/** SubjectPublicKeyInfo of P-384 before the two coordinates. Source: RFC 5480 §2.1.1, §2.2. */
const P384_PREFIX = fromHex('3076301006072a8648ce3d020106052b8104002203620004') as Uint8Array;
const COORDINATE_BYTES = 48;

/** Throws `nras/keys-malformed`, also when two keys have one name. */
export function parseKeySet(bytes: Uint8Array): ReadonlyMap<string, NrasKey> {
  const text = bytes.length > MAX_BYTES ? null : fromUtf8(bytes);
  if (text === null || !isWithinExtent(text, EXTENT)) throw malformed('more than any key set has');
  const { keys } = parseObject(text, malformed);
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw malformed('no list of keys');
  const named = new Map<string, NrasKey>();
  for (const member of keys as unknown[]) {
    const key = keyOf(Object(member) as Record<string, unknown>);
    if (named.has(key.name)) throw malformed('two keys of one name');
    named.set(key.name, key);
  }
  return named;
}

/**
 * Whether somebody whom the caller trusts vouches for the key at `asOf` (Unix seconds).
 *
 * Throws `nras/key-untrusted`, `certificate/malformed`, or what `checkChain` throws.
 */
export async function checkKey(key: NrasKey, trust: NrasTrust, asOf: number): Promise<PinnedRoot | null> {
  const fingerprint = sha256(key.spki);
  if (trust.keys?.some(pinned => equal(pinned, fingerprint))) return null;
  const { roots = [], authorities = [] } = trust;
  const chain: readonly Certificate[] = [
    ...key.certificates.map(text => {
      const bytes = fromBase64(text);
      if (bytes === null) throw new Failure('certificate/malformed', { field: 'x5c' });
      return parseCertificate(bytes);
    }),
    ...authorities.map(parseCertificate),
  ];
  const [own] = chain;
  if (
    key.certificates.length === 0 ||
    own === undefined ||
    !equal(own.spki, key.spki) ||
    !own.maySign.documents
  )
    throw new Failure('nras/key-untrusted', { field: key.name });
  return checkChain(chain, { roots, asOf });
}

function keyOf({
  kty,
  crv,
  kid,
  x,
  y,
  use = 'sig',
  alg = 'ES384',
  x5c = [],
}: Record<string, unknown>): NrasKey {
  if (kty !== 'EC' || crv !== 'P-384' || use !== 'sig' || alg !== 'ES384' || typeof kid !== 'string')
    throw malformed('a key of another kind');
  if (!Array.isArray(x5c) || x5c.length > MAX_CHAIN || x5c.some(text => typeof text !== 'string'))
    throw malformed('no list of certificates');
  const [first, second] = [x, y].map(value => (typeof value === 'string' ? fromBase64Url(value) : null));
  if (first?.length !== COORDINATE_BYTES || second?.length !== COORDINATE_BYTES)
    throw malformed('no point of the curve');
  return { name: kid, spki: concat(P384_PREFIX, first, second), certificates: x5c as string[] };
}

function malformed(detail: string): Failure {
  return new Failure('nras/keys-malformed', { detail });
}
