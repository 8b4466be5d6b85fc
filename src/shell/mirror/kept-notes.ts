/**
 * The two checkpoints that a mirror remembers of a log, as notes: the pending one under the log's signatures, and its own under those
 * and the mirror's cosignatures, which is what anybody may read.
 *
 * Trusted: the disk, not to change or lose what it has synced, and whoever can write to it, not to put older files back.
 */
import { join } from 'node:path';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import { parseNote, type SignedNote, verifyNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import type { Disk } from '../files/disk.js';
import { readIfPresent, writeDurably } from '../files/durable.js';

export interface KeptNote {
  readonly checkpoint: Checkpoint;
  readonly note: SignedNote;
  /** The latest time that a cosigner states in it, in Unix seconds; 0 when there is none. */
  readonly time: number;
}

export type NoteName = 'pending' | 'checkpoint';

/** SHA-256 of the origin in lower-case hexadecimal: a log's name in paths and in file names. Source: tlog-mirror. */
export function originHash(origin: string): string {
  return toHex(sha256(utf8(origin)));
}

/** Durable when it resolves. */
export function keepNote(folder: string, name: NoteName, note: Uint8Array, disk: Disk): Promise<void> {
  return writeDurably(join(folder, name), note, 0o644, disk);
}

/**
 * What is kept under a name, or null when there is nothing. Throws `log/corrupt` when it is not signed by a key of the log, or, where
 * `mirror` has keys, not by one of those.
 */
export async function readNote(
  folder: string,
  name: NoteName,
  log: readonly VerifierKey[],
  mirror: readonly VerifierKey[],
): Promise<KeptNote | null> {
  const bytes = await readIfPresent(join(folder, name));
  if (bytes === null) return null;
  const corrupt = (detail: string) => new Failure('log/corrupt', { field: join(folder, name), detail });
  try {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    const { verified } = await verifyNote(note, [...log, ...mirror]);
    if (checkpoint.origin !== log[0]?.name) throw corrupt('the checkpoint of another log');
    if (!verified.some(({ key }) => log.includes(key))) throw corrupt('no signature by the log');
    const own = verified.filter(({ key }) => mirror.includes(key));
    if (mirror.length > 0 && own.length === 0) throw corrupt('no cosignature by a key of this mirror');
    return { checkpoint, note, time: Math.max(0, ...own.map(({ time }) => time ?? 0)) };
  } catch (error) {
    throw error instanceof Failure && error.code !== 'log/corrupt' ? corrupt(error.code) : error;
  }
}
