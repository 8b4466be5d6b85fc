/**
 * The fault table of a log with its witnesses: every call to a disk, failing in every way, and what must hold after each: no promise is
 * broken, no two checkpoints disagree, and what was signed is only ever extended.
 */
import { cpSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { equal } from '../../src/bytes/octets.js';
import type { Checkpoint } from '../../src/note/checkpoint.js';
import { Failure } from '../../src/reason.js';
import type { Disk } from '../../src/shell/files/disk.js';
import type { FileLog } from '../../src/shell/log/file-log.js';
import { FAULTS, type Fault, faultyDisk, hastyDisk } from './faulty-disk.js';
import {
  growTo,
  openTestLog,
  openWitnesses,
  quorumOf,
  recordingSigner,
  temporaryFolder,
  testEntry,
} from './log.js';
import { ReferenceTree } from './reference-tree.js';

/** Just below a tile's border, so that the life below fills a tile and begins a bundle. */
export const BEGINNING = 250;
const original = temporaryFolder();
/** A log of that size, of which each life begins with a copy. */
beforeAll(async () => {
  const log = await openTestLog(original.path, {
    witnesses: await openWitnesses(original.path),
    quorum: quorumOf(2),
  });
  await growTo(log, BEGINNING);
  await log.reached(BEGINNING - 1, 'witnessed', 5000);
  await log.close();
});
afterAll(() => original.remove());

export interface Life {
  /** Entries that the log has promised to keep. */
  readonly included: Set<number>;
  readonly signed: Checkpoint[];
  readonly problems: string[];
  /** The codes with which appending or waiting failed. */
  readonly refusals: Set<string>;
  log: FileLog | null;
}

/** Whose disk fails. */
export interface Disks {
  readonly log?: Disk;
  /** The first witness's; the other two are enough for the quorum. */
  readonly witness?: Disk;
}

/** Opens a log, appends batches of 1, 12 and 2 entries, waits until the second is witnessed, and closes. */
export async function live(
  folder: string,
  { log: disk = hastyDisk, witness = hastyDisk }: Disks,
): Promise<Life> {
  const life: Life = { included: new Set(), signed: [], problems: [], refusals: new Set(), log: null };
  const refused = (error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    life.refusals.add(error.code);
  };
  const witnesses = await openWitnesses(folder, undefined, [witness]).catch((error: unknown) => {
    // A witness that cannot be opened cosigns nothing; nobody's promise is touched by that.
    if (!(error instanceof Error && error.message.startsWith('ENOSPC'))) throw error;
    return null;
  });
  if (witnesses === null) return life;
  const log = await openTestLog(folder, {
    witnesses,
    quorum: quorumOf(2),
    signer: recordingSigner(life.signed),
    onProblem: message => life.problems.push(message),
    disk,
  }).catch(refused);
  if (!log) return life;
  life.log = log;
  let next = BEGINNING;
  for (const count of [1, 12, 2]) {
    const waiting: Promise<void>[] = [];
    for (let number = 0; number < count; number++) {
      try {
        const { index, included } = log.append(testEntry(next++));
        waiting.push(included.then(() => void life.included.add(index), refused));
      } catch (error) {
        refused(error);
      }
    }
    await Promise.all(waiting);
    if (count === 12 && log.writable) await log.reached(next - 1, 'witnessed', 300);
  }
  await log.close();
  return life;
}

/** With a quorum of all three, so that no witness is left behind or with another history. */
export async function expectKept(folder: string, { included, signed }: Life): Promise<void> {
  const log = await openTestLog(folder, { witnesses: await openWitnesses(folder), quorum: quorumOf(3) });
  const entries = Array.from({ length: BEGINNING }, (_, index) => testEntry(index));
  for (let index = BEGINNING; index < log.signed.size; index++) entries.push(await log.entry(index));
  const reference = new ReferenceTree(entries);
  for (const index of included) expect(equal(entries[index] as Uint8Array, testEntry(index))).toBe(true);
  for (const { size, root } of signed) expect(equal(root, reference.hash(0, size))).toBe(true);
  await growTo(log, log.signed.size + 3);
  await log.close();
}

export async function inCopy(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  cpSync(original.path, folder.path, { recursive: true });
  try {
    await act(folder.path);
  } finally {
    folder.remove();
  }
}

/** What each asks of its disk in such a life. */
export const OPERATIONS = {
  log: ['makeFolder', 'open', 'write', 'rename', 'sync', 'datasync'],
  witness: ['makeFolder', 'open', 'write', 'rename', 'sync'],
} as const;

const TABLE = Object.entries(OPERATIONS).flatMap(([owner, operations]) =>
  operations.flatMap(operation =>
    // Only bytes can be torn; a disk becomes full by what needs room.
    FAULTS.filter(fault => fault !== 'torn' || operation === 'write')
      .filter(fault => fault !== 'full' || /^(?:makeFolder|open|write)$/.test(operation))
      .map(fault => [owner as keyof Disks, operation, fault] as const),
  ),
);

/** The calls of each, relative to the folder. */
const known = new Map<keyof Disks, readonly string[]>();
export async function callsOf(owner: keyof Disks): Promise<readonly string[]> {
  const calls = known.get(owner);
  if (calls !== undefined) return calls;
  const disk = faultyDisk();
  let named: readonly string[] = [];
  await inCopy(async folder => {
    await live(folder, { [owner]: disk });
    named = disk.calls.map(call => call.replace(folder, ''));
  });
  known.set(owner, named);
  return named;
}

/** All calls, by their place in the life. */
export function every(calls: readonly string[]): readonly number[] {
  return [...calls.keys()];
}

/**
 * One of the last calls of a kind on each file, another for each way to fail: where earlier ones fail, or this one in another way, little is
 * different.
 */
export function oneForEach(calls: readonly string[], operation: string, fault: Fault): readonly number[] {
  const last = every(calls).filter(
    at => calls.lastIndexOf(calls[at] as string) === at && calls[at]?.startsWith(`${operation} `),
  );
  return last.slice(FAULTS.indexOf(fault) % last.length).slice(0, 1);
}

type Choice = (calls: readonly string[], operation: string, fault: Fault) => readonly number[];

/** One test for each owner of a disk, kind of call and way to fail. `choose` says at which calls. */
export function itBreaksNoPromise(choose: Choice): void {
  it.each(TABLE)(
    "%s's %s, %s: no promise is broken",
    async (owner, operation, fault) => {
      const calls = await callsOf(owner);
      for (const call of choose(calls, operation, fault)) {
        const name = calls[call] as string;
        if (!name.startsWith(`${operation} `)) continue;
        await inCopy(async folder => {
          const disk = faultyDisk();
          disk.failAt(call, fault);
          const life = await live(folder, { [owner]: disk });
          for (const code of life.refusals) expect(code, name).toBe('log/unavailable');
          if (life.refusals.size > 0 && life.log !== null) expect(life.problems).not.toEqual([]);
          if (owner === 'witness') expect([...life.refusals]).toEqual([]);
          await expectKept(folder, life);
        });
      }
    },
    60_000,
  );
}
