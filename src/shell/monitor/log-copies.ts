/**
 * The entries of a log from wherever somebody keeps them: the log itself, a mirror, or a folder with its tiles. None of them is trusted:
 * whoever reads compares what they make with a signed root.
 */
import { join } from 'node:path';
import type { LogCopy } from '../../court/misbehaviour/log-copy.js';
import { Failure } from '../../reason.js';
import { readBundle, TILE_WIDTH, tilePath } from '../../tree/tile.js';
import { readIfPresent } from '../files/durable.js';
import { RemoteLog } from '../tiles/remote-log.js';

/** Gives the entries of a bundle, from its first to its `width`-th. Throws a failure when it does not have them. */
export type BundleReader = (index: number, width: number) => Promise<readonly Uint8Array[]>;

/** A copy behind a URL, or in a folder with tiles as C2SP tlog-tiles names them. */
export function openCopy(place: string): LogCopy {
  if (/^https?:\/\//.test(place)) {
    const remote = new RemoteLog(place);
    return copyOfBundles((index, width) => remote.bundle(index, width));
  }
  return copyOfBundles((index, width) => readFolder(place, index, width));
}

export function copyOfBundles(read: BundleReader): LogCopy {
  return {
    entries: async function* (start, end) {
      for (let at = start; at < end; ) {
        const index = Math.floor(at / TILE_WIDTH);
        const width = Math.min(TILE_WIDTH, end - index * TILE_WIDTH);
        yield* (await read(index, width)).slice(at - index * TILE_WIDTH);
        at = index * TILE_WIDTH + width;
      }
    },
  };
}

/** A log keeps its last bundle under the full bundle's name, a mirror may keep it under the partial one's. */
async function readFolder(folder: string, index: number, width: number): Promise<readonly Uint8Array[]> {
  const full = tilePath({ level: 'entries', index, width: TILE_WIDTH });
  for (const path of new Set([full, tilePath({ level: 'entries', index, width })])) {
    const bytes = await readIfPresent(join(folder, path));
    const { entries } = readBundle(bytes ?? new Uint8Array());
    if (entries.length >= width) return entries.slice(0, width);
  }
  throw new Failure('peer/answer-missing', { field: join(folder, full) });
}
