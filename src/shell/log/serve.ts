/**
 * What anybody may read of a log over HTTP: its checkpoint, its tiles, its entries, and what is said of reading it. Source: C2SP
 * tlog-tiles, which has the paths of the first three; `entries/<index>` and `retention` are ours.
 *
 * The path is a stranger's. It becomes a file name only after it was read as a tile's name and found to be exactly what we would write.
 */
import { canonicalize } from '../../bytes/json.js';
import { parseDecimal, utf8 } from '../../bytes/octets.js';
import type { Failure } from '../../reason.js';
import { parseTilePath, type TileName } from '../../tree/tile.js';
import { acceptsGzip, type CompressedBundles } from './compressed-bundles.js';
import type { Retention } from './retention.js';

/** What a log shows to the world. */
export interface Publication {
  /** The latest witnessed checkpoint, as a note; null before the first. */
  readonly checkpointNote: Uint8Array | null;
  /** Of the latest signed checkpoint. */
  readonly size: number;
  /** A tile or bundle, or null when the tree under the latest signed checkpoint has none of that width. */
  tile(name: TileName): Promise<Uint8Array | null>;
  /** The bytes of an entry below `size`. */
  entry(index: number): Promise<Uint8Array>;
}

export interface Reading {
  /** Null for a log that shows everything. */
  readonly retention: Retention | null;
  /** Null where nothing is compressed. */
  readonly compressed: CompressedBundles | null;
  readonly acceptEncoding?: string | undefined;
}

export interface Served {
  /** 410 for what is pruned, 451 for what is denied. */
  readonly status: 200 | 404 | 410 | 451;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Answers a GET or HEAD of `path`, which is relative to where the log is mounted: `checkpoint`, `tile/0/x001/067.p/8`. */
export async function serveLog(
  log: Publication,
  path: string,
  reading: Reading = { retention: null, compressed: null },
): Promise<Served> {
  if (path === 'checkpoint') {
    const note = log.checkpointNote;
    return note === null ? NOT_FOUND : found(note, 'text/plain; charset=utf-8', 'no-store');
  }
  if (path === 'retention') return found(describe(reading.retention), 'application/json', 'no-store');
  if (path.startsWith('entries/')) return serveEntry(log, path.slice('entries/'.length), reading);
  const name = parseTilePath(path);
  return name === null ? NOT_FOUND : serveTile(log, name, path, reading);
}

async function serveTile(
  log: Publication,
  name: TileName,
  path: string,
  { retention, compressed, acceptEncoding }: Reading,
): Promise<Served> {
  const refusal = retention?.refusal(name) ?? null;
  if (refusal !== null) return refused(refusal);
  const tile = await log.tile(name);
  if (tile === null) return NOT_FOUND;
  // Hashes are as good as random: only entries become smaller.
  if (name.level !== 'entries' || compressed === null) return found(tile, OCTETS, FOR_EVER);
  const headers = { 'content-type': OCTETS, 'cache-control': FOR_EVER, vary: 'accept-encoding' };
  if (!acceptsGzip(acceptEncoding)) return { status: 200, headers, body: tile };
  const body = await compressed.get(path, tile);
  if (body === null) return { status: 200, headers, body: tile };
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body };
}

/** The exact bytes of one entry, which is how the others of a bundle are read that holds a denied one. */
async function serveEntry(log: Publication, number: string, { retention }: Reading): Promise<Served> {
  const index = parseDecimal(number);
  if (index === null || index >= log.size) return NOT_FOUND;
  const refusal = retention?.refusalOfEntry(index) ?? null;
  return refusal === null ? found(await log.entry(index), OCTETS, FOR_EVER) : refused(refusal);
}

/** `{"denied": [{"index", "logged", "reason"}], "minimum", "policy": {"logged", "minimumDays", "prunes"} | null}` */
function describe(retention: Retention | null): Uint8Array {
  const denied = (retention?.denials ?? []).map(denial => ({ ...denial }));
  const policy = retention?.policies.at(-1);
  return canonicalize({ denied, minimum: retention?.minimum ?? 0, policy: policy ? { ...policy } : null });
}

const OCTETS = 'application/octet-stream';
/** A tile of a given width never changes, partial ones included, nor does an entry. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** What is not there today may be there tomorrow. */
const UNAVAILABLE = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

const NOT_FOUND: Served = { status: 404, headers: UNAVAILABLE, body: utf8('The log has nothing here.\n') };

function found(body: Uint8Array, type: string, caching: string): Served {
  return { status: 200, headers: { 'content-type': type, 'cache-control': caching }, body };
}

function refused({ code, message }: Failure): Served {
  return {
    status: code === 'log/entry-denied' ? 451 : 410,
    headers: { ...UNAVAILABLE, 'countersign-reason': code },
    body: utf8(`${message}\n`),
  };
}
