/** Opening a log: what was kept is read and checked, what was left over is settled, and only then does the log take entries. */
import { join, resolve } from 'node:path';
import type { Signer } from '../../bytes/cryptography.js';
import { sameKey, type VerifierKey } from '../../note/key.js';
import { type Quorum, satisfies } from '../../note/policy.js';
import type { Witness } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably } from '../files/durable.js';
import type { Bundles } from '../tiles/bundles.js';
import { KeyIndex } from '../tiles/key-index.js';
import { FileLog } from './file-log.js';
import { keepCheckpoint, readCheckpoint } from './kept-checkpoint.js';
import { type Acceptance, recover } from './recover.js';
import { quorumKeys, WITNESS_TIMING, type WitnessTiming } from './witnessing.js';

export interface LogOptions {
  /** Where the log is kept; made when it is missing. The caller holds the lock of the data folder. */
  readonly folder: string;
  /** Its name is the log's origin. */
  readonly key: VerifierKey;
  readonly signer: Signer;
  readonly witnesses: readonly Witness[];
  /** When a checkpoint is witnessed. Under `none`, when at least one witness has cosigned it. */
  readonly quorum: Quorum;
  /** Whether an entry is one that this log takes. Asked at the start of entries that no witnessed checkpoint covers. */
  readonly accepts: Acceptance;
  /** The 16-byte keys that an entry is filed under, the same whenever it is asked; asked of entries that were accepted once. */
  readonly keysOf: (entry: Uint8Array) => readonly Uint8Array[];
  /** Told, in a sentence, what an operator should look at. */
  readonly onProblem?: (message: string) => void;
  readonly timing?: WitnessTiming;
  readonly disk?: Disk;
}

/**
 * Opens a log, or begins one in a folder that has none.
 *
 * Throws `log/corrupt` when the folder does not hold what was signed, `log/behind-witness` when a witness has seen more than it holds,
 * and `log/unavailable` when the disk fails.
 */
export async function openLog(options: LogOptions): Promise<FileLog> {
  const { key, signer, witnesses, quorum, keysOf, accepts } = options;
  const { disk = nodeDisk, timing = WITNESS_TIMING, onProblem = () => undefined } = options;
  const folder = resolve(options.folder);
  let bundles: Bundles | null = null;
  try {
    await makeFoldersDurably(folder, disk);
    const known = knownKeys(quorum, witnesses);
    const kept = await readCheckpoint(folder, key, known);
    const recovered = await recover(folder, disk, kept.checkpoint, accepts);
    bundles = recovered.bundles;
    const index = await openIndex(join(folder, 'index'), disk, bundles, keysOf);
    const isWitnessed = kept.cosigners.length > 0 && satisfies(quorum, kept.cosigners);
    return await FileLog.start({
      key,
      signer,
      witnesses,
      quorum,
      timing,
      keysOf,
      onProblem,
      ...recovered,
      index,
      keptSize: kept.checkpoint.size,
      witnessed: isWitnessed && kept.note !== null ? { checkpoint: kept.checkpoint, note: kept.note } : null,
      keep: note => keepCheckpoint(folder, note, disk),
    });
  } catch (error) {
    bundles?.close();
    throw error instanceof Failure ? error : new Failure('log/unavailable', { detail: String(error) });
  }
}

/** The keys of the quorum, as the quorum has them, and those of witnesses that it does not ask for. */
function knownKeys(quorum: Quorum, witnesses: readonly Witness[]): VerifierKey[] {
  const keys = quorumKeys(quorum);
  const others = witnesses.flatMap(witness => witness.keys);
  return [...keys, ...others.filter(other => !keys.some(key => sameKey(key, other)))];
}

/** The key index, with the entries added that it lacks. */
async function openIndex(
  folder: string,
  disk: Disk,
  bundles: Bundles,
  keysOf: (entry: Uint8Array) => readonly Uint8Array[],
): Promise<KeyIndex> {
  const index = await KeyIndex.open(folder, disk, bundles.size);
  while (index.size < bundles.size) {
    const entries = await bundles.entries(Math.floor(index.size / TILE_WIDTH));
    for (const entry of entries.slice(index.size % TILE_WIDTH)) index.add(keysOf(entry));
    await index.flush(index.size);
  }
  return index;
}
