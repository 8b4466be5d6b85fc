/** Gathers bytes that arrive in parts of any size, in one buffer that doubles: a stranger who sends single bytes costs no more than they weigh. */
export class ByteCollector {
  #buffer: Uint8Array;
  #length = 0;

  /** @param expected how many bytes are to come, as far as that is known and believed */
  constructor(expected = 4096) {
    this.#buffer = new Uint8Array(expected);
  }

  get length(): number {
    return this.#length;
  }

  add(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#length);
    this.#length = length;
  }

  /** What has been gathered: a view that stays valid until more is added. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}
