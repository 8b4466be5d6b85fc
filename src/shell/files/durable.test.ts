import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fault, faultyDisk } from '../../../test/support/faulty-disk.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { utf8 } from '../../bytes/octets.js';
import { nodeDisk, writeAll } from './disk.js';
import { makeFolders, makeFoldersDurably, readIfPresent, writeDurably } from './durable.js';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'file');
});
afterEach(() => folder.remove());

describe('writeDurably', () => {
  it('makes and replaces a file, with the mode asked for', async () => {
    await writeDurably(path, utf8('a longer content'), 0o600);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await writeDurably(path, utf8('short'));
    expect(readFileSync(path, 'utf8')).toBe('short');
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  it('syncs the content before the new name, and the name before it returns', async () => {
    const disk = faultyDisk();
    await writeDurably(path, utf8('content'), 0o644, disk);
    expect(disk.calls).toEqual([
      `open ${path}.new`,
      `write ${path}.new`,
      `sync ${path}.new`,
      `rename ${path}`,
      `open ${folder.path}`,
      `sync ${folder.path}`,
    ]);
  });

  it.each<Fault>(['lost', 'kept', 'dead'])(
    'at whatever write the disk fails (%s), leaves the old or the new and can be repeated',
    async fault => {
      for (let call = 0; call < 6; call++) {
        await writeDurably(path, utf8('old'));
        const disk = faultyDisk();
        disk.failAt(call, fault);
        await expect(writeDurably(path, utf8('new'), 0o644, disk)).rejects.toThrow('ENOSPC');
        expect(['old', 'new']).toContain(readFileSync(path, 'utf8'));
        await writeDurably(path, utf8('newer'));
        expect(readFileSync(path, 'utf8')).toBe('newer');
      }
    },
  );

  it('writes over what a crash has left', async () => {
    writeFileSync(`${path}.new`, 'half of something that was much longer');
    await writeDurably(path, utf8('whole'));
    expect(readFileSync(path, 'utf8')).toBe('whole');
  });
});

describe('folders', () => {
  it('are made where they are missing, and those that changed are named and synced', async () => {
    const deep = join(folder.path, 'a/b/c');
    expect(makeFolders(deep)).toEqual([folder.path, join(folder.path, 'a'), join(folder.path, 'a/b')]);
    expect(makeFolders(deep)).toEqual([]);
  });

  it('are durable by their names, those included that a process may have made before it was killed', async () => {
    const disk = faultyDisk();
    makeFolders(join(folder.path, 'a'));
    await makeFoldersDurably(join(folder.path, 'a/x'), disk);
    const synced = disk.calls.filter(call => call.startsWith('sync'));
    expect(synced.slice(0, 2)).toEqual([`sync ${join(folder.path, 'a')}`, `sync ${folder.path}`]);
    expect(synced.at(-1)).toBe(`sync ${parse(folder.path).root}`);
  });

  it('that cannot be made are an error', () => {
    writeFileSync(path, '');
    expect(() => makeFolders(join(path, 'below'))).toThrow('ENOTDIR');
  });
});

describe('reading', () => {
  it('tells a missing file from one that cannot be read', async () => {
    expect(await readIfPresent(path)).toBeNull();
    await expect(readIfPresent(folder.path)).rejects.toThrow('EISDIR');
  });
});

describe('writeAll', () => {
  it('goes on after a short write, and fails when the disk takes nothing', () => {
    const file = nodeDisk.open(path, 'w');
    const threeAtOnce = {
      ...nodeDisk,
      write: (to: number, bytes: Uint8Array, offset: number, position: number) =>
        nodeDisk.write(to, bytes.subarray(0, offset + 3), offset, position),
    };
    writeAll(threeAtOnce, file, utf8('0123456789'), 2);
    expect(readFileSync(path, 'utf8')).toBe('\0\x000123456789');
    expect(() => writeAll({ ...nodeDisk, write: () => 0 }, file, utf8('x'), 0)).toThrow('no more bytes');
    nodeDisk.close(file);
  });

  it.skipIf(!existsSync('/dev/full'))('fails on a disk that is full', () => {
    const file = nodeDisk.open('/dev/full', 'r+');
    expect(() => writeAll(nodeDisk, file, utf8('x'), 0)).toThrow('ENOSPC');
    nodeDisk.close(file);
  });
});
