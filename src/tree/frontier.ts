/**
 * A tree that is grown entry by entry and remembers no more of it than it must: the hashes of the complete subtrees along its right
 * edge, at most 53. Source: RFC 6962 §2.1.
 */
import { emptyRoot, HASH_SIZE, nodeHash } from './hash.js';
import { decompose, isSize } from './range.js';

export class Frontier {
  /** The hashes of {@link decompose}(0, size), left to right. */
  readonly #hashes: Uint8Array[];
  #size: number;

  /** The empty tree, or the one of `size` leaves whose complete subtrees, left to right, have these hashes. */
  constructor(size = 0, hashes: readonly Uint8Array[] = []) {
    const fits = isSize(size) && hashes.length === decompose(0, size).length;
    if (!fits || hashes.some(hash => hash.length !== HASH_SIZE))
      throw new RangeError('not the edge of a tree');
    this.#size = size;
    this.#hashes = [...hashes];
  }

  get size(): number {
    return this.#size;
  }

  get hashes(): readonly Uint8Array[] {
    return this.#hashes;
  }

  /** Adds a leaf hash at the right. */
  push(leaf: Uint8Array): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      node = nodeHash(this.#hashes.pop() as Uint8Array, node);
    }
    this.#hashes.push(node);
    this.#size++;
  }

  root(): Uint8Array {
    if (this.#size === 0) return emptyRoot();
    return this.#hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}
