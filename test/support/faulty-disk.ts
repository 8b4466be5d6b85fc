/** A disk of which any single write can be made to fail. */
import { existsSync } from 'node:fs';
import { type Disk, nodeDisk } from '../../src/shell/files/disk.js';

/** A disk that does everything but wait for the platter: no test takes the power away, and syncing is slow on a busy machine. */
export const hastyDisk: Disk = { ...nodeDisk, sync: async () => undefined, datasync: async () => undefined };

/**
 * - `lost`: it fails and did nothing;
 * - `kept`: it fails although it was done, as when a reply is lost;
 * - `torn`: it fails after half of the bytes were written; what writes no bytes fails as `lost`;
 * - `full`: half of the bytes are written, and from then on there is room for no byte, file or folder more;
 * - `dead`: as `lost`, and everything after it fails too, which is what a killed process leaves behind.
 */
export type Fault = 'lost' | 'kept' | 'torn' | 'full' | 'dead';
export const FAULTS: readonly Fault[] = ['lost', 'kept', 'torn', 'full', 'dead'];

export interface FaultyDisk extends Disk {
  /** How often anything has been asked of the disk. */
  readonly count: number;
  /** What was asked, in order: `write tile/entries/000`. */
  readonly calls: readonly string[];
  failAt(call: number, fault: Fault): void;
}

export function faultyDisk(): FaultyDisk {
  const calls: string[] = [];
  const paths = new Map<number, string>();
  let failing = { call: Number.POSITIVE_INFINITY, fault: 'lost' as Fault };
  const error = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  /** Whether this call fails, one of those for which a full disk has no room or another. */
  const fails = (call: number, needsRoom: boolean) => {
    if (call < failing.call) return false;
    if (failing.fault === 'full') return needsRoom;
    return call === failing.call || failing.fault === 'dead';
  };

  const attempt = <Result>(name: string, act: () => Result, needsRoom = false): Result => {
    const call = calls.push(name) - 1;
    if (fails(call, needsRoom)) {
      if (failing.fault === 'kept') act();
      throw error();
    }
    return act();
  };
  const attemptWrite: Disk['write'] = (file, bytes, offset, position) => {
    const call = calls.push(`write ${path(file)}`) - 1;
    if (!fails(call, true)) return nodeDisk.write(file, bytes, offset, position);
    const isFirst = call === failing.call;
    const half = offset + Math.floor((bytes.length - offset) / 2);
    if (failing.fault === 'kept') nodeDisk.write(file, bytes, offset, position);
    else if (isFirst && /^(?:torn|full)$/.test(failing.fault) && half > offset) {
      const written = nodeDisk.write(file, bytes.subarray(0, half), offset, position);
      // A disk without room says how far it came, and fails when it is given the rest.
      if (failing.fault === 'full') return written;
    }
    throw error();
  };
  const attemptLater = async (name: string, act: () => Promise<void>): Promise<void> => {
    const call = calls.push(name) - 1;
    const isFailing = fails(call, false);
    if (!isFailing || failing.fault === 'kept') await act();
    if (isFailing) throw error();
  };
  const path = (file: number) => paths.get(file) ?? '?';

  return {
    calls,
    get count() {
      return calls.length;
    },
    failAt: (call, fault) => {
      failing = { call, fault };
    },
    makeFolder: folder => attempt(`makeFolder ${folder}`, () => nodeDisk.makeFolder(folder), true),
    open: (name, flags, mode) =>
      attempt(
        `open ${name}`,
        () => {
          const file = nodeDisk.open(name, flags, mode);
          paths.set(file, name);
          return file;
        },
        !existsSync(name),
      ),
    write: attemptWrite,
    truncate: (file, length) => attempt(`truncate ${path(file)}`, () => nodeDisk.truncate(file, length)),
    rename: (from, to) => attempt(`rename ${to}`, () => nodeDisk.rename(from, to)),
    renameLater: (from, to) => attemptLater(`rename ${to}`, () => nodeDisk.renameLater(from, to)),
    remove: name => attempt(`remove ${name}`, () => nodeDisk.remove(name)),
    datasync: file => attemptLater(`datasync ${path(file)}`, () => hastyDisk.datasync(file)),
    sync: file => attemptLater(`sync ${path(file)}`, () => hastyDisk.sync(file)),
    // Closing is no write: a file is let go of even by a disk that fails.
    close: file => {
      paths.delete(file);
      nodeDisk.close(file);
    },
  };
}
