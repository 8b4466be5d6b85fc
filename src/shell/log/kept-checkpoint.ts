/** The checkpoint file: the latest witnessed checkpoint, and with it the least that a log must still hold when it starts. */
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
  /** The known keys that have cosigned it. */
  readonly cosigners: readonly VerifierKey[];
}

/** Resolves when the note survives a loss of power. Every tile below it must be durable already. */
export function keepCheckpoint(folder: string, note: Uint8Array, disk: Disk = nodeDisk): Promise<void> {
  return writeDurably(pathOf(folder), note, 0o644, disk);
}

/**
 * The checkpoint that the log has kept, or that of the empty tree when there is none.
 *
 * Throws `log/corrupt` for a file that the log cannot have written: one that its key has not signed, or where a known signature fails.
 */
export async function readCheckpoint(
  folder: string,
  key: VerifierKey,
  witnesses: readonly VerifierKey[],
): Promise<KeptCheckpoint> {
  const bytes = await readIfPresent(pathOf(folder));
  if (bytes === null) {
    return { checkpoint: { origin: key.name, size: 0, root: emptyRoot() }, note: null, cosigners: [] };
  }
  const corrupt = (detail: string) => new Failure('log/corrupt', { field: 'checkpoint', detail });
  try {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    const { verified } = await verifyNote(note, [key, ...witnesses]);
    const signers = verified.map(signature => signature.key);
    if (checkpoint.origin !== key.name) throw corrupt('the checkpoint of another log');
    if (!signers.includes(key)) throw corrupt('no signature by this log');
    return { checkpoint, note: bytes, cosigners: signers.filter(signer => signer !== key) };
  } catch (error) {
    throw error instanceof Failure && error.code !== 'log/corrupt' ? corrupt(error.code) : error;
  }
}

function pathOf(folder: string): string {
  return join(folder, 'checkpoint');
}
