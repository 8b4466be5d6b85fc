/**
 * The body of `sign-subtree`: which part of a tree a cosigner is asked to sign, and the checkpoint of its own by which it can know that
 * part. Source: C2SP tlog-witness, "sign-subtree".
 */
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { concat, parseDecimal, utf8 } from '../bytes/octets.js';
import { formatHashes, parseHashes, splitRequest } from '../note/add-checkpoint.js';
import { Failure } from '../reason.js';
import { HASH_SIZE } from './hash.js';
import { type Interval, isSubtree } from './subtree.js';

export interface SignSubtree {
  /** A subtree, as {@link isSubtree} has it. */
  readonly interval: Interval;
  readonly hash: Uint8Array;
  /** The subtree consistency proof, at most 63 hashes. */
  readonly proof: readonly Uint8Array[];
  /** A checkpoint that the cosigner has signed, as a note. */
  readonly checkpoint: Uint8Array;
}

export function formatSignSubtree({ interval, hash, proof, checkpoint }: SignSubtree): Uint8Array {
  const { start, end } = interval;
  return concat(utf8(`subtree ${start} ${end}\n${toBase64(hash)}\n${formatHashes(proof)}\n`), checkpoint);
}

/** Throws `request/body-malformed`, naming the line, for anything that {@link formatSignSubtree} would not write. */
export function parseSignSubtree(body: Uint8Array): SignSubtree {
  const { lines, checkpoint } = splitRequest(body);
  const [range = '', hashLine = '', ...hashes] = lines;
  const [word, first = '', last = '', ...surplus] = range.split(' ');
  const [start, end] = [parseDecimal(first), parseDecimal(last)];
  if (word !== 'subtree' || start === null || end === null || surplus.length > 0)
    throw new Failure('request/body-malformed', { field: 'subtree range line' });
  if (!isSubtree({ start, end }))
    throw new Failure('request/body-malformed', { field: 'subtree range line', detail: 'no subtree' });
  const hash = fromBase64(hashLine);
  if (hash?.length !== HASH_SIZE) throw new Failure('request/body-malformed', { field: 'subtree hash line' });
  return { interval: { start, end }, hash, proof: parseHashes(hashes), checkpoint };
}
