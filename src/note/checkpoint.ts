/** Checkpoints: `<origin>\n<size>\n<base64 root>\n`. Source: C2SP tlog-checkpoint. Extension lines are refused: nobody audits them. */
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { parseDecimal } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';

export interface Checkpoint {
  readonly origin: string;
  /** The number of entries in the tree. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** Throws `checkpoint/malformed` for anything that {@link formatCheckpoint} would not write. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, end, ...surplus] = text.split('\n');
  if (!origin) throw new Failure('checkpoint/malformed', { field: 'origin' });
  const number = parseDecimal(size ?? '');
  if (number === null) throw new Failure('checkpoint/malformed', { field: 'size' });
  const hash = fromBase64(root ?? '');
  if (hash?.length !== 32) throw new Failure('checkpoint/malformed', { field: 'root' });
  if (end !== '' || surplus.length > 0)
    throw new Failure('checkpoint/malformed', { field: 'extension lines' });
  return { origin, size: number, root: hash };
}
