/** One segment of the vault: the contents of some thousand exchanges one after another in one file, and their keys in another. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync } from 'node:fs';
import { KeyTable, writeFully } from './key-table.js';
import type { ContentToKeep, SealedContent } from './sealed-content.js';

/** As much as is overwritten at a time. */
const ZEROS = new Uint8Array(1 << 16);

export interface SegmentLimits {
  /** The most exchanges, a power of two. */
  readonly exchanges: number;
  /** The bytes of content after which no more are added. */
  readonly bytes: number;
}

export const SEGMENT_LIMITS: SegmentLimits = { exchanges: 32_768, bytes: 1 << 30 };

/** The two files of a segment. */
export function segmentFiles(path: string): { readonly keys: string; readonly content: string } {
  return { keys: `${path}.keys`, content: `${path}.content` };
}

export class Segment {
  readonly #keys: KeyTable;
  readonly #content: number;
  readonly #limits: SegmentLimits;
  /** How many exchanges there are, and where the next content goes; only kept by who adds. */
  #used = 0;
  #end = 0;

  /** `mode` as a {@link KeyTable} has it. Throws as `openSync` does. */
  constructor(path: string, limits: SegmentLimits, mode: 'r' | 'r+' | 'a') {
    const files = segmentFiles(path);
    this.#limits = limits;
    this.#keys = new KeyTable(files.keys, limits.exchanges * 2, mode);
    try {
      this.#content = mode === 'a' ? openToAdd(files.content) : openSync(files.content, mode);
    } catch (error) {
      this.#keys.close();
      throw error;
    }
    // Content whose key was never written belongs to an exchange that never got a receipt, and may be written over.
    if (mode === 'a') ({ used: this.#used, end: this.#end } = this.#keys.measure());
  }

  get isFull(): boolean {
    return this.#used >= this.#limits.exchanges || this.#end >= this.#limits.bytes;
  }

  /** Throws a `RangeError` for an exchange that is there already, and otherwise as the disk does. */
  add(exchange: string, { seed, length, parts }: ContentToKeep): void {
    // Files that were taken away would take what is written to them with them.
    if (fstatSync(this.#content).nlink === 0)
      throw Object.assign(new Error('taken away'), { code: 'ENOENT' });
    let end = this.#end;
    for (const part of parts) {
      writeFully(this.#content, part, end);
      end += part.length;
    }
    this.#keys.add(exchange, this.#end, length, seed);
    this.#used++;
    this.#end = end;
  }

  /** What there is of an exchange: its content, nothing any more, or nothing at all. */
  read(exchange: string): SealedContent | 'erased' | null {
    const slot = this.#keys.find(exchange);
    if (slot === null) return null;
    if (slot.seed === null) return 'erased';
    return { seed: slot.seed, sealed: this.#readContent(slot.place, slot.length) };
  }

  /** Whether there is something of an exchange; its content is not looked at. */
  state(exchange: string): 'kept' | 'erased' | null {
    const slot = this.#keys.find(exchange);
    if (slot === null) return null;
    return slot.seed === null ? 'erased' : 'kept';
  }

  /**
   * Overwrites key and content of an exchange that is there; again, if it has been done before. When this returns, that survives a loss of
   * power.
   */
  erase(exchange: string): void {
    const slot = this.#keys.find(exchange);
    if (slot === null) throw new RangeError('there is none');
    this.#keys.destroy(exchange);
    for (let at = 0; at < slot.length; at += ZEROS.length)
      writeFully(this.#content, ZEROS.subarray(0, Math.min(ZEROS.length, slot.length - at)), slot.place + at);
    fsyncSync(this.#content);
  }

  close(): void {
    this.#keys.close();
    closeSync(this.#content);
  }

  /** What is missing at the end of a file that was cut off is left out, and then cannot be decrypted. */
  #readContent(place: number, stated: number): Buffer {
    // Who can write here can state any length.
    const length = Math.max(0, Math.min(stated, fstatSync(this.#content).size - place));
    const bytes = Buffer.alloc(length);
    let read = 0;
    while (read < length) {
      const more = readSync(this.#content, bytes, read, length - read, place + read);
      if (more === 0) break;
      read += more;
    }
    return bytes.subarray(0, read);
  }
}

function openToAdd(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return openSync(path, 'wx+', 0o600);
  }
}
