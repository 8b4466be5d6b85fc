/**
 * What a mirror and whoever fills it say to each other: the body of `add-entries`, package by package, and the answer that says where to
 * go on. Source: C2SP tlog-mirror, "add-entries".
 *
 * The body has no end that anybody knows beforehand, so it is read as it comes, in parts whose size the format bounds.
 */
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { concat, concatAll, fromU64be, fromUtf8, parseDecimal, u64be, utf8 } from '../bytes/octets.js';
import { MAX_PROOF_HASHES } from '../note/add-checkpoint.js';
import { Failure } from '../reason.js';
import { HASH_SIZE } from './hash.js';
import type { Interval } from './subtree.js';
import { TILE_WIDTH, writeBundle } from './tile.js';

/** "Clients SHOULD limit each add-entries request to at most 32 entry packages." */
export const PACKAGES_PER_REQUEST = 32;

/** The media type of the answer that says where to go on. */
export const MIRROR_INFO_TYPE = 'text/x.tlog.mirror-info';

/** What a 16-bit length can hold: origins, tickets. */
const MAX_SHORT = 0xffff;

export interface UploadHeader {
  readonly origin: string;
  /** The index of the first entry that is uploaded; `Infinity` for one that no tree of ours can have. */
  readonly start: number;
  /** The size of the checkpoint up to which entries are uploaded; `Infinity` as above. */
  readonly end: number;
  /** Opaque: what the mirror gave, or nothing. */
  readonly ticket: Uint8Array;
}

/** One package of the canonical sequence: entries, and the subtree that its proof speaks of. */
export interface PackagePlace extends Interval {
  /** Where the subtree begins: `start`, rounded down to a multiple of 256. */
  readonly subtreeStart: number;
}

export interface EntryPackage {
  readonly entries: readonly Uint8Array[];
  /** The subtree consistency proof, at most 63 hashes. */
  readonly proof: readonly Uint8Array[];
}

/** Gives exactly so many of the next bytes of a body, or throws whatever its owner throws when there are fewer. */
export type Take = (count: number) => Promise<Uint8Array>;

/** The packages that an upload of the entries from `start` to `end` is made of, in order. */
export function* packagesOf({ start, end }: Interval): Generator<PackagePlace> {
  for (let from = start; from < end; ) {
    const subtreeStart = from - (from % TILE_WIDTH);
    const to = Math.min(end, subtreeStart + TILE_WIDTH);
    yield { start: from, end: to, subtreeStart };
    from = to;
  }
}

export function formatUploadHeader({ origin, start, end, ticket }: UploadHeader): Uint8Array {
  return concat(short(utf8(origin)), u64be(start), u64be(end), short(ticket));
}

/** Throws `request/body-malformed`, and what `take` throws. */
export async function readUploadHeader(take: Take): Promise<UploadHeader> {
  const origin = fromUtf8(await take(u16(await take(2))));
  const sizes = await take(16);
  const ticket = await take(u16(await take(2)));
  if (origin === null) throw new Failure('request/body-malformed', { field: 'log_origin' });
  const [first, last] = [sizes.subarray(0, 8), sizes.subarray(8)];
  if (isLarger(first, last))
    throw new Failure('request/body-malformed', { field: 'upload_start', detail: 'it is after upload_end' });
  const size = (bytes: Uint8Array) => fromU64be(bytes) ?? Number.POSITIVE_INFINITY;
  return { origin, start: size(first), end: size(last), ticket };
}

/** Throws `log/entry-too-large`. */
export function formatPackage({ entries, proof }: EntryPackage): Uint8Array {
  return concatAll([writeBundle(entries), Uint8Array.of(proof.length), ...proof]);
}

/** Reads a package of `count` entries. Throws `mirror/package-invalid` for one with over 63 hashes, and what `take` throws. */
export async function readPackage(count: number, take: Take): Promise<EntryPackage> {
  const entries: Uint8Array[] = [];
  while (entries.length < count) entries.push(await take(u16(await take(2))));
  const hashes = (await take(1))[0] as number;
  if (hashes > MAX_PROOF_HASHES)
    throw new Failure('mirror/package-invalid', { field: 'num_hashes', detail: `${hashes}` });
  const bytes = await take(hashes * HASH_SIZE);
  const proof = Array.from({ length: hashes }, (_, at) =>
    bytes.subarray(at * HASH_SIZE, (at + 1) * HASH_SIZE),
  );
  return { entries, proof };
}

/** Where a mirror says to go on. */
export interface MirrorInfo {
  /** The size of a checkpoint that it takes entries up to. */
  readonly size: number;
  /** The index of the first entry that it lacks. */
  readonly next: number;
  /** To be sent along with the next request; may be empty. */
  readonly ticket: Uint8Array;
}

export function formatMirrorInfo({ size, next, ticket }: MirrorInfo): string {
  return `${size}\n${next}\n${toBase64(ticket)}\n`;
}

/** Throws `peer/answer-malformed` for anything that {@link formatMirrorInfo} would not write. */
export function parseMirrorInfo(body: Uint8Array): MirrorInfo {
  const malformed = (field: string) =>
    new Failure('peer/answer-malformed', { field: `mirror info: ${field}` });
  const lines = fromUtf8(body)?.split('\n');
  if (lines?.length !== 4 || lines[3] !== '') throw malformed('lines');
  const [size, next] = [parseDecimal(lines[0] ?? ''), parseDecimal(lines[1] ?? '')];
  const ticket = fromBase64(lines[2] ?? '');
  if (size === null) throw malformed('tree size');
  if (next === null) throw malformed('next entry');
  if (ticket === null || ticket.length > MAX_SHORT) throw malformed('ticket');
  return { size, next, ticket };
}

function short(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_SHORT) throw new RangeError('over 65,535 bytes');
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
}

function u16(bytes: Uint8Array): number {
  return ((bytes[0] as number) << 8) | (bytes[1] as number);
}

/** Compares two big-endian numbers of one length. */
function isLarger(a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at >= 0 && (a[at] as number) > (b[at] as number);
}
