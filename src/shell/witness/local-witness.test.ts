import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { type Fault, faultyDisk } from '../../../test/support/faulty-disk.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { entryAt, ReferenceTree } from '../../../test/support/reference-tree.js';
import { utf8 } from '../../bytes/octets.js';
import { formatCheckpoint } from '../../note/checkpoint.js';
import { cosignatureTime, cosignerOf } from '../../note/cosignature.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { formatNote, signNote } from '../../note/signed-note.js';
import type { AddCheckpoint, AddCheckpointAnswer, Witness } from '../../note/witness.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { openLocalWitness } from './local-witness.js';

const LOG = testKey('log.example/a', 1);
const OTHER = testKey('log.example/b', 2);
const WITNESS = testCosigner('witness.example', 3);
const TREE = new ReferenceTree(Array.from({ length: 40 }, (_, index) => entryAt(index)));
const FORK = new ReferenceTree(
  Array.from({ length: 40 }, (_, index) => entryAt(index + (index > 4 ? 1 : 0))),
);

let folder: ReturnType<typeof temporaryFolder>;
let witness: Witness;
let clock: number;
const open = (disk: Disk = nodeDisk) =>
  openLocalWitness({
    folder: folder.path,
    cosigners: [cosignerOf(WITNESS.key, WITNESS.signer)],
    logs: [LOG.key, OTHER.key],
    now: () => clock,
    disk,
  });
beforeEach(async () => {
  folder = temporaryFolder();
  clock = 1_800_000_000_000;
  witness = await open();
});
afterEach(() => folder.remove());

const textOf = (size: number, tree = TREE, origin = LOG.key.name) =>
  formatCheckpoint({ origin, size, root: tree.hash(0, size) });
function request(oldSize: number, size: number, tree = TREE, log = LOG): AddCheckpoint {
  const text = textOf(size, tree, log.key.name);
  const proof = oldSize > 0 && oldSize < size ? tree.proof(oldSize, size) : [];
  return {
    oldSize,
    proof,
    checkpoint: formatNote({ text, signatures: [signNote(text, log.key, log.signer)] }),
  };
}
const timeOf = async (answer: AddCheckpointAnswer, text: string) =>
  answer.status === 'cosigned'
    ? cosignatureTime(text, WITNESS.key, (answer.cosignatures[0] as NoteSignature).signature)
    : null;

describe('add-checkpoint (tlog-witness)', () => {
  it('200: cosigns a tree that extends the last, with the time', async () => {
    for (const [from, to] of [
      [0, 1],
      [1, 5],
      [5, 8],
      [8, 40],
    ] as const) {
      clock += 5000;
      const answer = await witness.addCheckpoint(request(from, to));
      expect(await timeOf(answer, textOf(to))).toBe(clock / 1000);
    }
  });

  it('200: cosigns the empty tree first, and a first tree of any size', async () => {
    expect((await witness.addCheckpoint(request(0, 0))).status).toBe('cosigned');
    expect((await witness.addCheckpoint(request(0, 33))).status).toBe('cosigned');
  });

  it('200: signs an unchanged tree again, with a fresh time', async () => {
    await witness.addCheckpoint(request(0, 5));
    clock += 60_000;
    expect(await timeOf(await witness.addCheckpoint(request(5, 5)), textOf(5))).toBe(clock / 1000);
  });

  it('200: keeps logs apart', async () => {
    await witness.addCheckpoint(request(0, 5));
    expect((await witness.addCheckpoint(request(0, 7, FORK, OTHER))).status).toBe('cosigned');
    expect(await witness.addCheckpoint(request(0, 7))).toEqual({ status: 'stale', size: 5 });
  });

  it.each([
    [0, 8],
    [4, 8],
    [6, 8],
    [8, 8],
    [0, 0],
    [3, 3],
  ])('409: from %i to %i when it has cosigned 5, it says so', async (from, to) => {
    await witness.addCheckpoint(request(0, 5));
    expect(await witness.addCheckpoint(request(from, to))).toEqual({ status: 'stale', size: 5 });
    expect((await witness.addCheckpoint(request(5, 8))).status).toBe('cosigned');
  });

  const emptyWithRoot = formatCheckpoint({ origin: LOG.key.name, size: 0, root: new Uint8Array(32) });
  it.each<[string, string, number, () => AddCheckpoint]>([
    [
      '404: an unknown log',
      'checkpoint/origin-mismatch',
      0,
      () => request(0, 5, TREE, testKey('log.example/c', 9)),
    ],
    [
      '403: no signature by the log',
      'checkpoint/log-signature-missing',
      0,
      () => {
        const text = textOf(5);
        return {
          ...request(0, 5),
          checkpoint: formatNote({ text, signatures: [signNote(text, OTHER.key, OTHER.signer)] }),
        };
      },
    ],
    [
      '403: a signature that does not verify',
      'note/signature-invalid',
      0,
      () => {
        const signatures = [signNote('another text\n', LOG.key, LOG.signer)];
        return { ...request(0, 5), checkpoint: formatNote({ text: textOf(5), signatures }) };
      },
    ],
    [
      '403: another log’s key under this name',
      'checkpoint/log-signature-missing',
      0,
      () => request(0, 5, TREE, testKey(LOG.key.name, 9)),
    ],
    [
      '400: old is larger than new',
      'witness/old-size-too-large',
      0,
      () => ({ ...request(0, 5), oldSize: 6 }),
    ],
    [
      '400: old is no size',
      'witness/old-size-too-large',
      0,
      () => ({ ...request(0, 5), oldSize: Number.NaN }),
    ],
    ['400: old is negative', 'witness/old-size-too-large', 0, () => ({ ...request(0, 5), oldSize: -1 })],
    ['422: a fork', 'witness/consistency-invalid', 6, () => request(6, 12, FORK)],
    ['422: the same size with another root', 'witness/consistency-invalid', 6, () => request(6, 6, FORK)],
    ['422: no proof', 'witness/consistency-invalid', 6, () => ({ ...request(6, 12), proof: [] })],
    [
      '422: a surplus hash',
      'witness/consistency-invalid',
      6,
      () => {
        const asked = request(6, 12);
        return { ...asked, proof: [...asked.proof, new Uint8Array(32)] };
      },
    ],
    [
      '422: a proof from nothing',
      'witness/consistency-invalid',
      0,
      () => ({ ...request(0, 5), proof: [new Uint8Array(32)] }),
    ],
    [
      '422: 64 hashes',
      'witness/consistency-invalid',
      6,
      () => ({
        ...request(6, 12),
        proof: Array.from({ length: 64 }, () => new Uint8Array(32)),
      }),
    ],
    [
      '422: an empty tree with a root',
      'witness/consistency-invalid',
      0,
      () => ({
        oldSize: 0,
        proof: [],
        checkpoint: formatNote({
          text: emptyWithRoot,
          signatures: [signNote(emptyWithRoot, LOG.key, LOG.signer)],
        }),
      }),
    ],
    ['no note', 'note/malformed', 0, () => ({ ...request(0, 5), checkpoint: utf8('hello') })],
    [
      'no checkpoint',
      'checkpoint/malformed',
      0,
      () => {
        const text = `${LOG.key.name}\n5\nAAAA\n`;
        return {
          oldSize: 0,
          proof: [],
          checkpoint: formatNote({ text, signatures: [signNote(text, LOG.key, LOG.signer)] }),
        };
      },
    ],
    [
      'an extension line',
      'checkpoint/malformed',
      0,
      () => {
        const text = `${textOf(5)}more\n`;
        return {
          oldSize: 0,
          proof: [],
          checkpoint: formatNote({ text, signatures: [signNote(text, LOG.key, LOG.signer)] }),
        };
      },
    ],
  ])('%s: %s', async (_, code, before, bad) => {
    if (before > 0) await witness.addCheckpoint(request(0, before));
    expect(await reasonOfAsync(() => witness.addCheckpoint(bad()))).toBe(code);
    // A refusal changes nothing.
    expect((await witness.addCheckpoint(request(before, 20))).status).toBe('cosigned');
  });

  it('one after another: of two histories asked for at once, one is cosigned', async () => {
    await witness.addCheckpoint(request(0, 6));
    const answers = await Promise.allSettled([
      witness.addCheckpoint(request(6, 12)),
      witness.addCheckpoint(request(6, 12)),
      witness.addCheckpoint(request(6, 10)),
    ]);
    const statuses = answers.map(answer => (answer.status === 'fulfilled' ? answer.value.status : 'failed'));
    expect(statuses).toEqual(['cosigned', 'stale', 'stale']);
  });
});

describe('time', () => {
  it('never goes back, whatever the clock does, for any log, and across restarts', async () => {
    const first = clock / 1000;
    await witness.addCheckpoint(request(0, 5));
    clock -= 3_600_000;
    expect(await timeOf(await witness.addCheckpoint(request(5, 5)), textOf(5))).toBe(first);
    const other = await witness.addCheckpoint(request(0, 5, TREE, OTHER));
    expect(await timeOf(other, textOf(5, TREE, OTHER.key.name))).toBe(first);
    witness = await open();
    expect(await timeOf(await witness.addCheckpoint(request(5, 8)), textOf(8))).toBe(first);
    clock = (first + 10) * 1000;
    expect(await timeOf(await witness.addCheckpoint(request(8, 8)), textOf(8))).toBe(first + 10);
  });
});

describe('state', () => {
  it('outlives the process', async () => {
    await witness.addCheckpoint(request(0, 6));
    witness = await open();
    expect(await witness.addCheckpoint(request(0, 12, FORK))).toEqual({ status: 'stale', size: 6 });
    expect(await reasonOfAsync(() => witness.addCheckpoint(request(6, 12, FORK)))).toBe(
      'witness/consistency-invalid',
    );
    expect((await witness.addCheckpoint(request(6, 12))).status).toBe('cosigned');
  });

  it('that is changed in any way stops the witness', async () => {
    await witness.addCheckpoint(request(0, 6));
    const path = join(folder.path, readdirSync(folder.path)[0] as string);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      writeFileSync(path, changed);
      expect(await reasonOfAsync(() => open())).toBe('log/corrupt');
    }
    for (const bytes of [whole.subarray(0, -1), Buffer.alloc(0), Buffer.concat([whole, whole])]) {
      writeFileSync(path, bytes);
      expect(await reasonOfAsync(() => open())).toBe('log/corrupt');
    }
  });

  it.each<Fault>(['lost', 'kept', 'dead'])(
    'on a disk that fails at any one write (%s): no cosignature leaves that a restart would contradict',
    async fault => {
      for (let call = 0; call < 7; call++) {
        const own = temporaryFolder();
        const disk = faultyDisk();
        const openOwn = (on: Disk) =>
          openLocalWitness({
            folder: own.path,
            cosigners: [cosignerOf(WITNESS.key, WITNESS.signer)],
            logs: [LOG.key],
            now: () => clock,
            disk: on,
          });
        const failing = await openOwn(disk);
        await failing.addCheckpoint(request(0, 20));
        disk.failAt(disk.count + call, fault);
        const answer = await failing.addCheckpoint(request(20, 40)).catch(() => null);
        // Six writes make a state durable; a seventh there is not.
        expect(answer?.status).toBe(call < 6 ? undefined : 'cosigned');
        const seen = await (await openOwn(nodeDisk)).addCheckpoint(request(0, 1));
        expect(answer === null ? [20, 40] : [40]).toContain(seen.status === 'stale' ? seen.size : 0);
        own.remove();
      }
    },
  );
});
