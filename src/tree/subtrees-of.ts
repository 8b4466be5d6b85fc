/** A small tree that is in memory as a whole: for proofs in it. */
import { nodeHash } from './hash.js';
import type { SubtreeReader } from './prove.js';

/** The hashes of complete subtrees over these leaf hashes; each is made once. */
export function subtreesOf(leaves: readonly Uint8Array[]): SubtreeReader {
  const known = new Map<string, Uint8Array>();
  const hash = (level: number, index: number): Uint8Array => {
    if (level === 0) return leaves[index] as Uint8Array;
    const name = `${level}/${index}`;
    const made = known.get(name) ?? nodeHash(hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1));
    known.set(name, made);
    return made;
  };
  return async ({ level, index }) => hash(level, index);
}
