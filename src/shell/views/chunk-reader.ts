/** Who reads entries, and makes rows of them. */
import { type Chunk, readChunk } from './chunk.js';

export interface ChunkReader {
  /** How many chunks it can be given before it is done with the first. */
  readonly depth: number;
  /** @param start the index of the first entry */
  read(start: number, entries: readonly Uint8Array[]): Promise<Chunk>;
  close(): Promise<void>;
}

/** Reads when it is asked, in the thread that asks. */
export const READER_HERE: ChunkReader = {
  depth: 1,
  read: async (start, entries) => readChunk(start, entries),
  close: async () => undefined,
};
