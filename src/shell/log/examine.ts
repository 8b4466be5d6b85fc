/**
 * Examining a log at rest, which nobody writes to meanwhile: reads every byte that the log keeps and names every file that is not what it
 * was. Changes nothing.
 *
 * Nothing in the folder is trusted. The measure is the kept checkpoint, which the log and its witnesses have signed; for the entries that
 * no kept checkpoint covers yet, it is the signatures that they carry themselves.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import { leafHash } from '../../tree/hash.js';
import { parseTilePath, readBundle, TILE_WIDTH } from '../../tree/tile.js';
import { readIfPresent } from '../files/durable.js';
import { bundlePath } from '../tiles/bundles.js';
import { hashTilePath } from '../tiles/hash-tiles.js';
import { KeyIndex } from '../tiles/key-index.js';
import { TileNodes } from '../tiles/tile-nodes.js';
import { ActsExamination } from './acts-examination.js';
import { ADVICE, type Damage } from './damage.js';
import { type CheckpointKeys, type KeptCheckpoint, readCheckpoint } from './kept-checkpoint.js';
import type { Acceptance } from './recover.js';
import { TreeExamination } from './tree-examination.js';

export interface ExaminationOptions {
  /** The log's. */
  readonly folder: string;
  /** Whose signatures the checkpoint may carry. */
  readonly keys: CheckpointKeys;
  /** Whether an entry that no kept checkpoint covers is one that the log can have taken. */
  readonly accepts: Acceptance;
  /** Told of each bundle that is done, out of how many. */
  readonly onProgress?: (done: number, bundles: number) => void;
}

export interface Examination {
  /** The kept checkpoint; null when there is none that can be believed. */
  readonly kept: KeptCheckpoint | null;
  /** The entries that were found whole. */
  readonly entries: number;
  readonly damage: readonly Damage[];
  /** Files that no log needs, such as those of a write that did not finish. */
  readonly leftovers: readonly string[];
}

/** Throws `log/not-found` when the folder holds no log. */
export async function examineLog(options: ExaminationOptions): Promise<Examination> {
  const files = await listFiles(options.folder);
  return new LogExamination(options, files, await ActsExamination.open(options.folder)).run();
}

class LogExamination {
  readonly #options: ExaminationOptions;
  readonly #files: ReadonlySet<string>;
  readonly #damage: Damage[] = [];
  readonly #tree: TreeExamination;
  readonly #acts: ActsExamination;
  /** Those that have been read. */
  readonly #seen = new Set<string>(['checkpoint', 'retention.json']);
  #entries = 0;

  constructor(options: ExaminationOptions, files: ReadonlySet<string>, acts: ActsExamination) {
    this.#acts = acts;
    this.#options = options;
    this.#files = files;
    this.#tree = new TreeExamination((level, index) => this.#read(hashTilePath(level, index)));
  }

  async run(): Promise<Examination> {
    const kept = await this.#readCheckpoint();
    await this.#walk(kept?.checkpoint ?? null);
    for (const { file, why } of await KeyIndex.damage(join(this.#options.folder, 'index'))) {
      this.#add(`index/${file}`, why, ADVICE.itself);
    }
    const wrongActs = this.#acts.finish();
    if (wrongActs !== null) this.#damage.push(wrongActs);
    return {
      kept,
      entries: this.#entries,
      damage: [...this.#damage, ...this.#tree.damage],
      leftovers: [...this.#files].filter(file => !this.#seen.has(file) && !isIndex(file)),
    };
  }

  async #readCheckpoint(): Promise<KeptCheckpoint | null> {
    const { folder, keys } = this.#options;
    try {
      const kept = await readCheckpoint(folder, keys);
      if (kept.note === null) {
        // A log publishes its first checkpoint before it takes an entry.
        this.#add('checkpoint', 'it is missing, and nothing else says what was signed', ADVICE.checkpoint);
        return null;
      }
      const [stranger] = kept.strangers;
      if (stranger !== undefined) {
        const what = `it carries a line by ${stranger}, whom the trust file does not know: it has changed, or the trust file has`;
        this.#add('checkpoint', what, ADVICE.checkpoint);
      }
      return kept;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#add(
        'checkpoint',
        `its signatures do not hold (${error.detail ?? error.code})`,
        ADVICE.checkpoint,
      );
      return null;
    }
  }

  /** Goes through the entries from the first to the last. */
  async #walk(kept: Checkpoint | null): Promise<void> {
    const size = kept?.size ?? 0;
    const bundles = Math.max(Math.ceil(size / TILE_WIDTH), this.#presentBundles());
    const keptTiles = Math.floor(size / TILE_WIDTH);
    let isWhole = true;
    for (let index = 0; index <= bundles; index++) {
      const covered = Math.min(TILE_WIDTH, Math.max(0, size - index * TILE_WIDTH));
      const leaves: TileNodes | null =
        isWhole && index < bundles ? await this.#readBundle(index, covered, bundles) : null;
      if (kept !== null && index === keptTiles) await this.#compareRoot(kept, leaves);
      if (index === bundles) break;
      // What follows a bundle that ends early was never part of the log.
      isWhole &&= index < keptTiles || leaves?.width === TILE_WIDTH;
      const isFull = leaves === null ? index < keptTiles : leaves.width === TILE_WIDTH;
      if (isFull) await this.#tree.addTile(index, leaves, index < keptTiles);
      this.#options.onProgress?.(index + 1, bundles);
    }
    this.#tree.finish(keptTiles);
  }

  /** The leaf hashes of a bundle's whole entries; null when there are fewer than a checkpoint covers. */
  async #readBundle(index: number, covered: number, bundles: number): Promise<TileNodes | null> {
    const file = bundlePath(index);
    const bytes = await this.#read(file);
    if (bytes === null) {
      this.#add(file, 'it is missing', covered > 0 ? ADVICE.restore : ADVICE.beyond);
      return null;
    }
    const { entries, length } = readBundle(bytes);
    const leaves = new TileNodes();
    let end = 0;
    for (const [at, entry] of entries.slice(0, TILE_WIDTH).entries()) {
      if (at >= covered && (entry.length === 0 || !(await this.#options.accepts(entry)))) {
        const what = `what stands at entry ${index * TILE_WIDTH + at} is none that this log takes`;
        this.#add(file, what, ADVICE.beyond);
        this.#entries += leaves.width;
        return leaves;
      }
      leaves.push(leafHash(entry));
      this.#acts.take(index * TILE_WIDTH + at, entry);
      end += 2 + entry.length;
    }
    this.#entries += leaves.width;
    if (leaves.width < covered) {
      this.#add(file, `${leaves.width} of ${covered} entries that the checkpoint covers`, ADVICE.restore);
      return null;
    }
    if (end < bytes.length) {
      const what = `${bytes.length - Math.min(length, end)} bytes follow its entries that are no whole entry`;
      this.#add(file, what, covered === TILE_WIDTH ? ADVICE.restore : ADVICE.beyond);
    } else if (leaves.width < TILE_WIDTH && index + 1 < bundles) {
      this.#add(file, 'it ends early, and another bundle follows', ADVICE.beyond);
    }
    return leaves;
  }

  async #compareRoot({ size, root }: Checkpoint, leaves: TileNodes | null): Promise<void> {
    const rest = leaves ?? new TileNodes();
    if (rest.width < size % TILE_WIDTH) return;
    const found = await this.#tree.compare(size, root, rest);
    if (found !== 'neither' || this.#damage.length > 0 || this.#tree.hasFound) return;
    // All that has a second copy agrees with it; what has none is the last bundle.
    if (size % TILE_WIDTH > 0) {
      const what = 'the entries in it are not those that were signed';
      this.#add(bundlePath(Math.floor(size / TILE_WIDTH)), what, ADVICE.restore);
    } else {
      this.#add('checkpoint', 'its root is not that of the entries and tiles', ADVICE.checkpoint);
    }
  }

  #presentBundles(): number {
    let count = 0;
    for (const file of this.#files) {
      const name = parseTilePath(file);
      if (name?.level === 'entries' && name.width === TILE_WIDTH) count = Math.max(count, name.index + 1);
    }
    return count;
  }

  async #read(file: string): Promise<Uint8Array | null> {
    this.#seen.add(file);
    return this.#files.has(file) ? readIfPresent(join(this.#options.folder, file)) : null;
  }

  #add(file: string, what: string, advice: string): void {
    this.#damage.push({ file, what, advice });
  }
}

async function listFiles(folder: string): Promise<ReadonlySet<string>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = found
    .filter(entry => !entry.isDirectory())
    .map(entry =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
  if (!files.some(file => file === 'checkpoint' || file.startsWith('tile/'))) {
    throw new Failure('log/not-found', { field: folder });
  }
  return new Set(files);
}

function isIndex(file: string): boolean {
  return /^index\/(?:through|[0-9]+\.run)$/.test(file);
}
