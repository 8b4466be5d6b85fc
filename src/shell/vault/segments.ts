/**
 * The files of the vault, two for each segment: in the one the sealed contents, one behind the other, and in the other, in the same order, a
 * slot for each exchange: its id, its wrapped data key, and where its content lies.
 *
 * A content is there once its slot is, which is written last. What a write left behind that did not end, the next one overwrites; what the
 * death of a process left behind stays at the end of its last segment, because each process begins a new one. An exchange is found by looking
 * through the slots: it is people who look for one, and a million exchanges have eighty megabytes of slots.
 */
import { fstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, errorCode, writeAll } from '../files/disk.js';

export const ID_BYTES = 16;
/** A nonce, the key and a tag. */
export const WRAPPED_BYTES = 12 + 32 + 16;
/** `id ‖ wrapped key ‖ u32be start ‖ u32be length`. */
const START = ID_BYTES + WRAPPED_BYTES;
const LENGTH = START + 4;
const SLOT_BYTES = LENGTH + 4;

/** When the next segment is begun: what is looked through at once stays small, and every place fits into its four bytes. */
export interface SegmentLimits {
  readonly slots: number;
  readonly bytes: number;
}
export const SEGMENT_LIMITS: SegmentLimits = { slots: 65_536, bytes: 2 ** 28 };

/** An exchange's slot. */
export interface Slot {
  readonly wrapped: Uint8Array;
  /** The file that its content is in. */
  readonly path: string;
  readonly start: number;
  readonly length: number;
}

interface Segment {
  readonly slots: number;
  readonly contents: number;
  slotsEnd: number;
  contentsEnd: number;
}

/** Adds exchanges to a folder, to which nobody else adds any meanwhile. */
export class SegmentWriter {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #limits: SegmentLimits;
  #segment: Segment | null = null;

  /** Makes nothing before the first exchange comes. */
  constructor(folder: string, disk: Disk, limits: SegmentLimits) {
    this.#folder = folder;
    this.#disk = disk;
    this.#limits = limits;
  }

  /** When this returns, the exchange survives the death of this process. Throws what the disk throws; then the exchange is not there. */
  append(id: Uint8Array, wrapped: Uint8Array, sealed: Uint8Array): void {
    const segment = this.#current();
    const slot = Buffer.allocUnsafe(SLOT_BYTES);
    slot.set(id);
    slot.set(wrapped, ID_BYTES);
    slot.writeUInt32BE(segment.contentsEnd, START);
    slot.writeUInt32BE(sealed.length, LENGTH);
    writeAll(this.#disk, segment.contents, sealed, segment.contentsEnd);
    writeAll(this.#disk, segment.slots, slot, segment.slotsEnd);
    segment.contentsEnd += sealed.length;
    segment.slotsEnd += SLOT_BYTES;
  }

  close(): void {
    if (this.#segment === null) return;
    this.#disk.close(this.#segment.contents);
    this.#disk.close(this.#segment.slots);
    this.#segment = null;
  }

  #current(): Segment {
    if (this.#segment === null) {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      this.#segment = this.#begin();
      return this.#segment;
    }
    const { slots, slotsEnd, contentsEnd } = this.#segment;
    // What is written to a file that somebody has removed is nowhere.
    if (fstatSync(slots).nlink === 0) throw new Error('the segment has been removed');
    if (slotsEnd < this.#limits.slots * SLOT_BYTES && contentsEnd < this.#limits.bytes) return this.#segment;
    const next = this.#begin();
    this.close();
    this.#segment = next;
    return next;
  }

  #begin(): Segment {
    const number = 1 + (numbersIn(this.#folder)[0] ?? 0);
    // In this order, so that a number whose second file could not be made is taken.
    const slots = this.#disk.open(slotsPath(this.#folder, number), 'wx', 0o600);
    try {
      const contents = this.#disk.open(contentsPath(this.#folder, number), 'wx', 0o600);
      return { slots, contents, slotsEnd: 0, contentsEnd: 0 };
    } catch (error) {
      this.#disk.close(slots);
      throw error;
    }
  }
}

/** The slot of an exchange, in whichever segment it is; null when there is none. Throws what the disk throws. */
export function findSlot(folder: string, id: Uint8Array): Slot | null {
  for (const number of numbersIn(folder)) {
    const slots = readFileSync(slotsPath(folder, number));
    for (let at = slots.indexOf(id); at >= 0; at = slots.indexOf(id, at + 1)) {
      // Elsewhere the same bytes would be part of a key.
      if (at % SLOT_BYTES !== 0 || at + SLOT_BYTES > slots.length) continue;
      return {
        wrapped: slots.subarray(at + ID_BYTES, at + START),
        path: contentsPath(folder, number),
        start: slots.readUInt32BE(at + START),
        length: slots.readUInt32BE(at + LENGTH),
      };
    }
  }
  return null;
}

/** What the segments of a folder are called, the latest first; none where there is no folder. */
function numbersIn(folder: string): number[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .flatMap(name => /^([1-9][0-9]{0,8})\.slots$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

function slotsPath(folder: string, number: number): string {
  return join(folder, `${number}.slots`);
}

function contentsPath(folder: string, number: number): string {
  return join(folder, `${number}.contents`);
}
