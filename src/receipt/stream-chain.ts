/**
 * The hash chain of a streamed answer: `h₀ = HMAC-SHA-256(opening, "stream")`, `hᵢ = SHA-256(hᵢ₋₁ ‖ SHA-256(eventᵢ))`. Its last link
 * commits to every event and to their order; a link on the way commits to the part of the answer that came before it.
 */
import { hmacSha256, sha256 } from '../bytes/cryptography.js';
import { utf8 } from '../bytes/octets.js';

export class StreamChain {
  #link: Uint8Array;
  /** What the next link is the digest of; filled anew for each, since a stream has many. */
  readonly #next = new Uint8Array(64);

  constructor(opening: Uint8Array) {
    this.#link = hmacSha256(opening, utf8('stream'));
  }

  /** Takes the next event, in the form that `eventBytes` of `exchange/server-sent-events` gives it. */
  add(event: Uint8Array): void {
    this.#next.set(this.#link);
    this.#next.set(sha256(event), 32);
    this.#link = sha256(this.#next);
  }

  /** The link reached: 32 bytes. */
  get link(): Uint8Array {
    return this.#link;
  }
}
