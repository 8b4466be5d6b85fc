/** A log with its witnesses in a folder of their own, as the tests of the log need it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Signer, sha256 } from '../../src/bytes/cryptography.js';
import { fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../src/note/checkpoint.js';
import { cosignerOf } from '../../src/note/cosignature.js';
import type { Quorum } from '../../src/note/policy.js';
import type { Witness } from '../../src/note/witness.js';
import type { Disk } from '../../src/shell/files/disk.js';
import type { FileLog } from '../../src/shell/log/file-log.js';
import { type LogOptions, openLog } from '../../src/shell/log/open-log.js';
import { openLocalWitness } from '../../src/shell/witness/local-witness.js';
import { hastyDisk } from './faulty-disk.js';
import { testCosigner, testKey } from './keys.js';

export const LOG = testKey('log.example/test', 1);
export const WITNESSES = [1, 2, 3].map(number => testCosigner(`witness.example/${number}`, 10 + number));

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** `threshold` of the first `count` test witnesses. */
export function quorumOf(threshold: number, count = WITNESSES.length): Quorum {
  const members = WITNESSES.slice(0, count).map(
    ({ key }): Quorum => ({ kind: 'witness', name: key.name, key }),
  );
  return { kind: 'group', name: 'all', threshold, members };
}

/** `disks`: those of the first witnesses; the others have hasty ones. */
export function openWitnesses(
  folder: string,
  count = WITNESSES.length,
  disks: readonly Disk[] = [],
): Promise<Witness[]> {
  return Promise.all(
    WITNESSES.slice(0, count).map(({ key, signer }, index) =>
      openLocalWitness({
        folder: join(folder, `witness-${index}`),
        cosigners: [cosignerOf(key, signer)],
        logs: [LOG.key],
        now: Date.now,
        disk: disks[index] ?? hastyDisk,
      }),
    ),
  );
}

/** An entry that {@link acceptsTestEntry} accepts: nothing torn or flipped looks like one. */
export function testEntry(index: number, bytes = 40): Uint8Array {
  const text = `entry ${index} `.padEnd(bytes, '.');
  return utf8(`${text}${Buffer.from(sha256(utf8(text)).subarray(0, 6)).toString('hex')}`);
}

export function acceptsTestEntry(entry: Uint8Array): boolean {
  const text = fromUtf8(entry);
  const sum = Buffer.from(sha256(entry.subarray(0, -12)).subarray(0, 6)).toString('hex');
  return text?.startsWith('entry ') === true && text.endsWith(sum);
}

export function testKeysOf(entry: Uint8Array): Uint8Array[] {
  const digest = sha256(entry);
  return [digest.slice(0, 16), digest.slice(16)];
}

/** A signer that remembers which checkpoints it has signed: every one of them may have been published. */
export function recordingSigner(signed: Checkpoint[]): Signer {
  return {
    publicKey: LOG.signer.publicKey,
    sign: message => {
      signed.push(parseCheckpoint(fromUtf8(message) ?? ''));
      return LOG.signer.sign(message);
    },
  };
}

export const QUICK = { spacing: 1, patience: 1000, patienceAtStart: 1000, longestWait: 10 };

/** A log in `<folder>/log`, without witnesses unless the changes name some. */
export function openTestLog(folder: string, changes: Partial<LogOptions> = {}): Promise<FileLog> {
  return openLog({
    folder: join(folder, 'log'),
    key: LOG.key,
    signer: LOG.signer,
    witnesses: [],
    quorum: { kind: 'none' },
    accepts: acceptsTestEntry,
    keysOf: testKeysOf,
    timing: QUICK,
    disk: hastyDisk,
    ...changes,
  });
}

/** Appends test entries up to `size`, all of one batch, and waits until they are included. */
export async function growTo(
  log: FileLog,
  size: number,
  make = (index: number) => testEntry(index),
): Promise<void> {
  let included: Promise<void> = Promise.resolve();
  for (let index = log.signed.size; index < size; index++) included = log.append(make(index)).included;
  await included;
}
