/**
 * The hash chain of a streamed answer: `h₀ = HMAC-SHA-256(opening, "stream")`, `hᵢ = SHA-256(hᵢ₋₁ ‖ SHA-256(eventᵢ))`. Its last link
 * commits to every event and to their order; a link on the way commits to the part of the answer that came before it.
 */
import { hmacSha256, sha256 } from '../bytes/cryptography.js';
import { concat, utf8 } from '../bytes/octets.js';

export class StreamChain {
  #link: Uint8Array;

  constructor(opening: Uint8Array) {
    this.#link = hmacSha256(opening, utf8('stream'));
  }

  /** Takes the next event, in the form that `eventBytes` of `exchange/server-sent-events` gives it. */
  add(event: Uint8Array): void {
    this.#link = sha256(concat(this.#link, sha256(event)));
  }

  /** The link reached: 32 bytes. */
  get link(): Uint8Array {
    return this.#link;
  }
}
