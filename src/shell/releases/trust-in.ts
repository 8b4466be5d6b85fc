/** Whom to believe, by the file that says it: a trusted root of Sigstore's, a public key, or the certificates of an authority. */
import { fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { ReleaseTrust } from './verify-release.js';

/** Who has to have signed; null where the key says it all. */
export interface Expected {
  readonly issuer: string | null;
  readonly identity: string | null;
  /** Milliseconds since 1970, for certificates of whose use nobody has stamped the time. */
  readonly asOf: number;
}

/** Throws `sigstore/root-malformed` for a file that is none of these. */
export function kindOfRoot(bytes: Uint8Array): ReleaseTrust['by'] {
  const text = fromUtf8(bytes)?.trimStart() ?? '';
  if (text.startsWith('-----BEGIN PUBLIC KEY-----')) return 'key';
  if (text.startsWith('-----BEGIN CERTIFICATE-----')) return 'authority';
  if (text.startsWith('{')) return 'sigstore';
  throw new Failure('sigstore/root-malformed', { detail: 'neither JSON nor PEM' });
}

/**
 * Throws `sigstore/root-malformed` for a file that is none of these, `sigstore/issuer-refused` or `sigstore/identity-refused` where nobody is named whom it could
 * be: a signature of anybody's would do.
 */
export function trustIn(bytes: Uint8Array, { issuer, identity, asOf }: Expected): ReleaseTrust {
  const by = kindOfRoot(bytes);
  if (by === 'key') return { by, bytes };
  if (identity === null)
    throw new Failure('sigstore/identity-refused', { detail: 'nobody is named by --identity' });
  if (by === 'authority') return { by, bytes, identity, asOf };
  if (issuer === null)
    throw new Failure('sigstore/issuer-refused', { detail: 'nobody is named by --issuer' });
  return { by, bytes, issuer, identity };
}
