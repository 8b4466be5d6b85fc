/** A disk of which any single write can be made to fail. */
import { type Disk, nodeDisk } from '../../src/shell/files/disk.js';

/** A disk that does everything but wait for the platter: no test takes the power away, and syncing is slow on a busy machine. */
export const hastyDisk: Disk = { ...nodeDisk, sync: async () => undefined, datasync: async () => undefined };

/**
 * - `lost`: it fails and did nothing;
 * - `kept`: it fails although it was done, as when a reply is lost;
 * - `dead`: as `lost`, and everything after it fails too, which is what a killed process leaves behind.
 */
export type Fault = 'lost' | 'kept' | 'dead';

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

  const attempt = <Result>(name: string, act: () => Result): Result => {
    const call = calls.push(name) - 1;
    if (call === failing.call || (call > failing.call && failing.fault === 'dead')) {
      if (failing.fault === 'kept') act();
      throw error();
    }
    return act();
  };
  const attemptLater = async (name: string, act: () => Promise<void>): Promise<void> => {
    const call = calls.push(name) - 1;
    const fails = call === failing.call || (call > failing.call && failing.fault === 'dead');
    if (!fails || failing.fault === 'kept') await act();
    if (fails) throw error();
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
    makeFolder: folder => attempt(`makeFolder ${folder}`, () => nodeDisk.makeFolder(folder)),
    open: (name, flags, mode) =>
      attempt(`open ${name}`, () => {
        const file = nodeDisk.open(name, flags, mode);
        paths.set(file, name);
        return file;
      }),
    write: (file, bytes, offset, position) =>
      attempt(`write ${path(file)}`, () => nodeDisk.write(file, bytes, offset, position)),
    truncate: (file, length) => attempt(`truncate ${path(file)}`, () => nodeDisk.truncate(file, length)),
    rename: (from, to) => attempt(`rename ${to}`, () => nodeDisk.rename(from, to)),
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
