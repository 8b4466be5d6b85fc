/** Secrets that are not signing keys: 32 random bytes as one line of base64, readable by their owner alone and never written over. */
import { randomBytes } from 'node:crypto';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { Failure } from '../../reason.js';
import { createPrivate, readPrivate } from './private-file.js';

const SECRET_BYTES = 32;

/** The secret in a file, which is made when there is none. Throws `data/key-exposed` or `data/key-malformed`. */
export async function openSecret(path: string): Promise<Uint8Array> {
  const text = await readPrivate(path);
  if (text !== null) return parseSecret(text, path);
  const secret = randomBytes(SECRET_BYTES);
  if (await createPrivate(path, `${toBase64(secret)}\n`)) return secret;
  // Somebody else made one in the meantime, and theirs counts.
  return parseSecret((await readPrivate(path)) ?? '', path);
}

/** The secret in a file that must be there. Throws `data/key-malformed` when it is not. */
export async function readSecret(path: string): Promise<Uint8Array> {
  return parseSecret((await readPrivate(path)) ?? '', path);
}

function parseSecret(text: string, path: string): Uint8Array {
  const secret = text.endsWith('\n') ? fromBase64(text.slice(0, -1)) : null;
  if (secret?.length !== SECRET_BYTES) throw new Failure('data/key-malformed', { field: path });
  return secret;
}
