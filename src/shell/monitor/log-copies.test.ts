import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { temporaryFolder, testEntry } from '../../../test/support/log.js';
import type { LogCopy } from '../../court/misbehaviour/log-copy.js';
import { writeBundle } from '../../tree/tile.js';
import { openCopy } from './log-copies.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const framed = (from: number, to: number) =>
  writeBundle(Array.from({ length: to - from }, (_, at) => testEntry(from + at)));

function write(name: string, path: string, bytes: Uint8Array): void {
  const file = join(folder.path, name, 'tile', 'entries', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}

async function read(copy: LogCopy, start: number, end: number): Promise<string[]> {
  const entries: string[] = [];
  for await (const entry of copy.entries(start, end)) entries.push(Buffer.from(entry).toString());
  return entries;
}

const expected = (start: number, end: number) =>
  Array.from({ length: end - start }, (_, at) => Buffer.from(testEntry(start + at)).toString());

describe('the entries of a log in a folder', () => {
  write('log', '000', framed(0, 256));
  write('log', '001', framed(256, 300));
  write('mirror', '000', framed(0, 256));
  write('mirror', '001.p/40', framed(256, 296));

  it.each([
    ['log', 0, 300],
    ['log', 7, 7],
    ['log', 255, 257],
    ['log', 290, 299],
    ['mirror', 3, 296],
  ])('%s: %i to %i', async (name, start, end) => {
    expect(await read(openCopy(join(folder.path, name)), start, end)).toEqual(expected(start, end));
  });

  it.each([
    ['log', 0, 301],
    ['log', 256, 600],
    ['mirror', 256, 297],
    ['nothing', 0, 1],
  ])('%s does not have %i to %i', async (name, start, end) => {
    expect(await reasonOfAsync(() => read(openCopy(join(folder.path, name)), start, end))).toBe(
      'peer/answer-missing',
    );
  });
});
