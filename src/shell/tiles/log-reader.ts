/**
 * Reading on in a log: the next entries, and the certainty that the tree which they make is part of a checkpoint's. Nothing that the server
 * says is believed before that: neither entries nor hashes.
 */
import { equal } from '../../bytes/octets.js';
import type { Prefix } from '../../court/misbehaviour/fork.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import { Frontier } from '../../tree/frontier.js';
import { HASH_SIZE, leafHash } from '../../tree/hash.js';
import { verifyConsistency } from '../../tree/merkle.js';
import { proveConsistency, rootHash, type SubtreeReader } from '../../tree/prove.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import type { OwnTree } from './own-tree.js';
import type { RemoteLog } from './remote-log.js';

/** Entries that are in memory at a time: four bundles, as a rule some megabytes. */
const CHUNK = 4 * TILE_WIDTH;

export interface ReadEntry {
  /** Null when the log does not serve it. */
  readonly entry: Uint8Array | null;
  readonly leaf: Uint8Array;
}

export class LogReader {
  readonly #log: RemoteLog;
  readonly #skipMissing: boolean;
  readonly #signal: AbortSignal;

  /** @param skipMissing whether to go on, with their hashes alone, where the log does not serve entries */
  constructor(log: RemoteLog, skipMissing: boolean, signal: AbortSignal) {
    this.#log = log;
    this.#skipMissing = skipMissing;
    this.#signal = signal;
  }

  /** The hashes of a checkpoint's tree as the log serves them. */
  hashesOf({ size }: Checkpoint): SubtreeReader {
    return this.#log.subtrees(size, this.#signal);
  }

  /**
   * The root that a checkpoint's tree has at a smaller size, with the proof. Throws `monitor/tiles-contradicted` when what the log serves
   * does not lead to the checkpoint's root, and `peer/…`.
   */
  async prefix(size: number, of: Checkpoint, hashes: SubtreeReader): Promise<Prefix> {
    const [root, proof] = await Promise.all([
      rootHash(size, hashes),
      proveConsistency(size, of.size, hashes),
    ]);
    checkLeads(size, root, of, proof);
    return { root, proof };
  }

  /**
   * The entries after those of `frontier`, up to the next multiple of a thousand or so, in the tree of the checkpoint. Throws
   * `monitor/entries-withheld`, `monitor/tiles-contradicted` or `peer/…`; then none of them counts.
   */
  async next(frontier: Frontier, of: Checkpoint, hashes: SubtreeReader): Promise<readonly ReadEntry[]> {
    const start = frontier.size;
    const end = endOfChunk(start, of.size);
    const entries = await this.#entries(start, end, of.size, (index, width) =>
      this.#servedLeaves(index, width),
    );
    const tree = new Frontier(start, frontier.hashes);
    for (const { leaf } of entries) tree.push(leaf);
    const proof = end === of.size ? [] : await proveConsistency(end, of.size, hashes);
    checkLeads(end, tree.root(), of, proof);
    return entries;
  }

  /**
   * The entries from `start` on once more, up to the next multiple of a thousand or so, of a tree that is known. Throws as {@link next}
   * does.
   */
  async again(start: number, tree: OwnTree): Promise<readonly ReadEntry[]> {
    const end = endOfChunk(start, tree.size);
    const entries = await this.#entries(start, end, tree.size, (index, width) =>
      Promise.all(Array.from({ length: width }, (_, at) => tree.leaf(index * TILE_WIDTH + at))),
    );
    for (const [at, { leaf }] of entries.entries()) {
      if (!equal(leaf, await tree.leaf(start + at)))
        throw new Failure('monitor/tiles-contradicted', {
          detail: `entry ${start + at} is another one than before`,
        });
    }
    return entries;
  }

  /** @param leavesOf the hashes of a bundle's entries, where these are not served */
  async #entries(
    start: number,
    end: number,
    size: number,
    leavesOf: LeavesOf,
  ): Promise<readonly ReadEntry[]> {
    const first = Math.floor(start / TILE_WIDTH);
    const bundles = Array.from({ length: Math.ceil(end / TILE_WIDTH) - first }, (_, at) => first + at);
    const widthOf = (index: number) => Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const read = await Promise.all(bundles.map(index => this.#bundle(index, widthOf(index), leavesOf)));
    return read.flat().slice(start - first * TILE_WIDTH, end - first * TILE_WIDTH);
  }

  async #bundle(index: number, width: number, leavesOf: LeavesOf): Promise<readonly ReadEntry[]> {
    try {
      const entries = await this.#log.bundle(index, width, this.#signal);
      return entries.map(entry => ({ entry, leaf: leafHash(entry) }));
    } catch (error) {
      const { code } = error as Failure;
      const isDenied = code === 'peer/answer-denied';
      // A log that fails, or is too busy, withholds nothing: it is asked again.
      if (!isDenied && code !== 'peer/answer-missing') throw error;
      if (!this.#skipMissing)
        throw new Failure('monitor/entries-withheld', { detail: (error as Failure).message });
      return this.#hashesAlone(index, await leavesOf(index, width), isDenied);
    }
  }

  /** Where a bundle holds an entry that is denied to readers, the others can be asked for one by one. */
  async #hashesAlone(
    index: number,
    leaves: readonly Uint8Array[],
    isDenied: boolean,
  ): Promise<readonly ReadEntry[]> {
    const read: ReadEntry[] = [];
    for (const [at, leaf] of leaves.entries()) {
      const entry = isDenied ? await this.#log.entry(index * TILE_WIDTH + at, this.#signal) : null;
      read.push({ leaf, entry: entry !== null && equal(leafHash(entry), leaf) ? entry : null });
    }
    return read;
  }

  async #servedLeaves(index: number, width: number): Promise<readonly Uint8Array[]> {
    const leaves = await this.#log.hashes(0, index, width, this.#signal);
    return Array.from({ length: width }, (_, at) => leaves.slice(at * HASH_SIZE, (at + 1) * HASH_SIZE));
  }
}

/** The leaf hashes of a bundle's first `width` entries. */
type LeavesOf = (index: number, width: number) => Promise<readonly Uint8Array[]>;

function endOfChunk(start: number, size: number): number {
  return Math.min(size, Math.floor(start / CHUNK) * CHUNK + CHUNK);
}

function checkLeads(size: number, root: Uint8Array, to: Checkpoint, proof: readonly Uint8Array[]): void {
  try {
    verifyConsistency(size, to.size, root, to.root, proof);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('monitor/tiles-contradicted', { detail: `size ${size} of ${to.size}` });
  }
}
