/**
 * Server-sent events as they pass: cut into blocks whose bytes are forwarded unchanged, and into events whose fields are hashed. Works on
 * bytes, because what is signed must not depend on how text is decoded. Source: HTML Standard §9.2.6.
 */
import { concatAll } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;

export interface ServerSentEvent {
  /** Null where the block has no such field; of several, the last counts. */
  readonly event: Uint8Array | null;
  readonly id: Uint8Array | null;
  /** One element for each `data` field; the event's data are these, joined by newlines. */
  readonly data: readonly Uint8Array[];
}

export interface EventBlock {
  /** The block's exact bytes, the blank line that ends it included and a byte order mark at the stream's start left out. */
  readonly raw: Uint8Array;
  /** What a client may dispatch for this block; null when it has none of the three fields, as a comment that keeps a connection alive. */
  readonly event: ServerSentEvent | null;
  /** The block's comment lines, without the colon. */
  readonly comments: readonly Uint8Array[];
}

/** The most lines that a stranger's block may have: each is kept apart, and takes more memory than the shortest have bytes. */
export const MAX_LINES = 100_000;

/** How large the buffer of a splitter is at first, in bytes, and again when what has made it larger is gone. */
const USUAL_BUFFER = 4096;
/** A larger one is not kept for what may come. */
const MUCH = 1 << 16;

/** Cuts a stream of bytes into blocks. Every byte from outside is hostile: a block may not grow without end. */
export class EventSplitter {
  readonly #maxBlock: number;
  readonly #maxLines: number;
  /** Bytes of the block that has not ended yet; the buffer doubles, so that a dripping stream costs no more than a quick one. */
  #buffer = new Uint8Array(USUAL_BUFFER);
  #length = 0;
  /** Lines of the block that have ended. */
  #lines = 0;
  /** Where the line begins that has not ended yet, and how far it has been searched. */
  #lineStart = 0;
  #searched = 0;
  #first = true;

  /** `maxBlock`, `maxLines`: the most bytes and the most lines that one block may have. */
  constructor(maxBlock: number, maxLines = Number.POSITIVE_INFINITY) {
    this.#maxBlock = maxBlock;
    this.#maxLines = maxLines;
  }

  /**
   * Takes the next bytes and returns the blocks that they complete. Throws `upstream/oversized`, or `upstream/garbage` for a block that
   * clients read differently.
   */
  push(chunk: Uint8Array): EventBlock[] {
    this.#append(chunk);
    return this.#scan(false);
  }

  /** Says that nothing more will come: a last carriage return is then a line end of its own. */
  end(): EventBlock[] {
    return this.#scan(true);
  }

  #scan(ended: boolean): EventBlock[] {
    const blocks: EventBlock[] = [];
    const bytes = this.#buffer.subarray(0, this.#length);
    const hasReturns = bytes.includes(CR, this.#searched);
    let blockStart = 0;
    let at = lineEnd(bytes, this.#searched, hasReturns);
    while (at < this.#length) {
      const byte = bytes[at];
      // A carriage return may be the first half of a line end; wait for the byte that tells.
      if (byte === CR && at + 1 === this.#length && !ended) break;
      const end = byte === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
      if (at === this.#lineStart) {
        blocks.push(readBlock(this.#withoutMark(bytes.slice(blockStart, end))));
        this.#first = false;
        this.#lines = 0;
        blockStart = end;
      } else if (++this.#lines > this.#maxLines) {
        throw new Failure('upstream/oversized', { detail: 'lines of one event' });
      }
      this.#lineStart = end;
      at = lineEnd(bytes, end, hasReturns);
    }
    if (blockStart > 0) this.#drop(blockStart);
    this.#searched = at - blockStart;
    if (this.#length > this.#maxBlock) throw new Failure('upstream/oversized', { detail: 'one event' });
    return blocks;
  }

  /** The bytes of a block that has not ended. A client drops them, and so does the chain. */
  get rest(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  /** Lets go of so many bytes at the front, and of a buffer that a large block has needed. */
  #drop(count: number): void {
    const rest = this.#buffer.subarray(count, this.#length);
    if (this.#buffer.length > MUCH && rest.length <= USUAL_BUFFER)
      this.#buffer = new Uint8Array(USUAL_BUFFER);
    this.#buffer.set(rest);
    this.#length = rest.length;
    this.#lineStart -= count;
  }

  #withoutMark(raw: Uint8Array): Uint8Array {
    return this.#first && startsWith(raw, 0, BYTE_ORDER_MARK) ? raw.subarray(BYTE_ORDER_MARK.length) : raw;
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
  }
}

/**
 * The canonical bytes of an event, which the stream chain hashes: `event:<value>\n` and `id:<value>\n` where the block had them, then
 * `data:<value>\n` for each data field. No value holds a line end, so two different events never have the same bytes.
 */
export function eventBytes({ event, id, data }: ServerSentEvent): Uint8Array {
  const parts: Uint8Array[] = [];
  if (event !== null) parts.push(EVENT_FIELD, event, LINE_END);
  if (id !== null) parts.push(ID_FIELD, id, LINE_END);
  for (const line of data) parts.push(DATA_FIELD, line, LINE_END);
  return concatAll(parts);
}

/** An event's data: its data fields joined by newlines. */
export function eventData({ data }: ServerSentEvent): Uint8Array {
  if (data.length === 1) return data[0] as Uint8Array;
  return concatAll(data.flatMap((line, index) => (index === 0 ? [line] : [LINE_END, line])));
}

const LINE_END = Uint8Array.of(LF);
const ascii = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0));
const EVENT_FIELD = ascii('event:');
const ID_FIELD = ascii('id:');
const DATA_FIELD = ascii('data:');
const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

function readBlock(raw: Uint8Array): EventBlock {
  let event: Uint8Array | null = null;
  let id: Uint8Array | null = null;
  const data: Uint8Array[] = [];
  const comments: Uint8Array[] = [];
  const hasReturns = raw.includes(CR);
  for (let start = 0, end = 0; start < raw.length; start = end + 1) {
    end = lineEnd(raw, start, hasReturns);
    // Between a carriage return and its line feed, or two line ends: there is nothing.
    if (end === start) continue;
    // The standard drops a byte order mark at the stream's start only, but some clients at the start of any line: they would see
    // a field where others see none.
    if (startsWith(raw, start, BYTE_ORDER_MARK))
      throw new Failure('upstream/garbage', { field: 'byte order mark' });
    if (raw[start] === COLON) {
      comments.push(raw.subarray(start + 1, end));
      continue;
    }
    if (startsWithField(raw, start, end, DATA_FIELD)) data.push(valueIn(raw, start, end, DATA_FIELD));
    else if (startsWithField(raw, start, end, EVENT_FIELD)) event = valueIn(raw, start, end, EVENT_FIELD);
    else if (startsWithField(raw, start, end, ID_FIELD)) id = valueIn(raw, start, end, ID_FIELD);
  }
  const isEvent = data.length > 0 || event !== null || id !== null;
  return { raw, event: isEvent ? { event, id, data } : null, comments };
}

/** Where the line ends that begins at or before `from`: the place of its line end's first byte, or the length where there is none. */
function lineEnd(bytes: Uint8Array, from: number, hasReturns: boolean): number {
  // Nearly no stream has carriage returns, and finding one byte is what engines are quick at.
  if (!hasReturns) {
    const feed = bytes.indexOf(LF, from);
    return feed < 0 ? bytes.length : feed;
  }
  let at = from;
  while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at++;
  return at;
}

/** Whether a line is of this field, whose colon it may lack when its value is empty. */
function startsWithField(raw: Uint8Array, start: number, end: number, field: Uint8Array): boolean {
  const name = field.length - 1;
  if (end - start < name || !startsWith(raw, start, field, name)) return false;
  return end - start === name || raw[start + name] === COLON;
}

/** The value in a line of this field: what comes after the colon, and after a space behind it. */
function valueIn(raw: Uint8Array, start: number, end: number, field: Uint8Array): Uint8Array {
  const from = Math.min(start + field.length, end);
  return raw.subarray(raw[from] === SPACE && from < end ? from + 1 : from, end);
}

function startsWith(bytes: Uint8Array, at: number, start: Uint8Array, length = start.length): boolean {
  for (let index = 0; index < length; index++) if (bytes[at + index] !== start[index]) return false;
  return true;
}
