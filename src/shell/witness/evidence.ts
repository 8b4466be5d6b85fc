/**
 * Requests that a log has signed and that the witness refused as inconsistent: they may be proof that the log was rewritten. One JSON file
 * each, as `{"request", "kept"}`: the request's body as it came, and the note of what the witness had cosigned before, or null.
 *
 * The log decides what comes here, and so it could fill a disk: a bounded number is kept for each log. Two signed roots of one size
 * prove a fork by themselves, and have room of their own; of other requests the proof may merely have been wrong.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../bytes/hex.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { formatAddCheckpoint } from '../../note/add-checkpoint.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import type { AddCheckpoint } from '../../note/witness.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, writeDurably } from '../files/durable.js';
import { originHash } from './kept-state.js';

/** The most files of one kind for one log. */
const MAX_FILES = 16;

export class EvidenceFolder {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #onProblem: (message: string) => void;

  /**
   * @param folder made when the first evidence comes
   * @param onProblem told of every file that was written, and of those that could not be
   */
  constructor(folder: string, onProblem: (message: string) => void, disk: Disk = nodeDisk) {
    this.#folder = folder;
    this.#disk = disk;
    this.#onProblem = onProblem;
  }

  /** Keeps a request, unless it has been kept before or there are enough; the witness goes on in any case. One call at a time for a log. */
  async keep(
    request: AddCheckpoint,
    { origin, size, root }: Checkpoint,
    kept: { readonly checkpoint: Checkpoint; readonly note: Uint8Array } | null,
  ): Promise<void> {
    const kind = kept?.checkpoint.size === size ? 'fork' : 'failed';
    const family = `${originHash(origin)}-${kind}-`;
    const name = `${family}${size}-${toHex(root.subarray(0, 8))}.json`;
    try {
      await makeFoldersDurably(this.#folder, this.#disk);
      const files = (await readdir(this.#folder)).filter(file => file.startsWith(family) && isWhole(file));
      if (files.includes(name) || files.length >= MAX_FILES) return;
      const text = {
        request: fromUtf8(formatAddCheckpoint(request)),
        kept: kept === null ? null : fromUtf8(kept.note),
      };
      await writeDurably(join(this.#folder, name), utf8(`${JSON.stringify(text)}\n`), 0o644, this.#disk);
      const what = kind === 'fork' ? 'has signed two trees of one size' : 'sent a tree without a valid proof';
      this.#onProblem(`the log ${origin} ${what}; the evidence is in ${join(this.#folder, name)}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#onProblem(`evidence against the log ${origin} could not be kept: ${reason}`);
    }
  }
}

/** A file that a crash left half written has another ending. */
function isWhole(name: string): boolean {
  return name.endsWith('.json');
}
