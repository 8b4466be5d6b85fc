/** What kind of key a certificate is about. */
import type { SignatureScheme } from '../../bytes/cryptography.js';

export type KeyKind =
  | { readonly name: 'EC'; readonly curve: 'P-256' | 'P-384' | 'P-521' }
  | { readonly name: 'RSA' };

/** The scheme under which a key's signature over a document counts: its curve with the hash of the same strength. Null for other keys. */
export function documentScheme(kind: KeyKind | null): SignatureScheme | null {
  if (kind?.name !== 'EC') return null;
  const hash = ({ 'P-256': 'SHA-256', 'P-384': 'SHA-384', 'P-521': 'SHA-512' } as const)[kind.curve];
  return { name: 'ECDSA', curve: kind.curve, hash };
}
