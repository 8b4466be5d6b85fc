/**
 * The leaves of a closing's two trees, of a fixed length each, so that the n-th is found without an index. Order is that of the bytes: client,
 * then number. A client's name stands as it does in every statement, so that none can be written that has no place. Normative: spec/closing.md, §3.
 */
import { fromHex, toHex } from '../bytes/hex.js';
import { concat, fromU64be, fromUtf8, u64be, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';

/**
 * What became of an exchange that was accepted. The first four are those of its receipt. `unkept`: it ended, and no receipt could be kept, so that
 * none was given out; `open`: it still ran; `lost`: the process died, and whether it ended is not known.
 */
export const CLOSING_STATUSES = [
  'completed',
  'refused',
  'failed',
  'aborted',
  'unkept',
  'open',
  'lost',
] as const;
export type ClosingStatus = (typeof CLOSING_STATUSES)[number];

/** Statuses that come with a receipt. */
const WITH_RECEIPT = 4;

const CLIENT = 26;
const NUMBER = 8;
const DIGEST = 32;
/** The part of a leaf that its order follows. */
export const LEAF_KEY_BYTES = CLIENT + NUMBER;
/** `client[26] ‖ counter[8] ‖ status[1] ‖ receipt[32]`. */
export const LEAF_BYTES = LEAF_KEY_BYTES + 1 + DIGEST;
/** `client[26] ‖ count[8] ‖ head[32]`. */
export const CLIENT_LEAF_BYTES = CLIENT + NUMBER + DIGEST;

export interface ClosingLeaf {
  /** The client's name in the epoch. */
  readonly client: string;
  readonly counter: number;
  readonly status: ClosingStatus;
  /** The digest of its receipt, hexadecimal; null where there is none that the issuer knows of. */
  readonly receipt: string | null;
}

export interface ClientLeaf {
  readonly client: string;
  /** How many numbers it was given. */
  readonly count: number;
  /** The digest of its last receipt in the order of the log, hexadecimal; null where it has none. */
  readonly head: string | null;
}

const NAME = /^[a-z2-7]{26}$/;

/** `client[26] ‖ counter[8]`. */
export function leafKey(client: string, counter: number): Uint8Array {
  return concat(utf8(client), u64be(counter));
}

export function leafBytes({ client, counter, status, receipt }: ClosingLeaf): Uint8Array {
  const code = Uint8Array.of(CLOSING_STATUSES.indexOf(status) + 1);
  return concat(leafKey(client, counter), code, digestBytes(receipt));
}

/** Reads exactly what {@link leafBytes} writes. Throws `closing/leaf-malformed`. */
export function readLeaf(bytes: Uint8Array): ClosingLeaf {
  if (bytes.length !== LEAF_BYTES) throw new Failure('closing/leaf-malformed', { field: 'length' });
  const counter = fromU64be(bytes.subarray(CLIENT, LEAF_KEY_BYTES));
  if (counter === null || counter === 0) throw new Failure('closing/leaf-malformed', { field: 'counter' });
  const code = bytes[LEAF_KEY_BYTES] as number;
  const status = CLOSING_STATUSES[code - 1];
  if (status === undefined) throw new Failure('closing/leaf-malformed', { field: 'status' });
  const receipt = digestOf(bytes.subarray(LEAF_KEY_BYTES + 1));
  if ((receipt !== null) !== code <= WITH_RECEIPT)
    throw new Failure('closing/leaf-malformed', { field: 'receipt' });
  return { client: clientOf(bytes), counter, status, receipt };
}

export function clientLeafBytes({ client, count, head }: ClientLeaf): Uint8Array {
  return concat(utf8(client), u64be(count), digestBytes(head));
}

/** Reads exactly what {@link clientLeafBytes} writes. Throws `closing/leaf-malformed`. */
export function readClientLeaf(bytes: Uint8Array): ClientLeaf {
  if (bytes.length !== CLIENT_LEAF_BYTES) throw new Failure('closing/leaf-malformed', { field: 'length' });
  const count = fromU64be(bytes.subarray(CLIENT, CLIENT + NUMBER));
  if (count === null || count === 0) throw new Failure('closing/leaf-malformed', { field: 'count' });
  return {
    client: clientOf(bytes),
    count,
    head: digestOf(bytes.subarray(CLIENT + NUMBER)),
  };
}

/** Negative where `a` comes before `b`; only the first `length` bytes count. */
export function compareKeys(a: Uint8Array, b: Uint8Array, length = LEAF_KEY_BYTES): number {
  for (let at = 0; at < length; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function clientOf(leaf: Uint8Array): string {
  const name = fromUtf8(leaf.subarray(0, CLIENT)) ?? '';
  if (!NAME.test(name)) throw new Failure('closing/leaf-malformed', { field: 'client' });
  return name;
}

/** 32 zero bytes stand for none: nobody has a statement with that digest. */
function digestBytes(digest: string | null): Uint8Array {
  return digest === null ? new Uint8Array(DIGEST) : (fromHex(digest) as Uint8Array);
}

function digestOf(bytes: Uint8Array): string | null {
  return bytes.every(byte => byte === 0) ? null : toHex(bytes);
}
