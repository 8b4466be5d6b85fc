/**
 * Finding entries by 16-byte keys, which are parts of digests: the newest keys in memory, the others in sorted runs on disk (see
 * `key-run.ts`). Eight runs of a size become one of the next, so that there are few of them and every key is written a few times only.
 * Source: P. O'Neil et al., "The log-structured merge-tree" (1996). A look-up costs the same however long the log is, and memory grows
 * by less than three bytes an entry with two keys.
 *
 * All of it is made from the entries and can be lost: nothing here is synced to disk, what does not match the file `through` is made
 * anew, and whoever finds a record here still reads the entry to see whether it has that key.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { concatAll, fromU64be, u64be } from '../../bytes/octets.js';
import type { Disk } from '../files/disk.js';
import { makeFolders, replaceFile } from '../files/durable.js';
import { KEY_BYTES, KeyRun, mergedPieces, RECORD_BYTES, type RunSummary, sortedPieces } from './key-run.js';

export { KEY_BYTES };

/** Keys that stay in memory until they are written together. */
const RECENT_KEYS = 8192;
/** Runs of one size that become one of the next. */
const FAN_IN = 8;

export class KeyIndex {
  readonly #folder: string;
  readonly #disk: Disk;
  /** Oldest first. */
  #runs: readonly KeyRun[];
  /** The entries by key, as latin-1 text, in the order in which they were added. */
  readonly #recent = new Map<string, number>();
  #writing: Promise<void> | null = null;
  #merging: Promise<void> | null = null;
  #added: number;
  /** Entries whose keys are all in the runs. */
  #through: number;
  #nextRun: number;

  private constructor(folder: string, disk: Disk, through: number, runs: readonly KeyRun[]) {
    this.#folder = folder;
    this.#disk = disk;
    this.#added = through;
    this.#through = through;
    this.#runs = runs;
    this.#nextRun = 1 + Math.max(0, ...runs.map(({ summary }) => summary.number));
  }

  /** The index of a log of `size` entries; an empty one when the files are missing or are not what `through` says. */
  static async open(folder: string, disk: Disk, size: number): Promise<KeyIndex> {
    const kept = await readThrough(folder);
    if (kept !== null && kept.through <= size) {
      const runs = await openRuns(folder, disk, kept.runs);
      if (runs !== null) {
        removeOthers(folder, disk, kept.runs);
        return new KeyIndex(folder, disk, kept.through, runs);
      }
    }
    removeOthers(folder, disk, []);
    return new KeyIndex(folder, disk, 0, []);
  }

  /** The files that are not what `through` says, with the reason; for an examination of a log at rest. */
  static async damage(folder: string): Promise<readonly { readonly file: string; readonly why: string }[]> {
    const kept = await readThrough(folder);
    if (kept === null) {
      const isThere = (await readFile(throughPath(folder)).catch(() => null)) !== null;
      return isThere ? [{ file: 'through', why: 'its checksum does not match' }] : [];
    }
    const found: { file: string; why: string }[] = [];
    for (const summary of kept.runs) {
      const bytes = await readFile(runPath(folder, summary.number)).catch(() => null);
      if (bytes === null) found.push({ file: runName(summary.number), why: 'it cannot be read' });
      else if (crc32(bytes) !== summary.crc) {
        found.push({ file: runName(summary.number), why: 'its checksum does not match' });
      }
    }
    return found;
  }

  /** The number of entries, from the first on, whose keys have been added. */
  get size(): number {
    return this.#added;
  }

  /** Files the next entry under its keys. A key leads to the first entry that has it among those that are still in memory. */
  add(keys: readonly Uint8Array[]): void {
    for (const key of keys) {
      if (key.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes`);
      const name = nameOf(key);
      if (!this.#recent.has(name)) this.#recent.set(name, this.#added);
    }
    this.#added++;
  }

  /** The entry that this process itself has filed under the key, unless that has been written down since. */
  recent(key: Uint8Array): number | null {
    return this.#recent.get(nameOf(key)) ?? null;
  }

  /** Whether it is worth it to ask for {@link candidates}. */
  mayHave(key: Uint8Array): boolean {
    const bytes = bufferOf(key);
    return this.#runs.some(run => run.mayHave(bytes));
  }

  /** Which entries may have the key, as far as the files say, the first one first; whoever asks looks at the entries. */
  async candidates(key: Uint8Array): Promise<number[]> {
    const bytes = bufferOf(key);
    const found: number[] = [];
    // While this waits, runs may become others; the ones that it began with hold the same.
    const runs = this.#runs.filter(run => run.mayHave(bytes));
    for (const run of runs) run.hold();
    try {
      for (const run of runs) found.push(...(await run.find(bytes)));
    } finally {
      for (const run of runs) run.release();
    }
    return found.sort((a, b) => a - b);
  }

  /**
   * Writes the keys of the first `committed` entries, when there are enough to be worth it. Rejects with what the disk throws.
   *
   * @param isAll whether to write however few there are, for those who could not read them from their entries again
   */
  async flush(committed: number, isAll = false): Promise<void> {
    if ((this.#recent.size < RECENT_KEYS && !isAll) || this.#writing !== null) return;
    this.#writing = this.#write(committed).finally(() => {
      this.#writing = null;
    });
    await this.#writing;
    await this.#merge();
  }

  /** Lets go of the files. Keys that were not worth writing are read from their entries at the next start, which takes little longer. */
  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    await this.#merging?.catch(() => undefined);
    for (const run of this.#runs) run.close();
    this.#runs = [];
  }

  async #write(committed: number): Promise<void> {
    makeFolders(this.#folder, this.#disk);
    const additions = [...this.#recent].filter(([, index]) => index < committed);
    if (additions.length === 0) return;
    const all = Buffer.allocUnsafe(additions.length * RECORD_BYTES);
    const records = additions.map(([name, index], at) => {
      const record = all.subarray(at * RECORD_BYTES, (at + 1) * RECORD_BYTES);
      record.write(name, 'latin1');
      record.set(u64be(index), KEY_BYTES);
      return record;
    });
    const run = await this.#writeRun(records.length, sortedPieces(records));
    this.#replace([...this.#runs, run], committed);
    for (const [name] of additions) this.#recent.delete(name);
  }

  /** Makes one run of the newest eight of a size, and goes on with the next size. One at a time; others go on without it. */
  async #merge(): Promise<void> {
    if (this.#merging !== null) return;
    this.#merging = this.#mergeAll().finally(() => {
      this.#merging = null;
    });
    await this.#merging;
  }

  async #mergeAll(): Promise<void> {
    for (let due = dueForMerging(this.#runs); due.length > 0; due = dueForMerging(this.#runs)) {
      const count = due.reduce((sum, { summary }) => sum + summary.records, 0);
      for (const run of due) run.hold();
      const merged = await this.#writeRun(count, mergedPieces(due)).finally(() => {
        for (const run of due) run.release();
      });
      if (merged.summary.records !== count) {
        merged.close();
        throw new Error('a run of the key index has lost records');
      }
      const first = this.#runs.indexOf(due[0] as KeyRun);
      const others = this.#runs.filter(run => !due.includes(run));
      this.#replace([...others.slice(0, first), merged, ...others.slice(first)], this.#through);
      for (const run of due) {
        run.close();
        this.#disk.remove(run.path);
      }
    }
  }

  async #writeRun(count: number, pieces: AsyncIterable<Buffer>): Promise<KeyRun> {
    const number = this.#nextRun++;
    return KeyRun.write(runPath(this.#folder, number), this.#disk, number, count, pieces);
  }

  /** The runs count from when `through` names them; a failure before that leaves everything as it was. */
  #replace(runs: readonly KeyRun[], through: number): void {
    const summaries = runs.map(({ summary }) => summary);
    replaceFile(throughPath(this.#folder), formatThrough(through, summaries), this.#disk);
    this.#runs = runs;
    this.#through = through;
  }
}

/** The oldest runs of the smallest size of which there are enough. */
function dueForMerging(runs: readonly KeyRun[]): readonly KeyRun[] {
  const bySize = new Map<number, KeyRun[]>();
  for (const run of runs) {
    const size = Math.floor(Math.log(run.summary.records / (RECENT_KEYS / 2)) / Math.log(FAN_IN));
    bySize.set(size, [...(bySize.get(size) ?? []), run]);
  }
  const sizes = [...bySize.keys()].sort((a, b) => a - b);
  const due = sizes.find(size => (bySize.get(size)?.length ?? 0) >= FAN_IN);
  return due === undefined ? [] : (bySize.get(due)?.slice(0, FAN_IN) ?? []);
}

/** The same memory. */
function bufferOf(key: Uint8Array): Buffer {
  return Buffer.from(key.buffer, key.byteOffset, key.length);
}

function nameOf(key: Uint8Array): string {
  return bufferOf(key).toString('latin1');
}

function runName(number: number): string {
  return `${number}.run`;
}

function runPath(folder: string, number: number): string {
  return join(folder, runName(number));
}

function throughPath(folder: string): string {
  return join(folder, 'through');
}

async function openRuns(
  folder: string,
  disk: Disk,
  summaries: readonly RunSummary[],
): Promise<readonly KeyRun[] | null> {
  const runs: KeyRun[] = [];
  for (const summary of summaries) {
    const run = await KeyRun.open(runPath(folder, summary.number), disk, summary);
    if (run === null) {
      for (const opened of runs) opened.close();
      return null;
    }
    runs.push(run);
  }
  return runs;
}

/** Files that no run is in: of a write that did not finish, or of runs that have become others. */
function removeOthers(folder: string, disk: Disk, runs: readonly RunSummary[]): void {
  const known = new Set(['through', ...runs.map(({ number }) => runName(number))]);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) {
    try {
      if (!known.has(name)) disk.remove(join(folder, name));
    } catch {
      // It stands in nobody's way.
    }
  }
}

/** `u64be entries ‖ (u64be number ‖ u64be records ‖ u32be CRC-32) for each run, oldest first ‖ u32be CRC-32 of all that`. */
function formatThrough(through: number, runs: readonly RunSummary[]): Uint8Array {
  const parts = runs.flatMap(({ number, records, crc }) => [u64be(number), u64be(records), u32be(crc)]);
  const content = concatAll([u64be(through), ...parts]);
  return concatAll([content, u32be(crc32(content))]);
}

const SUMMARY_BYTES = 8 + 8 + 4;

async function readThrough(folder: string): Promise<{ through: number; runs: readonly RunSummary[] } | null> {
  const bytes = await readFile(throughPath(folder)).catch(() => null);
  if (bytes === null || bytes.length < 12 || (bytes.length - 12) % SUMMARY_BYTES !== 0) return null;
  if (crc32(bytes.subarray(0, -4)) !== bytes.readUInt32BE(bytes.length - 4)) return null;
  const through = fromU64be(bytes);
  if (through === null) return null;
  const runs: RunSummary[] = [];
  for (let at = 8; at < bytes.length - 4; at += SUMMARY_BYTES) {
    const [number, records] = [fromU64be(bytes.subarray(at)), fromU64be(bytes.subarray(at + 8))];
    if (number === null || records === null) return null;
    runs.push({ number, records, crc: bytes.readUInt32BE(at + 16) });
  }
  return { through, runs };
}

function u32be(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
