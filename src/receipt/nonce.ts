/**
 * Nonces: what a client sends with a request, so that it can tell its own exchange from every other, also from one whose request had the
 * very same bytes. Receipt and acceptance commit to it; in clear it could be whatever a client writes.
 */
import { toHex } from '../bytes/hex.js';
import { utf8 } from '../bytes/octets.js';
import { commit } from './opening.js';

/** The request header that carries it. */
export const NONCE_HEADER = 'countersign-nonce';

/** How many random bytes a client of ours makes one of: nobody meets the same twice, or guesses one. */
export const NONCE_BYTES = 16;

/** Whether a text can be one: 16 to 64 characters of base64url, whatever they stand for. */
export function isNonce(text: string): boolean {
  return /^[A-Za-z0-9_-]{16,64}$/.test(text);
}

/** The commitment to the header's text, hexadecimal. */
export function nonceCommitment(opening: Uint8Array, nonce: string): string {
  return toHex(commit(opening, 'request/nonce', utf8(nonce)));
}
