/**
 * A monitor: it follows a log from its tiles, hashes every entry itself, checks what each says, and compares every checkpoint that it is
 * shown with every other. What a stranger could check becomes evidence; the rest is told as findings.
 *
 * Trusted: the keys that it was given, and its own disk (damage is found, and stops it). Not trusted: the log, the witnesses, mirrors, and
 * whoever brings checkpoints; whatever they send, memory stays flat, and nobody is accused without signatures that a stranger would accept.
 * Nobody has to believe the monitor either: that is what evidence is for.
 */
import { toBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import type { KnownKeys } from '../../court/misbehaviour/known-keys.js';
import { makeReceiptFork } from '../../court/misbehaviour/receipt-fork.js';
import type { VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { readEntry } from '../../receipt/entry.js';
import type { KeyHistory } from '../../receipt/key-history.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably } from '../files/durable.js';
import { acquireLock, type Lock } from '../files/lock.js';
import { LogReader, type ReadEntry } from '../tiles/log-reader.js';
import { RemoteLog } from '../tiles/remote-log.js';
import { readSigned, type Seen } from '../tiles/signed-checkpoints.js';
import type { Contradiction } from './checkpoint-book.js';
import { type MonitorEvent, unchecked } from './events.js';
import type { Finding, Tallies } from './ledger.js';
import { copyOfBundles } from './log-copies.js';
import { identityOf, type Opened, openKept } from './opening.js';
import { evidenceOf, type WatchedPromise } from './promises.js';
import { type Judged, type KeptFinding, Records } from './records.js';
import { type Place, writeState } from './state.js';
import { askWitness } from './witness-checkpoint.js';

export interface MonitorOptions {
  /** Where the log is read, as C2SP tlog-tiles has it. */
  readonly url: string;
  /** The log's key. Its name is the origin. */
  readonly log: VerifierKey;
  readonly known: KnownKeys;
  /** The keys with which the log began. */
  readonly beginning: KeyHistory;
  /** Where it keeps what it knows; made when it is missing. No other monitor uses it. */
  readonly folder: string;
  /** Where witnesses show what they have cosigned (C2SP tlog-witness, "Monitor Retrieval Mechanism"). */
  readonly witnesses?: readonly string[];
  /** Checkpoints from elsewhere, as notes: what other people were given. */
  readonly checkpoints?: readonly Uint8Array[];
  readonly promises?: readonly WatchedPromise[];
  /** Whether to go on, with their hashes alone, where the log no longer serves entries. */
  readonly skipMissing?: boolean;
  readonly onEvent: (event: MonitorEvent) => void;
  /** Told how many entries of how many have been checked. */
  readonly onProgress?: (done: number, all: number) => void;
  readonly disk?: Disk;
}

/** Entries between two times that the state is written. */
const SAVE_EVERY = 8192;

/** A checkpoint that was shown, and whether the log itself showed it. */
interface Shown {
  readonly seen: Seen;
  readonly byLogItself: boolean;
}

export class Monitor {
  readonly #options: MonitorOptions;
  readonly #disk: Disk;
  readonly #lock: Lock;
  readonly #opened: Opened;
  readonly #remote: RemoteLog;
  readonly #reader: LogReader;
  readonly #records: Records;
  readonly #closing = new AbortController();
  /** The place that the table is at on disk; null for the beginning. */
  #place: Place | null;
  /** Entries in the table when the state was last written. */
  #saved: number;
  /** Findings that are not on disk yet. */
  #findings: KeptFinding[] = [];
  /** The evidence that has been told about in this run. */
  readonly #told = new Set<string>();
  #isComplete = true;
  #isOlder = false;
  #running: Promise<unknown> = Promise.resolve();

  /** Throws `data/locked`, or `monitor/state-corrupt` for a folder that is damaged or is about another log. */
  static async open(options: MonitorOptions): Promise<Monitor> {
    const { folder, disk = nodeDisk } = options;
    await makeFoldersDurably(folder, disk);
    const lock = acquireLock(folder);
    try {
      return new Monitor(options, disk, lock, await openKept({ ...options, disk }));
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(options: MonitorOptions, disk: Disk, lock: Lock, opened: Opened) {
    this.#options = options;
    this.#disk = disk;
    this.#lock = lock;
    this.#opened = opened;
    this.#remote = new RemoteLog(options.url);
    this.#reader = new LogReader(this.#remote, options.skipMissing ?? false, this.#closing.signal);
    this.#records = new Records(options.folder, disk);
    this.#place = opened.place;
    this.#saved = opened.ledger.size;
  }

  /** Whether misbehaviour or findings are on record, of this run or of earlier ones. */
  get hasFindings(): boolean {
    return this.#records.hasAny;
  }

  /**
   * Looks at everything once. Resolves to whether all could be checked; what was found is told as events. Rejects only for faults of its
   * own: a disk that fails, or `monitor/state-corrupt`.
   */
  async round(): Promise<boolean> {
    const running = this.#round();
    this.#running = running.catch(() => undefined);
    return running;
  }

  /** Stops at the next entries, keeps what is known, and lets go of the folder. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#opened.table.close();
    this.#lock.release();
  }

  async #round(): Promise<boolean> {
    const { book, tree } = this.#opened;
    this.#isComplete = true;
    for (const { seen, byLogItself } of await this.#gather()) await this.#meet(seen, byLogItself);
    // The tree may have grown past them meanwhile.
    for (const seen of book.pending) if (seen.checkpoint.size <= tree.size) await this.#meet(seen, false);
    await this.#watchPromises();
    // By the next run the log may have pruned what the table would be made from again.
    await this.#save(true);
    await this.#tellState();
    return this.#isComplete && this.#tallies.withheld === 0;
  }

  /** What has been counted in the whole tree; the table may be behind it. */
  get #tallies(): Tallies {
    const { ledger, tree, tallies } = this.#opened;
    return ledger.size < tree.size ? tallies : ledger.tallies;
  }

  /** Every checkpoint that anybody shows, smallest first. */
  async #gather(): Promise<readonly Shown[]> {
    const { witnesses = [], checkpoints = [], log } = this.#options;
    const others = [
      ...witnesses.map(url => () => askWitness(url, log.name, this.#closing.signal)),
      ...checkpoints.map(note => async () => note),
    ];
    const shown = await Promise.all([
      this.#show(() => this.#ownCheckpoint(), true),
      ...others.map(get => this.#show(get, false)),
    ]);
    const kept = this.#opened.book.pending.map(seen => ({ seen, byLogItself: false }));
    return [...kept, ...shown.flat()].sort((a, b) => a.seen.checkpoint.size - b.seen.checkpoint.size);
  }

  async #ownCheckpoint(): Promise<Uint8Array> {
    const note = await this.#remote.checkpoint(this.#closing.signal);
    if (note === null)
      throw new Failure('peer/checkpoint-missing', { field: `${this.#remote.url}/checkpoint` });
    return note;
  }

  async #show(get: () => Promise<Uint8Array | null>, byLogItself: boolean): Promise<readonly Shown[]> {
    try {
      const note = await get();
      if (note === null) return [];
      const seen = await readSigned(note, this.#options.log.name, this.#options.known);
      if (byLogItself && seen.byLog.length === 0) throw new Failure('checkpoint/log-signature-missing');
      if (byLogItself) this.#checkNewer(seen);
      return [{ seen, byLogItself }];
    } catch (error) {
      this.#miss(error);
      return [];
    }
  }

  /** What the log has shown once it should go on showing. Told once, until it does again. */
  #checkNewer({ checkpoint }: Seen): void {
    const before = this.#opened.book.latest?.checkpoint.size ?? 0;
    const isOlder = checkpoint.size < before;
    if (isOlder && !this.#isOlder) {
      const detail = `size ${checkpoint.size}, after ${before}`;
      this.#tellFinding({ code: 'monitor/checkpoint-older', index: null, detail });
    }
    this.#isOlder = isOlder;
  }

  async #meet(seen: Seen, byLogItself: boolean): Promise<void> {
    const { book, tree } = this.#opened;
    if (seen.checkpoint.size > tree.size) {
      try {
        // Nobody but the log can say what its tree is to become.
        const contradiction = seen.byLog.length === 0 ? null : await this.#follow(seen);
        if (contradiction !== null) return await this.#tellContradiction(contradiction);
      } catch (error) {
        // What others have brought may be larger than what the log shows: then there is nothing to be had yet.
        this.#miss(error, byLogItself);
      }
    }
    if (seen.checkpoint.size > tree.size) {
      const contradiction = book.wait(seen);
      if (contradiction !== null) await this.#tellContradiction(contradiction);
      return;
    }
    book.forget(seen);
    const contradiction = await book.compare(seen, tree);
    if (contradiction !== null) await this.#tellContradiction(contradiction);
  }

  /** Reads on to a checkpoint of the log, unless it contradicts what the log has signed before. */
  async #follow(seen: Seen): Promise<Contradiction | null> {
    const { book, tree, frontier } = this.#opened;
    const { checkpoint } = seen;
    const hashes = this.#reader.hashesOf(checkpoint);
    const prove = (size: number) => this.#reader.prefix(size, checkpoint, hashes);
    const before = book.latest?.checkpoint;
    if (before !== undefined && before.size > 0) {
      const { root } = await prove(before.size);
      if (!equal(root, before.root)) return book.contradict(seen, { of: 'seen', prove });
    }
    if (tree.size > 0 && !equal((await prove(tree.size)).root, await tree.root()))
      throw new Failure('monitor/checkpoint-contradicted', { detail: `size ${tree.size}` });
    await this.#catchUp();
    while (tree.size < checkpoint.size) {
      if (this.#closing.signal.aborted) return null;
      const entries = await this.#reader.next(frontier, checkpoint, hashes);
      for (const entry of entries) await this.#take(entry, checkpoint.size);
      this.#options.onProgress?.(tree.size, checkpoint.size);
      await this.#saveNowAndThen();
    }
    return null;
  }

  /** Brings the table to where the tree is, from entries that have been checked before. */
  async #catchUp(): Promise<void> {
    const { ledger, tree } = this.#opened;
    while (ledger.size < tree.size && !this.#closing.signal.aborted) {
      for (const { entry } of await this.#reader.again(ledger.size, tree)) {
        // What is wrong with it was told when the tree came here.
        await ledger.take(entry);
      }
      await this.#saveNowAndThen();
    }
  }

  async #take({ entry, leaf }: ReadEntry, size: number): Promise<void> {
    const { ledger, tree, frontier } = this.#opened;
    for (const finding of await ledger.take(entry)) await this.#tellEntry(finding, entry as Uint8Array, size);
    tree.append(leaf);
    frontier.push(leaf);
  }

  /** Two entries that contradict each other are evidence, when the first one can still be read. */
  async #tellEntry(finding: Finding, entry: Uint8Array, size: number): Promise<void> {
    const judged = finding.against === null ? null : await this.#judgePair(finding.against, entry, size);
    if (judged?.file == null) this.#tellFinding(finding);
    else this.#tellProven(judged);
  }

  async #judgePair(index: number, entry: Uint8Array, size: number): Promise<Judged | null> {
    try {
      const bundle = Math.floor(index / TILE_WIDTH);
      const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH);
      const entries = await this.#remote.bundle(bundle, width, this.#closing.signal);
      const pair = [readEntry(entries[index % TILE_WIDTH] as Uint8Array), readEntry(entry)] as const;
      return await this.#records.judge(makeReceiptFork(pair), this.#options.known);
    } catch (error) {
      if (error instanceof Failure) return null;
      throw error;
    }
  }

  async #tellContradiction({ seen, isFork, evidence }: Contradiction): Promise<void> {
    let isProven = false;
    for (const one of evidence) {
      const judged = await this.#records.judge(one, this.#options.known);
      isProven ||= judged.file !== null;
      this.#tellProven(judged);
    }
    if (isProven || !isFork) return;
    const detail = `size ${seen.checkpoint.size}, root ${toHex(seen.checkpoint.root)}`;
    this.#tellFinding({ code: 'monitor/checkpoint-contradicted', index: null, detail });
  }

  async #watchPromises(): Promise<void> {
    const { promises = [], known } = this.#options;
    const { book, tree } = this.#opened;
    const { latest } = book;
    if (latest === null) return;
    const copy = copyOfBundles((index, width) => this.#remote.bundle(index, width, this.#closing.signal));
    for (const promise of promises) {
      const evidence = await evidenceOf(promise, latest, tree);
      if (evidence === null) continue;
      const judged = await this.#records.judge(evidence, known, copy);
      const { code, says } = judged.judgement;
      if (judged.file !== null) this.#tellProven(judged);
      else this.#options.onEvent({ kind: 'promise', code, says });
    }
  }

  async #saveNowAndThen(): Promise<void> {
    if (this.#opened.ledger.size - this.#saved >= SAVE_EVERY) await this.#save();
  }

  /** First what the state speaks of, then the state, then the table, which is at the new place or still at the old one. */
  async #save(isAll = false): Promise<void> {
    const { tree, table, ledger, book } = this.#opened;
    await tree.makeDurable();
    this.#records.keep(this.#findings);
    this.#findings = [];
    const place: Place = {
      size: ledger.size,
      keyChanges: ledger.keyChanges.map(({ index, entry }) => ({ index, entry: toBase64(entry) })),
      tallies: ledger.tallies,
    };
    const places = this.#place === null ? [place] : [this.#place, place];
    const kept = {
      size: tree.size,
      root: toHex(await tree.root()),
      edge: tree.edge(),
      tallies: this.#tallies,
    };
    const log = identityOf(this.#options.log, this.#options.beginning);
    await writeState(this.#options.folder, { log, places, seen: book.state(), tree: kept }, this.#disk);
    if (await table.flush(isAll)) this.#place = place;
    this.#saved = ledger.size;
  }

  async #tellState(): Promise<void> {
    const { tree, book } = this.#opened;
    this.#options.onEvent({
      kind: 'checked',
      origin: this.#options.log.name,
      size: tree.size,
      root: toHex(await tree.root()),
      ...this.#tallies,
      pending: book.pending.length,
    });
  }

  #tellProven({ judgement: { code, says, accused }, file }: Judged): void {
    if (file === null || this.#told.has(file)) return;
    this.#told.add(file);
    this.#options.onEvent({ kind: 'misbehaviour', code, says, accused, file });
  }

  #tellFinding({ code, index, detail }: KeptFinding): void {
    this.#findings.push({ code, index, detail });
    this.#options.onEvent({ kind: 'finding', code, index, detail });
  }

  /** Something that others did not give, or not as they should. What is a fault of our own is thrown on. */
  #miss(error: unknown, isTold = true): void {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'log/corrupt')
      throw new Failure('monitor/state-corrupt', { field: this.#options.folder, detail: error.message });
    if (!isTold || this.#closing.signal.aborted) return;
    this.#isComplete = false;
    this.#options.onEvent(unchecked(error));
  }
}
