/**
 * The book of an issuer's epochs: a journal for each while it lasts, and its closing in the log when it is over.
 *
 * The order in which things become durable: the journal with its end, the leaves, the closing in the log, the closing beside the leaves; then
 * the journal is removed. Whatever dies in between is made up for at the next start, from the same journal and so with the same result: an
 * issuer that signs two closings of one epoch would contradict itself.
 *
 * The folder is the operator's own and trusted. Power is not.
 */
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Signer } from '../../../bytes/cryptography.js';
import { keyLabel, type VerifierKey } from '../../../note/key.js';
import { Failure } from '../../../reason.js';
import { CLOSING, closingDigest, closingStatement } from '../../../receipt/closing.js';
import { closingKey, readEntry } from '../../../receipt/entry.js';
import { envelopeBytes, seal } from '../../../receipt/envelope.js';
import { readStatement } from '../../../receipt/statement.js';
import type { TransparencyLog } from '../../../tree/log.js';
import { type Disk, nodeDisk } from '../../files/disk.js';
import { makeFoldersDurably, syncFolder, writeDurably } from '../../files/durable.js';
import type { BuiltClosing } from './build-closing.js';
import { EpochJournal } from './epoch-journal.js';
import { EpochRun } from './epoch-run.js';
import { Horizon } from './horizon.js';
import { recoverJournal } from './recover-journal.js';

export interface EpochBookOptions {
  readonly folder: string;
  readonly key: VerifierKey;
  readonly signer: Signer;
  readonly log: TransparencyLog;
  /** Milliseconds since 1970, never earlier than before: the clock of everything that the issuer signs. */
  readonly now: () => number;
  /** Builds the closing of a journal, and the leaves beside `base`. */
  readonly build: (journal: string, base: string) => Promise<BuiltClosing>;
  readonly onProblem: (message: string) => void;
  /** How long the exchanges of an epoch that is over may run before it is closed all the same, in milliseconds. */
  readonly patience?: number;
  /** How often is written down what is durable, in milliseconds. */
  readonly marking?: number;
  readonly disk?: Disk;
}

const PATIENCE = 600_000;
const MARKING = 1000;
/** The time between two marks while nothing happens, in milliseconds. */
const IDLE_MARKING = 10_000;
/** How long the receipts of exchanges that have ended may take to be durable when the book is closed, in milliseconds. */
const LAST_RECEIPTS = 10_000;

const JOURNAL = '.journal';
/** The closing's envelope, beside its leaves. */
export const CLOSING_FILE = '.json';

export class EpochBook {
  /** What has begun and is not written down yet. */
  readonly horizon = new Horizon();
  readonly #options: EpochBookOptions;
  readonly #disk: Disk;
  /** The epochs of this process that have no end yet. */
  readonly #runs = new Map<string, EpochRun>();
  /** Those that are over, until they are closed. */
  readonly #finishing = new Set<Promise<void>>();
  /** Aborted when the exchanges that still run are not waited for any more. */
  readonly #hurry = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #current: EpochRun | null = null;
  /** One closing is built at a time. */
  #building: Promise<void> = Promise.resolve();
  #marking: Promise<void> = Promise.resolve();
  #recovering: Promise<void> = Promise.resolve();
  #markedAt = 0;
  #closing: Promise<void> | null = null;

  static async open(options: EpochBookOptions): Promise<EpochBook> {
    await makeFoldersDurably(options.folder, options.disk ?? nodeDisk);
    return new EpochBook(options);
  }

  private constructor(options: EpochBookOptions) {
    this.#options = options;
    this.#disk = options.disk ?? nodeDisk;
    this.#timer = setInterval(() => void this.mark(), options.marking ?? MARKING).unref();
  }

  /** Where closings and leaves are. */
  get folder(): string {
    return this.#options.folder;
  }

  /** Whether numbers can be given. */
  get writable(): boolean {
    return this.#current?.journal.failed !== true;
  }

  /** The epochs of this process that have no end yet. */
  get open(): number {
    return this.#runs.size;
  }

  /** The bytes of the journal of the epoch that runs. */
  get journalBytes(): number {
    return this.#current?.journal.length ?? 0;
  }

  /** Begins an epoch, and ends the one before. `entry`: its entry in the log. Throws `epoch/journal-unavailable`. */
  begin(issuer: string, epoch: string, entry: Uint8Array): EpochRun {
    const journal = EpochJournal.begin(this.#path(epoch, JOURNAL), entry, this.#disk);
    const run = new EpochRun(issuer, epoch, journal, this.horizon);
    const before = this.#current;
    this.#runs.set(epoch, run);
    this.#current = run;
    if (before !== null) this.#finish(before, this.#options.patience ?? PATIENCE);
    return run;
  }

  /** Closes the epochs of earlier processes. Resolves when all of them are closed, or when it is said why they are not. */
  recover(): Promise<void> {
    this.#recovering = this.#recover();
    return this.#recovering;
  }

  async #recover(): Promise<void> {
    const epochs = readdirSync(this.#options.folder)
      .filter(name => name.endsWith(JOURNAL))
      .map(name => name.slice(0, -JOURNAL.length))
      .filter(epoch => !this.#runs.has(epoch));
    for (const epoch of epochs) {
      if (this.#closing !== null) return;
      await this.#guard(epoch, async () => {
        const path = this.#path(epoch, JOURNAL);
        const { log, now } = this.#options;
        if ((await recoverJournal(path, log, now, this.#disk)) === 'ended') await this.#close(epoch);
        else await rm(path, { force: true });
      });
    }
  }

  /** Writes down what is durable. */
  mark(): Promise<void> {
    this.#marking = this.#marking.then(() => this.#mark());
    return this.#marking;
  }

  /** Ends the last epoch, and resolves when it is closed, or when it is said why it is not. Once, however often it is called. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  /** Waits no longer for exchanges that still run. */
  hurry(): void {
    this.#hurry.abort();
  }

  async #closeAll(): Promise<void> {
    clearInterval(this.#timer);
    await this.#marking;
    const patience = setTimeout(() => this.hurry(), LAST_RECEIPTS);
    if (this.#current !== null) this.#finish(this.#current, LAST_RECEIPTS);
    await Promise.all([...this.#finishing, this.#recovering]);
    clearTimeout(patience);
    for (const run of this.#runs.values()) run.journal.close();
    await this.#building;
  }

  /** Closes an epoch once its exchanges have ended, or after some milliseconds. What cannot be closed now is closed at the next start. */
  #finish(run: EpochRun, patience: number): void {
    const { log, now } = this.#options;
    const finishing = this.#guard(run.epoch, async () => {
      await Promise.race([run.idle(), this.#pause(patience)]);
      // An epoch with receipts that this log could not keep has not come to its end.
      if (!log.writable) throw new Failure('log/unavailable');
      run.stop();
      await run.journal.end({ ending: 'complete', through: this.horizon.at(now()), made: now() });
      this.#runs.delete(run.epoch);
      await this.#close(run.epoch);
    }).finally(() => this.#finishing.delete(finishing));
    this.#finishing.add(finishing);
  }

  #pause(time: number): Promise<void> {
    return sleep(time, undefined, { ref: false, signal: this.#hurry.signal }).catch(() => undefined);
  }

  #close(epoch: string): Promise<void> {
    const turn = this.#building.then(() => this.#closeNow(epoch));
    this.#building = turn.catch(() => undefined);
    return turn;
  }

  async #closeNow(epoch: string): Promise<void> {
    const { key, signer, log, build } = this.#options;
    const [journal, base] = [this.#path(epoch, JOURNAL), this.#path(epoch, '')];
    const { closing, made } = await build(journal, base);
    let index = await log.find(closingKey(closing.issuer, epoch));
    if (index === null) {
      const label = keyLabel(key);
      index = await log.include(envelopeBytes(seal(closingStatement(closing, label, made), label, signer)));
    }
    const entry = await log.entry(index);
    const logged = readStatement(CLOSING, readEntry(entry)).predicate.closing;
    if (closingDigest(logged) !== closingDigest(closing))
      throw new Failure('epoch/journal-damaged', { detail: `entry ${index} has closed the epoch otherwise` });
    await writeDurably(base + CLOSING_FILE, entry, 0o644, this.#disk);
    await rm(journal, { force: true });
  }

  async #guard(epoch: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#options.onProblem(`epoch ${epoch} is not closed yet: ${messageOf(error)}`);
    }
  }

  #path(epoch: string, ending: string): string {
    return join(this.#options.folder, `${epoch}${ending}`);
  }

  async #mark(): Promise<void> {
    const { now, log } = this.#options;
    const isIdle = performance.now() - this.#markedAt < IDLE_MARKING;
    if (!isIdle) this.#markedAt = performance.now();
    for (const run of this.#runs.values()) {
      if (run.journal.failed || run.isStopped || (isIdle && !run.isDirty)) continue;
      run.marked();
      const through = this.horizon.at(now());
      try {
        // A journal whose name is lost says nothing.
        await syncFolder(dirname(run.journal.path), this.#disk);
        if (!run.isStopped) await run.journal.mark({ through, size: run.notedBelow(log.size) });
      } catch (error) {
        this.#options.onProblem(messageOf(error));
      }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
