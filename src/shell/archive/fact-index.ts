/**
 * From facts to receipts: for each field a file of records `16 bytes of SHA-256(field ‖ 0 ‖ value) ‖ u64be index of the log entry`, in the order of the
 * log, which only ever grow. A look-up reads one file from its beginning to its end: a million receipts are 24 MB, which takes some hundredth of a second, in memory
 * for one piece of it. That is less than sorted runs can do and much less that can go wrong.
 *
 * Beside them, in the same order, a record of 24 bytes for each log entry says what its receipt can lose by a revocation, so that all who lose something are
 * listed without reading the log: `u48be milliseconds ‖ place ‖ model ‖ 16 bytes of the exchange`, zeros for what is no receipt.
 *
 * All of it is made from log and archive and can be lost: nothing is synced. The file `state` says how much of each file counts and what its checksum is; where that
 * does not hold the index begins anew. Whoever finds an entry here still reads it. One process at a time writes.
 */
import { read, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { FACT_FIELDS, type Fact, type FactField } from '../../appraise/kept/facts.js';
import { MODEL_STAKES, PLACE_STAKES, type Stakes } from '../../appraise/kept/stakes.js';
import { fromBase32, toBase32 } from '../../bytes/base32.js';
import { sha256 } from '../../bytes/cryptography.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { u64be, utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { type Disk, errorCode, nodeDisk, writeAll } from '../files/disk.js';
import { makeFolders, readIfPresent, replaceFile } from '../files/durable.js';

const KEY_BYTES = 16;
const RECORD_BYTES = KEY_BYTES + 8;
/** All files have records of one length. */
const STAKES = 'receipts';
const RECORDS_AT_ONCE = 32_768;
/** Entries whose records are held in memory until they are written together. */
const PENDING_ENTRIES = 4096;
const REMEMBERED_KEYS = 4096;
/** Of one answer; whoever wants more asks again from the last one on. */
export const MAX_FOUND = 10_000;

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const FileState = v.strictObject({ crc: Count, records: Count });
const State = v.strictObject({
  files: v.strictObject({
    chip: FileState,
    evidence: FileState,
    measurement: FileState,
    model: FileState,
    receipts: FileState,
    signer: FileState,
    tcb: FileState,
  }),
  through: Count,
});
type FileName = FactField | typeof STAKES;
const FILE_NAMES: readonly FileName[] = [...FACT_FIELDS, STAKES];
type Files = Record<FileName, { crc: number; records: number }>;

const readAsync = promisify(read);

export interface FoundEntries {
  /** Indices of log entries, the first one first. */
  readonly entries: readonly number[];
  /** Whether there are more, after the last of these. */
  readonly more: boolean;
}

/** A receipt that has a fact, and what it can lose: read when it is asked for, because of a million few are looked at. */
export class IndexedReceipt implements Stakes {
  readonly index: number;
  readonly #records: Buffer;
  readonly #at: number;

  /** `records`: memory that stays as it is, with the receipt's record at `at`. */
  constructor(index: number, records: Buffer, at: number) {
    this.index = index;
    this.#records = records;
    this.#at = at;
  }

  get completed(): number {
    return this.#records.readUIntBE(this.#at, 6);
  }

  get place(): Stakes['place'] {
    return PLACE_STAKES[this.#records[this.#at + 6] as number] ?? 'none';
  }

  get model(): Stakes['model'] {
    return MODEL_STAKES[this.#records[this.#at + 7] as number] ?? 'none';
  }

  get exchange(): string {
    return toBase32(this.#records.subarray(this.#at + 8, this.#at + RECORD_BYTES));
  }
}

export class FactIndex {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #files: Files;
  /** Entries whose records are in the files. */
  #through: number;
  #added: number;
  #pending = emptyLists();
  /** The same few facts are of many receipts. */
  readonly #keys = new Map<string, Uint8Array>();

  private constructor(folder: string, disk: Disk, through: number, files: Files) {
    this.#folder = folder;
    this.#disk = disk;
    this.#through = through;
    this.#added = through;
    this.#files = files;
  }

  /** The index in a folder; an empty one when there is none, or when it is damaged. Rejects with `archive/unavailable` for a folder that cannot be made. */
  static async open(folder: string, disk: Disk = nodeDisk): Promise<FactIndex> {
    try {
      makeFolders(folder, disk);
      const state = await readState(folder);
      if (state !== null && (await areWhole(folder, disk, state.files)))
        return new FactIndex(folder, disk, state.through, state.files);
      for (const name of readdirSync(folder))
        if (/^(?:state|[a-z]+\.facts)$/.test(name)) disk.remove(join(folder, name));
      return new FactIndex(folder, disk, 0, emptyFiles());
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** The index in a folder as it is, for looking into while somebody else may write it; an empty one when there is none, or when it is damaged. */
  static async look(folder: string): Promise<FactIndex> {
    const state = await readState(folder);
    const isWhole = state !== null && (await areWhole(folder, nodeDisk, state.files));
    return isWhole
      ? new FactIndex(folder, nodeDisk, state.through, state.files)
      : new FactIndex(folder, nodeDisk, 0, emptyFiles());
  }

  /** The number of log entries, from the first on, whose facts have been added. */
  get size(): number {
    return this.#added;
  }

  /**
   * Files the facts of the next entry, and what its receipt can lose: none, and null, for one that is no receipt. Throws `archive/unavailable`, and then the
   * entry is added all the same.
   */
  add(facts: readonly Fact[], stakes: Stakes | null): void {
    writeStakes(this.#pending[STAKES].next(), stakes);
    for (const fact of facts) {
      const record = this.#pending[fact.field].next();
      record.set(this.#keyOf(fact));
      record.set(u64be(this.#added), KEY_BYTES);
    }
    this.#added++;
    if (this.#added - this.#through >= PENDING_ENTRIES) this.flush();
  }

  /** Writes what is in memory alone. Throws `archive/unavailable`; nothing is lost then, and it can be tried again. */
  flush(): void {
    if (this.#added === this.#through) return;
    try {
      const files = { ...this.#files };
      for (const field of FILE_NAMES) {
        const { bytes } = this.#pending[field];
        if (bytes.length === 0) continue;
        const { crc, records: before } = files[field];
        const file = this.#disk.open(pathOf(this.#folder, field), before === 0 ? 'w' : 'r+', 0o600);
        try {
          writeAll(this.#disk, file, bytes, before * RECORD_BYTES);
        } finally {
          this.#disk.close(file);
        }
        files[field] = { crc: crc32(bytes, crc), records: before + bytes.length / RECORD_BYTES };
      }
      replaceFile(join(this.#folder, 'state'), canonicalize({ files, through: this.#added }), this.#disk);
      Object.assign(this.#files, files);
    } catch (error) {
      throw unavailable(error);
    }
    this.#through = this.#added;
    this.#pending = emptyLists();
  }

  /**
   * The entries of receipts with that fact, from `from` on. Rejects with `archive/unavailable`.
   *
   * @param limit at most {@link MAX_FOUND}
   */
  async find(fact: Fact, from = 0, limit = MAX_FOUND): Promise<FoundEntries> {
    const most = Math.min(limit, MAX_FOUND) + 1;
    const key = Buffer.from(keyOf(fact));
    const entries: number[] = [];
    // While this reads, records may move from memory into the file: what is in the file now is enough with what is in memory now.
    const pending = this.#pending[fact.field];
    const { records } = this.#files[fact.field];
    for await (const piece of piecesOf(this.#folder, this.#disk, fact.field, records)) {
      collect(piece, key, from, most, entries);
      if (entries.length === most) break;
    }
    collect(pending.bytes, key, from, most, entries);
    const more = entries.length === most;
    return { entries: more ? entries.slice(0, -1) : entries, more };
  }

  /**
   * All receipts with that fact whose entries have been written, those of the lowest index first, in pieces: however many they are, memory holds one piece.
   * Rejects with `archive/unavailable`.
   */
  async *receiptsOf(fact: Fact): AsyncGenerator<readonly IndexedReceipt[]> {
    const key = Buffer.from(keyOf(fact));
    const { records } = this.#files[fact.field];
    const stakes = new StakesReader(this.#folder, this.#disk, this.#files[STAKES].records);
    try {
      for await (const piece of piecesOf(this.#folder, this.#disk, fact.field, records)) {
        const entries: number[] = [];
        collect(piece, key, 0, Number.POSITIVE_INFINITY, entries);
        const receipts: IndexedReceipt[] = [];
        for (const entry of entries) receipts.push(stakes.held(entry) ?? (await stakes.read(entry)));
        if (receipts.length > 0) yield receipts;
      }
    } finally {
      stakes.close();
    }
  }

  #keyOf(fact: Fact): Uint8Array {
    const name = `${fact.field} ${fact.value}`;
    const key = this.#keys.get(name) ?? keyOf(fact);
    if (this.#keys.size >= REMEMBERED_KEYS) this.#keys.clear();
    this.#keys.set(name, key);
    return key;
  }
}

/** The indices in those records that have the key. */
function collect(records: Buffer, key: Buffer, from: number, most: number, found: number[]): void {
  const [first, second, third, fourth] = [0, 4, 8, 12].map(at => key.readUInt32LE(at));
  for (let at = 0; at < records.length && found.length < most; at += RECORD_BYTES) {
    if (
      records.readUInt32LE(at) !== first ||
      records.readUInt32LE(at + 4) !== second ||
      records.readUInt32LE(at + 8) !== third ||
      records.readUInt32LE(at + 12) !== fourth
    )
      continue;
    const entry = records.readUInt32BE(at + KEY_BYTES) * 2 ** 32 + records.readUInt32BE(at + KEY_BYTES + 4);
    if (Number.isSafeInteger(entry) && entry >= from) found.push(entry);
  }
}

/** The first so many records of a field's file, in pieces that are one memory. Rejects with `archive/unavailable` where there are fewer. */
async function* piecesOf(
  folder: string,
  disk: Disk,
  field: FileName,
  records: number,
): AsyncGenerator<Buffer> {
  if (records === 0) return;
  try {
    const file = disk.open(pathOf(folder, field), 'r');
    try {
      const memory = Buffer.allocUnsafe(Math.min(records, RECORDS_AT_ONCE) * RECORD_BYTES);
      for (let done = 0; done < records * RECORD_BYTES; ) {
        const wanted = Math.min(memory.length, records * RECORD_BYTES - done);
        const { bytesRead } = await readAsync(file, memory, 0, wanted, done);
        if (bytesRead !== wanted)
          throw new Failure('archive/unavailable', { field, detail: 'a file that is cut off' });
        yield memory.subarray(0, wanted);
        done += wanted;
      }
    } finally {
      disk.close(file);
    }
  } catch (error) {
    throw unavailable(error);
  }
}

/** `record`: zeros, which stay for what is no receipt. */
function writeStakes(record: Buffer, stakes: Stakes | null): void {
  if (stakes === null) return;
  record.writeUIntBE(Math.min(stakes.completed, MAX_MILLISECONDS), 0, 6);
  record[6] = PLACE_STAKES.indexOf(stakes.place);
  record[7] = MODEL_STAKES.indexOf(stakes.model);
  record.set(fromBase32(stakes.exchange)?.subarray(0, 16) ?? [], 8);
}

/** The year 10889. */
const MAX_MILLISECONDS = 2 ** 48 - 1;

/** Records of what receipts can lose, by entries that come in their order: each part of the file is read once at most. */
class StakesReader {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #records: number;
  #file: number | null = null;
  #start = 0;
  #window = Buffer.alloc(0);

  constructor(folder: string, disk: Disk, records: number) {
    this.#folder = folder;
    this.#disk = disk;
    this.#records = records;
  }

  /** The receipt of an entry in the part that was read last; null for one behind it. */
  held(entry: number): IndexedReceipt | null {
    const at = (entry - this.#start) * RECORD_BYTES;
    return at < this.#window.length ? new IndexedReceipt(entry, this.#window, at) : null;
  }

  /** The same of one behind it, which has nothing to lose where it is not there. */
  async read(entry: number): Promise<IndexedReceipt> {
    if (entry >= this.#records) return new IndexedReceipt(entry, Buffer.alloc(RECORD_BYTES), 0);
    try {
      this.#file ??= this.#disk.open(pathOf(this.#folder, STAKES), 'r');
      const window = Buffer.alloc(Math.min(this.#records - entry, RECORDS_AT_ONCE) * RECORD_BYTES);
      const { bytesRead } = await readAsync(this.#file, window, 0, window.length, entry * RECORD_BYTES);
      if (bytesRead !== window.length)
        throw new Failure('archive/unavailable', { field: STAKES, detail: 'a file that is cut off' });
      this.#start = entry;
      this.#window = window;
      return new IndexedReceipt(entry, window, 0);
    } catch (error) {
      throw unavailable(error);
    }
  }

  close(): void {
    if (this.#file !== null) this.#disk.close(this.#file);
    this.#file = null;
  }
}

async function readState(
  folder: string,
): Promise<{ readonly through: number; readonly files: Files } | null> {
  try {
    const bytes = await readIfPresent(join(folder, 'state'));
    return v.parse(State, parseCanonical(bytes ?? new Uint8Array()));
  } catch {
    return null;
  }
}

async function areWhole(folder: string, disk: Disk, files: Files): Promise<boolean> {
  try {
    for (const field of FILE_NAMES) {
      let crc = 0;
      for await (const piece of piecesOf(folder, disk, field, files[field].records)) crc = crc32(piece, crc);
      if (crc !== files[field].crc) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** Half of a digest: who finds two values with one half has done 2^64 hashes and gains a look at an entry too many. */
function keyOf({ field, value }: Fact): Uint8Array {
  return sha256(utf8(`${field}\0${value}`)).subarray(0, KEY_BYTES);
}

function pathOf(folder: string, field: FileName): string {
  return join(folder, `${field}.facts`);
}

function emptyFiles(): Files {
  return Object.fromEntries(FILE_NAMES.map(field => [field, { crc: 0, records: 0 }])) as Files;
}

/** Records one behind the other, in one memory that grows: a million small ones would keep the garbage collector busy. */
class RecordList {
  #memory = Buffer.alloc(0);
  #length = 0;

  /** The memory of one more, all zeros. */
  next(): Buffer {
    const end = this.#length + RECORD_BYTES;
    if (end > this.#memory.length) {
      const larger = Buffer.alloc(Math.max(64 * RECORD_BYTES, 2 * this.#memory.length));
      larger.set(this.#memory);
      this.#memory = larger;
    }
    const record = this.#memory.subarray(this.#length, end);
    this.#length = end;
    return record;
  }

  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }
}

function emptyLists(): Record<FileName, RecordList> {
  return Object.fromEntries(FILE_NAMES.map(field => [field, new RecordList()])) as Record<
    FileName,
    RecordList
  >;
}

function unavailable(error: unknown): Failure {
  return error instanceof Failure
    ? error
    : new Failure('archive/unavailable', { detail: errorCode(error) ?? 'unknown' });
}
