/** Opening a log: what was kept is read and checked, what was left over is settled, and only then does the log take entries. */
import { join, resolve } from 'node:path';
import type { Signer } from '../../bytes/cryptography.js';
import type { Cosigner } from '../../note/cosignature.js';
import { sameKey, type VerifierKey } from '../../note/key.js';
import { type Quorum, satisfies } from '../../note/policy.js';
import { Failure } from '../../reason.js';
import type { PolicyMember } from '../../tree/policy-member.js';
import { readBundle, TILE_WIDTH } from '../../tree/tile.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably } from '../files/durable.js';
import { KeyIndex } from '../tiles/key-index.js';
import { CheckedStore } from './checked-store.js';
import { FileLog } from './file-log.js';
import { keepCheckpoint, readCheckpoint } from './kept-checkpoint.js';
import { type Acceptance, type Recovered, recover } from './recover.js';
import { Timestamp } from './timestamp.js';
import { quorumKeys, WITNESS_TIMING, type WitnessTiming } from './witnessing.js';

export interface LogOptions {
  /** Where the log is kept; made when it is missing. The caller holds the lock of the data folder. */
  readonly folder: string;
  /** Its name is the log's origin. */
  readonly key: VerifierKey;
  readonly signer: Signer;
  /**
   * With which the log cosigns what it publishes, under its own name: the time in it is what lateness is judged by. None when it is left
   * out. Whoever opens the log closes it.
   */
  readonly cosigner?: Cosigner | null;
  /** And mirrors, which are brought the entries. */
  readonly witnesses: readonly PolicyMember[];
  /** When a checkpoint is witnessed. Under `none`, when at least one witness has cosigned it. */
  readonly quorum: Quorum;
  /** Whether an entry is one that this log takes. Asked at the start of entries that no witnessed checkpoint covers. */
  readonly accepts: Acceptance;
  /** The 16-byte keys that an entry is filed under, the same whenever it is asked; asked of entries that were accepted once. */
  readonly keysOf: (entry: Uint8Array) => readonly Uint8Array[];
  /** Whether an entry is denied to readers, and so to mirrors; none is when it is left out. */
  readonly isDenied?: (index: number) => boolean;
  /** Told, in a sentence, what an operator should look at. */
  readonly onProblem?: (message: string) => void;
  /** Told whenever there is another signed or witnessed checkpoint, and when the log takes nothing more. */
  readonly onChange?: () => void;
  readonly timing?: Partial<WitnessTiming>;
  /** Milliseconds since 1970; left out for the machine's clock. */
  readonly now?: () => number;
  /**
   * Milliseconds between one bundle that is read again, with the tiles above it, to find damage, and the next; null never to. A second
   * when it is left out.
   */
  readonly scrubSpacing?: number | null;
  /** Milliseconds between the beginnings of two group commits, at least; none when it is left out. */
  readonly commitSpacing?: number;
  readonly disk?: Disk;
}

const SCRUB_SPACING = 1000;

/**
 * Opens a log, or begins one in a folder that has none.
 *
 * Throws `log/corrupt` when the folder does not hold what was signed, `log/behind-witness` when a witness has seen more than it holds,
 * and `log/unavailable` when the disk fails.
 */
export async function openLog(options: LogOptions): Promise<FileLog> {
  const { key, signer, cosigner = null, witnesses, quorum, keysOf, accepts } = options;
  const {
    disk = nodeDisk,
    now = Date.now,
    scrubSpacing = SCRUB_SPACING,
    commitSpacing = 0,
    isDenied = () => false,
    onProblem = () => undefined,
    onChange = () => undefined,
  } = options;
  if (cosigner !== null && cosigner.key.name !== key.name)
    throw new RangeError('a log cosigns in its own name');
  const folder = resolve(options.folder);
  let recovered: Recovered | null = null;
  try {
    await makeFoldersDurably(folder, disk);
    const keys = { log: key, logCosigner: cosigner?.key ?? null, witnesses: knownKeys(quorum, witnesses) };
    const kept = await readCheckpoint(folder, keys);
    recovered = await recover(folder, disk, kept.checkpoint, accepts);
    const index = await openIndex(join(folder, 'index'), disk, recovered, keysOf);
    const isWitnessed = kept.cosigners.length > 0 && satisfies(quorum, kept.cosigners);
    return await FileLog.start({
      key,
      signer,
      witnesses,
      quorum,
      timestamp: cosigner && new Timestamp(cosigner, now, kept.time),
      timing: { ...WITNESS_TIMING, ...options.timing },
      keysOf,
      isDenied,
      onProblem,
      onChange,
      now,
      scrubSpacing,
      commitSpacing,
      ...recovered,
      index,
      size: kept.checkpoint.size,
      witnessed: isWitnessed && kept.note !== null ? { checkpoint: kept.checkpoint, note: kept.note } : null,
      keep: note => keepCheckpoint(folder, note, disk),
    });
  } catch (error) {
    recovered?.bundles.close();
    throw error instanceof Failure ? error : new Failure('log/unavailable', { detail: String(error) });
  }
}

/** The keys of the quorum, as the quorum has them, and those of witnesses that it does not ask for. */
function knownKeys(quorum: Quorum, witnesses: readonly PolicyMember[]): VerifierKey[] {
  const keys = quorumKeys(quorum);
  const others = witnesses.flatMap(witness => witness.keys);
  return [...keys, ...others.filter(other => !keys.some(key => sameKey(key, other)))];
}

/** The key index, with the entries added that it lacks. */
async function openIndex(
  folder: string,
  disk: Disk,
  { bundles, tiles }: Recovered,
  keysOf: (entry: Uint8Array) => readonly Uint8Array[],
): Promise<KeyIndex> {
  const index = await KeyIndex.open(folder, disk, bundles.size);
  const store = new CheckedStore(bundles, tiles);
  while (index.size < bundles.size) {
    const bundle = Math.floor(index.size / TILE_WIDTH);
    const { entries } = readBundle(await store.bundle(bundle, bundles.width(bundle)));
    for (const entry of entries.slice(index.size % TILE_WIDTH)) index.add(keysOf(entry));
    await index.flush(index.size);
  }
  return index;
}
