/** Tiles: where a log keeps its hashes and its entries. Source: C2SP tlog-tiles. */
import { parseDecimal } from '../bytes/octets.js';
import { Failure } from '../reason.js';

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
/** Levels of the tree between a tile's hashes and the hash of the whole tile. */
export const TILE_HEIGHT = 8;
/** The largest entry that a bundle's 16-bit length can hold. */
export const MAX_ENTRY_BYTES = 65_535;

export interface TileName {
  /** 0 to 63, or `entries` for a bundle of entries. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; under 256 the tile is partial. */
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]`. */
export function tilePath({ level, index, width }: TileName): string {
  return `tile/${level}/${tileNumber(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Groups of three digits, all but the last prefixed with `x`: 1234067 is `x001/x234/067`. */
export function tileNumber(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  return (padded.match(/.{3}/g) ?? [])
    .map((group, at, all) => (at < all.length - 1 ? `x${group}` : group))
    .join('/');
}

/** The tile that a path names, or null when it is not a path that {@link tilePath} writes. */
export function parseTilePath(path: string): TileName | null {
  const match = /^tile\/([0-9]{1,2}|entries)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(
    path,
  );
  if (match === null) return null;
  const level = match[1] === 'entries' ? ('entries' as const) : parseDecimal(match[1] ?? '');
  const index = Number((match[2] ?? '').replaceAll(/[x/]/g, ''));
  const width = match[3] === undefined ? TILE_WIDTH : parseDecimal(match[3]);
  if (level === null || (level !== 'entries' && level > 63) || !Number.isSafeInteger(index)) return null;
  if (width === null || width < 1 || width > TILE_WIDTH) return null;
  const name: TileName = { level, index, width };
  return tilePath(name) === path ? name : null;
}

/** Entries as they stand in a bundle: `u16be length ‖ entry` for each. Throws `log/entry-too-large`. */
export function writeBundle(entries: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bundle = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) throw new Failure('log/entry-too-large');
    bundle[at] = entry.length >> 8;
    bundle[at + 1] = entry.length & 0xff;
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

/**
 * The complete entries at the start of a bundle, and how many bytes they take. What follows is an entry that was cut off, as in a
 * file whose last write did not finish; a reader of a published bundle checks that nothing follows.
 */
export function readBundle(bytes: Uint8Array): {
  readonly entries: readonly Uint8Array[];
  readonly length: number;
} {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const end = at + 2 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return { entries, length: at };
}
