/** What the stores ask of a file system when they write, behind one interface, so that a test can make any single write fail. */
import {
  closeSync,
  fdatasync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rename,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

export interface Disk {
  /** Fails with `EEXIST` when there is one. */
  makeFolder(path: string): void;
  /** `flags` as in fopen(3). */
  open(path: string, flags: string, mode?: number): number;
  /** Writes from `offset` in `bytes` at `position` in the file, and says how many bytes it wrote: it may be fewer than there are. */
  write(file: number, bytes: Uint8Array, offset: number, position: number): number;
  truncate(file: number, length: number): void;
  rename(from: string, to: string): void;
  /** The same without keeping the process: a file system that is writing its journal makes a rename wait for milliseconds. */
  renameLater(from: string, to: string): Promise<void>;
  /** Removes a file; one that is not there is no error. */
  remove(path: string): void;
  /** Returns once the file's bytes and length survive a loss of power. */
  datasync(file: number): Promise<void>;
  /** The same with all that the file system knows of it, which for a folder is the names in it. */
  sync(file: number): Promise<void>;
  close(file: number): void;
}

export const nodeDisk: Disk = {
  makeFolder: path => {
    mkdirSync(path);
  },
  open: (path, flags, mode) => openSync(path, flags, mode),
  write: (file, bytes, offset, position) => writeSync(file, bytes, offset, bytes.length - offset, position),
  truncate: ftruncateSync,
  rename: renameSync,
  renameLater: promisify(rename),
  remove: path => rmSync(path, { force: true }),
  datasync: promisify(fdatasync),
  sync: promisify(fsync),
  close: closeSync,
};

/** Writes all of `bytes` at `position`, in as many writes as it takes. */
export function writeAll(disk: Disk, file: number, bytes: Uint8Array, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    const count = disk.write(file, bytes, written, position + written);
    if (count === 0) throw new Error('the disk takes no more bytes');
    written += count;
  }
}

/** The `code` of a file system error, such as `ENOENT`, or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
