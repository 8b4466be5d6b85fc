/** Proofs of inclusion that stand alone: index, hashes and a signed checkpoint. Source: C2SP tlog-proof. */
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { parseDecimal } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';
import { HASH_SIZE } from './hash.js';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^63 entries has proofs of 63 hashes. */
const MAX_HASHES = 63;

export interface TlogProof {
  readonly index: number;
  /** From the leaf's sibling to the root's child, 32 bytes each. */
  readonly hashes: readonly Uint8Array[];
  /** The signed note, exactly as it was signed. */
  readonly checkpoint: string;
}

export function formatTlogProof({ index, hashes, checkpoint }: TlogProof): string {
  return tlogProofText(index, hashes.map(toBase64), checkpoint);
}

/** The same from hashes in base64. */
export function tlogProofText(index: number, hashes: readonly string[], checkpoint: string): string {
  return `${HEADER}\nindex ${index}\n${hashes.map(hash => `${hash}\n`).join('')}\n${checkpoint}`;
}

/**
 * Throws `proof/malformed` for anything that {@link formatTlogProof} would not write. The optional `extra` line is refused: nobody has
 * signed it.
 */
export function parseTlogProof(text: string): TlogProof {
  const split = text.indexOf('\n\n');
  if (split < 0) throw new Failure('proof/malformed', { detail: 'no blank line before the checkpoint' });
  const [header, indexLine, ...lines] = text.slice(0, split).split('\n');
  if (header !== HEADER) throw new Failure('proof/malformed', { field: 'first line' });
  const index = indexLine?.startsWith('index ') ? parseDecimal(indexLine.slice('index '.length)) : null;
  if (index === null) throw new Failure('proof/malformed', { field: 'index' });
  if (lines.length > MAX_HASHES) throw new Failure('proof/malformed', { detail: 'too many hashes' });
  const hashes = lines.map(line => {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_SIZE) throw new Failure('proof/malformed', { field: 'hashes' });
    return hash;
  });
  return { index, hashes, checkpoint: text.slice(split + 2) };
}
