/**
 * Gathers bytes that arrive in parts of any size, in one buffer that doubles: a stranger who sends single bytes costs no more than they weigh.
 * Most come in one part, which needs no copy.
 */
export class ByteCollector {
  #buffer: Uint8Array;
  #length = 0;

  /** @param expected how many bytes are to come, as far as that is known and believed */
  constructor(expected = 0) {
    this.#buffer = expected === 0 ? NOTHING : new Uint8Array(expected);
  }

  get length(): number {
    return this.#length;
  }

  /** Nobody may change the part from now on. */
  add(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#buffer.length) {
      if (this.#length === 0) {
        this.#buffer = kept(part);
        this.#length = length;
        return;
      }
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2, LEAST));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#length);
    this.#length = length;
  }

  /** What has been gathered: a view that stays valid until more is added. */
  get bytes(): Uint8Array {
    return this.#length === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, this.#length);
  }
}

const NOTHING = new Uint8Array();
/** Room for the parts after the first. */
const LEAST = 4096;

/** The part as it is, unless that would keep a much larger piece of memory alive. */
function kept(part: Uint8Array): Uint8Array {
  if (part.length * 2 < part.buffer.byteLength) return new Uint8Array(part);
  return new Uint8Array(part.buffer, part.byteOffset, part.length);
}
