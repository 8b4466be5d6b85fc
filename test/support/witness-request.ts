/** What a log asks of a witness, for tests: two histories of one log that part after its fifth entry, and requests about them. */
import { formatCheckpoint } from '../../src/note/checkpoint.js';
import { formatNote, signNote } from '../../src/note/signed-note.js';
import type { AddCheckpoint } from '../../src/note/witness.js';
import { type TestKey, testKey } from './keys.js';
import { entryAt, ReferenceTree } from './reference-tree.js';

export const WATCHED_LOG = testKey('log.example/a', 1);
export const OTHER_LOG = testKey('log.example/b', 2);

export const TREE = new ReferenceTree(Array.from({ length: 40 }, (_, index) => entryAt(index)));
export const FORK = new ReferenceTree(
  Array.from({ length: 40 }, (_, index) => entryAt(index + (index > 4 ? 1 : 0))),
);

export function checkpointText(size: number, tree = TREE, origin = WATCHED_LOG.key.name): string {
  return formatCheckpoint({ origin, size, root: tree.hash(0, size) });
}

/** A request about a text that the log has signed, whatever it says. */
export function requestOf(
  text: string,
  oldSize = 0,
  proof: readonly Uint8Array[] = [],
  log: TestKey = WATCHED_LOG,
): AddCheckpoint {
  return {
    oldSize,
    proof,
    checkpoint: formatNote({ text, signatures: [signNote(text, log.key, log.signer)] }),
  };
}

/** What an honest log asks when it has grown from `oldSize` to `size`. */
export function witnessRequest(
  oldSize: number,
  size: number,
  tree = TREE,
  log: TestKey = WATCHED_LOG,
): AddCheckpoint {
  const proof = oldSize > 0 && oldSize < size ? tree.proof(oldSize, size) : [];
  return requestOf(checkpointText(size, tree, log.key.name), oldSize, proof, log);
}
