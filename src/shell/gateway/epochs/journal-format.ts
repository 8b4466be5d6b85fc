/**
 * The journal of an epoch: which numbers were given, and what became of each, as it happens. Frames of `kind[1] ‖ length[4] ‖ crc32[4] ‖ payload`, the
 * checksum over kind and payload. A frame that is torn or damaged ends the journal, whatever comes behind it: a loss of power may have kept
 * later pages and lost earlier ones.
 */
import { crc32 } from 'node:zlib';
import { concat, fromU64be, u64be } from '../../../bytes/octets.js';
import {
  CLOSING_STATUSES,
  type ClosingStatus,
  LEAF_BYTES,
  LEAF_KEY_BYTES,
  leafKey,
} from '../../../receipt/closing-leaf.js';

export const FRAME = {
  /** The epoch's own entry, as it stands in the log. */
  entry: 1,
  records: 2,
  /** `through[8] ‖ size[8]`: everything before is durable, and every receipt below that size of the log is noted. */
  mark: 3,
  /** `ending[1] ‖ through[8] ‖ made[8]`: nothing more is to come. */
  end: 4,
} as const;

const HEAD = 9;
/** The longest payload, in bytes: what is noted in one turn of the event loop, or an entry of the log. */
export const MAX_PAYLOAD = 1 << 17;

/** A leaf with the status 0 for a number that was given, and where its receipt stands in the log. */
export const RECORD_BYTES = LEAF_BYTES + 8;

export function frame(kind: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = kind;
  view.setUint32(1, payload.length);
  view.setUint32(5, checksum(kind, payload));
  bytes.set(payload, HEAD);
  return bytes;
}

/** The frame at a place in what was read, or null where no whole and sound one is. */
export function frameAt(
  bytes: Uint8Array,
  at: number,
): { kind: number; payload: Uint8Array; end: number } | null {
  if (bytes.length - at < HEAD) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const length = view.getUint32(1);
  if (length > MAX_PAYLOAD || bytes.length - at - HEAD < length) return null;
  const kind = bytes[at] as number;
  const payload = bytes.subarray(at + HEAD, at + HEAD + length);
  if (view.getUint32(5) !== checksum(kind, payload)) return null;
  return { kind, payload, end: at + HEAD + length };
}

function checksum(kind: number, payload: Uint8Array): number {
  return crc32(payload, crc32(Uint8Array.of(kind)));
}

/** How a number's exchange ended. */
export interface Ended {
  readonly status: ClosingStatus;
  /** SHA-256 of the receipt's payload and its index in the log; null where there is none. */
  readonly receipt: { readonly digest: Uint8Array; readonly index: number } | null;
}

/** Writes a record into `room`; `ended` null for a number that was just given. */
export function writeRecord(room: Uint8Array, client: string, counter: number, ended: Ended | null): void {
  room.fill(0);
  room.set(leafKey(client, counter));
  if (ended === null) return;
  room[LEAF_KEY_BYTES] = CLOSING_STATUSES.indexOf(ended.status) + 1;
  if (ended.receipt === null) return;
  room.set(ended.receipt.digest, LEAF_KEY_BYTES + 1);
  room.set(u64be(ended.receipt.index), LEAF_BYTES);
}

/** The index of the receipt of a record that has one. */
export function indexOf(record: Uint8Array): number {
  return fromU64be(record.subarray(LEAF_BYTES)) ?? 0;
}

export interface JournalEnd {
  readonly ending: 'complete' | 'cut-off';
  /** As in the closing, in milliseconds. */
  readonly through: number;
  readonly made: number;
}

export function endPayload({ ending, through, made }: JournalEnd): Uint8Array {
  return concat(Uint8Array.of(ending === 'complete' ? 1 : 2), u64be(through), u64be(made));
}

export function readEnd(payload: Uint8Array): JournalEnd {
  const [through, made] = [fromU64be(payload.subarray(1, 9)), fromU64be(payload.subarray(9, 17))];
  return {
    ending: payload[0] === 1 ? 'complete' : 'cut-off',
    through: through ?? 0,
    made: made ?? 0,
  };
}

export interface Mark {
  readonly through: number;
  readonly size: number;
}

export function markPayload({ through, size }: Mark): Uint8Array {
  return concat(u64be(through), u64be(size));
}

export function readMark(payload: Uint8Array): Mark {
  return {
    through: fromU64be(payload.subarray(0, 8)) ?? 0,
    size: fromU64be(payload.subarray(8, 16)) ?? 0,
  };
}
