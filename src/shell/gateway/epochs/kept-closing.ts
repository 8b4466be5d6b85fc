/** A closing with the leaves that it stands for, as an epoch's end left them; and proofs of what it says of a number. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { CLOSING, type Closing } from '../../../receipt/closing.js';
import { compareKeys, LEAF_BYTES, leafKey } from '../../../receipt/closing-leaf.js';
import type { ProvenLeaf } from '../../../receipt/closing-proof.js';
import { readEntry } from '../../../receipt/entry.js';
import type { Envelope } from '../../../receipt/envelope.js';
import { readStatement } from '../../../receipt/statement.js';
import { HASH_SIZE, leafHash, nodeHash } from '../../../tree/hash.js';
import { proveInclusion } from '../../../tree/prove.js';
import type { Subtree } from '../../../tree/range.js';
import { readIfPresent } from '../../files/durable.js';
import { BLOCK, CLOSING_FILES } from './build-closing.js';
import { CLOSING_FILE } from './epoch-book.js';

const BLOCK_LEVEL = Math.log2(BLOCK);

export class KeptClosing {
  readonly envelope: Envelope;
  readonly closing: Closing;
  readonly #base: string;

  /** Null where the epoch has no closing here. Throws what keeps a file from being read. */
  static async open(folder: string, epoch: string): Promise<KeptClosing | null> {
    const base = join(folder, epoch);
    const bytes = await readIfPresent(base + CLOSING_FILE);
    return bytes === null ? null : new KeptClosing(base, readEntry(bytes));
  }

  private constructor(base: string, envelope: Envelope) {
    this.#base = base;
    this.envelope = envelope;
    this.closing = readStatement(CLOSING, envelope).predicate.closing;
  }

  /** The file of all leaves of a tree. */
  file(tree: 'leaves' | 'clients'): string {
    return this.#base + CLOSING_FILES[tree];
  }

  /** What the closing says of a number: as spec/closing.md, §4, has it. Hashes one in 256 leaves. */
  async prove(client: string, counter: number): Promise<ProvenLeaf[]> {
    const leaves = new Records(this.file('leaves'), LEAF_BYTES);
    const blocks = new Records(this.#base + CLOSING_FILES.hashes, HASH_SIZE);
    try {
      const key = leafKey(client, counter);
      const at = firstNotBefore(leaves, key);
      const isThere = at < leaves.count && compareKeys(leaves.at(at), key) === 0;
      const indexes = isThere ? [at] : [at - 1, at].filter(index => index >= 0 && index < leaves.count);
      const read = async (subtree: Subtree) => subtreeHash(subtree, leaves, blocks);
      return await Promise.all(
        indexes.map(async index => ({
          index,
          leaf: leaves.at(index),
          hashes: await proveInclusion(index, leaves.count, read),
        })),
      );
    } finally {
      leaves.close();
      blocks.close();
    }
  }
}

function firstNotBefore(leaves: Records, key: Uint8Array): number {
  let [low, high] = [0, leaves.count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (compareKeys(leaves.at(middle), key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function subtreeHash({ level, index }: Subtree, leaves: Records, blocks: Records): Uint8Array {
  if (level === BLOCK_LEVEL) return blocks.at(index);
  if (level === 0) return leafHash(leaves.at(index));
  const below = (child: number) =>
    subtreeHash({ level: level - 1, index: 2 * index + child }, leaves, blocks);
  return nodeHash(below(0), below(1));
}

/** Records that are read together, because whoever wants one wants its neighbours. */
const READING = 256;

class Records {
  readonly count: number;
  readonly #file: number;
  readonly #length: number;
  #room = new Uint8Array();
  #first = -1;

  constructor(path: string, length: number) {
    this.#length = length;
    this.#file = openSync(path, 'r');
    this.count = Math.floor(fstatSync(this.#file).size / length);
  }

  at(index: number): Uint8Array {
    const first = index - (index % READING);
    if (first !== this.#first) {
      this.#room = new Uint8Array(READING * this.#length);
      readSync(this.#file, this.#room, 0, this.#room.length, first * this.#length);
      this.#first = first;
    }
    const start = (index - first) * this.#length;
    return this.#room.slice(start, start + this.#length);
  }

  close(): void {
    closeSync(this.#file);
  }
}
