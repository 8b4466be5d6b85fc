/**
 * Gathers bytes that arrive in parts of any size: a stranger who sends single bytes costs no more than they weigh. Most come in one part, which
 * needs no copy. What follows is copied into pieces that are of the same size as soon as there is much of it, and put together once, when somebody
 * looks: one buffer that grew would leave holes of every size behind, which an allocator can neither give back nor use for what is larger.
 */
export class ByteCollector {
  /** All of them full but the last. */
  #pieces: Uint8Array[] = [];
  /** How much of the last piece is used. */
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Nobody may change the part from now on. */
  add(part: Uint8Array): void {
    if (this.#pieces.length === 0) {
      this.#pieces.push(kept(part));
      this.#used = part.length;
    } else this.#copy(part);
    this.#length += part.length;
  }

  /** What has been gathered: a view that stays valid until more is added. */
  get bytes(): Uint8Array {
    if (this.#pieces.length > 1) {
      const whole = new Uint8Array(this.#length);
      let at = 0;
      for (const piece of this.#pieces) {
        const part = piece.subarray(0, this.#length - at);
        whole.set(part, at);
        at += part.length;
      }
      this.#pieces = [whole];
      this.#used = whole.length;
    }
    return this.#pieces[0]?.subarray(0, this.#length) ?? NOTHING;
  }

  #copy(part: Uint8Array): void {
    for (let start = 0; start < part.length; ) {
      let last = this.#pieces.at(-1) as Uint8Array;
      if (this.#used === last.length) {
        const gathered = this.#length + start;
        last = new Uint8Array(Math.min(MOST, Math.max(LEAST, gathered, part.length - start)));
        this.#pieces.push(last);
        this.#used = 0;
      }
      const copied = part.subarray(start, start + last.length - this.#used);
      last.set(copied, this.#used);
      this.#used += copied.length;
      start += copied.length;
    }
  }
}

const NOTHING = new Uint8Array();
/** Room for the parts after the first: as much as there is already, within these. */
const LEAST = 4096;
const MOST = 1 << 20;

/** The part as it is, unless that would keep a much larger piece of memory alive. */
function kept(part: Uint8Array): Uint8Array {
  if (part.length * 2 < part.buffer.byteLength) return new Uint8Array(part);
  return new Uint8Array(part.buffer, part.byteOffset, part.length);
}
