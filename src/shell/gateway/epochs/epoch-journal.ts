/**
 * Writing the journal of an epoch. What is noted in one turn of the event loop is written together, before the loop waits for anything, and so survives
 * the death of the process; a loss of power loses what came after the last mark.
 *
 * The disk is not trusted to work: once a write has failed, nothing more is noted, and whoever notes is told.
 */
import { Failure } from '../../../reason.js';
import { type Disk, nodeDisk, writeAll } from '../../files/disk.js';
import {
  type Ended,
  endPayload,
  FRAME,
  frame,
  type JournalEnd,
  MAX_PAYLOAD,
  type Mark,
  markPayload,
  RECORD_BYTES,
  writeRecord,
} from './journal-format.js';

/** Records that are written together, at most. */
const AT_ONCE = Math.floor(MAX_PAYLOAD / RECORD_BYTES);

export class EpochJournal {
  readonly path: string;
  readonly #disk: Disk;
  readonly #file: number;
  #length: number;
  readonly #records = new Uint8Array(AT_ONCE * RECORD_BYTES);
  #held = 0;
  #isDue = false;
  #failed = false;
  #closed = false;

  private constructor(path: string, disk: Disk, file: number, length: number) {
    this.path = path;
    this.#disk = disk;
    this.#file = file;
    this.#length = length;
  }

  /** Begins the journal of an epoch whose entry this is. Throws `epoch/journal-unavailable`. */
  static begin(path: string, entry: Uint8Array, disk: Disk = nodeDisk): EpochJournal {
    return guarded(() => {
      const journal = new EpochJournal(path, disk, disk.open(path, 'w', 0o600), 0);
      journal.#write(frame(FRAME.entry, entry));
      return journal;
    });
  }

  /** Goes on in a journal of which the first `length` bytes are sound; what comes behind is cut off. Throws `epoch/journal-unavailable`. */
  static resume(path: string, length: number, disk: Disk = nodeDisk): EpochJournal {
    return guarded(() => {
      const file = disk.open(path, 'r+');
      disk.truncate(file, length);
      return new EpochJournal(path, disk, file, length);
    });
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** Whether nothing more can be noted: a write has failed, or it is closed. */
  get failed(): boolean {
    return this.#failed || this.#closed;
  }

  /** Notes that a number was given, or, with `ended`, what became of its exchange. Throws `epoch/journal-unavailable`. */
  note(client: string, counter: number, ended: Ended | null): void {
    if (this.#failed || this.#closed) throw new Failure('epoch/journal-unavailable');
    if (this.#held === AT_ONCE) this.flush();
    const at = this.#held * RECORD_BYTES;
    writeRecord(this.#records.subarray(at, at + RECORD_BYTES), client, counter, ended);
    this.#held++;
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      try {
        if (!this.#closed) this.flush();
      } catch (error) {
        // Whoever notes next is told.
        if (!(error instanceof Failure)) throw error;
      }
    });
  }

  /** Writes what has been noted. Throws `epoch/journal-unavailable`. */
  flush(): void {
    if (this.#failed) throw new Failure('epoch/journal-unavailable');
    if (this.#held === 0) return;
    const payload = this.#records.subarray(0, this.#held * RECORD_BYTES);
    this.#held = 0;
    this.#guard(() => this.#write(frame(FRAME.records, payload)));
  }

  /** Says up to when all is durable, durably. What is noted while it does so is not meant. Rejects with `epoch/journal-unavailable`. */
  mark(mark: Mark): Promise<void> {
    return this.#seal(frame(FRAME.mark, markPayload(mark)));
  }

  /** Says that nothing more is to come, durably, and closes the file. Rejects with `epoch/journal-unavailable`. */
  async end(end: JournalEnd): Promise<void> {
    await this.#seal(frame(FRAME.end, endPayload(end)));
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#disk.close(this.#file);
  }

  async #seal(last: Uint8Array): Promise<void> {
    this.flush();
    this.#guard(() => this.#write(last));
    try {
      await this.#disk.datasync(this.#file);
    } catch (error) {
      this.#failed = true;
      throw unavailable(error);
    }
  }

  #write(bytes: Uint8Array): void {
    writeAll(this.#disk, this.#file, bytes, this.#length);
    this.#length += bytes.length;
  }

  #guard(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#failed = true;
      throw unavailable(error);
    }
  }
}

function guarded<Value>(act: () => Value): Value {
  try {
    return act();
  } catch (error) {
    throw unavailable(error);
  }
}

function unavailable(error: unknown): Failure {
  const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new Failure('epoch/journal-unavailable', { detail });
}
