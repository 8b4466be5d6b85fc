/**
 * Finding entries by 16-byte keys, which are parts of digests: the newest keys in memory, the others in sorted runs on disk (see
 * `key-run.ts`). Eight runs of a size become one of the next, so that there are few of them and every key is written a few times only.
 * Source: P. O'Neil et al., "The log-structured merge-tree" (1996). A look-up costs nearly the same however
 * long the log is, and memory stays the same: what large runs know of their keys stays on disk.
 *
 * All of it is made from the entries and can be lost: nothing here is synced to disk, what does not match the file `runs` is made
 * anew, and whoever finds a record here still reads the entry to see whether it has that key.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { u64be } from '../../bytes/octets.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFolders, replaceFile } from '../files/durable.js';
import { mergedPieces, sortedPieces } from './key-merge.js';
import { KEY_BYTES, KeyRun, RECORD_BYTES, type RunSummary } from './key-run.js';
import { formatRuns, RUNS, readRuns, runName, runPath, runsPath } from './run-list.js';

export { KEY_BYTES };

export interface IndexShape {
  /** Keys that stay in memory until they are written together. */
  readonly recentKeys: number;
  /** Keys of a run at most whose blocks are in memory, where a look-up costs a fraction of what it does on disk. */
  readonly keysInMemory: number;
}

/** There are at most seven runs of each size, and three sizes that have their blocks in memory: 6 MiB. */
const SHAPE: IndexShape = { recentKeys: 8192, keysInMemory: 2 ** 20 };
/** Runs of one size that become one of the next. */
const FAN_IN = 8;

export class KeyIndex {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #shape: IndexShape;
  /** Oldest first. */
  #runs: readonly KeyRun[];
  /** The entries by key, as latin-1 text, in the order in which they were added. */
  readonly #recent = new Map<string, number>();
  #writing: Promise<void> | null = null;
  /** Of which size runs are becoming one, and when they have. */
  readonly #merging = new Map<number, Promise<void>>();
  #closing = false;
  #added: number;
  /** Entries whose keys are all in the runs. */
  #through: number;
  #nextRun: number;

  private constructor(
    folder: string,
    disk: Disk,
    shape: IndexShape,
    through: number,
    runs: readonly KeyRun[],
  ) {
    this.#folder = folder;
    this.#disk = disk;
    this.#shape = shape;
    this.#added = through;
    this.#through = through;
    this.#runs = runs;
    this.#nextRun = 1 + Math.max(0, ...runs.map(({ summary }) => summary.number));
  }

  /**
   * The index of a log of `size` entries; an empty one when the files are missing or are not what `runs` says.
   *
   * @param shape may be another one each time
   */
  static async open(folder: string, disk: Disk, size: number, shape = SHAPE): Promise<KeyIndex> {
    const kept = await readRuns(folder);
    if (kept !== null && kept.through <= size) {
      const runs = await openRuns(folder, disk, kept.runs, shape.keysInMemory);
      if (runs !== null) {
        removeOthers(folder, disk, kept.runs);
        return new KeyIndex(folder, disk, shape, kept.through, runs);
      }
    }
    removeOthers(folder, disk, []);
    return new KeyIndex(folder, disk, shape, 0, []);
  }

  /** The files that are not what `runs` says, with the reason; for an examination of a log at rest. */
  static async damage(folder: string): Promise<readonly { readonly file: string; readonly why: string }[]> {
    const kept = await readRuns(folder);
    if (kept === null) {
      const isThere = (await readFile(runsPath(folder)).catch(() => null)) !== null;
      return isThere ? [{ file: RUNS, why: 'its checksum does not match' }] : [];
    }
    const found: { file: string; why: string }[] = [];
    for (const summary of kept.runs) {
      const run = await KeyRun.open(runPath(folder, summary.number), nodeDisk, summary, 0);
      if (run instanceof KeyRun) run.close();
      else found.push({ file: runName(summary.number), why: run });
    }
    return found;
  }

  /** The number of entries, from the first on, whose keys have been added. */
  get size(): number {
    return this.#added;
  }

  /** The number of runs, which a look-up asks one after another. */
  get runs(): number {
    return this.#runs.length;
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
    if ((this.#recent.size < this.#shape.recentKeys && !isAll) || this.#writing !== null) return;
    this.#writing = this.#write(committed).finally(() => {
      this.#writing = null;
    });
    await this.#writing;
    await this.#mergeAll();
  }

  /**
   * Lets go of the files. Keys that were not worth writing are read from their entries at the next start, which takes little longer, and
   * runs that are just becoming one stay what they were: of a long log they take minutes.
   */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#writing?.catch(() => undefined);
    await Promise.allSettled(this.#merging.values());
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
    this.#adopt(run, [...this.#runs, run], committed);
    for (const [name] of additions) this.#recent.delete(name);
  }

  /**
   * Makes one run of eight of a size, and goes on with the next size. One at a time of each size, so that small runs do not pile up while
   * large ones take their time.
   */
  async #mergeAll(): Promise<void> {
    const begun: Promise<void>[] = [];
    for (const [size, due] of dueForMerging(this.#runs, this.#shape.recentKeys)) {
      if (this.#closing || this.#merging.has(size)) continue;
      const merging = this.#merge(due).finally(() => this.#merging.delete(size));
      this.#merging.set(size, merging);
      begun.push(merging.then(() => this.#mergeAll()));
    }
    await Promise.all(begun);
  }

  async #merge(due: readonly KeyRun[]): Promise<void> {
    const count = due.reduce((sum, { summary }) => sum + summary.records, 0);
    for (const run of due) run.hold();
    const merged = await this.#writeRun(count, this.#untilClosing(mergedPieces(due))).finally(() => {
      for (const run of due) run.release();
    });
    if (merged.summary.records !== count) {
      this.#drop(merged);
      if (this.#closing) return;
      throw new Error('a run of the key index has lost records');
    }
    const first = this.#runs.indexOf(due[0] as KeyRun);
    const others = this.#runs.filter(run => !due.includes(run));
    this.#adopt(merged, [...others.slice(0, first), merged, ...others.slice(first)], this.#through);
    for (const run of due) this.#drop(run);
  }

  async *#untilClosing(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      if (this.#closing) return;
      yield piece;
    }
  }

  async #writeRun(count: number, pieces: AsyncIterable<Buffer>): Promise<KeyRun> {
    const number = this.#nextRun++;
    const path = runPath(this.#folder, number);
    try {
      return await KeyRun.write(
        path,
        this.#disk,
        { number, count, inMemory: this.#shape.keysInMemory },
        pieces,
      );
    } catch (error) {
      // Whoever tries again writes another file, and a full disk has no room for both.
      this.#removeQuietly(path);
      throw error;
    }
  }

  /** The runs count from when the file `runs` names them; a failure before that leaves everything as it was, without the new one. */
  #adopt(added: KeyRun, runs: readonly KeyRun[], through: number): void {
    const summaries = runs.map(({ summary }) => summary);
    try {
      replaceFile(runsPath(this.#folder), formatRuns({ through, runs: summaries }), this.#disk);
    } catch (error) {
      this.#drop(added);
      throw error;
    }
    this.#runs = runs;
    this.#through = through;
  }

  #drop(run: KeyRun): void {
    run.close();
    this.#removeQuietly(run.path);
  }

  #removeQuietly(path: string): void {
    try {
      this.#disk.remove(path);
    } catch {
      // The next start removes what no run is in.
    }
  }
}

/** By size, the oldest runs of which there are enough. */
function dueForMerging(runs: readonly KeyRun[], least: number): ReadonlyMap<number, readonly KeyRun[]> {
  const bySize = new Map<number, KeyRun[]>();
  for (const run of runs) {
    const size = Math.floor(Math.log(run.summary.records / (least / 2)) / Math.log(FAN_IN));
    bySize.set(size, [...(bySize.get(size) ?? []), run]);
  }
  const due = [...bySize].filter(([, those]) => those.length >= FAN_IN);
  return new Map(due.map(([size, those]) => [size, those.slice(0, FAN_IN)]));
}

/** The same memory. */
function bufferOf(key: Uint8Array): Buffer {
  return Buffer.from(key.buffer, key.byteOffset, key.length);
}

function nameOf(key: Uint8Array): string {
  return bufferOf(key).toString('latin1');
}

async function openRuns(
  folder: string,
  disk: Disk,
  summaries: readonly RunSummary[],
  inMemory: number,
): Promise<readonly KeyRun[] | null> {
  const runs: KeyRun[] = [];
  for (const summary of summaries) {
    const run = await KeyRun.open(runPath(folder, summary.number), disk, summary, inMemory);
    if (!(run instanceof KeyRun)) {
      for (const opened of runs) opened.close();
      return null;
    }
    runs.push(run);
  }
  return runs;
}

/** Files that no run is in: of a write that did not finish, or of runs that have become others. */
function removeOthers(folder: string, disk: Disk, runs: readonly RunSummary[]): void {
  const known = new Set([RUNS, ...runs.map(({ number }) => runName(number))]);
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
