/**
 * Reading and checking every entry of a log before a witness vouches for them.
 *
 * The log is not trusted: what it serves is hashed here, and only a tree whose root is the signed one is confirmed. Reading goes on all
 * the time, ahead of what the log asks about, so that a log that grows fast and asks every second finds most of the work done. What is
 * in memory is bounded, and so is the time that a question may take; reading goes on after it.
 */
import { setImmediate } from 'node:timers/promises';
import { equal } from '../../bytes/octets.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import { checkLoggedEntry } from '../../receipt/entry-rules.js';
import type { KeyHistory, LoggedEntry } from '../../receipt/key-history.js';
import { Frontier } from '../../tree/frontier.js';
import { leafHash } from '../../tree/hash.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import type { Checked, CheckedFile } from './checked-file.js';
import { CheckedTree } from './checked-tree.js';
import type { TreeCheck } from './local-witness.js';
import { Signal } from './signal.js';

/** Where entries come from. */
export interface EntrySource {
  /**
   * The entries of one bundle from its `from`-th to its `width`-th, counted from 0: what stands before `from` was checked when it could be
   * read, and need not be shown any more. Throws `peer/answer-missing` for a bundle that is not there (yet), and other `peer/…` codes.
   */
  part(index: number, from: number, width: number, signal: AbortSignal): Promise<readonly Uint8Array[]>;
  /** How many entries the log says that it has published; null when it says nothing. Throws `peer/…`, and others when what it says is not that. */
  size(signal: AbortSignal): Promise<number | null>;
}

/** All in milliseconds. */
export interface FollowerTiming {
  /** What a question may take. */
  readonly patience: number;
  /** Between two looks for entries that nobody has asked about. */
  readonly pause: number;
  /** Between two looks at how far the log says that it has got. */
  readonly looking: number;
  /** Between two writes of how far it has got. */
  readonly saving: number;
}

export const FOLLOWER_TIMING: FollowerTiming = { patience: 700, pause: 200, looking: 2000, saving: 5000 };

export interface FollowerOptions {
  readonly source: EntrySource;
  /** The keys with which the log began. */
  readonly beginning: KeyHistory;
  readonly kept: CheckedFile;
  readonly timing?: FollowerTiming;
  /** Told, in a sentence, what an operator should look at. */
  readonly onProblem: (message: string) => void;
}

/** A key change that was read, and the keys after it. */
interface ReadChange extends LoggedEntry {
  readonly history: KeyHistory;
}

/** What has been read and found in order: the tree over it, and the key changes in it. */
interface Progress {
  readonly tree: CheckedTree;
  readonly changes: ReadChange[];
}

/** Bundles that are asked for at a time when the log is far ahead. */
const READ_AHEAD = 4;

export class EntryFollower implements TreeCheck {
  readonly #options: FollowerOptions;
  readonly #timing: FollowerTiming;
  readonly #closing = new AbortController();
  #progress: Progress;
  /** The tree that was confirmed last: where reading begins again when what came after was not what the log has signed. */
  #confirmed = new Frontier();
  /** The largest size that the log has signed, as far as is known. */
  #target = 0;
  #refused: { readonly index: number; readonly why: Failure } | null = null;
  #problem: string | null = null;
  /** When to look again at how far the log says that it has got, as `performance.now` has it. */
  #nextLook = 0;
  #saved: number;
  /** Bundles that have been asked for before their turn. */
  readonly #ahead = new Map<number, Promise<readonly Uint8Array[]>>();
  /** Something may have changed for a question that waits. */
  readonly #news = new Signal();
  /** There may be something to read. */
  readonly #work = new Signal();
  /** It is time to keep how far reading has got. */
  readonly #end = new Signal();
  #running: Promise<void> = Promise.resolve();

  /** Reads how far it got before, and goes on from there. */
  static async start(options: FollowerOptions): Promise<EntryFollower> {
    const follower = new EntryFollower(options, await readKept(options));
    follower.#running = Promise.all([follower.#follow(), follower.#saveNowAndThen()]).then(() => undefined);
    return follower;
  }

  private constructor(options: FollowerOptions, start: Progress) {
    this.#options = options;
    this.#timing = options.timing ?? FOLLOWER_TIMING;
    this.#progress = start;
    this.#saved = start.tree.size;
  }

  /** How many entries it has read and found in order. */
  get checked(): number {
    return this.#progress.tree.size;
  }

  /**
   * Throws `witness/entry-refused`, naming the entry, when one in this tree is not in order; `witness/entries-mismatch` when its entries
   * have another root; and `witness/entries-unchecked` when they could not be read and checked in time. One call at a time.
   */
  async confirm({ size, root }: Checkpoint): Promise<void> {
    this.#target = Math.max(this.#target, size);
    // What was refused may not have been what the log has signed: it is read again, once for each question.
    if (this.#isRefused(size)) this.#refused = null;
    this.#work.give();
    await this.#until(() => this.checked >= size || this.#isRefused(size));
    if (this.#refused !== null && this.#isRefused(size)) {
      const { index, why } = this.#refused;
      throw new Failure('witness/entry-refused', { field: `entry ${index}`, detail: why.code });
    }
    const tree = this.#progress.tree.at(size);
    if (tree === null) {
      const detail = `${this.checked} of ${size} checked${this.#problem === null ? '' : `; ${this.#problem}`}`;
      throw new Failure('witness/entries-unchecked', { detail });
    }
    if (!equal(tree.root(), root)) {
      // Nothing after the last confirmed tree is certain any more.
      const { changes } = this.#progress;
      this.#progress = progressAt(this.#confirmed, changes);
      this.#refused = null;
      this.#ahead.clear();
      throw new Failure('witness/entries-mismatch', { field: `size ${size}` });
    }
    this.#confirmed = tree;
  }

  /** Resolves when nothing is under way any more and what was checked is kept. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const signal of [this.#news, this.#work, this.#end]) signal.give();
    await this.#running;
  }

  #isRefused(size: number): boolean {
    return this.#refused !== null && this.#refused.index < size;
  }

  /** Waits for a condition, no longer than a question may take. */
  async #until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + this.#timing.patience;
    while (!condition() && !this.#closing.signal.aborted) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      await this.#news.wait(left);
    }
  }

  async #follow(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#readOn();
      } catch (error) {
        this.#report(error);
      }
      await this.#work.wait(this.#timing.pause);
    }
  }

  /** Reads and checks as far as there is something to read. */
  async #readOn(): Promise<void> {
    this.#ahead.clear();
    while (!this.#closing.signal.aborted && this.#refused === null) {
      const progress = this.#progress;
      const { tree } = progress;
      const bundle = Math.floor(tree.size / TILE_WIDTH);
      const first = bundle * TILE_WIDTH;
      const isAskedFor = this.#target > tree.size;
      // Beyond what was asked for, whole bundles first: they are there or not, and never change.
      const width = isAskedFor ? Math.min(TILE_WIDTH, this.#target - first) : TILE_WIDTH;
      this.#readAhead(bundle, tree.size);
      let entries: readonly Uint8Array[] | null;
      try {
        entries = await (this.#ahead.get(bundle) ?? this.#part(bundle, tree.size, width));
        this.#ahead.delete(bundle);
      } catch (error) {
        if (isAskedFor || !(error instanceof Failure) || error.code !== 'peer/answer-missing') throw error;
        entries = await this.#tail(bundle, tree.size);
        if (entries === null) return;
      }
      this.#problem = null;
      await this.#check(progress, entries);
      this.#news.give();
      // Whoever waits for the network or a timer has a turn between two bundles.
      await setImmediate();
    }
  }

  #readAhead(bundle: number, checked: number): void {
    for (let index = bundle; index < bundle + READ_AHEAD; index++) {
      if (this.#ahead.has(index) || (index + 1) * TILE_WIDTH > this.#target) continue;
      const coming = this.#part(index, checked, TILE_WIDTH);
      // It is waited for in its turn, or not at all.
      coming.catch(() => undefined);
      this.#ahead.set(index, coming);
    }
  }

  /**
   * What a bundle that is not full has, as far as the log says, beyond the entries that are checked; null when that is nothing, or when it is too
   * early to ask again. Nobody has vouched for that size: it decides how much of this bundle is asked for, once in a while, and nothing else.
   */
  async #tail(bundle: number, checked: number): Promise<readonly Uint8Array[] | null> {
    const now = performance.now();
    if (now < this.#nextLook) return null;
    this.#nextLook = now + this.#timing.looking;
    const size = (await this.#options.source.size(this.#closing.signal)) ?? 0;
    if (size <= checked) {
      this.#problem = null;
      return null;
    }
    return this.#part(bundle, checked, Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH));
  }

  /** What a bundle has beyond the entries that are checked. */
  #part(index: number, checked: number, width: number): Promise<readonly Uint8Array[]> {
    const from = Math.max(0, checked - index * TILE_WIDTH);
    return this.#options.source.part(index, from, width, this.#closing.signal);
  }

  async #check(progress: Progress, entries: readonly Uint8Array[]): Promise<void> {
    const { tree, changes } = progress;
    for (const entry of entries) {
      const index = tree.size;
      const before = changes.at(-1)?.history ?? this.#options.beginning;
      try {
        const history = await checkLoggedEntry(before, index, entry);
        // A copy: the entry is a part of its bundle's memory.
        if (history !== before) changes.push({ index, entry: entry.slice(), history });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        // Another has taken its place meanwhile, in which this entry may not be.
        if (progress !== this.#progress) return;
        this.#refused = { index, why: error };
        this.#options.onProblem(`entry ${index} is refused: ${error.message}`);
        return;
      }
      tree.push(leafHash(entry));
    }
  }

  /** A lasting problem is told once: it ends when something has been read, or when there was nothing to read, not when it was too early to look. */
  #report(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    const message = error instanceof Error ? error.message : 'unknown';
    if (message !== this.#problem) this.#options.onProblem(`entries cannot be read: ${message}`);
    this.#problem = message;
    this.#news.give();
  }

  async #saveNowAndThen(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.#end.wait(this.#timing.saving);
      await this.#save();
    }
  }

  async #save(): Promise<void> {
    const { tree, changes } = this.#progress;
    const edge = tree.size === this.#saved ? null : tree.at(tree.size);
    if (edge === null) return;
    try {
      await this.#options.kept.write({ tree: edge, changes: [...changes] });
      this.#saved = edge.size;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#options.onProblem(`how far the entries are checked could not be kept: ${reason}`);
    }
  }
}

function progressAt(tree: Frontier, changes: readonly ReadChange[]): Progress {
  return { tree: new CheckedTree(tree), changes: changes.filter(({ index }) => index < tree.size) };
}

/** What was kept, with the keys as they are after it; the beginning, when that does not fit together. */
async function readKept({ kept, beginning, onProblem }: FollowerOptions): Promise<Progress> {
  const checked: Checked | null = await kept.read();
  try {
    const changes: ReadChange[] = [];
    for (const { index, entry } of checked?.changes ?? []) {
      const history = await (changes.at(-1)?.history ?? beginning).after(index, entry);
      changes.push({ index, entry, history });
    }
    return progressAt(checked?.tree ?? new Frontier(), changes);
  } catch (error) {
    onProblem(
      `what was kept of the entries' keys does not fit, so that all are read again: ${String(error)}`,
    );
    return progressAt(new Frontier(), []);
  }
}
