/**
 * The file in which a gateway's virtual keys are kept: their digests, not the keys. Whoever may write in the folder is trusted; every other user of
 * the machine is not, and the file is refused when he may read it.
 *
 * Commands write it and the gateway reads it, so that a gateway that runs needs no part in a change but to be told of it.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { utf8 } from '../../bytes/octets.js';
import { formatKeyFile, type KeyFile, NO_KEYS, parseKeyFile } from '../../economy/virtual-key.js';
import { Failure } from '../../reason.js';
import { makeFoldersDurably, writeDurably } from '../files/durable.js';
import { acquireLock } from '../files/lock.js';
import { readPrivate } from '../files/private-file.js';

const MAX_BYTES = 64 * 1024 * 1024;

/** No keys where there is no file. Throws `access/file-malformed`, or `data/key-exposed` when others may read it. */
export async function readKeyFile(folder: string): Promise<KeyFile> {
  const path = pathIn(folder);
  let text: string | null;
  try {
    text = await readPrivate(path, MAX_BYTES);
  } catch (error) {
    const isMalformed = error instanceof Failure && error.code === 'data/key-malformed';
    throw isMalformed
      ? new Failure('access/file-malformed', { field: path, detail: 'no text, or too long' })
      : error;
  }
  if (text === null) return NO_KEYS;
  try {
    return parseKeyFile(utf8(text));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, field, detail } = error;
    throw new Failure(code, {
      field: field === undefined ? path : `${path}, ${field}`,
      ...(detail !== undefined && { detail }),
    });
  }
}

/**
 * Makes another file of the one that is there, durably, and gives it back; null, and nothing is written, where `change` does not make one. Of two who do this at the
 * same time, one is refused with `data/locked`. Throws as {@link readKeyFile} does.
 */
export async function changeKeyFile(
  folder: string,
  change: (file: KeyFile) => KeyFile | null,
): Promise<KeyFile | null> {
  await makeFoldersDurably(folder);
  const lock = acquireLock(folder);
  try {
    const changed = change(await readKeyFile(folder));
    if (changed === null) return null;
    const bytes = formatKeyFile(changed);
    // What could not be read again would stop the gateway.
    parseKeyFile(bytes);
    // One that a crash has left half written would keep its mode.
    await rm(`${pathIn(folder)}.new`, { force: true });
    await writeDurably(pathIn(folder), bytes, 0o600);
    return changed;
  } finally {
    lock.release();
  }
}

function pathIn(folder: string): string {
  return join(folder, 'keys.json');
}
