import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { type Fault, faultyDisk } from '../../../test/support/faulty-disk.js';
import { testCosigner, testKey, testMlDsaCosigner } from '../../../test/support/keys.js';
import { temporaryFolder } from '../../../test/support/log.js';
import {
  checkpointText,
  FORK,
  OTHER_LOG,
  requestOf,
  TREE,
  WATCHED_LOG,
  witnessRequest,
} from '../../../test/support/witness-request.js';
import { equal, utf8 } from '../../bytes/octets.js';
import { parseAddCheckpoint } from '../../note/add-checkpoint.js';
import { type Checkpoint, formatCheckpoint } from '../../note/checkpoint.js';
import { cosign, cosignatureTime, cosignerOf } from '../../note/cosignature.js';
import { formatSignatureLine, type NoteSignature } from '../../note/signature-line.js';
import { formatNote, parseNote, signNote, verifyNote } from '../../note/signed-note.js';
import type { AddCheckpoint, AddCheckpointAnswer } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { EvidenceFolder } from './evidence.js';
import { type LocalWitness, openLocalWitness } from './local-witness.js';

const WITNESS = testCosigner('witness.example', 3);
const PQ_WITNESS = testMlDsaCosigner('witness.example', 4);

let folder: ReturnType<typeof temporaryFolder>;
let witness: LocalWitness;
let clock: number;
const open = (disk: Disk = nodeDisk) =>
  openLocalWitness({
    folder: folder.path,
    cosigners: [cosignerOf(WITNESS.key, WITNESS.signer)],
    logs: [WATCHED_LOG.key, OTHER_LOG.key],
    now: () => clock,
    disk,
  });
beforeEach(async () => {
  folder = temporaryFolder();
  clock = 1_800_000_000_000;
  witness = await open();
});
afterEach(() => folder.remove());

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
      const answer = await witness.addCheckpoint(witnessRequest(from, to));
      expect(await timeOf(answer, checkpointText(to))).toBe(clock / 1000);
    }
  });

  it('200: cosigns the empty tree first, and a first tree of any size', async () => {
    expect((await witness.addCheckpoint(witnessRequest(0, 0))).status).toBe('cosigned');
    expect((await witness.addCheckpoint(witnessRequest(0, 33))).status).toBe('cosigned');
  });

  it('200: signs an unchanged tree again, with a fresh time', async () => {
    await witness.addCheckpoint(witnessRequest(0, 5));
    clock += 60_000;
    expect(await timeOf(await witness.addCheckpoint(witnessRequest(5, 5)), checkpointText(5))).toBe(
      clock / 1000,
    );
  });

  it('200: keeps logs apart', async () => {
    await witness.addCheckpoint(witnessRequest(0, 5));
    expect((await witness.addCheckpoint(witnessRequest(0, 7, FORK, OTHER_LOG))).status).toBe('cosigned');
    expect(await witness.addCheckpoint(witnessRequest(0, 7))).toEqual({ status: 'stale', size: 5 });
  });

  it.each([
    [0, 8],
    [4, 8],
    [6, 8],
    [8, 8],
    [0, 0],
    [3, 3],
  ])('409: from %i to %i when it has cosigned 5, it says so', async (from, to) => {
    await witness.addCheckpoint(witnessRequest(0, 5));
    expect(await witness.addCheckpoint(witnessRequest(from, to))).toEqual({ status: 'stale', size: 5 });
    expect((await witness.addCheckpoint(witnessRequest(5, 8))).status).toBe('cosigned');
  });

  it('what it checks of a tree comes after sizes and consistency, so that its answer says that both were right', async () => {
    await witness.addCheckpoint(witnessRequest(0, 8));
    const asked: number[] = [];
    const confirm = async ({ size }: Checkpoint) => {
      asked.push(size);
      throw new Failure('witness/entries-unchecked');
    };
    const checking = await openLocalWitness({
      folder: folder.path,
      cosigners: [cosignerOf(WITNESS.key, WITNESS.signer)],
      logs: [WATCHED_LOG.key],
      now: () => clock,
      check: { confirm },
    });
    expect(await checking.addCheckpoint(witnessRequest(5, 12))).toEqual({ status: 'stale', size: 8 });
    expect(await reasonOfAsync(() => checking.addCheckpoint(witnessRequest(8, 12, FORK)))).toBe(
      'witness/consistency-invalid',
    );
    expect(asked).toEqual([]);
    expect(await reasonOfAsync(() => checking.addCheckpoint(witnessRequest(8, 12)))).toBe(
      'witness/entries-unchecked',
    );
    expect(asked).toEqual([12]);
  });

  const emptyWithRoot = formatCheckpoint({ origin: WATCHED_LOG.key.name, size: 0, root: new Uint8Array(32) });
  it.each<[string, string, number, () => AddCheckpoint]>([
    [
      '404: an unknown log',
      'checkpoint/origin-mismatch',
      0,
      () => witnessRequest(0, 5, TREE, testKey('log.example/c', 9)),
    ],
    [
      '403: no signature by the log',
      'checkpoint/log-signature-missing',
      0,
      () => {
        const text = checkpointText(5);
        return {
          ...witnessRequest(0, 5),
          checkpoint: formatNote({ text, signatures: [signNote(text, OTHER_LOG.key, OTHER_LOG.signer)] }),
        };
      },
    ],
    [
      '403: a signature that does not verify',
      'note/signature-invalid',
      0,
      () => {
        const signatures = [signNote('another text\n', WATCHED_LOG.key, WATCHED_LOG.signer)];
        return { ...witnessRequest(0, 5), checkpoint: formatNote({ text: checkpointText(5), signatures }) };
      },
    ],
    [
      '403: another log’s key under this name',
      'checkpoint/log-signature-missing',
      0,
      () => witnessRequest(0, 5, TREE, testKey(WATCHED_LOG.key.name, 9)),
    ],
    [
      '400: old is larger than new',
      'witness/old-size-too-large',
      0,
      () => ({ ...witnessRequest(0, 5), oldSize: 6 }),
    ],
    [
      '400: old is no size',
      'witness/old-size-too-large',
      0,
      () => ({ ...witnessRequest(0, 5), oldSize: Number.NaN }),
    ],
    [
      '400: old is negative',
      'witness/old-size-too-large',
      0,
      () => ({ ...witnessRequest(0, 5), oldSize: -1 }),
    ],
    ['422: a fork', 'witness/consistency-invalid', 6, () => witnessRequest(6, 12, FORK)],
    [
      '422: the same size with another root',
      'witness/consistency-invalid',
      6,
      () => witnessRequest(6, 6, FORK),
    ],
    ['422: no proof', 'witness/consistency-invalid', 6, () => ({ ...witnessRequest(6, 12), proof: [] })],
    [
      '422: a surplus hash',
      'witness/consistency-invalid',
      6,
      () => {
        const asked = witnessRequest(6, 12);
        return { ...asked, proof: [...asked.proof, new Uint8Array(32)] };
      },
    ],
    [
      '422: a proof from nothing',
      'witness/consistency-invalid',
      0,
      () => ({ ...witnessRequest(0, 5), proof: [new Uint8Array(32)] }),
    ],
    [
      '422: 64 hashes',
      'witness/consistency-invalid',
      6,
      () => ({
        ...witnessRequest(6, 12),
        proof: Array.from({ length: 64 }, () => new Uint8Array(32)),
      }),
    ],
    ['422: an empty tree with a root', 'witness/consistency-invalid', 0, () => requestOf(emptyWithRoot)],
    ['no note', 'note/malformed', 0, () => ({ ...witnessRequest(0, 5), checkpoint: utf8('hello') })],
    ['no checkpoint', 'checkpoint/malformed', 0, () => requestOf(`${WATCHED_LOG.key.name}\n5\nAAAA\n`)],
    ['an extension line', 'checkpoint/malformed', 0, () => requestOf(`${checkpointText(5)}more\n`)],
  ])('%s: %s', async (_, code, before, bad) => {
    if (before > 0) await witness.addCheckpoint(witnessRequest(0, before));
    expect(await reasonOfAsync(() => witness.addCheckpoint(bad()))).toBe(code);
    // A refusal changes nothing.
    expect((await witness.addCheckpoint(witnessRequest(before, 20))).status).toBe('cosigned');
  });

  it('one after another: of two histories asked for at once, one is cosigned', async () => {
    await witness.addCheckpoint(witnessRequest(0, 6));
    const answers = await Promise.allSettled([
      witness.addCheckpoint(witnessRequest(6, 12)),
      witness.addCheckpoint(witnessRequest(6, 12)),
      witness.addCheckpoint(witnessRequest(6, 10)),
    ]);
    const statuses = answers.map(answer => (answer.status === 'fulfilled' ? answer.value.status : 'failed'));
    expect(statuses).toEqual(['cosigned', 'stale', 'stale']);
  });
});

describe('time', () => {
  it('never goes back, whatever the clock does, for any log, and across restarts', async () => {
    const first = clock / 1000;
    await witness.addCheckpoint(witnessRequest(0, 5));
    clock -= 3_600_000;
    expect(await timeOf(await witness.addCheckpoint(witnessRequest(5, 5)), checkpointText(5))).toBe(first);
    const other = await witness.addCheckpoint(witnessRequest(0, 5, TREE, OTHER_LOG));
    expect(await timeOf(other, checkpointText(5, TREE, OTHER_LOG.key.name))).toBe(first);
    witness = await open();
    expect(await timeOf(await witness.addCheckpoint(witnessRequest(5, 8)), checkpointText(8))).toBe(first);
    clock = (first + 10) * 1000;
    expect(await timeOf(await witness.addCheckpoint(witnessRequest(8, 8)), checkpointText(8))).toBe(
      first + 10,
    );
  });
});

describe('state', () => {
  it('outlives the process', async () => {
    await witness.addCheckpoint(witnessRequest(0, 6));
    witness = await open();
    expect(await witness.addCheckpoint(witnessRequest(0, 12, FORK))).toEqual({ status: 'stale', size: 6 });
    expect(await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(6, 12, FORK)))).toBe(
      'witness/consistency-invalid',
    );
    expect((await witness.addCheckpoint(witnessRequest(6, 12))).status).toBe('cosigned');
  });

  it('that is changed in any way stops the witness', async () => {
    await witness.addCheckpoint(witnessRequest(0, 6));
    const path = join(folder.path, readdirSync(folder.path)[0] as string);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      writeFileSync(path, changed);
      expect(await reasonOfAsync(() => open())).toBe('witness/state-corrupt');
    }
    for (const bytes of [whole.subarray(0, -1), Buffer.alloc(0), Buffer.concat([whole, whole])]) {
      writeFileSync(path, bytes);
      expect(await reasonOfAsync(() => open())).toBe('witness/state-corrupt');
    }
  });

  it('of another log, though both have signed it, stops the witness', async () => {
    await witness.addCheckpoint(witnessRequest(0, 6));
    const path = join(folder.path, readdirSync(folder.path)[0] as string);
    const text = checkpointText(6, TREE, 'log.example/elsewhere');
    const signatures = [
      signNote(text, WATCHED_LOG.key, WATCHED_LOG.signer),
      cosign(text, 1_700_000_000, WITNESS.key, WITNESS.signer),
    ];
    writeFileSync(path, formatNote({ text, signatures }));
    expect(await reasonOfAsync(() => open())).toBe('witness/state-corrupt');
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
            logs: [WATCHED_LOG.key],
            now: () => clock,
            disk: on,
          });
        const failing = await openOwn(disk);
        await failing.addCheckpoint(witnessRequest(0, 20));
        disk.failAt(disk.count + call, fault);
        const answer = await failing.addCheckpoint(witnessRequest(20, 40)).catch(() => null);
        // Six writes make a state durable; a seventh there is not.
        expect(answer?.status).toBe(call < 6 ? undefined : 'cosigned');
        const seen = await (await openOwn(nodeDisk)).addCheckpoint(witnessRequest(0, 1));
        expect(answer === null ? [20, 40] : [40]).toContain(seen.status === 'stale' ? seen.size : 0);
        own.remove();
      }
    },
  );
});

describe('keys', () => {
  const openWith = (keys: readonly (typeof WITNESS)[]) =>
    openLocalWitness({
      folder: folder.path,
      cosigners: keys.map(({ key, signer }) => cosignerOf(key, signer)),
      logs: [WATCHED_LOG.key],
      now: () => clock,
    });
  const signed = async (answer: AddCheckpointAnswer, text: string, keys: readonly (typeof WITNESS)[]) => {
    const signatures = answer.status === 'cosigned' ? answer.cosignatures : [];
    const known = keys.map(({ key }) => key);
    return (await verifyNote({ text, signatures }, known)).verified.map(({ key, time }) => [key.type, time]);
  };

  it('Ed25519 and ML-DSA-44: one cosignature each, with one time', async () => {
    witness = await openWith([WITNESS, PQ_WITNESS]);
    const answer = await witness.addCheckpoint(witnessRequest(0, 5));
    expect(await signed(answer, checkpointText(5), [WITNESS, PQ_WITNESS])).toEqual([
      [4, clock / 1000],
      [6, clock / 1000],
    ]);
  });

  it('one that is added later goes on where the other was, and so does the other alone', async () => {
    await witness.addCheckpoint(witnessRequest(0, 5));
    witness = await openWith([WITNESS, PQ_WITNESS]);
    expect(await witness.addCheckpoint(witnessRequest(0, 5))).toEqual({ status: 'stale', size: 5 });
    await witness.addCheckpoint(witnessRequest(5, 8));
    witness = await openWith([PQ_WITNESS]);
    expect(await witness.addCheckpoint(witnessRequest(5, 8))).toEqual({ status: 'stale', size: 8 });
    const answer = await witness.addCheckpoint(witnessRequest(8, 9));
    expect(await signed(answer, checkpointText(9), [WITNESS, PQ_WITNESS])).toEqual([[6, clock / 1000]]);
  });

  it('of somebody else: the state is not this witness’s', async () => {
    await witness.addCheckpoint(witnessRequest(0, 5));
    expect(await reasonOfAsync(() => openWith([testCosigner('witness.example', 8)]))).toBe(
      'witness/state-corrupt',
    );
  });

  it('of the log, changed: the former one vouches for what was cosigned, and signs nothing new', async () => {
    const heir = testKey(WATCHED_LOG.key.name, 33);
    const openFor = (formerLogs: readonly (typeof heir.key)[]) =>
      openLocalWitness({
        folder: folder.path,
        cosigners: [cosignerOf(WITNESS.key, WITNESS.signer)],
        logs: [heir.key],
        formerLogs,
        now: () => clock,
      });
    await witness.addCheckpoint(witnessRequest(0, 5));
    expect(await reasonOfAsync(() => openFor([]))).toBe('witness/state-corrupt');
    witness = await openFor([WATCHED_LOG.key]);
    expect(await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(5, 8)))).toBe(
      'checkpoint/log-signature-missing',
    );
    expect((await witness.addCheckpoint(witnessRequest(5, 8, TREE, heir))).status).toBe('cosigned');
  });

  it('two of one log: a signature by either will do, and one that fails condemns the checkpoint', async () => {
    const second = testKey(WATCHED_LOG.key.name, 34);
    witness = await openLocalWitness({
      folder: folder.path,
      cosigners: [cosignerOf(WITNESS.key, WITNESS.signer)],
      logs: [WATCHED_LOG.key, second.key],
      now: () => clock,
    });
    expect((await witness.addCheckpoint(witnessRequest(0, 5, TREE, second))).status).toBe('cosigned');
    const text = checkpointText(8);
    const signatures = [
      signNote(text, WATCHED_LOG.key, WATCHED_LOG.signer),
      signNote('another\n', second.key, second.signer),
    ];
    const request = { ...witnessRequest(5, 8), checkpoint: formatNote({ text, signatures }) };
    expect(await reasonOfAsync(() => witness.addCheckpoint(request))).toBe('note/signature-invalid');
  });
});

describe('what monitors may read', () => {
  it('is nothing before the first cosignature', () => {
    expect(witness.cosigned(WATCHED_LOG.key.name)).toBeNull();
    expect(witness.cosigned('log.example/unknown')).toBeNull();
  });

  it('is the log’s verified lines and the cosignatures that were returned, and no other line', async () => {
    const text = checkpointText(5);
    const stranger = testKey('stranger.example', 9);
    const signatures = [stranger, WATCHED_LOG].map(({ key, signer }) => signNote(text, key, signer));
    const request = { ...witnessRequest(0, 5), checkpoint: formatNote({ text, signatures }) };
    const answer = await witness.addCheckpoint(request);
    const note = parseNote(witness.cosigned(WATCHED_LOG.key.name) as Uint8Array);
    expect(note.text).toBe(text);
    const returned = answer.status === 'cosigned' ? answer.cosignatures : [];
    expect(note.signatures.map(formatSignatureLine)).toEqual(
      [signatures[1] as NoteSignature, ...returned].map(formatSignatureLine),
    );
    const again = await open();
    expect(equal(again.cosigned(WATCHED_LOG.key.name) as Uint8Array, formatNote(note))).toBe(true);
  });
});

describe('limits', () => {
  it('503: beyond 32 requests about one log; other logs are not held up', async () => {
    const flood = Array.from({ length: 40 }, () => witness.addCheckpoint(witnessRequest(0, 5)));
    const other = witness.addCheckpoint(witnessRequest(0, 5, TREE, OTHER_LOG));
    const answers = await Promise.allSettled(flood);
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(8);
    expect(await reasonOfAsync(() => flood.at(-1) as Promise<unknown>)).toBe('witness/busy');
    expect((await other).status).toBe('cosigned');
    expect((await witness.addCheckpoint(witnessRequest(5, 6))).status).toBe('cosigned');
  });

  it('however many bring the published checkpoint again, one signature and one state are made for all', async () => {
    const disk = faultyDisk();
    witness = await open(disk);
    await witness.addCheckpoint(witnessRequest(0, 5));
    clock += 1000;
    const before = disk.count;
    const flood = Array.from({ length: 100 }, () => witness.addCheckpoint(witnessRequest(5, 5)));
    const [first, ...others] = await Promise.all(flood);
    expect(first?.status).toBe('cosigned');
    for (const answer of others) expect(answer).toEqual(first);
    expect(disk.count - before).toBeLessThanOrEqual(6);
  });

  it('whoever brings the published checkpoint again and again does not hold up the growth of the log', async () => {
    const disk = faultyDisk();
    witness = await open(disk);
    await witness.addCheckpoint(witnessRequest(0, 5));
    clock += 1000;
    const before = disk.count;
    const flood = Array.from({ length: 100 }, () => witness.addCheckpoint(witnessRequest(5, 5)));
    const growth = witness.addCheckpoint(witnessRequest(5, 8));
    const answers = await Promise.all(flood);
    // Which signatures are checked first is left to chance: who comes after the growth is told of it.
    const cosigned = answers.filter(({ status }) => status === 'cosigned');
    const times = await Promise.all(cosigned.map(answer => timeOf(answer, checkpointText(5))));
    expect(new Set(times)).toEqual(new Set([clock / 1000]));
    for (const answer of answers)
      if (answer.status === 'stale') expect(answer).toEqual({ status: 'stale', size: 8 });
    expect((await growth).status).toBe('cosigned');
    // At most one state for all of them, and one for the growth: six calls each.
    expect(disk.count - before).toBeLessThanOrEqual(12);
  });

  it('in one second the same tree is signed once, and in the next again', async () => {
    const disk = faultyDisk();
    witness = await open(disk);
    const first = await witness.addCheckpoint(witnessRequest(0, 5));
    const before = disk.count;
    expect(await witness.addCheckpoint(witnessRequest(5, 5))).toEqual(first);
    expect(disk.count).toBe(before);
    clock += 1000;
    expect(await timeOf(await witness.addCheckpoint(witnessRequest(5, 5)), checkpointText(5))).toBe(
      clock / 1000,
    );
    expect(disk.count).toBeGreaterThan(before);
  });

  it('after a restart with one key more, the same second is signed with both', async () => {
    await witness.addCheckpoint(witnessRequest(0, 5));
    witness = await openLocalWitness({
      folder: folder.path,
      cosigners: [WITNESS, PQ_WITNESS].map(({ key, signer }) => cosignerOf(key, signer)),
      logs: [WATCHED_LOG.key],
      now: () => clock,
    });
    const answer = await witness.addCheckpoint(witnessRequest(5, 5));
    expect(answer.status === 'cosigned' && answer.cosignatures).toHaveLength(2);
  });

  it('what somebody asked who has gone away meanwhile is not done', async () => {
    const gone = new AbortController();
    const first = witness.addCheckpoint(witnessRequest(0, 5));
    const second = witness.addCheckpoint(witnessRequest(5, 8), gone.signal);
    gone.abort();
    await first;
    expect(await reasonOfAsync(() => second)).toBe('witness/busy');
    expect(await witness.addCheckpoint(witnessRequest(0, 5))).toEqual({ status: 'stale', size: 5 });
  });

  it('503: closing ends what is under way and takes nothing more', async () => {
    const last = witness.addCheckpoint(witnessRequest(0, 5));
    await Promise.resolve();
    const closed = witness.close();
    expect(await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(0, 5)))).toBe('witness/closing');
    await closed;
    expect((await last).status).toBe('cosigned');
  });
});

describe('evidence', () => {
  const kept = () => readdirSync(join(folder.path, 'evidence')).sort();
  const problems: string[] = [];
  const openWith = (disk: Disk = nodeDisk) =>
    openLocalWitness({
      folder: join(folder.path, 'state'),
      cosigners: [cosignerOf(WITNESS.key, WITNESS.signer)],
      logs: [WATCHED_LOG.key],
      now: () => clock,
      evidence: new EvidenceFolder(join(folder.path, 'evidence'), line => problems.push(line), disk),
    });

  it('of a fork: both signed roots, in one file, once', async () => {
    witness = await openWith();
    await witness.addCheckpoint(witnessRequest(0, 6));
    for (let time = 0; time < 3; time++)
      await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(6, 6, FORK)));
    const [name = '', ...others] = kept();
    expect(others).toEqual([]);
    expect(name).toMatch(/^[0-9a-f]{64}-fork-6-[0-9a-f]{16}\.json$/);
    const file = JSON.parse(readFileSync(join(folder.path, 'evidence', name), 'utf8'));
    const second = parseAddCheckpoint(utf8(file.request));
    const notes = [utf8(file.kept), second.checkpoint].map(parseNote);
    for (const note of notes) expect((await verifyNote(note, [WATCHED_LOG.key])).verified).toHaveLength(1);
    expect(notes.map(({ text }) => text)).toEqual([checkpointText(6), checkpointText(6, FORK)]);
    expect(problems.at(-1)).toContain('has signed two trees of one size');
  });

  it('is bounded for each log and kind; a stranger’s request is none', async () => {
    witness = await openWith();
    await witness.addCheckpoint(witnessRequest(0, 6));
    for (let size = 7; size <= 40; size++)
      await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(6, size, FORK)));
    expect(kept()).toHaveLength(16);
    await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(6, 6, FORK)));
    expect(kept()).toHaveLength(17);
    const stranger = testKey(WATCHED_LOG.key.name, 9);
    await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(6, 6, TREE, stranger)));
    expect(kept()).toHaveLength(17);
  });

  it('that cannot be written changes nothing else', async () => {
    const disk = faultyDisk();
    disk.failAt(0, 'dead');
    witness = await openWith(disk);
    await witness.addCheckpoint(witnessRequest(0, 6));
    expect(await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(6, 12, FORK)))).toBe(
      'witness/consistency-invalid',
    );
    expect(problems.at(-1)).toContain('could not be kept');
    expect((await witness.addCheckpoint(witnessRequest(6, 12))).status).toBe('cosigned');
  });
});
