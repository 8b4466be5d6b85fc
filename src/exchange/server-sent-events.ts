/**
 * Server-sent events as they pass: cut into blocks whose bytes are forwarded unchanged, and into events whose fields are hashed. Works on
 * bytes, because what is signed must not depend on how text is decoded. Source: HTML Standard §9.2.6.
 */
import { concatAll } from '../bytes/octets.js';
import { Failure } from '../reason.js';

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

/** Cuts a stream of bytes into blocks. Every byte from outside is hostile: a block may not grow without end. */
export class EventSplitter {
  readonly #maxBlock: number;
  /** Bytes of the block that has not ended yet; the buffer doubles, so that a dripping stream costs no more than a quick one. */
  #buffer = new Uint8Array(4096);
  #length = 0;
  /** Where the line begins that has not ended yet, and how far it has been searched. */
  #lineStart = 0;
  #searched = 0;
  #first = true;

  /** `maxBlock`: the most bytes that one block may have. */
  constructor(maxBlock: number) {
    this.#maxBlock = maxBlock;
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
    const bytes = this.#buffer;
    let blockStart = 0;
    let at = this.#searched;
    for (; at < this.#length; at++) {
      const byte = bytes[at];
      if (byte !== LF && byte !== CR) continue;
      // A carriage return may be the first half of a line end; wait for the byte that tells.
      if (byte === CR && at + 1 === this.#length && !ended) break;
      const end = byte === CR && at + 1 < this.#length && bytes[at + 1] === LF ? at + 2 : at + 1;
      if (at === this.#lineStart) {
        blocks.push(readBlock(this.#withoutMark(bytes.slice(blockStart, end))));
        this.#first = false;
        blockStart = end;
      }
      this.#lineStart = end;
      at = end - 1;
    }
    bytes.copyWithin(0, blockStart, this.#length);
    this.#length -= blockStart;
    this.#lineStart -= blockStart;
    this.#searched = at - blockStart;
    if (this.#length > this.#maxBlock) throw new Failure('upstream/oversized', { detail: 'one event' });
    return blocks;
  }

  /** The bytes of a block that has not ended. A client drops them, and so does the chain. */
  get rest(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #withoutMark(raw: Uint8Array): Uint8Array {
    const marked = this.#first && BYTE_ORDER_MARK.every((byte, index) => raw[index] === byte);
    return marked ? raw.subarray(BYTE_ORDER_MARK.length) : raw;
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
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

function readBlock(raw: Uint8Array): EventBlock {
  let event: Uint8Array | null = null;
  let id: Uint8Array | null = null;
  const data: Uint8Array[] = [];
  const comments: Uint8Array[] = [];
  for (const line of linesOf(raw)) {
    // The standard drops a byte order mark at the stream's start only, but some clients at the start of any line: they would see
    // a field where others see none.
    if (BYTE_ORDER_MARK.every((byte, index) => line[index] === byte)) {
      throw new Failure('upstream/garbage', { field: 'byte order mark' });
    }
    const colon = line.indexOf(COLON);
    if (colon === 0) {
      comments.push(line.subarray(1));
      continue;
    }
    const name = colon < 0 ? line : line.subarray(0, colon);
    let value = colon < 0 ? line.subarray(line.length) : line.subarray(colon + 1);
    if (value[0] === SPACE) value = value.subarray(1);
    if (isField(name, DATA_FIELD)) data.push(value);
    else if (isField(name, EVENT_FIELD)) event = value;
    else if (isField(name, ID_FIELD)) id = value;
  }
  const isEvent = data.length > 0 || event !== null || id !== null;
  return { raw, event: isEvent ? { event, id, data } : null, comments };
}

function isField(name: Uint8Array, field: Uint8Array): boolean {
  if (name.length !== field.length - 1) return false;
  return name.every((byte, index) => byte === field[index]);
}

function* linesOf(raw: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  for (let at = start; at < raw.length; at++) {
    const byte = raw[at];
    if (byte !== LF && byte !== CR) continue;
    if (at > start) yield raw.subarray(start, at);
    if (byte === CR && raw[at + 1] === LF) at++;
    start = at + 1;
  }
}
