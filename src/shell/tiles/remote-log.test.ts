import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { entryAt, ReferenceTree } from '../../../test/support/reference-tree.js';
import { concatAll, fromUtf8, utf8 } from '../../bytes/octets.js';
import { proveConsistency, proveInclusion, rootHash } from '../../tree/prove.js';
import { parseTilePath, TILE_WIDTH, writeBundle } from '../../tree/tile.js';
import { RemoteLog } from './remote-log.js';

const SIZE = 700;
const TREE = new ReferenceTree(Array.from({ length: SIZE }, (_, index) => entryAt(index)));

/** What an honest log of that size serves at a path, or null. */
function honest(path: string, size = SIZE): Uint8Array | null {
  if (path === 'checkpoint') return utf8('a checkpoint');
  const name = parseTilePath(path);
  if (name === null) return null;
  const { level, index, width } = name;
  const across = level === 'entries' ? 1 : TILE_WIDTH ** level;
  const first = index * TILE_WIDTH;
  if ((first + width) * across > size) return null;
  const items = Array.from({ length: width }, (_, at) => first + at);
  if (level === 'entries') return writeBundle(items.map(entryAt));
  return concatAll(items.map(at => TREE.hash(at * across, (at + 1) * across)));
}

interface Served {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
}

let server: Server;
let log: RemoteLog;
let asked: string[];
let serve: (path: string) => Served;
const honestly = (path: string): Served => {
  const body = honest(path);
  return body === null ? { status: 404 } : { body };
};
beforeEach(async () => {
  asked = [];
  serve = honestly;
  server = createServer((request, response) => {
    const path = (request.url ?? '').replace('/log/', '');
    asked.push(path);
    const { status = 200, headers = {}, body = new Uint8Array() } = serve(path);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  log = new RemoteLog(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log/`);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('reading a log over HTTP (tlog-tiles)', () => {
  it('its checkpoint; null when it has none', async () => {
    expect(fromUtf8((await log.checkpoint()) as Uint8Array)).toBe('a checkpoint');
    serve = () => ({ status: 404 });
    expect(await log.checkpoint()).toBeNull();
    expect(log.url.endsWith('/log')).toBe(true);
  });

  it('entries, of full bundles and of partial ones', async () => {
    expect(await log.bundle(0, 256)).toEqual(Array.from({ length: 256 }, (_, at) => entryAt(at)));
    expect(await log.bundle(2, 188)).toEqual(Array.from({ length: 188 }, (_, at) => entryAt(512 + at)));
    expect(asked).toEqual(['tile/entries/000', 'tile/entries/002.p/188']);
  });

  it('the full bundle where a partial one is gone, of which it takes what was asked', async () => {
    serve = path => (path.includes('.p/') ? { status: 410 } : honestly(path));
    expect(await log.bundle(1, 3)).toEqual([256, 257, 258].map(entryAt));
    expect(await log.hashes(0, 1, 3)).toEqual(leafHashes(256, 3));
  });

  it('roots and proofs from its tiles, each fetched once', async () => {
    const subtrees = log.subtrees(SIZE);
    expect(await rootHash(SIZE, subtrees)).toEqual(TREE.hash(0, SIZE));
    expect(await proveInclusion(300, SIZE, subtrees)).toEqual(TREE.path(300, SIZE));
    expect(await proveConsistency(257, SIZE, subtrees)).toEqual(TREE.proof(257, SIZE));
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toContain('tile/1/000.p/2');
  });

  it('some entries of a bundle, one by one where another of it is denied (HTTP 451)', async () => {
    expect(await log.part(0, 250, 256)).toEqual([250, 251, 252, 253, 254, 255].map(entryAt));
    serve = path => {
      if (path.startsWith('tile/entries/') || path === 'entries/3') return { status: 451 };
      const one = /^entries\/(\d+)$/.exec(path)?.[1];
      return one === undefined ? honestly(path) : { body: entryAt(Number(one)) };
    };
    expect(await log.part(2, 186, 188)).toEqual([698, 699].map(entryAt));
    expect(await reasonOfAsync(() => log.part(0, 2, 5))).toBe('peer/answer-denied');
    expect(await log.entry(3)).toBeNull();
  });

  it('packed with gzip', async () => {
    serve = path => {
      const { body = new Uint8Array(), ...rest } = honestly(path);
      return { ...rest, headers: { 'content-encoding': 'gzip' }, body: gzipSync(body) };
    };
    expect(await log.bundle(0, 256)).toHaveLength(256);
  });
});

function leafHashes(first: number, count: number): Uint8Array {
  return concatAll(Array.from({ length: count }, (_, at) => TREE.hash(first + at, first + at + 1)));
}

describe('a log that serves something else', () => {
  const bundle = honest('tile/entries/000') as Uint8Array;
  const tooMany = concatAll([bundle, writeBundle([entryAt(256)])]);
  it.each<[string, Served, string]>([
    ['nothing there', { status: 404 }, 'peer/answer-missing'],
    ['gone', { status: 410 }, 'peer/answer-missing'],
    ['denied to readers', { status: 451 }, 'peer/answer-denied'],
    ['an error', { status: 500 }, 'peer/answer-unexpected'],
    ['a redirect', { status: 302, headers: { location: '/' } }, 'peer/answer-unexpected'],
    ['a bundle that is cut', { body: bundle.subarray(0, -1) }, 'peer/answer-malformed'],
    [
      'a bundle with a byte too many',
      { body: concatAll([bundle, Uint8Array.of(0)]) },
      'peer/answer-malformed',
    ],
    ['an entry too few', { body: bundle.subarray(0, -(2 + entryAt(255).length)) }, 'peer/answer-malformed'],
    ['an entry too many', { body: tooMany }, 'peer/answer-malformed'],
    ['nothing', {}, 'peer/answer-malformed'],
    [
      'an encoding that it was not asked for',
      { headers: { 'content-encoding': 'br' }, body: bundle },
      'peer/answer-malformed',
    ],
    ['gzip that is none', { headers: { 'content-encoding': 'gzip' }, body: bundle }, 'peer/answer-malformed'],
    ['more than a bundle can be', { body: new Uint8Array(17_000_000) }, 'peer/answer-too-large'],
    [
      'little that unpacks to much',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(new Uint8Array(17_000_000)) },
      'peer/answer-malformed',
    ],
  ])('%s', async (_, served, code) => {
    serve = () => served;
    expect(await reasonOfAsync(() => log.bundle(0, 256))).toBe(code);
  });

  it.each<[string, Served, string]>([
    ['too few hashes', { body: new Uint8Array(31 * 32) }, 'peer/answer-malformed'],
    ['half a hash', { body: new Uint8Array(32 * 32 + 16) }, 'peer/answer-malformed'],
    ['more than a tile', { body: new Uint8Array(257 * 32) }, 'peer/answer-too-large'],
  ])('a tile of hashes: %s', async (_, served, code) => {
    serve = () => served;
    expect(await reasonOfAsync(() => log.hashes(0, 2, 32))).toBe(code);
  });

  it('a checkpoint without end', async () => {
    serve = () => ({ body: new Uint8Array((1 << 20) + 1) });
    expect(await reasonOfAsync(() => log.checkpoint())).toBe('peer/answer-too-large');
  });

  it('nobody there, or told to stop: peer/unreachable', async () => {
    expect(await reasonOfAsync(() => log.bundle(0, 256, AbortSignal.abort()))).toBe('peer/unreachable');
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    expect(await reasonOfAsync(() => log.bundle(0, 256))).toBe('peer/unreachable');
  });
});
