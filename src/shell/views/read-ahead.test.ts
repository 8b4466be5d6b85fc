import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { viewed, viewedEntries } from '../../../test/support/viewed-log.js';
import type { LogCopy } from '../../court/misbehaviour/log-copy.js';
import { leafHash } from '../../tree/hash.js';
import { type Chunk, readChunk } from './chunk.js';
import { type ChunkReader, READER_HERE } from './chunk-reader.js';
import { readAhead } from './read-ahead.js';

const LOG = viewedEntries(2000);
const { copy } = viewed(LOG);

/** Reads as the one here does, each time later or sooner, and counts how many chunks it has. */
class UnevenReader implements ChunkReader {
  readonly depth = 4;
  most = 0;
  #reading = 0;

  async read(start: number, entries: readonly Uint8Array[]): Promise<Chunk> {
    this.most = Math.max(this.most, ++this.#reading);
    await sleep(start % 3 === 0 ? 12 : 0);
    this.#reading--;
    return readChunk(start, entries);
  }

  async close(): Promise<void> {
    // It holds nothing.
  }
}

async function chunksOf(reader: ChunkReader, start: number, from: LogCopy = copy): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of readAhead(from, reader, start, LOG.length)) chunks.push(chunk);
  return chunks;
}

describe('chunks that are read ahead', () => {
  it.each([0, 255, 700, 1999])('come in order, from entry %i on, each entry once', async start => {
    const chunks = await chunksOf(new UnevenReader(), start);
    expect(chunks.flatMap(({ leaves }) => leaves)).toEqual(LOG.slice(start).map(leafHash));
    expect(chunks).toEqual(await chunksOf(READER_HERE, start));
    let next = start;
    for (const chunk of chunks) {
      expect(chunk.start).toBe(next);
      next += chunk.leaves.length;
      expect(next % 256 === 0 || next === LOG.length).toBe(true);
    }
  });

  it('are no more than the reader takes', async () => {
    const reader = new UnevenReader();
    for await (const _ of readAhead(copy, reader, 0, LOG.length)) await sleep(3);
    expect(reader.most).toBeGreaterThan(1);
    expect(reader.most).toBeLessThanOrEqual(reader.depth);
  });

  it('do not go on where nobody wants more', async () => {
    let fetched = 0;
    const counting = {
      entries: async function* (start: number, end: number) {
        fetched++;
        yield* copy.entries(start, end);
      },
    };
    for await (const _ of readAhead(counting, READER_HERE, 0, LOG.length)) break;
    expect(fetched).toBe(1);
  });

  it('fail in their place, after those before them', async () => {
    const broken = {
      entries: (start: number, end: number) =>
        viewed(LOG.slice(0, 900)).copy.entries(start, Math.min(end, 900)),
    };
    const seen: number[] = [];
    const reading = async () => {
      for await (const { start } of readAhead(broken, new UnevenReader(), 0, LOG.length)) seen.push(start);
    };
    await expect(reading()).rejects.toMatchObject({
      code: 'views/log-contradicted',
      detail: '132 of 256 entries',
    });
    expect(seen).toEqual([0, 256, 512]);
    expect(await reasonOfAsync(() => chunksOf(READER_HERE, 0, broken))).toBe('views/log-contradicted');
  });
});
