import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  growTo,
  openTestLog,
  openWitnesses,
  quorumOf,
  temporaryFolder,
  testEntry,
} from '../../../test/support/log.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { leafHash } from '../../tree/hash.js';
import { readBundle } from '../../tree/tile.js';
import type { FileLog } from './file-log.js';
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
    'index/through',
    'Checkpoint',
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
