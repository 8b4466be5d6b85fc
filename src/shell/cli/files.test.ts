import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readInput, readStored } from './files.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: number): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.alloc(bytes, 1));
  return path;
}

describe('a file that somebody names', () => {
  it.each([0, 1, 99_999, 100_000])('is read whole, with its %i bytes', async bytes => {
    expect(Buffer.alloc(bytes, 1).equals(await readInput(file('a', bytes), 100_000))).toBe(true);
  });

  it('is refused with more bytes than it may have, also behind a link, and where it has no end', async () => {
    const path = file('b', 100_001);
    symlinkSync(path, join(folder, 'link'));
    for (const large of [path, join(folder, 'link'), '/dev/zero'])
      await expect(readInput(large, 100_000)).rejects.toThrow('more than 100000 bytes');
  });

  it('is refused where there is none, or a folder', async () => {
    await expect(readInput(join(folder, 'none'), 1)).rejects.toThrow('there is no such file');
    await expect(readInput(folder, 1_000_000)).rejects.toThrow('it is a folder');
  });
});

describe('a file that is read again while a gateway runs', () => {
  it('is read, also behind a link, as orchestrators put it there', async () => {
    symlinkSync(file('stored', 3), join(folder, 'stored-link'));
    expect(await readStored(join(folder, 'stored-link'), 3)).toHaveLength(3);
  });

  it('is refused at once where it is a named pipe, whose writer may never come', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(readStored(pipe, 1000)).rejects.toThrow('no regular file');
  });

  it('is refused where there is none, or a folder', async () => {
    await expect(readStored(join(folder, 'none'), 1)).rejects.toThrow('there is no such file');
    await expect(readStored(folder, 1_000_000)).rejects.toThrow('it is a folder');
  });
});
