/**
 * Files that only their owner may read, made once and never written over.
 *
 * Trusted: the owner of the file and the administrator. Not trusted: every other user of the machine.
 */
import { randomBytes } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toHex } from '../../bytes/hex.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { errorCode } from './disk.js';
import { syncFolder } from './durable.js';

const MAX_FILE_BYTES = 1024;

/**
 * The file's text, or null when there is none. Throws `data/key-exposed` when others may read it, and `data/key-malformed` when it has more than `limit`
 * bytes or is no text.
 */
export async function readPrivate(path: string, limit = MAX_FILE_BYTES): Promise<string | null> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    // Asked of the open file, so that it cannot be exchanged between the look and the reading.
    const { mode, size } = await file.stat();
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Failure('data/key-exposed', { field: path, detail: `mode ${(mode & 0o777).toString(8)}` });
    }
    if (size > limit) throw new Failure('data/key-malformed', { field: path });
    const text = fromUtf8(await file.readFile());
    if (text === null) throw new Failure('data/key-malformed', { field: path });
    return text;
  } finally {
    await file.close();
  }
}

/**
 * Makes the file with all its content at once: false when there is one already. It is written under another name and then linked, so
 * that a crash in between leaves no half key that would stop every later start.
 */
export async function createPrivate(path: string, text: string): Promise<boolean> {
  const unfinished = `${path}.${toHex(randomBytes(8))}.new`;
  const file = await open(unfinished, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await link(unfinished, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await file.close();
    await rm(unfinished, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}
