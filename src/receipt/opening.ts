/**
 * Openings and commitments.
 *
 * The log is public and for ever, while prompts and answers are private and often short enough to guess. So whatever the log says of
 * content is derived from the exchange's opening, 32 random bytes that only its caller holds: without them a guess cannot be tested,
 * and once opening and content are destroyed nothing is left to test.
 */
import { fromBase64Url, toBase64Url } from '../bytes/base64.js';
import { hmacSha256, sha256 } from '../bytes/cryptography.js';
import { concat, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';

export const OPENING_BYTES = 32;

/** What a commitment is about: every field has a label of its own, so that one cannot be passed off as another. */
export type Label =
  | 'request'
  | 'request/nonce'
  | 'request/sent'
  | 'response'
  | 'response/received'
  | 'model/requested'
  | 'model/served'
  | 'upstream/request-id'
  | 'policy/key'
  | 'policy/team'
  | 'policy/person'
  | 'policy/names'
  | `attempt/${number}/model`
  | `finish/${number}`
  | `tool/${number}`
  | `attachment/${number}`
  | `image/${number}`;

const COMMITMENT = Uint8Array.of(2);

/** `SHA-256(02 ‖ HMAC-SHA-256(opening, label) ‖ bytes)`: 32 bytes. */
export function commit(opening: Uint8Array, label: Label, bytes: Uint8Array): Uint8Array {
  return sha256(concat(COMMITMENT, hmacSha256(opening, utf8(label)), bytes));
}

export function formatOpening(opening: Uint8Array): string {
  return toBase64Url(opening);
}

/** Reads what {@link formatOpening} writes. Throws `content/opening-malformed`; the text itself stays out of the message. */
export function parseOpening(text: string): Uint8Array {
  const opening = fromBase64Url(text);
  if (opening?.length !== OPENING_BYTES) throw new Failure('content/opening-malformed');
  return opening;
}
