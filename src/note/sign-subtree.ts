/**
 * What a client of a witness asks with `sign-subtree`: a cosignature of a part of a tree that the witness has cosigned. Source: C2SP
 * tlog-witness, "sign-subtree". Read by round trip, as `add-checkpoint` is; whether the interval is a subtree is for the tree to say.
 */
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { concat, parseDecimal, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { formatHashes, parseHashes, splitRequest } from './add-checkpoint.js';

export interface SignSubtree {
  /** The index of the subtree's first entry. */
  readonly start: number;
  /** The index after its last entry. */
  readonly end: number;
  /** 32 bytes. */
  readonly hash: Uint8Array;
  /** The subtree consistency proof to the checkpoint, at most 63 hashes. */
  readonly proof: readonly Uint8Array[];
  /** A checkpoint as a note, under a cosignature by the witness that is asked. */
  readonly checkpoint: Uint8Array;
}

export function formatSignSubtree({ start, end, hash, proof, checkpoint }: SignSubtree): Uint8Array {
  return concat(utf8(`subtree ${start} ${end}\n${toBase64(hash)}\n${formatHashes(proof)}\n`), checkpoint);
}

/** Throws `request/body-malformed`, naming the line, for anything that {@link formatSignSubtree} would not write. */
export function parseSignSubtree(body: Uint8Array): SignSubtree {
  const { lines, checkpoint } = splitRequest(body);
  const [range = '', encoded = '', ...hashes] = lines;
  const [keyword, from = '', to = '', ...surplus] = range.split(' ');
  const [start, end] = [parseDecimal(from), parseDecimal(to)];
  if (keyword !== 'subtree' || start === null || end === null || surplus.length > 0)
    throw new Failure('request/body-malformed', { field: 'subtree range line' });
  const hash = fromBase64(encoded);
  if (hash?.length !== 32) throw new Failure('request/body-malformed', { field: 'subtree hash line' });
  return { start, end, hash, proof: parseHashes(hashes), checkpoint };
}
