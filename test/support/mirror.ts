/** A log that says whatever a test wants, and mirrors of it. */
import { join } from 'node:path';
import { concatAll } from '../../src/bytes/octets.js';
import { formatCheckpoint } from '../../src/note/checkpoint.js';
import { cosignerOf } from '../../src/note/cosignature.js';
import { formatNote, signNote } from '../../src/note/signed-note.js';
import { MirroredLog, type MirroredLogOptions } from '../../src/shell/mirror/mirrored-log.js';
import {
  type EntryPackage,
  formatPackage,
  formatUploadHeader,
  type PackagePlace,
  packagesOf,
} from '../../src/tree/add-entries.js';
import { proveConsistency } from '../../src/tree/prove.js';
import { proveSubtree } from '../../src/tree/subtree.js';
import { hastyDisk } from './faulty-disk.js';
import { testCosigner, testKey, testMlDsaCosigner } from './keys.js';
import { entryAt, ReferenceTree } from './reference-tree.js';

export const LOG = testKey('log.example/mirrored', 61);
export const MIRROR = testCosigner('mirror.example/m1', 62);
export const MIRROR_ML_DSA = testMlDsaCosigner('mirror.example/m1', 63);

/** A history of a log: two of them share what comes before `fork`, and differ after it. */
export class TestLog {
  readonly tree: ReferenceTree;

  constructor(size: number, fork = Number.POSITIVE_INFINITY) {
    const entry = (index: number) => (index < fork ? entryAt(index) : entryAt(index + 1_000_000));
    this.tree = new ReferenceTree(Array.from({ length: size }, (_, index) => entry(index)));
  }

  checkpoint(size: number, key = LOG): Uint8Array {
    const text = formatCheckpoint({ origin: LOG.key.name, size, root: this.tree.hash(0, size) });
    return formatNote({ text, signatures: [signNote(text, key.key, key.signer)] });
  }

  consistency(oldSize: number, size: number): Promise<Uint8Array[]> {
    return proveConsistency(oldSize, size, this.tree.read);
  }

  async content({ start, end, subtreeStart }: PackagePlace, size: number): Promise<EntryPackage> {
    const proof = await proveSubtree({ start: subtreeStart, end }, size, this.tree.read);
    return { entries: this.tree.entries.slice(start, end), proof };
  }

  /** The parts of an upload's body: the header, and the packages. */
  async upload(
    start: number,
    end: number,
    { ticket = new Uint8Array(), origin = LOG.key.name } = {},
  ): Promise<Uint8Array[]> {
    const parts = [formatUploadHeader({ origin, start, end, ticket })];
    for (const place of packagesOf({ start, end })) parts.push(formatPackage(await this.content(place, end)));
    return parts;
  }

  async body(start: number, end: number): Promise<Uint8Array> {
    return concatAll(await this.upload(start, end));
  }
}

/** When the test mirrors cosign, in Unix seconds. */
export const COSIGNING_TIME = 1_795_000_000;

export function openMirroredLog(
  folder: string,
  changes: Partial<MirroredLogOptions> = {},
): Promise<MirroredLog> {
  return MirroredLog.open({
    folder: join(folder, 'copy'),
    keys: [LOG.key],
    cosigners: [cosignerOf(MIRROR.key, MIRROR.signer)],
    now: () => COSIGNING_TIME * 1000,
    disk: hastyDisk,
    ...changes,
  });
}

/** Makes `log`'s tree of `size` entries the pending one. */
export async function offer(mirror: MirroredLog, log: TestLog, size: number): Promise<void> {
  const oldSize = mirror.pending?.checkpoint.size ?? 0;
  const proof = await log.consistency(oldSize, size);
  const conflict = await mirror.addCheckpoint({ oldSize, proof, checkpoint: log.checkpoint(size) });
  if (conflict !== null) throw new Error(`stale: ${conflict.stale}`);
}

/** Uploads entries without a server in between, and lets the mirror cosign unless told not to. */
export async function fill(mirror: MirroredLog, log: TestLog, end: number, upTo = end): Promise<void> {
  const begun = mirror.begin({ start: mirror.next, end, ticket: new Uint8Array() });
  if (begun.status === 'conflict') throw new Error(`conflict: ${JSON.stringify(begun.info)}`);
  for (const place of packagesOf({ start: mirror.next, end }))
    if (place.end <= upTo) await mirror.add(begun.target, place, await log.content(place, end));
  if (upTo === end) await mirror.finish(begun.target);
}
