/**
 * Sorting more records than fit into memory: they are sorted in parts, which are written to files and merged. All records have one length, and
 * their order is that of their first bytes; those that are alike there stay in the order in which they came.
 *
 * Synchronous, for threads and commands that do nothing else meanwhile. The folder is the caller's alone, and of no worth afterwards.
 */
import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface RecordShape {
  /** The length of a record, in bytes. */
  readonly length: number;
  /** How many of its first bytes its order follows. */
  readonly keyLength: number;
}

/** The most bytes of records that are sorted in memory, unless told otherwise. */
const PART_BYTES = 1 << 23;
/** The most files that are merged at a time. */
const FAN_IN = 64;
/** What is read of a file at a time, and written, in bytes. */
const READING = 1 << 16;

export class RecordSorter {
  readonly #shape: RecordShape;
  readonly #folder: string;
  readonly #part: Uint8Array;
  readonly #capacity: number;
  #held = 0;
  #files: string[] = [];
  #made = 0;

  /** @param partBytes how many bytes of records are held in memory, at most */
  constructor(folder: string, shape: RecordShape, partBytes = PART_BYTES) {
    this.#shape = shape;
    this.#folder = folder;
    this.#capacity = Math.max(1, Math.floor(partBytes / shape.length));
    this.#part = new Uint8Array(this.#capacity * shape.length);
  }

  /** Takes a copy of the record. */
  add(record: Uint8Array): void {
    const { length } = this.#shape;
    if (record.length !== length) throw new RangeError(`a record has ${length} bytes`);
    this.#part.set(record, this.#held * length);
    if (++this.#held === this.#capacity) this.#spill();
  }

  /** All records in their order, once. What is given is overwritten by what comes next. */
  *sorted(): Generator<Uint8Array> {
    if (this.#files.length === 0) {
      yield* this.#sortedPart();
      return;
    }
    if (this.#held > 0) this.#spill();
    try {
      while (this.#files.length > FAN_IN) {
        const some = this.#files.splice(0, FAN_IN);
        // In the place of those that it is made of: what came first stays first.
        this.#files.unshift(this.#write(merge(some, this.#shape)));
        for (const file of some) rmSync(file);
      }
      yield* merge(this.#files, this.#shape);
    } finally {
      for (const file of this.#files.splice(0)) rmSync(file, { force: true });
    }
  }

  #spill(): void {
    this.#files.push(this.#write(this.#sortedPart()));
  }

  *#sortedPart(): Generator<Uint8Array> {
    const { length, keyLength } = this.#shape;
    const part = this.#part;
    const order = Uint32Array.from({ length: this.#held }, (_, at) => at);
    order.sort((a, b) => compareAt(part, a * length, part, b * length, keyLength) || a - b);
    this.#held = 0;
    for (const at of order) yield part.subarray(at * length, (at + 1) * length);
  }

  #write(records: Iterable<Uint8Array>): string {
    mkdirSync(this.#folder, { recursive: true });
    const path = join(this.#folder, `part-${this.#made++}`);
    const file = openSync(path, 'w', 0o600);
    try {
      const room = new Uint8Array(Math.max(this.#shape.length, READING));
      let filled = 0;
      for (const record of records) {
        if (filled + record.length > room.length) {
          writeFully(file, room.subarray(0, filled));
          filled = 0;
        }
        room.set(record, filled);
        filled += record.length;
      }
      writeFully(file, room.subarray(0, filled));
    } finally {
      closeSync(file);
    }
    return path;
  }
}

/** The records of a file, one after another. What is given is overwritten by what comes next. Throws for a file that ends within a record. */
export function* recordsOf(path: string, length: number): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    const room = new Uint8Array(Math.max(1, Math.floor(READING / length)) * length);
    for (;;) {
      const read = readFully(file, room);
      if (read % length !== 0) throw new RangeError(`${path} ends within a record`);
      for (let at = 0; at < read; at += length) yield room.subarray(at, at + length);
      if (read < room.length) return;
    }
  } finally {
    closeSync(file);
  }
}

interface Run {
  readonly records: Generator<Uint8Array>;
  readonly rank: number;
  current: Uint8Array;
}

/** Merges sorted files; of records that are alike, those of the earlier file come first. */
function* merge(paths: readonly string[], { length, keyLength }: RecordShape): Generator<Uint8Array> {
  const heap: Run[] = [];
  const isBefore = (a: Run, b: Run) => {
    const order = compareAt(a.current, 0, b.current, 0, keyLength);
    return order < 0 || (order === 0 && a.rank < b.rank);
  };
  try {
    for (const [rank, path] of paths.entries()) {
      const records = recordsOf(path, length);
      const first = records.next();
      if (!first.done) heap.push({ records, rank, current: first.value });
    }
    for (let at = Math.floor(heap.length / 2) - 1; at >= 0; at--) sink(heap, at, isBefore);
    for (let least = heap[0]; least !== undefined; least = heap[0]) {
      yield least.current;
      const next = least.records.next();
      if (!next.done) least.current = next.value;
      else {
        const last = heap.pop() as Run;
        if (heap.length > 0) heap[0] = last;
      }
      sink(heap, 0, isBefore);
    }
  } finally {
    for (const { records } of heap) records.return(undefined);
  }
}

function sink(heap: Run[], from: number, isBefore: (a: Run, b: Run) => boolean): void {
  let at = from;
  for (;;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && isBefore(heap[child] as Run, heap[least] as Run)) least = child;
    }
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least] as Run, heap[at] as Run];
    at = least;
  }
}

function compareAt(a: Uint8Array, from: number, b: Uint8Array, other: number, length: number): number {
  for (let at = 0; at < length; at++) {
    const difference = (a[from + at] as number) - (b[other + at] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function readFully(file: number, room: Uint8Array): number {
  let read = 0;
  while (read < room.length) {
    const count = readSync(file, room, read, room.length - read, null);
    if (count === 0) break;
    read += count;
  }
  return read;
}

function writeFully(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}
