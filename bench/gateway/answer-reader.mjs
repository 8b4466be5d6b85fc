/**
 * Reads the answers on one HTTP/1.1 connection, one at a time: by their length, or in chunks with trailers behind them. It knows no more than
 * what the contenders send, and costs little, since it shares the cores with them.
 */
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const NOTHING = Buffer.alloc(0);

export class AnswerReader {
  /** The head as text, its end left out; null before it is there. */
  head = null;
  #received = NOTHING;
  #parts = [];
  #gathered = 0;
  /** What is still to come of a body of known length, or of the chunk; null while a chunk's size line is awaited. */
  #left = 0;
  #isChunked = false;
  #inTrailers = false;

  get status() {
    return Number(this.head?.slice(9, 12) ?? 0);
  }

  get closes() {
    return this.head !== null && /^connection: *close/im.test(this.head);
  }

  /** How many bytes of the body have come. */
  get bodyBytes() {
    return this.#gathered;
  }

  get body() {
    return this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
  }

  header(name) {
    const line = new RegExp(`^${name}: *(.*)$`, 'im').exec(this.head ?? '');
    return line?.[1].trim() ?? null;
  }

  /** Takes what has come. Returns whether the answer is complete; throws for what is no answer. */
  push(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    if (this.head === null && !this.#readHead()) return false;
    return this.#isChunked ? this.#readChunks() : this.#readKnown();
  }

  #readHead() {
    const end = this.#received.indexOf(END_OF_HEAD);
    if (end < 0) return false;
    this.head = this.#received.latin1Slice(0, end);
    this.#received = this.#received.subarray(end + END_OF_HEAD.length);
    this.#isChunked = /^transfer-encoding: *chunked/im.test(this.head);
    const length = /^content-length: *(\d+)/im.exec(this.head)?.[1];
    if (!this.#isChunked && length === undefined) throw new Error('an answer without a length');
    this.#left = this.#isChunked ? null : Number(length);
    return true;
  }

  #readKnown() {
    this.#take();
    return this.#left === 0;
  }

  #readChunks() {
    for (;;) {
      if (this.#inTrailers) return this.#readTrailers();
      if (this.#left === null) {
        const end = this.#received.indexOf(LINE_END);
        if (end < 0) return false;
        const size = Number.parseInt(this.#received.latin1Slice(0, end), 16);
        if (Number.isNaN(size)) throw new Error('a chunk without a size');
        this.#received = this.#received.subarray(end + LINE_END.length);
        this.#inTrailers = size === 0;
        this.#left = size;
        continue;
      }
      this.#take();
      if (this.#left > 0 || this.#received.length < LINE_END.length) return false;
      this.#received = this.#received.subarray(LINE_END.length);
      this.#left = null;
    }
  }

  /** Lines, none in most answers, up to an empty one. */
  #readTrailers() {
    for (;;) {
      const end = this.#received.indexOf(LINE_END);
      if (end < 0) return false;
      this.#received = this.#received.subarray(end + LINE_END.length);
      if (end === 0) return true;
    }
  }

  /** Takes what there is of the body or chunk that is being read. */
  #take() {
    const part = this.#received.subarray(0, this.#left);
    if (part.length === 0) return;
    this.#received = this.#received.subarray(part.length);
    this.#left -= part.length;
    this.#gathered += part.length;
    this.#parts.push(part);
  }
}
