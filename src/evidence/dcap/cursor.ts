/** Reads a quote from front to back; everything in it is little-endian. Every length is compared with what is left before anything is taken. */
import { Failure } from '../../reason.js';

export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Where the next read begins. */
  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next bytes, as a view. Throws `quote/malformed` where there are fewer. */
  take(length: number, what: string): Uint8Array {
    if (length > this.left) throw malformed(what, `${length} bytes, of which ${this.left} are there`);
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  u16(what: string): number {
    const [low = 0, high = 0] = this.take(2, what);
    return low | (high << 8);
  }

  u32(what: string): number {
    return this.u16(what) + this.u16(what) * 0x10000;
  }
}

export function malformed(field: string, detail: string): Failure {
  return new Failure('quote/malformed', { field, detail });
}
