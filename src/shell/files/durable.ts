/** Writing files so that after a loss of power there is either the old content or the new, never a mixture. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Disk, errorCode, nodeDisk, writeAll } from './disk.js';

/**
 * Replaces a file; when this resolves, the new content survives a loss of power. One writer at a time for each path.
 *
 * A new file that a crash left half written has another name, and the next call writes over it.
 */
export async function writeDurably(
  path: string,
  bytes: Uint8Array,
  mode = 0o644,
  disk: Disk = nodeDisk,
): Promise<void> {
  const file = writeBeside(path, bytes, mode, disk);
  try {
    await disk.sync(file);
  } finally {
    disk.close(file);
  }
  await disk.renameLater(besides(path), path);
  await syncFolder(dirname(path), disk);
}

/** Replaces a file in one step, but leaves it to a later {@link syncFile} to make the new content durable. */
export function replaceFile(path: string, bytes: Uint8Array, disk: Disk = nodeDisk): void {
  disk.close(writeBeside(path, bytes, 0o644, disk));
  disk.rename(besides(path), path);
}

export async function syncFile(path: string, disk: Disk = nodeDisk): Promise<void> {
  const file = disk.open(path, 'r');
  try {
    await disk.sync(file);
  } finally {
    disk.close(file);
  }
}

/** Makes the names in a folder durable. Windows cannot be asked to, and does not need to be. */
export async function syncFolder(path: string, disk: Disk = nodeDisk): Promise<void> {
  if (process.platform !== 'win32') await syncFile(path, disk);
}

/** Makes a folder and those above it where they are missing, and returns the folders in which a name was added. */
export function makeFolders(path: string, disk: Disk = nodeDisk): string[] {
  try {
    disk.makeFolder(path);
    return [dirname(path)];
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return [];
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
  }
  return [...makeFolders(dirname(path), disk), ...makeFolders(path, disk)];
}

/**
 * {@link makeFolders}, durable when it resolves: the names of folders that were there before too, for a process that was killed may have
 * made them and not synced them.
 */
export async function makeFoldersDurably(path: string, disk: Disk = nodeDisk): Promise<void> {
  const changed = makeFolders(path, disk);
  for (let above = dirname(path); ; above = dirname(above)) {
    try {
      await syncFolder(above, disk);
    } catch (error) {
      // A folder that we may not even read is not one in which we, or an earlier run of ours, have made anything.
      const isForeign = /^(?:EACCES|EPERM|EROFS)$/.test(errorCode(error) ?? '') && !changed.includes(above);
      if (!isForeign) throw error;
    }
    if (dirname(above) === above) return;
  }
}

/** The content of a file, or null when there is no such file. */
export async function readIfPresent(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function writeBeside(path: string, bytes: Uint8Array, mode: number, disk: Disk): number {
  const file = disk.open(besides(path), 'w', mode);
  try {
    writeAll(disk, file, bytes, 0);
  } catch (error) {
    disk.close(file);
    throw error;
  }
  return file;
}

function besides(path: string): string {
  return `${path}.new`;
}
