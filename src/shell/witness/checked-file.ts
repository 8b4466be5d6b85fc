/**
 * How far a witness has read a log, so that a restart need not begin at the first entry: the edge of the tree over what it has checked,
 * and the key changes among it. A damaged file costs reading again, and never more: the edge leads to the root that the log signs, or to
 * no cosignature.
 */
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { fromUtf8, parseDecimal, utf8 } from '../../bytes/octets.js';
import type { LoggedEntry } from '../../receipt/key-history.js';
import { Frontier } from '../../tree/frontier.js';
import { decompose } from '../../tree/range.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { readIfPresent, writeDurably } from '../files/durable.js';

const HEADER = 'countersign/checked-entries/v1';

export interface Checked {
  readonly tree: Frontier;
  /** The key changes among the entries, in order. */
  readonly changes: readonly LoggedEntry[];
}

export interface CheckedFile {
  /** What was kept; null when nothing was, or when it cannot be read. */
  read(): Promise<Checked | null>;
  /** Durable when it resolves. One call at a time. */
  write(checked: Checked): Promise<void>;
}

export function checkedFile(path: string, origin: string, disk: Disk = nodeDisk): CheckedFile {
  return {
    read: async () => {
      const bytes = await readIfPresent(path);
      return bytes === null ? null : parse(fromUtf8(bytes) ?? '', origin);
    },
    write: checked => writeDurably(path, utf8(format(checked, origin)), 0o644, disk),
  };
}

function format({ tree: { size, hashes }, changes }: Checked, origin: string): string {
  const edge = hashes.map(hash => `${toBase64(hash)}\n`);
  const lines = changes.map(({ index, entry }) => `change ${index} ${toBase64(entry)}\n`);
  return `${HEADER}\n${origin}\n${size}\n${edge.join('')}${lines.join('')}`;
}

/** Read by round trip; null for anything else than {@link format} writes. */
function parse(text: string, origin: string): Checked | null {
  const [, , size = '', ...lines] = text.split('\n');
  const count = parseDecimal(size);
  if (count === null) return null;
  const hashes = lines.splice(0, decompose(0, count).length).map(line => fromBase64(line));
  if (hashes.some(hash => hash?.length !== 32)) return null;
  const changes = lines.slice(0, -1).map(line => {
    const [, index = '', entry = ''] = line.split(' ');
    return { index: parseDecimal(index) ?? 0, entry: fromBase64(entry) ?? new Uint8Array() };
  });
  try {
    const checked = { tree: new Frontier(count, hashes as Uint8Array[]), changes };
    return format(checked, origin) === text ? checked : null;
  } catch {
    return null;
  }
}
