/**
 * What a log and a witness say to each other over HTTP: the body of `add-checkpoint`, and the bodies of its two answers. Source: C2SP
 * tlog-witness, "add-checkpoint".
 *
 * Both sides are strangers to each other. Everything is read by round trip: what {@link formatAddCheckpoint} would not write is refused.
 * The checkpoint is handed on as it came, for whoever knows the log's keys to judge.
 */
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { concat, fromUtf8, parseDecimal, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { formatSignatureLine, type NoteSignature, parseSignatureLine } from './signature-line.js';
import type { AddCheckpoint } from './witness.js';

/** Room for a full proof and a checkpoint under some fifteen signatures, the large ones of ML-DSA-44 included. */
export const MAX_ADD_CHECKPOINT_BYTES = 1 << 16;
/** "The client MUST NOT send more than 63 consistency proof lines": a tree of 2^63 entries needs no more. */
export const MAX_PROOF_HASHES = 63;
/** Far beyond the keys of any witness; it bounds what a stranger can make us read. */
const MAX_COSIGNATURES = 100;
const HASH_BYTES = 32;

/** The media type of the answer that names the size which a witness has cosigned. */
export const TREE_SIZE_TYPE = 'text/x.tlog.size';

/** The body of the request: `old <size>`, the proof, a blank line, the checkpoint. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): Uint8Array {
  return concat(utf8(`old ${oldSize}\n${formatHashes(proof)}\n`), checkpoint);
}

/** Throws `request/body-malformed`, naming the line, for anything that {@link formatAddCheckpoint} would not write. */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  const { lines, checkpoint } = splitRequest(body);
  const [first = '', ...hashes] = lines;
  const oldSize = first.startsWith('old ') ? parseDecimal(first.slice('old '.length)) : null;
  if (oldSize === null) throw new Failure('request/body-malformed', { field: 'old size line' });
  return { oldSize, proof: parseHashes(hashes), checkpoint };
}

/** The body of a 200: one signature line for each key of the witness. */
export function formatCosignatures(cosignatures: readonly NoteSignature[]): Uint8Array {
  return utf8(cosignatures.map(formatSignatureLine).join(''));
}

/** Reads a 200 without judging any signature. Throws `peer/answer-malformed`. */
export function parseCosignatures(body: Uint8Array): NoteSignature[] {
  const text = fromUtf8(body);
  if (!text?.endsWith('\n')) throw new Failure('peer/answer-malformed', { field: 'cosignatures' });
  const lines = text.slice(0, -1).split('\n');
  if (lines.length > MAX_COSIGNATURES)
    throw new Failure('peer/answer-malformed', { field: 'cosignatures', detail: 'too many lines' });
  return lines.map((line, index) => {
    try {
      return parseSignatureLine(line);
    } catch {
      throw new Failure('peer/answer-malformed', { field: `cosignature line ${index + 1}` });
    }
  });
}

/** The body of a 409. */
export function formatTreeSize(size: number): Uint8Array {
  return utf8(`${size}\n`);
}

/** Throws `peer/answer-malformed` for anything that {@link formatTreeSize} would not write. */
export function parseTreeSize(body: Uint8Array): number {
  const text = fromUtf8(body);
  const size = text?.endsWith('\n') ? parseDecimal(text.slice(0, -1)) : null;
  if (size === null) throw new Failure('peer/answer-malformed', { field: 'tree size' });
  return size;
}

/** The lines before the first blank line, and what follows it. Throws `request/body-malformed`. */
export function splitRequest(body: Uint8Array): {
  readonly lines: readonly string[];
  readonly checkpoint: Uint8Array;
} {
  const text = fromUtf8(body);
  if (text === null) throw new Failure('request/body-malformed', { detail: 'not UTF-8' });
  const split = text.indexOf('\n\n');
  if (split < 0)
    throw new Failure('request/body-malformed', { detail: 'no blank line before the checkpoint' });
  return { lines: text.slice(0, split).split('\n'), checkpoint: utf8(text.slice(split + 2)) };
}

/** One line of base64 for each hash of a proof. */
export function formatHashes(hashes: readonly Uint8Array[]): string {
  return hashes.map(hash => `${toBase64(hash)}\n`).join('');
}

/** At most 63 hashes of 32 bytes. Throws `request/body-malformed`, naming the line. */
export function parseHashes(lines: readonly string[]): Uint8Array[] {
  if (lines.length > MAX_PROOF_HASHES)
    throw new Failure('request/body-malformed', { field: 'proof', detail: `${lines.length} lines` });
  return lines.map((line, index) => {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_BYTES)
      throw new Failure('request/body-malformed', { field: `proof line ${index + 1}` });
    return hash;
  });
}
