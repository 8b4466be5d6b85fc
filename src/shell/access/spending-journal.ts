/**
 * Where the marks of {@link Budgets} are recorded: a file of lines that is only added to, each with a checksum; the last line of a count is its mark.
 *
 * A line is in the hands of the operating system when `record` returns, so that nothing is given back when the process dies. It is durable a moment
 * later, without anybody waiting for it: a loss of power can give back what was admitted in the last moment before it, and since marks run ahead of
 * what is spent, mostly nothing. The folder is trusted; a line that was half written when the power went ends the file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import type { Mark } from '../../economy/budgets.js';
import { Failure } from '../../reason.js';
import { type Disk, nodeDisk, writeAll } from '../files/disk.js';
import { makeFoldersDurably, syncFolder } from '../files/durable.js';

export interface JournalOptions {
  /** Its own: nothing else is in it. */
  readonly folder: string;
  readonly onProblem: (message: string) => void;
  readonly disk?: Disk;
  /** The length in bytes from which a file is written anew with the last line of each count alone. */
  readonly longest?: number;
}

const LONGEST = 1 << 20;
const CHECKSUM = 8;

const Line = v.strictTuple([
  v.pipe(v.string(), v.maxLength(512)),
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  v.pipe(v.string(), v.regex(/^(?:0|[1-9][0-9]{0,40})$/)),
]);

export class SpendingJournal {
  readonly #options: JournalOptions;
  readonly #disk: Disk;
  readonly #marks: Map<string, Mark>;
  #generation: number;
  #file = -1;
  #length = 0;
  /** The length at which the file is written anew: well over what it then begins with. */
  #rewriteAt = 0;
  #isSyncing: Promise<void> | null = null;
  #needsSync = false;
  /** A disk that could not make something durable may have forgotten it. */
  #broken = false;

  /** Reads what was recorded, and begins a file with it. The caller holds the data folder's lock. */
  static async open(options: JournalOptions): Promise<SpendingJournal> {
    const { folder, disk = nodeDisk } = options;
    await makeFoldersDurably(folder, disk);
    const marks = new Map<string, Mark>();
    const generations = generationsIn(folder);
    for (const generation of generations) {
      const { found, rest } = readLines(readFileSync(pathOf(folder, generation)));
      for (const mark of found) marks.set(mark.name, mark);
      if (rest > 0)
        options.onProblem(
          `${pathOf(folder, generation)}: the last ${rest} bytes were half written, and are ignored`,
        );
    }
    const journal = new SpendingJournal(options, marks, generations.at(-1) ?? 0);
    journal.#begin();
    await journal.#settled();
    return journal;
  }

  private constructor(options: JournalOptions, marks: Map<string, Mark>, generation: number) {
    this.#options = options;
    this.#disk = options.disk ?? nodeDisk;
    this.#marks = marks;
    this.#generation = generation;
  }

  get marks(): Iterable<Mark> {
    return this.#marks.values();
  }

  /** Throws `access/ledger-unavailable`. */
  record(mark: Mark): void {
    if (this.#broken) throw new Failure('access/ledger-unavailable');
    try {
      if (this.#length >= this.#rewriteAt) this.#begin();
      this.#append(utf8(lineOf(mark)));
    } catch (error) {
      throw new Failure('access/ledger-unavailable', { detail: (error as Error).message });
    }
    this.#marks.set(mark.name, mark);
    this.#sync();
  }

  /** Records what was really spent, so that the next start counts nothing too much. */
  async close(exactly: Iterable<Mark>): Promise<void> {
    for (const mark of exactly) {
      if (this.#broken) break;
      this.record(mark);
    }
    await this.#settled();
    this.#disk.close(this.#file);
  }

  /** A new file, with what is known. Those before are removed once it is durable, and read before it until then. */
  #begin(): void {
    const { folder, longest = LONGEST } = this.#options;
    const before = this.#file;
    const next = this.#disk.open(pathOf(folder, this.#generation + 1), 'w', 0o600);
    try {
      const all = utf8([...this.#marks.values()].map(lineOf).join(''));
      writeAll(this.#disk, next, all, 0);
      this.#length = all.length;
    } catch (error) {
      this.#disk.close(next);
      this.#disk.remove(pathOf(folder, this.#generation + 1));
      throw error;
    }
    this.#generation++;
    this.#file = next;
    this.#rewriteAt = Math.max(longest, 2 * this.#length);
    if (before >= 0) this.#disk.close(before);
    this.#sync();
  }

  #append(line: Uint8Array): void {
    writeAll(this.#disk, this.#file, line, this.#length);
    this.#length += line.length;
  }

  #sync(): void {
    this.#needsSync = true;
    this.#isSyncing ??= this.#syncAll();
  }

  async #syncAll(): Promise<void> {
    try {
      while (this.#needsSync) {
        this.#needsSync = false;
        await this.#syncOnce();
      }
    } catch (error) {
      this.#broken = true;
      this.#options.onProblem(`what is spent cannot be recorded: ${(error as Error).message}`);
    } finally {
      this.#isSyncing = null;
    }
  }

  async #syncOnce(): Promise<void> {
    const { folder } = this.#options;
    const generation = this.#generation;
    // Opened for this alone: the file that is written to may be closed meanwhile for the next one.
    const file = this.#disk.open(pathOf(folder, generation), 'r');
    try {
      await this.#disk.sync(file);
    } finally {
      this.#disk.close(file);
    }
    const former = generationsIn(folder).filter(other => other < generation);
    if (former.length === 0) return;
    await syncFolder(folder, this.#disk);
    for (const other of former) this.#disk.remove(pathOf(folder, other));
  }

  async #settled(): Promise<void> {
    while (this.#isSyncing !== null) await this.#isSyncing;
  }
}

function generationsIn(folder: string): number[] {
  return readdirSync(folder)
    .flatMap(name => /^spent-([1-9][0-9]{0,14})\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

function pathOf(folder: string, generation: number): string {
  return join(folder, `spent-${generation}.log`);
}

function lineOf({ name, start, reached }: Mark): string {
  const text = JSON.stringify([name, start, reached.toString()]);
  return `${checksumOf(text)} ${text}\n`;
}

function checksumOf(text: string): string {
  return toHex(sha256(utf8(text)).subarray(0, CHECKSUM / 2));
}

/** The marks up to the first line that is not whole, and how many bytes are left from there on. */
function readLines(bytes: Uint8Array): { readonly found: Mark[]; readonly rest: number } {
  const text = Buffer.from(bytes).toString('utf8');
  const found: Mark[] = [];
  let at = 0;
  for (;;) {
    const end = text.indexOf('\n', at);
    const mark = end < 0 ? null : readLine(text.slice(at, end));
    if (mark === null) return { found, rest: Buffer.byteLength(text.slice(at)) };
    found.push(mark);
    at = end + 1;
  }
}

function readLine(line: string): Mark | null {
  const text = line.slice(CHECKSUM + 1);
  if (line.slice(0, CHECKSUM + 1) !== `${checksumOf(text)} `) return null;
  try {
    const [name, start, reached] = v.parse(Line, JSON.parse(text));
    return { name, start, reached: BigInt(reached) };
  } catch {
    return null;
  }
}
