/** Reading files that a log has written and must still have. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../reason.js';
import { errorCode } from '../files/disk.js';

/** What a file system answers when the file is not what it was; anything else, such as too many open files, says nothing about it. */
const DAMAGE = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EIO', 'EBADMSG', 'EUCLEAN']);

/** All of a file. Throws `log/corrupt`, naming it, when it is not there, and `log/unavailable` when it cannot be read just now. */
export async function readStored(folder: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, path));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The bytes of a file from `start` to before `end`. Throws as {@link readStored} does, and when the file has fewer. */
export async function readStoredPart(
  folder: string,
  path: string,
  start: number,
  end: number,
): Promise<Uint8Array> {
  try {
    const file = await open(join(folder, path), 'r');
    try {
      const bytes = new Uint8Array(end - start);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, start + length);
        if (bytesRead === 0) throw new Failure('log/corrupt', { field: path, detail: 'it is cut off' });
        length += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(path, error);
  }
}

function unreadable(field: string, error: unknown): Failure {
  const code = errorCode(error) ?? '';
  return DAMAGE.has(code)
    ? new Failure('log/corrupt', { field, detail: `it cannot be read (${code})` })
    : new Failure('log/unavailable', { field, detail: String(error) });
}
