/**
 * The keys of one segment of the vault: a file of slots, one for each exchange, in which an exchange is found by its id without any index.
 * A slot never moves, so that the seed in it, without which there is no key, can be destroyed where it stands.
 *
 * A slot is `16 bytes id ‖ u48be place ‖ u32be length ‖ u8 state ‖ 32 bytes seed`, and zeros up to its 64 bytes; one that nobody uses is all
 * zeros. An exchange has the slot that its id names, or the next free one: ids are random, and at most half of the slots are used.
 */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { fromBase32 } from '../../bytes/base32.js';
import { SEED_BYTES } from './sealed-content.js';

const SLOT_BYTES = 64;
const ID_BYTES = 16;
const PLACE_AT = ID_BYTES;
const LENGTH_AT = PLACE_AT + 6;
const STATE_AT = LENGTH_AT + 4;
const SEED_AT = STATE_AT + 1;
/** Slots that are read at once when they are counted. */
const COUNTED_AT_ONCE = 512;

/** The states of a slot. */
const FREE = 0;
const KEPT = 1;
const ERASED = 2;

/** Where an exchange's content is, and what its key comes of. */
export interface KeySlot {
  /** Null once it has been destroyed. */
  readonly seed: Buffer | null;
  /** The place and the length of the content in its file, in bytes. */
  readonly place: number;
  readonly length: number;
}

export class KeyTable {
  readonly #file: number;
  readonly #slots: number;
  /** A bit for each slot that is surely used, so that most who look for a free one need not read; kept by who adds. */
  readonly #used: Uint8Array;

  /**
   * `slots`: how many there are, a power of two. `mode`: `r` for who only reads, `r+` for who also erases, `a` for who also adds and makes the
   * file if there is none. Throws as `openSync` does.
   */
  constructor(path: string, slots: number, mode: 'r' | 'r+' | 'a') {
    this.#file = mode === 'a' ? openOrMake(path) : openSync(path, mode);
    this.#slots = slots;
    this.#used = new Uint8Array(mode === 'a' ? slots / 8 : 0);
  }

  /** How many slots are used, and where the last content ends. */
  measure(): { readonly used: number; readonly end: number } {
    let [used, end] = [0, 0];
    const bytes = Buffer.alloc(SLOT_BYTES * COUNTED_AT_ONCE);
    for (let at = 0; ; ) {
      const read = readSync(this.#file, bytes, 0, bytes.length, at);
      if (read === 0) return { used, end };
      for (let slot = 0; slot + SLOT_BYTES <= read; slot += SLOT_BYTES) {
        if (isFree(bytes, slot)) continue;
        used++;
        this.#mark((at + slot) / SLOT_BYTES);
        end = Math.max(end, bytes.readUIntBE(slot + PLACE_AT, 6) + bytes.readUInt32BE(slot + LENGTH_AT));
      }
      at += read;
    }
  }

  /** The slot of an exchange, or null. */
  find(exchange: string): KeySlot | null {
    const found = this.#search(exchange);
    if (found === null || isFree(found.slot, 0)) return null;
    const { slot } = found;
    return {
      seed: slot[STATE_AT] === ERASED ? null : slot.subarray(SEED_AT, SEED_AT + SEED_BYTES),
      place: slot.readUIntBE(PLACE_AT, 6),
      length: slot.readUInt32BE(LENGTH_AT),
    };
  }

  /** Only after {@link measure}. Throws a `RangeError` for an exchange that has a slot, and when none is free. */
  add(exchange: string, place: number, length: number, seed: Uint8Array): void {
    const id = idOf(exchange);
    const number = this.#freeFor(id);
    const slot = Buffer.alloc(SLOT_BYTES);
    slot.set(id);
    slot.writeUIntBE(place, PLACE_AT, 6);
    slot.writeUInt32BE(length, LENGTH_AT);
    slot[STATE_AT] = KEPT;
    slot.set(seed, SEED_AT);
    writeFully(this.#file, slot, number * SLOT_BYTES);
    this.#mark(number);
  }

  /** The number of the slot where an exchange goes that has none. */
  #freeFor(id: Uint8Array): number {
    const slot = Buffer.alloc(SLOT_BYTES);
    let number = this.#firstOf(id);
    for (let step = 0; step < this.#slots; step++, number = (number + 1) & (this.#slots - 1)) {
      if (!this.#isMarked(number)) return number;
      readSync(this.#file, slot, 0, SLOT_BYTES, number * SLOT_BYTES);
      if (slot.compare(id, 0, ID_BYTES, 0, ID_BYTES) === 0) break;
    }
    throw new RangeError('no free slot');
  }

  /** Overwrites the key of an exchange that has a slot. When this returns, that survives a loss of power. */
  destroy(exchange: string): void {
    const { at } = this.#search(exchange) as Found;
    const rest = Buffer.alloc(SLOT_BYTES - STATE_AT);
    rest[0] = ERASED;
    writeFully(this.#file, rest, at + STATE_AT);
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The exchange's slot, or the free one where it would be; null when there is neither. */
  #search(exchange: string): Found | null {
    const id = idOf(exchange);
    const first = this.#firstOf(id);
    const slot = Buffer.alloc(SLOT_BYTES);
    for (let step = 0; step < this.#slots; step++) {
      const at = ((first + step) & (this.#slots - 1)) * SLOT_BYTES;
      slot.fill(0);
      // What was never written reads as nothing, which is a free slot.
      readSync(this.#file, slot, 0, SLOT_BYTES, at);
      if (isFree(slot, 0) || slot.compare(id, 0, ID_BYTES, 0, ID_BYTES) === 0) return { at, slot };
    }
    return null;
  }

  /** The slot that an id names. */
  #firstOf(id: Uint8Array): number {
    return new DataView(id.buffer, id.byteOffset).getUint32(0) & (this.#slots - 1);
  }

  #mark(number: number): void {
    (this.#used[number >> 3] as number) |= 1 << (number & 7);
  }

  #isMarked(number: number): boolean {
    return ((this.#used[number >> 3] as number) & (1 << (number & 7))) !== 0;
  }
}

interface Found {
  readonly at: number;
  readonly slot: Buffer;
}

function isFree(bytes: Buffer, slot: number): boolean {
  return bytes[slot + STATE_AT] === FREE;
}

function idOf(exchange: string): Uint8Array {
  return fromBase32(exchange) as Uint8Array;
}

function openOrMake(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return openSync(path, 'wx+', 0o600);
  }
}

export function writeFully(file: number, bytes: Uint8Array, at: number): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(file, bytes, written, bytes.length - written, at + written);
}
