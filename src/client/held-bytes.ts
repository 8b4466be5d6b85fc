/**
 * Bytes that have come and are not passed on yet: added at the end in parts of any size, let go of at the front. They are in one buffer, so
 * that a stranger who sends single bytes costs no more than they weigh.
 */

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/** How large the buffer is at first, in bytes, and the most that it stays when nothing is held. */
const USUAL_BUFFER = 4096;
const MUCH = 1 << 16;

export class HeldBytes {
  #buffer = new Uint8Array(USUAL_BUFFER);
  #start = 0;
  #end = 0;

  add(part: Uint8Array): void {
    if (this.#end + part.length > this.#buffer.length) this.#makeRoom(part.length);
    this.#buffer.set(part, this.#end);
    this.#end += part.length;
  }

  /** Lets go of the first `count` bytes, or of all where there are not so many. */
  drop(count: number): void {
    this.#start = Math.min(this.#start + count, this.#end);
    if (this.#start < this.#end) return;
    [this.#start, this.#end] = [0, 0];
    if (this.#buffer.length > MUCH) this.#buffer = new Uint8Array(USUAL_BUFFER);
  }

  /** Lets go of a byte order mark, where one is at the front. */
  dropMark(): void {
    if (BYTE_ORDER_MARK.every((byte, index) => this.#start + index < this.#end && this.#at(index) === byte))
      this.drop(BYTE_ORDER_MARK.length);
  }

  /** A copy of them all. */
  get bytes(): Uint8Array {
    return this.#buffer.slice(this.#start, this.#end);
  }

  #at(index: number): number | undefined {
    return this.#buffer[this.#start + index];
  }

  /** Moves what is held to the front, into a larger buffer where it would fill more than half of this one. */
  #makeRoom(more: number): void {
    const length = this.#end - this.#start;
    const needed = length + more;
    const isRoomy = needed <= this.#buffer.length / 2;
    const buffer = isRoomy ? this.#buffer : new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    buffer.set(this.#buffer.subarray(this.#start, this.#end));
    [this.#buffer, this.#start, this.#end] = [buffer, 0, length];
  }
}
