/** The chunks of a log in order, of which the next are read while one is being written. */
import type { LogCopy } from '../../court/misbehaviour/log-copy.js';
import { Failure } from '../../reason.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import type { Chunk } from './chunk.js';
import type { ChunkReader } from './chunk-reader.js';

/** As many entries as a log keeps together. */
const CHUNK = TILE_WIDTH;

/**
 * Throws `views/log-contradicted` where entries are missing, what reading them throws, and what the reader throws: each in its place, after the
 * chunks before it. As many chunks are in memory as the reader takes, and one more.
 */
export async function* readAhead(
  copy: LogCopy,
  reader: ChunkReader,
  start: number,
  end: number,
): AsyncGenerator<Chunk> {
  const ahead: Promise<Chunk>[] = [];
  /** One after another: a copy may be anywhere. */
  let fetched: Promise<unknown> = Promise.resolve();
  for (let at = start; at < end || ahead.length > 0; ) {
    while (at < end && ahead.length < reader.depth) {
      const [from, to] = [at, Math.min(end, at - (at % CHUNK) + CHUNK)];
      const entries = fetched.then(() => fetchEntries(copy, from, to));
      const chunk = entries.then(all => reader.read(from, all));
      // It is looked at in its turn, if that ever comes.
      chunk.catch(() => undefined);
      fetched = entries;
      ahead.push(chunk);
      at = to;
    }
    yield (await ahead.shift()) as Chunk;
  }
}

async function fetchEntries(copy: LogCopy, start: number, end: number): Promise<readonly Uint8Array[]> {
  const entries: Uint8Array[] = [];
  for await (const entry of copy.entries(start, end)) entries.push(entry);
  if (entries.length !== end - start)
    throw new Failure('views/log-contradicted', { detail: `${entries.length} of ${end - start} entries` });
  return entries;
}
