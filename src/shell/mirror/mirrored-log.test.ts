import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { FAULTS, type Fault, faultyDisk } from '../../../test/support/faulty-disk.js';
import { testKey } from '../../../test/support/keys.js';
import { temporaryFolder } from '../../../test/support/log.js';
import {
  COSIGNING_TIME,
  fill,
  LOG,
  MIRROR,
  MIRROR_ML_DSA,
  offer,
  openMirroredLog,
  TestLog,
} from '../../../test/support/mirror.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { equal, fromUtf8, utf8 } from '../../bytes/octets.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { cosignerOf } from '../../note/cosignature.js';
import { formatNote, parseNote, verifyNote } from '../../note/signed-note.js';
import { packagesOf } from '../../tree/add-entries.js';
import { readBundle } from '../../tree/tile.js';
import type { MirroredLog } from './mirrored-log.js';

const SIZE = 700;
/** One log, and the same with another history from entry 300 on, both under the log's key. */
const log = new TestLog(SIZE + 100);
const fork = new TestLog(SIZE + 100, 300);
const NO_TICKET = new Uint8Array();

let folder: ReturnType<typeof temporaryFolder>;
let mirror: MirroredLog;
beforeEach(async () => {
  folder = temporaryFolder();
  mirror = await openMirroredLog(folder.path);
});
afterEach(() => folder.remove());

async function expectCopy(copy: MirroredLog, of: TestLog, size: number): Promise<void> {
  const note = parseNote(copy.checkpointNote as Uint8Array);
  const checkpoint = parseCheckpoint(note.text);
  expect(checkpoint.size).toBe(size);
  expect(equal(checkpoint.root, of.tree.hash(0, size))).toBe(true);
  const { verified, unknown } = await verifyNote(note, [LOG.key, MIRROR.key]);
  expect(verified.map(({ key }) => key)).toEqual([LOG.key, MIRROR.key]);
  expect(unknown).toEqual([]);
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256);
    const entries = readBundle((await copy.tile({ level: 'entries', index, width })) as Uint8Array).entries;
    expect(entries.map(entry => fromUtf8(entry))).toEqual(
      of.tree.entries.slice(index * 256, index * 256 + width).map(entry => fromUtf8(entry)),
    );
    const hashes = (await copy.tile({ level: 0, index, width })) as Uint8Array;
    expect(equal(hashes.subarray(0, 32), of.tree.hash(index * 256, index * 256 + 1))).toBe(true);
    expect(hashes.length).toBe(32 * width);
  }
}

describe('tlog-mirror: a copy', () => {
  it('grows from one checkpoint to the next, and is cosigned once it is whole', async () => {
    let time = COSIGNING_TIME;
    const growing = await openMirroredLog(folder.path, { now: () => time * 1000 });
    for (const size of [1, 2, 255, 256, 257, 512, 513, 600, SIZE]) {
      await offer(growing, log, size);
      expect(growing.size).toBeLessThan(size);
      await fill(growing, log, size);
      await expectCopy(growing, log, size);
      time++;
    }
  });

  it('shows nothing that it has not cosigned', async () => {
    await offer(mirror, log, SIZE);
    await fill(mirror, log, SIZE, 512);
    expect(mirror.next).toBe(512);
    expect(mirror.checkpointNote).toBeNull();
    expect(await mirror.tile({ level: 'entries', index: 0, width: 256 })).toBeNull();
    expect(await mirror.tile({ level: 0, index: 0, width: 1 })).toBeNull();
  });

  it('may skip pending checkpoints, and be filled towards an older one', async () => {
    await offer(mirror, log, 300);
    await offer(mirror, log, 600);
    await fill(mirror, log, 300);
    await expectCopy(mirror, log, 300);
    await fill(mirror, log, 600);
    await expectCopy(mirror, log, 600);
  });

  it('of nothing is cosigned too', async () => {
    await offer(mirror, log, 0);
    await fill(mirror, log, 0);
    await expectCopy(mirror, log, 0);
  });

  it('never states an earlier time than before, even when the clock goes back', async () => {
    const times: (number | null | undefined)[] = [];
    for (const [size, now] of [
      [1, COSIGNING_TIME],
      [2, COSIGNING_TIME - 100],
      [3, 0],
      [4, COSIGNING_TIME + 1],
    ] as const) {
      const at = await openMirroredLog(folder.path, { now: () => now * 1000 });
      await offer(at, log, size);
      await fill(at, log, size);
      const { verified } = await verifyNote(parseNote(at.checkpointNote as Uint8Array), [MIRROR.key]);
      times.push(verified[0]?.time);
    }
    expect(times).toEqual([COSIGNING_TIME, COSIGNING_TIME, COSIGNING_TIME, COSIGNING_TIME + 1]);
  });

  it('is cosigned with every key, one that was added later included', async () => {
    await offer(mirror, log, 300);
    await fill(mirror, log, 300);
    const both = await openMirroredLog(folder.path, {
      cosigners: [MIRROR, MIRROR_ML_DSA].map(({ key, signer }) => cosignerOf(key, signer)),
    });
    await fill(both, log, 300);
    const { verified } = await verifyNote(parseNote(both.checkpointNote as Uint8Array), [
      LOG.key,
      MIRROR.key,
      MIRROR_ML_DSA.key,
    ]);
    expect(verified).toHaveLength(3);
  });
});

describe('add-checkpoint', () => {
  it('names the size to start from when the client believes in another one', async () => {
    await offer(mirror, log, 300);
    for (const oldSize of [0, 299, 301]) {
      const asked = { oldSize, proof: [], checkpoint: log.checkpoint(400) };
      expect(await mirror.addCheckpoint(asked)).toEqual({ stale: 300 });
    }
  });

  it('takes the same checkpoint again', async () => {
    await offer(mirror, log, 300);
    await offer(mirror, log, 300);
  });

  it.each<[string, () => Promise<Parameters<MirroredLog['addCheckpoint']>[0]>]>([
    ['witness/old-size-too-large', async () => ({ oldSize: 9, proof: [], checkpoint: log.checkpoint(8) })],
    [
      'witness/consistency-invalid',
      async () => ({ oldSize: 300, proof: [], checkpoint: log.checkpoint(400) }),
    ],
    [
      'witness/consistency-invalid',
      async () => ({
        oldSize: 300,
        proof: Array(64).fill(new Uint8Array(32)),
        checkpoint: log.checkpoint(400),
      }),
    ],
    [
      'checkpoint/log-signature-missing',
      async () => ({ oldSize: 300, proof: [], checkpoint: log.checkpoint(300, testKey('other.example', 3)) }),
    ],
    [
      'checkpoint/log-signature-missing',
      async () => ({ oldSize: 300, proof: [], checkpoint: log.checkpoint(300, testKey(LOG.key.name, 3)) }),
    ],
    [
      'note/signature-invalid',
      async () => {
        const { signatures } = parseNote(log.checkpoint(301));
        return {
          oldSize: 300,
          proof: [],
          checkpoint: formatNote({ ...parseNote(log.checkpoint(300)), signatures }),
        };
      },
    ],
    [
      'checkpoint/origin-mismatch',
      async () => {
        const checkpoint = utf8(
          (fromUtf8(log.checkpoint(300)) ?? '').replace(LOG.key.name, 'log.example/other'),
        );
        return { oldSize: 300, proof: [], checkpoint };
      },
    ],
    ['note/malformed', async () => ({ oldSize: 0, proof: [], checkpoint: utf8('nothing') })],
  ])('%s, and the pending checkpoint stays', async (code, request) => {
    await offer(mirror, log, 300);
    expect(await reasonOfAsync(async () => mirror.addCheckpoint(await request()))).toBe(code);
    expect(mirror.pending?.checkpoint.size).toBe(300);
  });

  it('keeps the lines of the log and of nobody else', async () => {
    const note = parseNote(log.checkpoint(300));
    const stranger = { name: 'stranger.example', keyId: new Uint8Array(4), signature: new Uint8Array(64) };
    const checkpoint = formatNote({ ...note, signatures: [stranger, ...note.signatures, stranger] });
    await mirror.addCheckpoint({ oldSize: 0, proof: [], checkpoint });
    expect(formatNote(mirror.pending?.note as typeof note)).toEqual(log.checkpoint(300));
  });
});

describe('a log that signs two histories', () => {
  it('is mirrored on one branch, whichever comes first', async () => {
    for (const [first, second] of [
      [log, fork],
      [fork, log],
    ] as const) {
      const place = temporaryFolder();
      const copy = await openMirroredLog(place.path);
      await offer(copy, first, 400);
      for (const oldSize of [400, 0]) {
        const proof = await second.consistency(oldSize, 500);
        const answer = copy.addCheckpoint({ oldSize, proof, checkpoint: second.checkpoint(500) });
        if (oldSize === 0) expect(await answer).toEqual({ stale: 400 });
        else expect(await reasonOfAsync(() => answer)).toBe('witness/consistency-invalid');
      }
      await expect(fill(copy, second, 400)).rejects.toThrow('mirror/package-invalid');
      // What the histories share is the same in both, and the rest is taken from the right one alone.
      expect(copy.next).toBe(0);
      await fill(copy, first, 400);
      await expectCopy(copy, first, 400);
      place.remove();
    }
  });

  it('whose two histories race: one wins, and every entry is of that one', async () => {
    const request = async (history: TestLog) => ({
      oldSize: 0,
      proof: [],
      checkpoint: history.checkpoint(600),
    });
    const answers = await Promise.all([
      mirror.addCheckpoint(await request(log)),
      mirror.addCheckpoint(await request(fork)),
    ]);
    expect(answers).toEqual([null, { stale: 600 }]);
    const both = await Promise.allSettled([fill(mirror, fork, 600), fill(mirror, log, 600)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    await expectCopy(mirror, log, 600);
  });
});

describe('add-entries', () => {
  const begin = (start: number, end: number, ticket: Uint8Array = NO_TICKET) =>
    mirror.begin({ start, end, ticket });
  const conflict = (size: number, next: number) => ({ status: 'conflict', info: { size, next } });

  it('mirror/nothing-pending: before the first checkpoint', async () => {
    expect(await reasonOfAsync(async () => begin(0, 1))).toBe('mirror/nothing-pending');
  });

  it.each<[string, number, number, ReturnType<typeof conflict>]>([
    ['an end that was never pending', 512, 550, conflict(600, 512)],
    ['an end that no tree can have', 0, Number.POSITIVE_INFINITY, conflict(600, 512)],
    ['an end before what is cosigned', 200, 256, conflict(600, 512)],
    ['a start after the next entry', 513, 600, conflict(600, 512)],
    ['a start after the next entry, towards an older checkpoint', 513, 540, conflict(540, 512)],
  ])('409: %s', async (_, start, end, expected) => {
    await offer(mirror, log, 256);
    await offer(mirror, log, 300);
    await fill(mirror, log, 300);
    await offer(mirror, log, 540);
    await offer(mirror, log, 600);
    await fill(mirror, log, 600, 512);
    expect(begin(start, end)).toMatchObject(expected);
  });

  it('409: too many entries that are here already', async () => {
    const long = new TestLog(8194);
    await offer(mirror, long, 8194);
    await fill(mirror, long, 8194, 8192);
    expect(begin(0, 8194)).toMatchObject({ status: 'ready' });
    await fill(mirror, long, 8194);
    expect(begin(0, 8194)).toMatchObject(conflict(8194, 8194));
    expect(begin(2, 8194)).toMatchObject({ status: 'ready' });
  });

  it('goes on towards a checkpoint that is pending no more, with a ticket for that one alone', async () => {
    await offer(mirror, log, 500);
    await fill(mirror, log, 500, 256);
    const refused = begin(400, 500);
    if (refused.status !== 'conflict') return expect.fail('a gap was taken');
    const { ticket } = refused.info;
    for (let size = 501; size <= 580; size++) await offer(mirror, log, size);
    expect(begin(256, 500)).toMatchObject(conflict(580, 256));
    expect(begin(256, 500, ticket)).toMatchObject({ status: 'ready', target: { checkpoint: { size: 500 } } });
    expect(begin(256, 505, ticket)).toMatchObject(conflict(580, 256));
    for (const at of [0, 31, 32, ticket.length - 1])
      expect(begin(256, 500, ticket.with(at, (ticket[at] as number) ^ 1))).toMatchObject(conflict(580, 256));
    expect(begin(256, 500, ticket.subarray(0, 40))).toMatchObject(conflict(580, 256));
    const restarted = await openMirroredLog(folder.path);
    expect(restarted.begin({ start: 256, end: 500, ticket })).toMatchObject(conflict(580, 256));
  });

  it('mirror/package-invalid: anything but the right entries with the right proof', async () => {
    await offer(mirror, log, 600);
    const begun = begin(0, 600);
    if (begun.status !== 'ready') return expect.fail('refused');
    for (const place of packagesOf({ start: 0, end: 600 })) {
      const content = await log.content(place, 600);
      const { entries, proof } = content;
      const other = (await log.content(place, 601)).proof;
      for (const wrong of [
        { entries: entries.with(0, utf8('another')), proof },
        { entries: entries.with(-1, new Uint8Array()), proof },
        { entries: entries.slice(1), proof },
        { entries: entries.toReversed(), proof },
        { entries, proof: proof.slice(1) },
        { entries, proof: [...proof, new Uint8Array(32)] },
        { entries, proof: other },
        { entries, proof: [] },
      ])
        expect(await reasonOfAsync(() => mirror.add(begun.target, place, wrong))).toBe(
          'mirror/package-invalid',
        );
      expect(mirror.next).toBe(place.start);
      await mirror.add(begun.target, place, content);
    }
    await mirror.finish(begun.target);
    await expectCopy(mirror, log, 600);
  });

  it('any start that there can be leads to the same copy, packages that overlap included', async () => {
    await offer(mirror, log, SIZE);
    const begun = begin(0, SIZE);
    if (begun.status !== 'ready') return expect.fail('refused');
    for (const start of [0, 0, 1, 100, 255, 256, 300, 511, 512, 699]) {
      for (const place of packagesOf({ start, end: SIZE })) {
        if (place.start > mirror.next || (place.end < SIZE && place.end > start + 256)) break;
        await mirror.add(begun.target, place, await log.content(place, SIZE));
      }
    }
    await mirror.finish(begun.target);
    await expectCopy(mirror, log, SIZE);
  });

  it('many clients at once, towards several checkpoints', async () => {
    for (const size of [200, 450, SIZE]) await offer(mirror, log, size);
    const upload = async (end: number) => {
      const begun = begin(0, end);
      if (begun.status !== 'ready') throw new Error('refused');
      for (const place of packagesOf({ start: 0, end }))
        await mirror.add(begun.target, place, await log.content(place, end));
      return mirror.finish(begun.target);
    };
    const endings = await Promise.all([450, SIZE, 200, SIZE, 450, 200].map(upload));
    for (const { status } of endings) expect(['cosigned', 'conflict']).toContain(status);
    expect(endings[1]?.status).toBe('cosigned');
    await expectCopy(mirror, log, SIZE);
  });

  it('never rewinds the checkpoint', async () => {
    await offer(mirror, log, 300);
    const older = begin(0, 300);
    await offer(mirror, log, 400);
    await fill(mirror, log, 400);
    if (older.status !== 'ready') return expect.fail('refused');
    expect(await mirror.finish(older.target)).toMatchObject(conflict(400, 400));
    await expectCopy(mirror, log, 400);
  });
});

describe('what is kept', () => {
  it('is there after every restart, entries that no checkpoint covers included', async () => {
    await offer(mirror, log, 600);
    for (const upTo of [256, 512, 600]) {
      const again = await openMirroredLog(folder.path);
      await fill(again, log, 600, upTo);
      expect((await openMirroredLog(folder.path)).next).toBe(upTo);
    }
    await expectCopy(await openMirroredLog(folder.path), log, 600);
  });

  it.each<[string, (copy: string) => void]>([
    ['no pending checkpoint', copy => rmSync(join(copy, 'pending'))],
    [
      'a pending checkpoint behind the entries',
      copy => writeFileSync(join(copy, 'pending'), log.checkpoint(100)),
    ],
    [
      'a pending checkpoint of another history',
      copy => writeFileSync(join(copy, 'pending'), fork.checkpoint(600)),
    ],
    [
      'a pending checkpoint that the log has not signed',
      copy => writeFileSync(join(copy, 'pending'), log.checkpoint(600, MIRROR)),
    ],
    [
      'a checkpoint that the mirror has not signed',
      copy => writeFileSync(join(copy, 'checkpoint'), log.checkpoint(600)),
    ],
    ['no note', copy => writeFileSync(join(copy, 'checkpoint'), 'nothing')],
    ['a bundle that is missing', copy => rmSync(join(copy, 'tile/entries/002'))],
    ['a bundle that is cut off', copy => flip(join(copy, 'tile/entries/002'), bytes => bytes.slice(0, -1))],
    ['an entry that has changed', copy => flip(join(copy, 'tile/entries/002'), bytes => bytes.with(5, 0x78))],
    [
      'a tile that has changed',
      copy => flip(join(copy, 'tile/0/001'), bytes => bytes.with(5, bytes[5] ? 0 : 1)),
    ],
    ['a tile that is missing', copy => rmSync(join(copy, 'tile/0/001'))],
  ])('log/corrupt: %s', async (_, damage) => {
    await offer(mirror, log, 600);
    await fill(mirror, log, 600);
    damage(join(folder.path, 'copy'));
    expect(await reasonOfAsync(() => openMirroredLog(folder.path))).toBe('log/corrupt');
  });

  it('goes on when the log has another key, told of the one that it had', async () => {
    await offer(mirror, log, 300);
    await fill(mirror, log, 300);
    const next = testKey(LOG.key.name, 64);
    expect(await reasonOfAsync(() => openMirroredLog(folder.path, { keys: [next.key] }))).toBe('log/corrupt');
    const again = await openMirroredLog(folder.path, { keys: [next.key], retired: [LOG.key] });
    await expectCopy(again, log, 300);
    const proof = await log.consistency(300, 600);
    const offered = (key: typeof LOG) =>
      again.addCheckpoint({ oldSize: 300, proof, checkpoint: log.checkpoint(600, key) });
    expect(await reasonOfAsync(() => offered(LOG))).toBe('checkpoint/log-signature-missing');
    expect(await offered(next)).toBeNull();
  });

  it('log/corrupt: an entry of a full bundle has changed, which is not shown, and nothing more is cosigned', async () => {
    await offer(mirror, log, 600);
    await fill(mirror, log, 600);
    const again = await openMirroredLog(folder.path);
    flip(join(folder.path, 'copy/tile/entries/000'), bytes => bytes.with(5, 0x78));
    await offer(again, log, SIZE);
    const tile = (index: number) => again.tile({ level: 'entries', index, width: 256 });
    expect(await tile(1)).not.toBeNull();
    expect(await reasonOfAsync(() => tile(0))).toBe('log/corrupt');
    expect(await reasonOfAsync(() => fill(again, log, SIZE))).toBe('log/corrupt');
    expect(await tile(1)).not.toBeNull();
  });

  function flip(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    writeFileSync(path, change(readFileSync(path)));
  }
});

describe('a disk that fails', () => {
  const START = 250;
  let original: ReturnType<typeof temporaryFolder>;
  beforeEach(async () => {
    original = temporaryFolder();
    const copy = await openMirroredLog(original.path);
    await offer(copy, log, START);
    await fill(copy, log, START);
  });
  afterEach(() => original.remove());

  /** Grows by three checkpoints, until the disk fails; resolves to the sizes that were cosigned. */
  async function live(path: string, disk: ReturnType<typeof faultyDisk>): Promise<number[]> {
    const cosigned: number[] = [];
    try {
      const copy = await openMirroredLog(path, { disk });
      for (const size of [252, 515]) {
        await offer(copy, log, size);
        await fill(copy, log, size);
        cosigned.push(size);
      }
    } catch (error) {
      expect(String(error)).toMatch(/ENOSPC|mirror\/unavailable/);
    }
    return cosigned;
  }

  it.each<Fault>(FAULTS)('at any one write (%s) loses nothing that was cosigned', async fault => {
    const counting = faultyDisk();
    const whole = temporaryFolder();
    cpSync(original.path, whole.path, { recursive: true });
    expect(await live(whole.path, counting)).toEqual([252, 515]);
    whole.remove();
    expect(counting.count).toBeGreaterThan(30);
    const step = thorough(1, 6);
    for (let call = FAULTS.indexOf(fault) % step; call < counting.count; call += step) {
      const copy = temporaryFolder();
      cpSync(original.path, copy.path, { recursive: true });
      const disk = faultyDisk();
      disk.failAt(call, fault);
      const cosigned = await live(copy.path, disk);
      const after = await openMirroredLog(copy.path);
      expect(after.size).toBeGreaterThanOrEqual(cosigned.at(-1) ?? START);
      expect(after.next).toBeGreaterThanOrEqual(after.size);
      await expectCopy(after, log, after.size);
      await offer(after, log, SIZE);
      await fill(after, log, SIZE);
      await expectCopy(after, log, SIZE);
      copy.remove();
    }
  });

  it('mirror/unavailable: takes nothing more until it is started again, and goes on showing what it has', async () => {
    const disk = faultyDisk();
    const copy = await openMirroredLog(original.path, { disk });
    await offer(copy, log, 600);
    disk.failAt(disk.count + 1, 'lost');
    await expect(fill(copy, log, 600)).rejects.toThrow('mirror/unavailable');
    await expect(fill(copy, log, 600)).rejects.toThrow('mirror/unavailable');
    await expect(offer(copy, log, 601)).rejects.toThrow('mirror/unavailable');
    await expectCopy(copy, log, START);
  });

  it('by keeping other bytes than it was given is found out before anything is signed', async () => {
    const disk = faultyDisk();
    const copy = await openMirroredLog(original.path, { disk });
    await offer(copy, log, 600);
    const { write } = disk;
    disk.write = (file, bytes, offset, position) =>
      write(
        file,
        bytes.map(byte => (byte === 0x65 ? 0x66 : byte)),
        offset,
        position,
      );
    await expect(fill(copy, log, 600)).rejects.toThrow('mirror/unavailable');
    expect(copy.size).toBe(START);
  });
});
