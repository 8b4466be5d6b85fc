/** The entries of a log, read from its bundles. The log is not trusted: whoever uses them compares the root that they make with a signed one. */
import type { LogCopy } from '../court/misbehaviour/log-copy.js';
import { Failure } from '../reason.js';
import { MAX_ENTRY_BYTES, readBundle, TILE_WIDTH } from '../tree/tile.js';
import { fetchTile } from './log-tile.js';
import type { Ask } from './peer.js';

/** More than this is for a monitor to read, not for a client: a quarter of a million entries. */
const MAX_BUNDLES = 1024;

/** Rejects with `peer/…`, and with `peer/answer-too-large` where there would be too much to read. */
export function entriesOf(ask: Ask, log: string): LogCopy {
  return {
    entries: async function* (start, end) {
      const first = Math.floor(start / TILE_WIDTH);
      if (Math.ceil(end / TILE_WIDTH) - first > MAX_BUNDLES)
        throw new Failure('peer/answer-too-large', { field: log, detail: `entries ${start} to ${end}` });
      for (let index = first; index * TILE_WIDTH < end; index++) {
        const width = Math.min(TILE_WIDTH, end - index * TILE_WIDTH);
        const entries = await fetchBundle(ask, log, index, width);
        yield* entries.slice(Math.max(0, start - index * TILE_WIDTH));
      }
    },
  };
}

async function fetchBundle(
  ask: Ask,
  log: string,
  index: number,
  width: number,
): Promise<readonly Uint8Array[]> {
  const limit = TILE_WIDTH * (2 + MAX_ENTRY_BYTES);
  const { url, bytes } = await fetchTile(ask, log, { level: 'entries', index, width }, limit);
  const { entries, length } = readBundle(bytes);
  if (entries.length < width || length !== bytes.length)
    throw new Failure('peer/answer-malformed', { field: url });
  return entries.slice(0, width);
}
