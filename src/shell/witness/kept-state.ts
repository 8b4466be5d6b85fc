/**
 * What a witness remembers of a log: the checkpoint that it cosigned last, as a note under the log's signature and its own, which carries
 * the time. One file a log, replaced as a whole; the same note is what monitors may read.
 *
 * Trusted: the disk, not to change or lose what it has synced, and whoever can write to it, not to put an older file back.
 */
import { join } from 'node:path';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import { parseNote, verifyNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import type { Disk } from '../files/disk.js';
import { readIfPresent, writeDurably } from '../files/durable.js';

export interface KeptState {
  readonly checkpoint: Checkpoint;
  readonly note: Uint8Array;
  /** The latest time that the witness stated, in Unix seconds. */
  readonly time: number;
}

/** SHA-256 of the origin in lower-case hexadecimal: a log's name in file names and in the monitoring path of tlog-witness. */
export function originHash(origin: string): string {
  return toHex(sha256(utf8(origin)));
}

/** Durable when it resolves. */
export function keepState(folder: string, origin: string, note: Uint8Array, disk: Disk): Promise<void> {
  return writeDurably(statePath(folder, origin), note, 0o644, disk);
}

/**
 * What is kept of a log, or null when there is nothing. Throws `witness/state-corrupt` when it is not what a witness with one of `keys`
 * has written of a log with one of `logs`.
 */
export async function readState(
  folder: string,
  origin: string,
  keys: readonly VerifierKey[],
  logs: readonly VerifierKey[],
): Promise<KeptState | null> {
  const path = statePath(folder, origin);
  const note = await readIfPresent(path);
  if (note === null) return null;
  try {
    const parsed = parseNote(note);
    const checkpoint = parseCheckpoint(parsed.text);
    const { verified } = await verifyNote(parsed, [...logs, ...keys]);
    // A key that was added since has not signed it yet; one of each side must have.
    const times = verified.flatMap(({ key, time }) => (keys.includes(key) && time !== null ? [time] : []));
    if (times.length === 0) throw corrupt(path, 'no cosignature by a key of this witness');
    if (!verified.some(({ key }) => logs.includes(key)))
      throw corrupt(path, 'no signature by a listed key of the log');
    if (checkpoint.origin !== origin) throw corrupt(path, 'the state of another log');
    return { checkpoint, note, time: Math.max(...times) };
  } catch (error) {
    throw error instanceof Failure && error.code !== 'witness/state-corrupt'
      ? corrupt(path, error.code)
      : error;
  }
}

function corrupt(field: string, detail: string): Failure {
  return new Failure('witness/state-corrupt', { field, detail });
}

/** An origin may hold any character that a key's name may, so it is not made a file name itself. */
function statePath(folder: string, origin: string): string {
  return join(folder, originHash(origin));
}
