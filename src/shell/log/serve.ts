/**
 * What anybody may read of a log over HTTP: its checkpoint, its tiles and its entries. Source: C2SP tlog-tiles, which has the paths.
 *
 * The path is a stranger's. It becomes a file name only after it was read as a tile's name and found to be exactly what we would write.
 */
import { utf8 } from '../../bytes/octets.js';
import { parseTilePath, type TileName } from '../../tree/tile.js';

/** What a log shows to the world. */
export interface Publication {
  /** The latest witnessed checkpoint, as a note; null before the first. */
  readonly checkpointNote: Uint8Array | null;
  /** A tile or bundle, or null when the tree under the latest signed checkpoint has none of that width. */
  tile(name: TileName): Promise<Uint8Array | null>;
}

export interface Served {
  readonly status: 200 | 404;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Answers a GET or HEAD of `path`, which is relative to where the log is mounted: `checkpoint`, `tile/0/x001/067.p/8`. */
export async function serveLog(log: Publication, path: string): Promise<Served> {
  if (path === 'checkpoint') {
    const note = log.checkpointNote;
    return note === null ? NOT_FOUND : found(note, 'text/plain; charset=utf-8', 'no-store');
  }
  const name = parseTilePath(path);
  const tile = name === null ? null : await log.tile(name);
  // A tile of a given width never changes, partial ones included.
  return tile === null
    ? NOT_FOUND
    : found(tile, 'application/octet-stream', 'public, max-age=31536000, immutable');
}

/** What is not there today may be there tomorrow. */
const NOT_FOUND: Served = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: utf8('The log has nothing here.\n'),
};

function found(body: Uint8Array, type: string, caching: string): Served {
  return { status: 200, headers: { 'content-type': type, 'cache-control': caching }, body };
}
