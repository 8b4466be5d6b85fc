/**
 * Putting one key file in the place of another, so that at every moment the place holds one of the two.
 *
 * Trusted: the owner of the files and the administrator.
 */
import { link, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './disk.js';
import { syncFolder } from './durable.js';

/**
 * Moves the file `next` to `path`, durably. What was at `path` stays as `kept`. May be done again after a crash at any point, as long as
 * `next` is there.
 */
export async function succeedFile(path: string, next: string, kept: string): Promise<void> {
  try {
    await link(path, kept);
  } catch (error) {
    // An earlier attempt came this far.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  await syncFolder(dirname(path));
  await rename(next, path);
  await syncFolder(dirname(path));
}
