import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf, reasonOfAsync } from '../../../test/support/failure.js';
import { faultyDisk, hastyDisk } from '../../../test/support/faulty-disk.js';
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
  WITNESSES,
} from '../../../test/support/log.js';
import { entryAt, ReferenceTree } from '../../../test/support/reference-tree.js';
import { equal, utf8 } from '../../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import { parseNote, verifyNote } from '../../note/signed-note.js';
import { leafHash } from '../../tree/hash.js';
import { verifyConsistency, verifyInclusion } from '../../tree/merkle.js';
import { readBundle } from '../../tree/tile.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import type { FileLog } from './file-log.js';

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await log?.close();
  folder.remove();
});

/** Checks a proof as an outsider would: the log's signature, then the way from the entry to the root. */
async function checkProof(text: string, index: number, entry: Uint8Array): Promise<Checkpoint> {
  const proof = parseTlogProof(text);
  const note = parseNote(utf8(proof.checkpoint));
  const { verified } = await verifyNote(note, [LOG.key]);
  expect(verified).toHaveLength(1);
  const checkpoint = parseCheckpoint(note.text);
  expect(proof.index).toBe(index);
  verifyInclusion(index, checkpoint.size, leafHash(entry), proof.hashes, checkpoint.root);
  return checkpoint;
}

describe('the tree', () => {
  it('of every size up to 600, across tile borders, is that of RFC 6962, and every checkpoint extends the one before', async () => {
    const entries = Array.from({ length: 600 }, (_, index) => testEntry(index));
    const reference = new ReferenceTree(entries);
    const signed: Checkpoint[] = [];
    log = await openTestLog(folder.path, { signer: recordingSigner(signed) });
    for (let size = 1; size <= 600; size++) {
      await growTo(log, size);
      expect(log.signed.origin).toBe('log.example/test');
      expect(log.signed.size).toBe(size);
      expect(equal(log.signed.root, reference.hash(0, size))).toBe(true);
    }
    expect(signed.map(({ size }) => size)).toEqual(Array.from({ length: 601 }, (_, size) => size));
    for (const [index, older] of signed.entries()) {
      for (const newer of signed.slice(index, index + 20)) {
        const proof = older.size === 0 ? [] : reference.proof(older.size, newer.size);
        verifyConsistency(older.size, newer.size, older.root, newer.root, proof);
      }
    }
  });

  it('is signed once for all that comes within the time between two commits', async () => {
    const signed: Checkpoint[] = [];
    // Longer than this test has to wait for anything else.
    log = await openTestLog(folder.path, { signer: recordingSigner(signed), commitSpacing: 2000 });
    await growTo(log, 1);
    const later: Promise<void>[] = [];
    for (let index = 1; index < 5; index++) {
      later.push(log.append(testEntry(index)).included);
      await new Promise(resolve => setImmediate(resolve));
    }
    await Promise.all(later);
    expect(signed.map(({ size }) => size)).toEqual([0, 1, 5]);
  });

  it.each([1, 2, 255, 256, 257, 511, 512, 600])('of %i entries proves each of them', async size => {
    log = await openTestLog(folder.path);
    await growTo(log, size);
    for (let index = 0; index < size; index++) {
      const checkpoint = await checkProof((await log.prove(index)) ?? '', index, testEntry(index));
      expect(checkpoint.size).toBe(size);
    }
    expect(await log.prove(size)).toBeNull();
  });

  it('with a second level of tiles proves entries old and new, also after a restart', async () => {
    const size = 66_000;
    const open = () => openTestLog(folder.path, { accepts: () => true, keysOf: () => [] });
    const expectAll = async () => {
      for (const index of [0, 255, 256, 32_767, 65_535, 65_536, 65_791, 65_792, size - 1]) {
        await checkProof((await log.prove(index)) ?? '', index, entryAt(index));
      }
    };
    log = await open();
    await growTo(log, size, entryAt);
    await expectAll();
    const before = log.signed;
    await log.close();
    log = await open();
    expect(log.signed).toEqual(before);
    await expectAll();
  }, 60_000);
});

describe('append', () => {
  it('gives indexes in order, and the entry can be read at once', async () => {
    log = await openTestLog(folder.path);
    const entries = [1, 2, 3].map(index => testEntry(index));
    const appended = entries.map(entry => log.append(entry));
    expect(appended.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(await log.prove(0)).toBeNull();
    for (const [index, entry] of entries.entries()) expect(await log.entry(index)).toEqual(entry);
  });

  it('keeps what it was given, whatever the caller does to its copy afterwards', async () => {
    log = await openTestLog(folder.path);
    const entry = testEntry(0);
    const { included } = log.append(entry);
    entry.fill(0);
    await included;
    expect(await log.entry(0)).toEqual(testEntry(0));
  });

  it('takes entries of 1 to 65,535 bytes', async () => {
    log = await openTestLog(folder.path);
    await Promise.all([1, 65_535].map(length => log.append(new Uint8Array(length).fill(7)).included));
    expect((await log.entry(1)).length).toBe(65_535);
    expect(reasonOf(() => log.append(new Uint8Array(65_536)))).toBe('log/entry-too-large');
    expect(() => log.append(new Uint8Array())).toThrow(RangeError);
    expect(log.writable).toBe(true);
    expect(log.append(testEntry(2)).index).toBe(2);
  });

  it('keeps any entries in any batches, appended or only included, and finds and proves them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 40 }), {
          maxLength: 12,
        }),
        async batches => {
          const place = temporaryFolder();
          const all = batches.flat();
          const tested = await openTestLog(place.path, { accepts: () => true });
          for (const [at, batch] of batches.entries()) {
            const take = (entry: Uint8Array, place: number): Promise<unknown> =>
              (at + place) % 3 === 0 ? tested.append(entry).included : tested.include(entry);
            await Promise.all(batch.map(take));
          }
          await tested.close();
          const reopened = await openTestLog(place.path, { accepts: () => true });
          expect(equal(reopened.signed.root, new ReferenceTree(all).hash(0, all.length))).toBe(true);
          for (const [index, entry] of all.entries()) {
            expect(equal(await reopened.entry(index), entry)).toBe(true);
            await checkProof((await reopened.prove(index)) ?? '', index, entry);
          }
          await reopened.close();
          place.remove();
        },
      ),
      { numRuns: 15 },
    );
  });

  it('has written the entry, and all that were to be included before it, when it returns', async () => {
    const disk = faultyDisk();
    log = await openTestLog(folder.path, { disk });
    const file = join(folder.path, 'log/tile/entries/000');
    void log.include(testEntry(0));
    expect(existsSync(file)).toBe(false);
    log.append(testEntry(1));
    expect(readBundle(readFileSync(file)).entries).toEqual([testEntry(0), testEntry(1)].map(Buffer.from));
  });

  it('throws log/unavailable once the log is closed, and closing commits what was appended', async () => {
    log = await openTestLog(folder.path);
    const { included } = log.append(testEntry(0));
    await log.close();
    await included;
    expect(log.writable).toBe(false);
    expect(reasonOf(() => log.append(testEntry(1)))).toBe('log/unavailable');
  });

  it('once closed, has nothing more to do with its files', async () => {
    let syncing = 0;
    const sync = async () => {
      syncing++;
      await new Promise(resolve => setTimeout(resolve, 1));
      syncing--;
    };
    log = await openTestLog(folder.path, { disk: { ...hastyDisk, sync } });
    // So many tiles that they are made durable although nobody asks for a witnessed checkpoint.
    await growTo(log, 257 * 256, index => utf8(String(index)));
    expect(syncing).toBeGreaterThan(0);
    await log.close();
    expect(syncing).toBe(0);
  });

  it('leaves what it cannot have: entries beyond the last', async () => {
    log = await openTestLog(folder.path);
    for (const index of [0, 1, -1, 0.5, Number.NaN]) {
      expect(await reasonOfAsync(() => log.entry(index))).toBe('tree/index-out-of-range');
      expect(await log.prove(index)).toBeNull();
    }
  });
});

describe('include', () => {
  it('resolves to the index of each entry, whose place it has at once', async () => {
    log = await openTestLog(folder.path);
    const entries = [0, 1, 2].map(index => testEntry(index));
    const included = entries.map(entry => log.include(entry));
    for (const [index, entry] of entries.entries()) {
      const [, key = new Uint8Array()] = testKeysOf(entry);
      expect(await log.find(key)).toBe(index);
      expect(await log.entry(index)).toEqual(entry);
    }
    expect(await Promise.all(included)).toEqual([0, 1, 2]);
    expect(log.size).toBe(3);
    for (const [index, entry] of entries.entries())
      await checkProof((await log.prove(index)) ?? '', index, entry);
  });

  it('writes what comes together at once, one write for each bundle', async () => {
    const disk = faultyDisk();
    log = await openTestLog(folder.path, { disk });
    await Promise.all(Array.from({ length: 300 }, (_, index) => log.include(testEntry(index))));
    const written = disk.calls.filter(call => /write .*tile\/entries/.test(call));
    expect(written).toHaveLength(2);
    for (const index of [0, 255, 256, 299]) expect(await log.entry(index)).toEqual(testEntry(index));
  });

  it('rejects with log/unavailable when the entry could not be written, and when the log is closed', async () => {
    const disk = faultyDisk();
    log = await openTestLog(folder.path, { disk });
    await log.include(testEntry(0));
    disk.failAt(disk.count, 'torn');
    expect(await reasonOfAsync(() => log.include(testEntry(1)))).toBe('log/unavailable');
    expect(log.writable).toBe(false);
    expect(log.size).toBe(1);
    await log.close();
    expect(await reasonOfAsync(() => log.include(testEntry(1)))).toBe('log/unavailable');
  });

  it('refuses what is too large, and takes nothing of it', async () => {
    log = await openTestLog(folder.path);
    expect(await reasonOfAsync(() => log.include(new Uint8Array(65_536)))).toBe('log/entry-too-large');
    expect(await log.include(testEntry(0))).toBe(0);
  });
});

describe('group commit', () => {
  it('signs once and syncs each file once for all that was appended together', async () => {
    const signed: Checkpoint[] = [];
    const disk = faultyDisk();
    log = await openTestLog(folder.path, { signer: recordingSigner(signed), disk });
    await growTo(log, 1);
    const before = disk.count;
    await growTo(log, 201);
    expect(signed.map(({ size }) => size)).toEqual([0, 1, 201]);
    const calls = disk.calls.slice(before);
    expect(calls.filter(call => call.startsWith('write'))).toHaveLength(200);
    expect(calls.filter(call => /sync/.test(call))).toEqual([
      `datasync ${join(folder.path, 'log/tile/entries/000')}`,
    ]);
  });

  it('takes what arrives during a commit as the next batch', async () => {
    const signed: Checkpoint[] = [];
    log = await openTestLog(folder.path, { signer: recordingSigner(signed) });
    const first = log.append(testEntry(0)).included;
    await new Promise(setImmediate);
    const later = [1, 2, 3, 4].map(index => log.append(testEntry(index)).included);
    await Promise.all([first, ...later]);
    expect(signed.map(({ size }) => size)).toEqual([0, 1, 5]);
  });

  it('syncs the folder of a new bundle before it signs', async () => {
    const disk = faultyDisk();
    let before: string[] = [];
    const signer = {
      ...LOG.signer,
      sign: (message: Uint8Array) => {
        before = [...disk.calls];
        return LOG.signer.sign(message);
      },
    };
    log = await openTestLog(folder.path, { disk, signer });
    await growTo(log, 1);
    const synced = before.filter(call => call.startsWith('sync')).map(call => call.split(' ')[1]);
    for (const changed of ['log', 'log/tile', 'log/tile/entries'])
      expect(synced).toContain(join(folder.path, changed));
  });
});

describe('find', () => {
  it('finds every entry by each of its keys, at once, after many more, and after a restart', async () => {
    const size = 9000;
    log = await openTestLog(folder.path);
    const keys = (index: number) => testKeysOf(testEntry(index));
    const expectAll = async () => {
      for (let index = 0; index < size; index += 37) {
        for (const key of keys(index)) expect(await log.find(key)).toBe(index);
      }
      expect(await log.find(new Uint8Array(16))).toBeNull();
    };
    const { included } = log.append(testEntry(0));
    expect(await log.find(keys(0)[0] as Uint8Array)).toBe(0);
    await included;
    await growTo(log, size / 2);
    await growTo(log, size);
    await expectAll();
    await log.close();
    log = await openTestLog(folder.path);
    await expectAll();
  });
});

describe('reached', () => {
  it('tells included from witnessed, and gives up on time, on abort and on close', async () => {
    log = await openTestLog(folder.path);
    expect(await log.reached(0, 'included', 1)).toBe(false);
    const { index } = log.append(testEntry(0));
    expect(await log.reached(index, 'included', 5000)).toBe(true);
    expect(await log.reached(index, 'included', 0)).toBe(true);
    expect(await log.reached(index, 'witnessed', 1)).toBe(false);
    const abort = new AbortController();
    const aborted = log.reached(7, 'included', 60_000, abort.signal);
    abort.abort();
    expect(await aborted).toBe(false);
    expect(await log.reached(7, 'included', 60_000, abort.signal)).toBe(false);
    const closed = log.reached(7, 'included', Number.POSITIVE_INFINITY);
    await log.close();
    expect(await closed).toBe(false);
  });
});

describe('the strongest proof', () => {
  it('is under the witnessed checkpoint, with every cosignature, as soon as that contains the entry', async () => {
    log = await openTestLog(folder.path, {
      witnesses: await openWitnesses(folder.path),
      quorum: quorumOf(3),
    });
    expect(log.witnessed?.size).toBe(0);
    const { index } = log.append(testEntry(0));
    expect(await log.reached(index, 'witnessed', 5000)).toBe(true);
    const proof = (await log.prove(index)) ?? '';
    await checkProof(proof, index, testEntry(0));
    const keys = [LOG.key, ...WITNESSES.map(({ key }) => key)];
    const { verified } = await verifyNote(parseNote(utf8(parseTlogProof(proof).checkpoint)), keys);
    expect(verified.map(({ key }) => key)).toEqual(keys);
  });
});
