/** Opens who reads entries: other threads where there are processors for them, this one otherwise. */
import { availableParallelism } from 'node:os';
import { type ChunkReader, READER_HERE } from './chunk-reader.js';
import { ThreadReader } from './thread-reader.js';

/** Fewer entries are read before other threads have begun. */
const WORTH_THREADS = 2048;

/**
 * Reading takes up to twice as long as writing, which is done in the thread that asks: two that read are enough for one that writes. Where there are no
 * more than two processors, the system shares them out among the three.
 */
const THREADS = 2;

/** For so many entries. Whoever opens it closes it. */
export function openReader(entries: number, processors = availableParallelism()): ChunkReader {
  return entries >= WORTH_THREADS && processors > 1 ? new ThreadReader(THREADS) : READER_HERE;
}
