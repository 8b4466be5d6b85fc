/**
 * What the views and the threads that read for them say to each other. Rows go over as text: to write and to parse it takes half the time in which the
 * engine copies so many small arrays from one thread to another, and what is in them are texts, numbers and nulls alone.
 */
import { concatAll } from '../../bytes/octets.js';
import { HASH_SIZE } from '../../tree/hash.js';
import type { Chunk, ChunkRows } from './chunk.js';

export interface ReadingOrder {
  readonly start: number;
  /** The entries, framed as a bundle. */
  readonly framed: Uint8Array<ArrayBuffer>;
}

export interface ReadingReport {
  readonly start: number;
  /** The hashes of the entries, one after another. */
  readonly leaves: Uint8Array<ArrayBuffer>;
  /** {@link ChunkRows} as JSON. */
  readonly rows: string;
}

export function reportOf({ start, leaves, rows }: Chunk): ReadingReport {
  return { start, leaves: concatAll(leaves), rows: JSON.stringify(rows) };
}

export function chunkOf({ start, leaves, rows }: ReadingReport): Chunk {
  const count = leaves.length / HASH_SIZE;
  return {
    start,
    leaves: Array.from({ length: count }, (_, at) => leaves.subarray(at * HASH_SIZE, (at + 1) * HASH_SIZE)),
    rows: JSON.parse(rows) as ChunkRows,
  };
}
