/**
 * The checkpoint file: the latest witnessed checkpoint, and with it the least that a log must still hold when it starts. It holds lines by
 * known keys alone, so that a change of any of its bits is found; what is published has grease besides.
 */
import { join } from 'node:path';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import { parseNote, verifyNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { emptyRoot } from '../../tree/hash.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { readIfPresent, writeDurably } from '../files/durable.js';

export interface KeptCheckpoint {
  readonly checkpoint: Checkpoint;
  /** As it was published; null when none has been. */
  readonly note: Uint8Array | null;
  /** The witnesses' keys that have cosigned it. */
  readonly cosigners: readonly VerifierKey[];
  /** When the log says it cosigned it, in Unix seconds; 0 where it has not. */
  readonly time: number;
  /** The names of keys that nobody here knows and that have left lines in it: of witnesses that are asked no more, or of nobody. */
  readonly strangers: readonly string[];
}

/** Resolves when the note survives a loss of power. Every tile below it must be durable already. */
export function keepCheckpoint(folder: string, note: Uint8Array, disk: Disk = nodeDisk): Promise<void> {
  return writeDurably(pathOf(folder), note, 0o644, disk);
}

/** Whom a kept checkpoint can be signed by. */
export interface CheckpointKeys {
  readonly log: VerifierKey;
  /** The log's own of a cosigner's type; null for a log that has none. */
  readonly logCosigner: VerifierKey | null;
  readonly witnesses: readonly VerifierKey[];
}

/**
 * The checkpoint that the log has kept, or that of the empty tree when there is none.
 *
 * Throws `log/corrupt` for a file that the log cannot have written: one that its key has not signed, or where a known signature fails.
 * The log's own cosignature may be missing: a log that has just been given a key for it has kept a checkpoint without.
 */
export async function readCheckpoint(folder: string, keys: CheckpointKeys): Promise<KeptCheckpoint> {
  const { log: key, logCosigner, witnesses } = keys;
  const bytes = await readIfPresent(pathOf(folder));
  if (bytes === null) {
    const checkpoint = { origin: key.name, size: 0, root: emptyRoot() };
    return { checkpoint, note: null, cosigners: [], time: 0, strangers: [] };
  }
  const corrupt = (detail: string) => new Failure('log/corrupt', { field: 'checkpoint', detail });
  try {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    const own = logCosigner === null ? [key] : [key, logCosigner];
    const { verified, unknown } = await verifyNote(note, [...own, ...witnesses]);
    if (checkpoint.origin !== key.name) throw corrupt('the checkpoint of another log');
    if (!verified.some(signature => signature.key === key)) throw corrupt('no signature by this log');
    const cosigners = verified.map(signature => signature.key).filter(signer => !own.includes(signer));
    const time = verified.find(signature => signature.key === logCosigner)?.time ?? 0;
    return { checkpoint, note: bytes, cosigners, time, strangers: unknown.map(({ name }) => name) };
  } catch (error) {
    throw error instanceof Failure && error.code !== 'log/corrupt' ? corrupt(error.code) : error;
  }
}

function pathOf(folder: string): string {
  return join(folder, 'checkpoint');
}
