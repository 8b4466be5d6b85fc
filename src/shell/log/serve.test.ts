import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  growTo,
  openTestLog,
  openWitnesses,
  quorumOf,
  temporaryFolder,
  testEntry,
} from '../../../test/support/log.js';
import { ReferenceTree } from '../../../test/support/reference-tree.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { leafHash } from '../../tree/hash.js';
import { verifyConsistency, verifyInclusion } from '../../tree/merkle.js';
import { proveConsistency, proveInclusion } from '../../tree/prove.js';
import { readBundle, TILE_WIDTH, tilePath } from '../../tree/tile.js';
import { TileNodes } from '../tiles/tile-nodes.js';
import { CompressedBundles } from './compressed-bundles.js';
import type { FileLog } from './file-log.js';
import { type Act, Retention } from './retention.js';
import { serveLog } from './serve.js';

const SIZE = 600;
const folder = temporaryFolder();
let log: FileLog;
beforeAll(async () => {
  log = await openTestLog(folder.path, { witnesses: await openWitnesses(folder.path), quorum: quorumOf(3) });
  await growTo(log, SIZE);
  await log.reached(SIZE - 1, 'witnessed', 5000);
  writeFileSync(join(folder.path, 'secret'), 'secret');
});
afterAll(async () => {
  await log.close();
  folder.remove();
});

const reference = new ReferenceTree(Array.from({ length: SIZE }, (_, index) => testEntry(index)));

const leaves = (from: number, to: number) =>
  Buffer.concat(Array.from({ length: to - from }, (_, at) => leafHash(testEntry(from + at))));

describe('what is there (tlog-tiles)', () => {
  it('the checkpoint, which nobody may keep', async () => {
    const { status, headers, body } = await serveLog(log, 'checkpoint');
    expect(status).toBe(200);
    expect(headers).toEqual({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    expect(fromUtf8(body)).toMatch(/^log\.example\/test\n600\n/);
  });

  it.each([
    ['tile/0/000', 0, 256],
    ['tile/0/001', 256, 512],
    ['tile/0/000.p/1', 0, 1],
    ['tile/0/001.p/255', 256, 511],
    ['tile/0/002.p/1', 512, 513],
    ['tile/0/002.p/88', 512, 600],
  ])('%s, the leaf hashes of entries %i to %i, for ever', async (path, from, to) => {
    const { status, headers, body } = await serveLog(log, path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['cache-control']).toContain('immutable');
    expect(Buffer.from(body).equals(leaves(from, to))).toBe(true);
  });

  it.each([
    ['tile/entries/000', 0, 256],
    ['tile/entries/001.p/3', 256, 259],
    ['tile/entries/002.p/88', 512, 600],
  ])('%s, the entries %i to %i and nothing after them', async (path, from, to) => {
    const { status, body } = await serveLog(log, path);
    expect(status).toBe(200);
    const { entries, length } = readBundle(body);
    expect(length).toBe(body.length);
    expect(entries.map(entry => fromUtf8(entry))).toEqual(
      Array.from({ length: to - from }, (_, at) => fromUtf8(testEntry(from + at))),
    );
  });

  it('the hashes of full tiles on the next level', async () => {
    expect((await serveLog(log, 'tile/1/000.p/2')).body.length).toBe(64);
    expect((await serveLog(log, 'tile/1/000.p/1')).body.length).toBe(32);
  });
});

describe('what is not there', () => {
  it.each([
    'tile/0/002',
    'tile/0/002.p/89',
    'tile/0/003.p/1',
    'tile/1/000',
    'tile/1/000.p/3',
    'tile/2/000.p/1',
    'tile/63/000.p/1',
    'tile/64/000.p/1',
    'tile/entries/002',
    'tile/entries/002.p/89',
    'tile/entries/x001/000',
    'tile/entries/x999/x999/x999/x999/x999/999',
    'tile/entries/x999/x999/x999/x999/x999/x999/999',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.new',
    'tile/00/000',
    'tile/0/0',
    'tile/0/000/',
    'tile/0//000',
    '/tile/0/000',
    'tile/0/000?x',
    'tile/0/000\0',
    'tile/0/000\n',
    'tile/-1/000',
    'tile/entries/../../../secret',
    'tile/../../secret',
    '../secret',
    'tile/0/%2e%2e/000',
    'tile\\0\\000',
    'index/runs',
    'Checkpoint',
    'entries/600',
    'entries/-1',
    'entries/01',
    'entries/0x1',
    'entries/',
    'entries/1/2',
    'retention/',
    'checkpoint/',
    'checkpoint.new',
    '',
  ])('%j', async path => {
    const { status, headers } = await serveLog(log, path);
    expect(status).toBe(404);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('entries that are written but not yet signed', async () => {
    const { included } = log.append(testEntry(SIZE));
    expect((await serveLog(log, 'tile/entries/002.p/89')).status).toBe(404);
    await included;
    expect((await serveLog(log, 'tile/entries/002.p/89')).status).toBe(200);
    expect((await serveLog(log, 'tile/entries/002.p/88')).status).toBe(200);
  });

  it('files that lie in the folder without being part of the tree', async () => {
    mkdirSync(join(folder.path, 'log/tile/5'), { recursive: true });
    writeFileSync(join(folder.path, 'log/tile/5/000'), 'anything');
    expect((await serveLog(log, 'tile/5/000')).status).toBe(404);
  });

  it('a checkpoint that nobody has witnessed', async () => {
    const other = temporaryFolder();
    const alone = await openTestLog(other.path);
    await growTo(alone, 3);
    expect((await serveLog(alone, 'checkpoint')).status).toBe(404);
    expect((await serveLog(alone, 'tile/0/000.p/3')).status).toBe(200);
    await alone.close();
    other.remove();
  });
});

describe('entries one by one', () => {
  it.each([0, 255, 256, 599])('entries/%i is the exact entry, for ever', async index => {
    const { status, headers, body } = await serveLog(log, `entries/${index}`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['cache-control']).toContain('immutable');
    expect(fromUtf8(body)).toBe(fromUtf8(testEntry(index)));
  });
});

describe('compression (tlog-tiles: bundles SHOULD be compressed)', () => {
  const reading = (acceptEncoding?: string) => ({
    retention: null,
    compressed: new CompressedBundles(),
    acceptEncoding,
  });

  it.each(['tile/entries/000', 'tile/entries/002.p/88'])('%s for who takes it', async path => {
    const plain = await serveLog(log, path, reading());
    const small = await serveLog(log, path, reading('gzip, br'));
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(small.headers['content-encoding']).toBe('gzip');
    for (const { headers } of [plain, small]) expect(headers.vary).toBe('accept-encoding');
    expect(small.body.length).toBeLessThan(plain.body.length);
    expect(gunzipSync(small.body).equals(plain.body)).toBe(true);
  });

  it.each(['checkpoint', 'tile/0/000', 'entries/1'])('%s never', async path => {
    const { headers } = await serveLog(log, path, reading('gzip'));
    expect(headers['content-encoding']).toBeUndefined();
  });
});

async function afterActs(...acts: Act['what'][]) {
  const retention = await Retention.open(mkdtempSync(join(folder.path, 'acts-')));
  for (const what of acts) await retention.decide(what, 5);
  return { retention, compressed: null };
}

const textOf = (body: Uint8Array) => fromUtf8(body) ?? '';

describe('a pruned log (tlog-tiles, Pruning)', () => {
  it('says in one line that something is gone, and lets nobody keep that', async () => {
    const reading = await afterActs({ act: 'prune', minimum: 300 });
    for (const path of ['tile/0/000', 'tile/entries/000', 'tile/entries/000.p/3', 'entries/299']) {
      const { status, headers, body } = await serveLog(log, path, reading);
      expect([path, status]).toEqual([path, 410]);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'countersign-reason': 'log/entry-pruned',
      });
      expect(textOf(body)).toMatch(/^[^\n]*minimum index 300[^\n]*\n$/);
    }
    for (const path of ['tile/0/001', 'tile/entries/001', 'tile/1/000.p/2', 'entries/300', 'checkpoint']) {
      expect([path, (await serveLog(log, path, reading)).status]).toEqual([path, 200]);
    }
  });

  it.each([0, 1, 255, 256, 300, 512, 599, 600])(
    'of minimum index %i still gives every entry, root, inclusion and consistency from there on',
    async minimum => {
      const reading = await afterActs({ act: 'prune', minimum });
      const size = SIZE;
      /** A client that has nothing but what is served, and fetches partial tiles of this tree's size alone. */
      const subtree = async ({ level, index }: { level: number; index: number }) => {
        const tileLevel = Math.floor(level / 8);
        const across = 2 ** (8 - (level % 8));
        const tile = Math.floor(index / across);
        const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** tileLevel) - tile * TILE_WIDTH);
        const { status, body } = await serveLog(
          log,
          tilePath({ level: tileLevel, index: tile, width }),
          reading,
        );
        if (status !== 200) throw new Error(`${status}`);
        return TileNodes.from(body).node(level % 8, index % across);
      };
      const root = reference.hash(0, size);
      for (const index of [minimum, minimum + 1, 300, 599].filter(at => at >= minimum && at < size)) {
        expect((await serveLog(log, `entries/${index}`, reading)).status).toBe(200);
        const proof = await proveInclusion(index, size, subtree);
        verifyInclusion(index, size, leafHash(testEntry(index)), proof, root);
      }
      for (const old of [minimum, minimum + 1, 512, 599].filter(at => at >= minimum && at > 0 && at < size)) {
        const hashes = await proveConsistency(old, size, subtree);
        verifyConsistency(old, size, reference.hash(0, old), root, hashes);
      }
    },
  );
});

describe('a denied entry', () => {
  it('is kept back with its bundle; its hash, and every other entry, are not', async () => {
    const reading = await afterActs({ act: 'deny', index: 300, reason: 'court-order' });
    for (const path of ['tile/entries/001', 'tile/entries/001.p/45', 'entries/300']) {
      const { status, headers, body } = await serveLog(log, path, reading);
      expect([path, status]).toEqual([path, 451]);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'countersign-reason': 'log/entry-denied',
      });
      expect(textOf(body)).toMatch(/^[^\n]*\(entry 300\)[^\n]*court-order[^\n]*\n$/);
    }
    for (const path of [
      'tile/0/001',
      'tile/entries/000',
      'tile/entries/001.p/44',
      'entries/299',
      'entries/301',
    ]) {
      expect([path, (await serveLog(log, path, reading)).status]).toEqual([path, 200]);
    }
  });

  it('is not spoken of where there is no entry', async () => {
    const reading = await afterActs({ act: 'deny', index: 300, reason: 'court-order' });
    expect((await serveLog(log, 'entries/700', reading)).status).toBe(404);
  });
});

describe('what is said of reading', () => {
  it('of a log that shows everything', async () => {
    const { status, headers, body } = await serveLog(log, 'retention');
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'application/json',
      'no-store',
    ]);
    expect(textOf(body)).toBe('{"denied":[],"minimum":0,"policy":null}');
  });

  it('the minimum index, the policy and the denials', async () => {
    const reading = await afterActs(
      { act: 'retain', retention: { minimumDays: 365, prunes: 'oldest-entries' } },
      { act: 'prune', minimum: 3 },
      { act: 'deny', index: 9, reason: 'secret' },
    );
    await reading.retention.announce(async ({ decided }) => 95 + decided);
    expect(JSON.parse(textOf((await serveLog(log, 'retention', reading)).body))).toEqual({
      denied: [{ index: 9, logged: 100, reason: 'secret' }],
      minimum: 3,
      policy: { logged: 100, minimumDays: 365, prunes: 'oldest-entries' },
    });
  });
});
