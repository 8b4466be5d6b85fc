import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { readStored, readStoredPart } from './stored-file.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(join(folder.path, 'file'), Uint8Array.of(1, 2, 3, 4));
  mkdirSync(join(folder.path, 'folder'));
});
afterEach(() => folder.remove());

describe('a file that a log has written', () => {
  it('is read, whole or in part', async () => {
    expect([...(await readStored(folder.path, 'file'))]).toEqual([1, 2, 3, 4]);
    expect([...(await readStoredPart(folder.path, 'file', 1, 3))]).toEqual([2, 3]);
    expect([...(await readStoredPart(folder.path, 'file', 4, 4))]).toEqual([]);
  });

  it.each([
    ['is missing', 'nothing'],
    ['is below a file', 'file/nothing'],
    ['has become a folder', 'folder'],
  ])('and that %s is damage: log/corrupt', async (_, path) => {
    expect(await reasonOfAsync(() => readStored(folder.path, path))).toBe('log/corrupt');
    expect(await reasonOfAsync(() => readStoredPart(folder.path, path, 0, 1))).toBe('log/corrupt');
  });

  it('and that is shorter than it was is damage: log/corrupt', async () => {
    expect(await reasonOfAsync(() => readStoredPart(folder.path, 'file', 2, 5))).toBe('log/corrupt');
  });

  it('and that cannot be read for another reason says nothing about it: log/unavailable', async () => {
    const path = 'x'.repeat(300);
    expect(await reasonOfAsync(() => readStored(folder.path, path))).toBe('log/unavailable');
    expect(await reasonOfAsync(() => readStoredPart(folder.path, path, 0, 1))).toBe('log/unavailable');
  });
});
