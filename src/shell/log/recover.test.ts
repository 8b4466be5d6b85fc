import { cpSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testKey } from '../../../test/support/keys.js';
import {
  growTo,
  LOG,
  openTestLog,
  openWitnesses,
  quorumOf,
  recordingSigner,
  temporaryFolder,
  testEntry,
  testKeysOf,
} from '../../../test/support/log.js';
import { entryAt, ReferenceTree } from '../../../test/support/reference-tree.js';
import { concat, equal, utf8 } from '../../bytes/octets.js';
import { type Checkpoint, formatCheckpoint } from '../../note/checkpoint.js';
import { formatNote, signNote } from '../../note/signed-note.js';
import type { Witness } from '../../note/witness.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { Frontier } from '../../tree/frontier.js';
import { leafHash } from '../../tree/hash.js';
import { readBundle, writeBundle } from '../../tree/tile.js';
import type { FileLog } from './file-log.js';
import type { LogOptions } from './open-log.js';

/** Entries below the kept checkpoint: two full bundles and two entries. */
const KEPT = 514;
/** All entries: six more, which no checkpoint on disk covers. */
const SIZE = 520;
const ALL = Array.from({ length: SIZE + 10 }, (_, index) => testEntry(index));
const REFERENCE = new ReferenceTree(ALL);
const RECORD = 2 + testEntry(SIZE - 1).length;

const original = temporaryFolder();
let folder: ReturnType<typeof temporaryFolder>;
const at = (path: string) => join(folder.path, 'log', path);

beforeAll(async () => {
  const witnesses = await openWitnesses(original.path);
  const log = await openTestLog(original.path, { witnesses, quorum: quorumOf(3) });
  await growTo(log, KEPT);
  expect(await log.reached(KEPT - 1, 'witnessed', 5000)).toBe(true);
  await log.close();
  const unwitnessed = await openTestLog(original.path);
  await growTo(unwitnessed, SIZE);
  await unwitnessed.close();
});
afterAll(() => original.remove());
beforeEach(() => {
  folder = temporaryFolder();
  cpSync(original.path, folder.path, { recursive: true });
});
afterEach(() => folder.remove());

const bytesOf = (path: string) => readFileSync(at(path));
const append = (path: string, bytes: Uint8Array) => writeFileSync(at(path), bytes, { flag: 'a' });
const shorten = (path: string, by: number) => truncateSync(at(path), statSync(at(path)).size - by);
function flip(path: string, position: number): void {
  const bytes = bytesOf(path);
  bytes[position] = (bytes[position] as number) ^ 0x10;
  writeFileSync(at(path), bytes);
}
/** Where the content of an entry begins in its bundle. */
const placeOf = (index: number) => {
  const before = ALL.slice(index - (index % 256), index);
  return before.reduce((sum, entry) => sum + 2 + entry.length, 2);
};
const signedNote = (size: number, root: Uint8Array, signer = LOG, origin = LOG.key.name) => {
  const text = formatCheckpoint({ origin, size, root });
  return formatNote({ text, signatures: [signNote(text, signer.key, signer.signer)] });
};

/** Opens, and checks that the log goes on as if nothing had been: nothing but the tail is lost, and what follows takes its place. */
async function expectRecovered(size: number): Promise<void> {
  let log = await openTestLog(folder.path);
  expect(log.signed.size).toBe(size);
  expect(equal(log.signed.root, REFERENCE.hash(0, size))).toBe(true);
  for (const index of [0, 255, 256, 511, 512, size - 1]) {
    expect(equal(await log.entry(index), testEntry(index))).toBe(true);
    expect(await log.find(testKeysOf(testEntry(index))[0] as Uint8Array)).toBe(index);
    expect(await log.prove(index)).not.toBeNull();
  }
  await growTo(log, SIZE + 5);
  await log.close();
  log = await openTestLog(folder.path);
  expect(equal(log.signed.root, REFERENCE.hash(0, SIZE + 5))).toBe(true);
  await log.close();
}

async function failureToOpen(changes: Partial<LogOptions> = {}): Promise<Failure> {
  try {
    const log = await openTestLog(folder.path, changes);
    await log.close();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the log opened');
}

describe('what no checkpoint covers is kept when it is whole, and cut when it is not', () => {
  it.each<[string, number, () => void]>([
    ['nothing happened', SIZE, () => undefined],
    ['garbage follows', SIZE, () => append('tile/entries/002', Uint8Array.of(0, 200, 1, 2, 3))],
    ['half a length follows', SIZE, () => append('tile/entries/002', Uint8Array.of(0))],
    ['zeros follow', SIZE, () => append('tile/entries/002', new Uint8Array(4096))],
    [
      'a whole entry follows that is not accepted',
      SIZE,
      () => append('tile/entries/002', writeBundle([utf8('no')])),
    ],
    [
      'one that is not accepted, and then one that is',
      SIZE,
      () => append('tile/entries/002', concat(writeBundle([utf8('no')]), writeBundle([testEntry(SIZE)]))),
    ],
    [
      'the last write became zeros',
      SIZE - 1,
      () => {
        shorten('tile/entries/002', RECORD);
        append('tile/entries/002', new Uint8Array(RECORD));
      },
    ],
    ['an entry in the middle is not what it was', 516, () => flip('tile/entries/002', placeOf(516) + 9)],
    ['a length in the middle is not what it was', 516, () => flip('tile/entries/002', placeOf(516) - 2)],
    ['all of it is lost', KEPT, () => truncateSync(at('tile/entries/002'), placeOf(KEPT) - 2)],
    [
      'a later bundle was begun',
      SIZE,
      () => writeFileSync(at('tile/entries/003'), writeBundle([testEntry(768)])),
    ],
    [
      'a later bundle was begun, and the one before is torn',
      SIZE - 1,
      () => {
        shorten('tile/entries/002', 1);
        writeFileSync(at('tile/entries/003'), writeBundle([testEntry(768)]));
        writeFileSync(at('tile/entries/005'), writeBundle([testEntry(1280)]));
      },
    ],
    ['a tile was half written', SIZE, () => writeFileSync(at('tile/0/002.new'), 'half')],
    ['a tile was written that is not full yet', SIZE, () => writeFileSync(at('tile/0/002'), 'old')],
    ['a checkpoint was half written', SIZE, () => writeFileSync(at('checkpoint.new'), 'half')],
    ['the checkpoint is lost', SIZE, () => rmSync(at('checkpoint'))],
    [
      'the checkpoint is lost, and the tiles',
      SIZE,
      () => {
        rmSync(at('checkpoint'));
        rmSync(at('tile/0'), { recursive: true });
      },
    ],
    ['a full tile is lost', SIZE, () => rmSync(at('tile/0/000'))],
    ['every full tile is lost', SIZE, () => rmSync(at('tile/0'), { recursive: true })],
  ])('%s', async (_, size, damage) => {
    damage();
    await expectRecovered(size);
  });

  it('the last entry is torn at any byte', async () => {
    const whole = bytesOf('tile/entries/002');
    for (let missing = 1; missing <= RECORD; missing++) {
      writeFileSync(at('tile/entries/002'), whole.subarray(0, whole.length - missing));
      const log = await openTestLog(folder.path);
      expect(log.signed.size).toBe(SIZE - 1);
      await log.close();
      expect(bytesOf('tile/entries/002').length).toBe(whole.length - RECORD);
    }
  });

  it('leaves nothing behind of what it cut', async () => {
    writeFileSync(at('tile/entries/003'), writeBundle([testEntry(768)]));
    append('tile/entries/002', new Uint8Array(99));
    await (await openTestLog(folder.path)).close();
    expect(existsSync(at('tile/entries/003'))).toBe(false);
    const { entries, length } = readBundle(bytesOf('tile/entries/002'));
    expect([entries.length, length]).toEqual([SIZE - 512, bytesOf('tile/entries/002').length]);
  });

  it('writes lost tiles again as they were', async () => {
    const before = bytesOf('tile/0/001');
    rmSync(at('tile/0/001'));
    await (await openTestLog(folder.path)).close();
    expect(bytesOf('tile/0/001').equals(before)).toBe(true);
  });

  it('does not ask about entries that the checkpoint covers', async () => {
    const asked: number[] = [];
    const accepts = (entry: Uint8Array) => {
      asked.push(ALL.findIndex(known => equal(known, entry)));
      return Promise.resolve(true);
    };
    await (await openTestLog(folder.path, { accepts })).close();
    expect(asked).toEqual([514, 515, 516, 517, 518, 519]);
  });
});

describe('what the kept checkpoint covers must be as it was', () => {
  it.each<[string, ReasonCode, string, () => void]>([
    [
      'an entry is cut',
      'log/corrupt',
      'tile/entries/002',
      () => truncateSync(at('tile/entries/002'), placeOf(513)),
    ],
    ['a bundle is empty', 'log/corrupt', 'tile/entries/002', () => truncateSync(at('tile/entries/002'), 0)],
    ['the last bundle is lost', 'log/corrupt', 'tile/entries/002', () => rmSync(at('tile/entries/002'))],
    ['the first bundle is lost', 'log/corrupt', 'tile/entries/000', () => rmSync(at('tile/entries/000'))],
    ['every file is lost', 'log/corrupt', 'tile/entries/000', () => rmSync(at('tile'), { recursive: true })],
    ['an entry is flipped', 'log/corrupt', 'checkpoint', () => flip('tile/entries/002', placeOf(513) + 3)],
    ['a tile is flipped', 'log/corrupt', 'tile/0/001', () => flip('tile/0/001', 77)],
    ['a tile is cut', 'log/corrupt', 'tile/0/001', () => shorten('tile/0/001', 32)],
    ['a tile is empty', 'log/corrupt', 'tile/0/000', () => truncateSync(at('tile/0/000'), 0)],
    [
      'a tile is lost and its bundle flipped',
      'log/corrupt',
      'checkpoint',
      () => {
        rmSync(at('tile/0/000'));
        flip('tile/entries/000', placeOf(7));
      },
    ],
    [
      'a tile is lost and its bundle cut',
      'log/corrupt',
      'tile/entries/000',
      () => {
        rmSync(at('tile/0/000'));
        shorten('tile/entries/000', 1);
      },
    ],
    ['the checkpoint is flipped', 'log/corrupt', 'checkpoint', () => flip('checkpoint', 25)],
    ['the checkpoint is cut', 'log/corrupt', 'checkpoint', () => shorten('checkpoint', 10)],
    ['the checkpoint is empty', 'log/corrupt', 'checkpoint', () => truncateSync(at('checkpoint'), 0)],
    [
      'the checkpoint is of another key',
      'log/corrupt',
      'checkpoint',
      () => {
        const note = signedNote(KEPT, REFERENCE.hash(0, KEPT), testKey(LOG.key.name, 99));
        writeFileSync(at('checkpoint'), note);
      },
    ],
    [
      'the checkpoint is of another log',
      'log/corrupt',
      'checkpoint',
      () => {
        writeFileSync(at('checkpoint'), signedNote(KEPT, REFERENCE.hash(0, KEPT), LOG, 'log.example/other'));
      },
    ],
    [
      'the checkpoint is of a larger tree',
      'log/corrupt',
      'tile/entries/002',
      () => {
        writeFileSync(at('checkpoint'), signedNote(SIZE + 1, REFERENCE.hash(0, SIZE + 1)));
      },
    ],
    [
      'the checkpoint is of another tree',
      'log/corrupt',
      'checkpoint',
      () => {
        writeFileSync(at('checkpoint'), signedNote(KEPT, REFERENCE.hash(0, KEPT - 1)));
      },
    ],
  ])('%s', async (_, code, field, damage) => {
    damage();
    const before = readBundle(
      existsSync(at('tile/entries/002')) ? bytesOf('tile/entries/002') : new Uint8Array(),
    );
    const failure = await failureToOpen();
    expect([failure.code, failure.field]).toEqual([code, field]);
    // The operator is told to keep the folder as it is, so opening does.
    const after = readBundle(
      existsSync(at('tile/entries/002')) ? bytesOf('tile/entries/002') : new Uint8Array(),
    );
    expect(after).toEqual(before);
  });

  it('every bit of the checkpoint counts', async () => {
    const note = bytesOf('checkpoint');
    for (let position = 0; position < note.length; position += 3) {
      const changed = Buffer.from(note);
      changed[position] = (changed[position] as number) ^ (1 << (position % 8));
      writeFileSync(at('checkpoint'), changed);
      // Cosignatures by witnesses that this log does not know are nobody's statement, and change nothing.
      const isCosignature = position > note.indexOf('witness.example/1') - 5;
      if (isCosignature) continue;
      expect((await failureToOpen()).code).toBe('log/corrupt');
    }
  });

  it('a flipped cosignature of a known witness stops the log', async () => {
    flip('checkpoint', bytesOf('checkpoint').length - 20);
    const open = openTestLog(folder.path, { quorum: quorumOf(3) });
    await expect(open).rejects.toMatchObject({ code: 'log/corrupt', field: 'checkpoint' });
  });

  it('damage in old files is found when their keys are read', async () => {
    flip('tile/entries/000', placeOf(7));
    const failure = await failureToOpen();
    expect([failure.code, failure.field]).toEqual(['log/corrupt', 'tile/entries/000']);
  });

  it('damage that comes later is found when it is used, and what is whole is served', async () => {
    const log = await openTestLog(folder.path);
    flip('tile/entries/000', placeOf(7));
    await expect(log.entry(7)).rejects.toMatchObject({ code: 'log/corrupt' });
    expect(equal(await log.entry(8), testEntry(8))).toBe(true);
    await log.close();
  });
});

describe('beyond the right edge', { timeout: 60_000 }, () => {
  const large = temporaryFolder();
  const size = 65_536 + 300;
  beforeAll(async () => {
    const witnesses = await openWitnesses(large.path);
    const log = await openTestLog(large.path, { witnesses, quorum: quorumOf(3) });
    await growTo(log, size, entryAt);
    expect(await log.reached(size - 1, 'witnessed', 30_000)).toBe(true);
    await log.close();
  }, 60_000);
  afterAll(() => large.remove());
  beforeEach(() => {
    cpSync(large.path, folder.path, { recursive: true });
  });

  it('lost tiles of both levels are made again', async () => {
    const before = [bytesOf('tile/1/000'), bytesOf('tile/0/017')];
    rmSync(at('tile/1/000'));
    rmSync(at('tile/0/017'));
    await (await openTestLog(folder.path)).close();
    expect(bytesOf('tile/1/000').equals(before[0] as Buffer)).toBe(true);
    expect(bytesOf('tile/0/017').equals(before[1] as Buffer)).toBe(true);
  });

  it('a lost tile whose bundle has changed is not made again', async () => {
    rmSync(at('tile/0/017'));
    flip('tile/entries/017', 30);
    const failure = await failureToOpen();
    expect([failure.code, failure.field]).toEqual(['log/corrupt', 'tile/entries/017']);
    expect(existsSync(at('tile/0/017'))).toBe(false);
  });

  it('a flipped tile that makes the right edge keeps the log from starting', async () => {
    flip('tile/1/000', 40);
    expect((await failureToOpen()).field).toBe('tile/1/000');
  });

  it.each<[string, string, (log: FileLog) => Promise<unknown>]>([
    ['a proof', 'tile/0/017', log => log.prove(17 * 256 + 3)],
    ['an entry', 'tile/0/017', log => log.entry(17 * 256 + 3)],
    ['a tile', 'tile/0/017', log => log.tile({ level: 0, index: 17, width: 256 })],
    ['a bundle', 'tile/0/017', log => log.tile({ level: 'entries', index: 17, width: 256 })],
    ['an entry', 'tile/entries/017', log => log.entry(17 * 256)],
    ['a bundle', 'tile/entries/017', log => log.tile({ level: 'entries', index: 17, width: 256 })],
  ])(
    '%s is not given out of a flipped %s: the log stops, and what is whole is served',
    async (_, path, read) => {
      flip(path, 5);
      const problems: string[] = [];
      const witnesses = await openWitnesses(folder.path);
      const log = await openTestLog(folder.path, {
        witnesses,
        quorum: quorumOf(3),
        onProblem: message => problems.push(message),
      });
      const signed = log.signed;
      const { included } = log.append(testEntry(size));
      await included;
      await log.reached(size, 'witnessed', 5000);
      const failure = await read(log).then(
        () => null,
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ code: 'log/corrupt', field: path });
      expect(log.writable).toBe(false);
      expect(() => log.append(testEntry(size + 1))).toThrow(path);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`log/corrupt (${path})`);
      expect(log.signed.size).toBe(signed.size + 1);
      expect(await log.prove(18 * 256)).not.toBeNull();
      expect(await log.prove(size)).not.toBeNull();
      expect(equal(await log.entry(18 * 256), entryAt(18 * 256))).toBe(true);
      expect(await log.tile({ level: 'entries', index: 18, width: 256 })).not.toBeNull();
      await log.close();
    },
  );

  it('damage is found where a witness asks for a proof over it, and nothing is signed after that', async () => {
    flip('tile/0/017', 5);
    const problems: string[] = [];
    const elsewhere = temporaryFolder();
    const [behind] = await openWitnesses(elsewhere.path, 1);
    // The proof from there needs a hash that lies in the flipped tile.
    const frontier = new Frontier();
    while (frontier.size < 17 * 256 + 3) frontier.push(leafHash(entryAt(frontier.size)));
    const checkpoint = signedNote(frontier.size, frontier.root());
    await behind?.addCheckpoint({ oldSize: 0, proof: [], checkpoint });
    const ahead = await openWitnesses(folder.path);
    const signed: Checkpoint[] = [];
    const failure = await failureToOpen({
      witnesses: [behind as Witness, ...ahead.slice(1)],
      quorum: quorumOf(2),
      signer: recordingSigner(signed),
      onProblem: message => problems.push(message),
    });
    expect([failure.code, failure.field]).toEqual(['log/corrupt', 'tile/0/017']);
    expect(problems).toEqual([expect.stringContaining('log/corrupt (tile/0/017)')]);
    expect(signed).toHaveLength(1);
    elsewhere.remove();
  });

  it.each<[string, string]>([
    ['an entry', 'tile/entries/001'],
    ['a tile of hashes', 'tile/0/001'],
    ['a tile above', 'tile/1/000'],
  ])('the scrub finds %s that changes at rest', async (_, path) => {
    const problems: string[] = [];
    const log = await openTestLog(folder.path, {
      scrubSpacing: 0,
      onProblem: message => problems.push(message),
    });
    const deadline = Date.now() + 10_000;
    flip(path, 5);
    while (log.writable && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 5));
    expect(log.writable).toBe(false);
    expect(problems).toEqual([expect.stringContaining(`log/corrupt (${path})`)]);
    expect(() => log.append(testEntry(size))).toThrow('log/unavailable');
    await log.close();
  });
});

describe('witnesses that have seen more', () => {
  const open = async () =>
    openTestLog(folder.path, { witnesses: await openWitnesses(folder.path), quorum: quorumOf(2) });

  it('keep a log from starting that was restored from an old backup: log/behind-witness', async () => {
    cpSync(at('.'), join(folder.path, 'backup'), { recursive: true });
    const log = await open();
    await growTo(log, SIZE + 5);
    await log.reached(SIZE + 4, 'witnessed', 5000);
    await log.close();
    rmSync(at('.'), { recursive: true });
    cpSync(join(folder.path, 'backup'), at('.'), { recursive: true });
    await expect(open()).rejects.toMatchObject({ code: 'log/behind-witness' });
  });

  it('keep a log from starting that has lost everything: log/behind-witness', async () => {
    rmSync(at('.'), { recursive: true });
    await expect(open()).rejects.toMatchObject({ code: 'log/behind-witness' });
  });

  it('keep a log from starting that has another history: log/corrupt', async () => {
    rmSync(at('.'), { recursive: true });
    const log = await openTestLog(folder.path);
    for (let index = 0; index < SIZE + 5; index++) log.append(testEntry(index + 1));
    await log.close();
    await expect(open()).rejects.toMatchObject({ code: 'log/corrupt' });
  });
});
