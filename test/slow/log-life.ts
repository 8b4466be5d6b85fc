/** Lives of a log with its witnesses on a disk that may end them, what was promised in them, and whether it was kept. */
import { join } from 'node:path';
import { toHex } from '../../src/bytes/hex.js';
import { equal } from '../../src/bytes/octets.js';
import type { Checkpoint } from '../../src/note/checkpoint.js';
import { formatCheckpoint, parseCheckpoint } from '../../src/note/checkpoint.js';
import { cosignerOf } from '../../src/note/cosignature.js';
import { formatNote, parseNote, signNote } from '../../src/note/signed-note.js';
import type { Witness } from '../../src/note/witness.js';
import { Failure } from '../../src/reason.js';
import type { Disk } from '../../src/shell/files/disk.js';
import { readIfPresent } from '../../src/shell/files/durable.js';
import type { FileLog } from '../../src/shell/log/file-log.js';
import { openLocalWitness } from '../../src/shell/witness/local-witness.js';
import { Frontier } from '../../src/tree/frontier.js';
import { leafHash } from '../../src/tree/hash.js';
import { readBundle, TILE_WIDTH, tilePath } from '../../src/tree/tile.js';
import { hastyDisk } from '../support/faulty-disk.js';
import {
  LOG,
  openTestLog,
  quorumOf,
  recordingSigner,
  testEntry,
  testKeysOf,
  WITNESSES,
} from '../support/log.js';
import type { Random } from './random.js';

/** What somebody outside has been told, and when: nothing that happens later may contradict it. */
interface Told<Fact> {
  readonly at: number;
  readonly fact: Fact;
}

export class Promises {
  readonly included: Told<{ readonly index: number; readonly entry: Uint8Array }>[] = [];
  readonly signed: Told<Checkpoint>[] = [];
  readonly cosigned: Told<{ readonly witness: number; readonly checkpoint: Checkpoint }>[] = [];
  /** Numbers the entries, so that no two are alike, whatever became of the first. */
  serial = 0;

  /** What had been told at that moment, as told long ago. */
  until(at: number): Promises {
    const known = new Promises();
    const copy = <Fact>(from: Told<Fact>[], to: Told<Fact>[]) => {
      for (const { at: told, fact } of from) if (told <= at) to.push({ at: Number.NEGATIVE_INFINITY, fact });
    };
    copy(this.included, known.included);
    copy(this.signed, known.signed);
    copy(this.cosigned, known.cosigned);
    known.serial = this.serial;
    return known;
  }
}

export interface Life {
  readonly folder: string;
  readonly disk: Disk;
  /** How much has happened on the disk. */
  readonly position: () => number;
  readonly promises: Promises;
  readonly random: Random;
}

/** Opens a log, appends to it and closes it, until the disk ends that. Every failure has to be one that the log names. */
export async function live({ folder, disk, position, promises, random }: Life): Promise<void> {
  const signed: Checkpoint[] = [];
  const signer = recordingSigner(signed);
  let log: FileLog | null = null;
  try {
    const witnesses = await openWitnesses(folder, disk, (witness, checkpoint) =>
      promises.cosigned.push({ at: position(), fact: { witness, checkpoint } }),
    );
    log = await openTestLog(folder, {
      witnesses,
      quorum: quorumOf(2),
      disk,
      signer: {
        publicKey: signer.publicKey,
        sign: message => {
          const signature = signer.sign(message);
          promises.signed.push({ at: position(), fact: signed.at(-1) as Checkpoint });
          return signature;
        },
      },
    });
    const batches = Math.floor(random.between(1, 4));
    for (let batch = 0; batch < batches; batch++) {
      const count = Math.floor(random.between(1, 9));
      const waiting: Promise<void>[] = [];
      while (waiting.length < count && log.writable) {
        const entry = testEntry(promises.serial++, Math.floor(random.between(40, 120)));
        waiting.push(
          (random.chance(0.5) ? log.include(entry) : appended(log, entry)).then(
            index => void promises.included.push({ at: position(), fact: { index, entry } }),
            ignoreEnd,
          ),
        );
      }
      // Some of the next batch comes while this one is being committed, some after it was witnessed.
      if (random.chance(0.6)) await Promise.all(waiting);
      if (random.chance(0.3)) await log.reached(log.signed.size - 1, 'witnessed', 30);
    }
  } catch (error) {
    ignoreEnd(error);
  } finally {
    // A process would be gone. This one would go on asking the witnesses for ever, beside all the lives after it.
    await log?.close().catch(ignoreEnd);
  }
}

/** As `include` resolves, of an entry that is written at once; it may fail at once, too. */
async function appended(log: FileLog, entry: Uint8Array): Promise<number> {
  const { index, included } = log.append(entry);
  await included;
  return index;
}

/** What a disk that fails or dies may end a life with. */
function ignoreEnd(error: unknown): void {
  if (error instanceof Failure && /^log\/(?:unavailable|witnesses-silent)$/.test(error.code)) return;
  if (error instanceof Error && /^EIO|has been killed$/.test(error.message)) return;
  throw error;
}

/** Told of every cosignature that left. */
type OnCosigned = (witness: number, checkpoint: Checkpoint) => void;

async function openWitnesses(folder: string, disk: Disk, onCosigned: OnCosigned): Promise<Witness[]> {
  const opening = WITNESSES.map(async ({ key, signer }, number): Promise<Witness> => {
    const witness = await openLocalWitness({
      folder: join(folder, `witness-${number}`),
      cosigners: [cosignerOf(key, signer)],
      logs: [LOG.key],
      now: Date.now,
      disk,
    });
    return {
      keys: witness.keys,
      addCheckpoint: async request => {
        const answer = await witness.addCheckpoint(request);
        if (answer.status === 'cosigned') onCosigned(number, checkpointIn(request.checkpoint));
        return answer;
      },
    };
  });
  return Promise.all(opening);
}

function checkpointIn(note: Uint8Array): Checkpoint {
  return parseCheckpoint(parseNote(note).text);
}

/**
 * Opens what a crash has left and holds it to its promises: every witness knows at least what it has cosigned; every included entry is
 * where it was; every checkpoint that was ever signed, by the log or a witness, is of a beginning of the tree; and the log goes on.
 * Throws an error that says what is wrong.
 */
export async function expectKept(folder: string, promises: Promises): Promise<void> {
  const witnesses = await openWitnesses(folder, hastyDisk, () => undefined);
  const sizes = await Promise.all(witnesses.map(sizeKnownTo));
  for (const { fact } of promises.cosigned) {
    const known = sizes[fact.witness] ?? 0;
    if (known < fact.checkpoint.size) {
      throw new Error(`witness ${fact.witness} has cosigned ${fact.checkpoint.size} and knows ${known}`);
    }
  }
  const log = await openTestLog(folder, { witnesses, quorum: quorumOf(3) });
  try {
    const entries = await readEntries(join(folder, 'log'), log.signed.size);
    for (const { fact } of promises.included) {
      if (!equal(entries[fact.index] ?? new Uint8Array(), fact.entry)) {
        throw new Error(`entry ${fact.index} was included and is not there`);
      }
    }
    const roots = rootsOf(entries);
    for (const { size, root } of [log.signed, ...promises.signed.map(({ fact }) => fact)]) {
      if (toHex(root) !== roots[size]) throw new Error(`size ${size} was signed with another root`);
    }
    for (const { fact } of promises.cosigned) {
      if (toHex(fact.checkpoint.root) !== roots[fact.checkpoint.size])
        throw new Error('another tree is cosigned');
    }
    await expectGrowth(log, promises);
  } finally {
    await log.close();
  }
}

async function expectGrowth(log: Awaited<ReturnType<typeof openTestLog>>, promises: Promises): Promise<void> {
  const entry = testEntry(promises.serial + 1_000_000);
  const { index, included } = log.append(entry);
  await included;
  if (!(await log.reached(index, 'witnessed', 5000))) throw new Error('what was appended is not witnessed');
  if (!equal(await log.entry(index), entry)) throw new Error('what was appended is not there');
  const [, key] = testKeysOf(entry);
  if (key === undefined || (await log.find(key)) !== index) throw new Error('what was appended is not found');
}

/** The size that a witness has state for, which it says when it is asked to go on from another. */
async function sizeKnownTo(witness: Witness): Promise<number> {
  const text = formatCheckpoint({ origin: LOG.key.name, size: 2 ** 40, root: new Uint8Array(32) });
  const checkpoint = formatNote({ text, signatures: [signNote(text, LOG.key, LOG.signer)] });
  const answer = await witness.addCheckpoint({ oldSize: 2 ** 39, proof: [], checkpoint });
  return answer.status === 'stale' ? answer.size : 0;
}

/** From the files themselves, so that nothing of the log's own view enters the judgement. */
async function readEntries(folder: string, size: number): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = [];
  for (let index = 0; entries.length < size; index++) {
    const path = tilePath({ level: 'entries', index, width: TILE_WIDTH });
    const bundle = readBundle((await readIfPresent(join(folder, path))) ?? new Uint8Array());
    if (bundle.entries.length === 0) break;
    entries.push(...bundle.entries);
  }
  return entries.slice(0, size);
}

/** The root of every beginning of the tree, in hexadecimal. */
function rootsOf(entries: readonly Uint8Array[]): string[] {
  const frontier = new Frontier();
  const roots = [toHex(frontier.root())];
  for (const entry of entries) {
    frontier.push(leafHash(entry));
    roots.push(toHex(frontier.root()));
  }
  return roots;
}
