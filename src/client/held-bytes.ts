/** Bytes that have come and are not passed on yet: added at the end in parts of any size, let go of at the front. */
import { concatAll } from '../bytes/octets.js';

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

export class HeldBytes {
  #parts: Uint8Array[] = [];

  add(part: Uint8Array): void {
    if (part.length > 0) this.#parts.push(part);
  }

  /** Lets go of the first `count` bytes. */
  drop(count: number): void {
    let left = count;
    const at = this.#parts.findIndex(part => {
      if (part.length > left) return true;
      left -= part.length;
      return false;
    });
    if (at < 0) this.#parts = [];
    else this.#parts = [(this.#parts[at] as Uint8Array).subarray(left), ...this.#parts.slice(at + 1)];
  }

  /** Lets go of a byte order mark, where one is at the front. */
  dropMark(): void {
    const { bytes } = this;
    if (BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte)) this.drop(BYTE_ORDER_MARK.length);
  }

  get bytes(): Uint8Array {
    return concatAll(this.#parts);
  }
}
