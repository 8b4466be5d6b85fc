/**
 * `countersign/client/file-store`: a store of one file for each text, in a folder that only its owner may read.
 *
 * Trusted: the owner of the folder. Not trusted: every other user of the machine, and power. One process at a time for a folder.
 */
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { isStoreName, type ReceiptStore } from '../../client/receipt-store.js';
import { errorCode, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, syncFolder, writeDurably } from '../files/durable.js';

const ENDING = '.json';

/** Makes the folder where there is none, and takes from others what rights they have to it. */
export async function fileStore(folder: string): Promise<ReceiptStore> {
  await makeFoldersDurably(folder);
  await chmod(folder, 0o700);
  const pathOf = (name: string) => {
    if (!isStoreName(name)) throw new RangeError(`not a name that a store takes: ${name}`);
    return join(folder, `${name}${ENDING}`);
  };
  /** One writer at a time for each path, which is what a durable write asks for. */
  const writing = new Map<string, Promise<void>>();
  const inTurn = (path: string, write: () => Promise<void>): Promise<void> => {
    const turn = (writing.get(path) ?? Promise.resolve()).catch(() => undefined).then(write);
    writing.set(path, turn);
    return turn.finally(() => {
      if (writing.get(path) === turn) writing.delete(path);
    });
  };
  return {
    get: async name => {
      const bytes = await readIfPresent(pathOf(name));
      return bytes === null ? null : fromUtf8(bytes);
    },
    put: async (name, text) => {
      const path = pathOf(name);
      await inTurn(path, () => writeDurably(path, utf8(text), 0o600, nodeDisk));
    },
    delete: async name => {
      const path = pathOf(name);
      await inTurn(path, async () => {
        await rm(path, { force: true });
        await syncFolder(folder);
      });
    },
    names: async prefix => {
      const files = await readdir(folder).catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return [];
        throw error;
      });
      // A file that a crash left half written has another ending.
      return files
        .filter(file => file.startsWith(prefix) && file.endsWith(ENDING))
        .map(file => file.slice(0, -ENDING.length))
        .filter(isStoreName);
    },
  };
}
