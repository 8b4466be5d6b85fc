import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testKey } from '../../../test/support/keys.js';
import { temporaryFolder } from '../../../test/support/log.js';
import {
  fill,
  LOG,
  MIRROR,
  MIRROR_ML_DSA,
  offer,
  openMirroredLog,
  TestLog,
} from '../../../test/support/mirror.js';
import { concatAll, fromUtf8, utf8 } from '../../bytes/octets.js';
import { formatAddCheckpoint, parseCosignatures } from '../../note/add-checkpoint.js';
import { cosignerOf, subtreeIsCosigned } from '../../note/cosignature.js';
import { formatSignSubtree, type SignSubtree } from '../../note/sign-subtree.js';
import { parseNote, verifyNote } from '../../note/signed-note.js';
import { formatUploadHeader, parseMirrorInfo } from '../../tree/add-entries.js';
import { proveSubtree } from '../../tree/subtree.js';
import { type HttpRequest, HttpServer } from '../http/server.js';
import { originHash } from './kept-notes.js';
import type { MirroredLog } from './mirrored-log.js';
import { mirrorRoutes, mirrorStatus } from './serve.js';
import { takeUpload } from './upload.js';
import { UploadSlots } from './upload-slots.js';

const SIZE = 600;
const log = new TestLog(SIZE + 100);
const fork = new TestLog(SIZE + 100, 300);
const COPY = originHash(LOG.key.name);

let folder: ReturnType<typeof temporaryFolder>;
let mirror: MirroredLog;
let server: HttpServer;
let address: string;
let problems: string[];
let slots: UploadSlots;
beforeEach(async () => {
  folder = temporaryFolder();
  problems = [];
  slots = new UploadSlots(2 ** 20, 4);
  const keys = [MIRROR, MIRROR_ML_DSA];
  mirror = await openMirroredLog(folder.path, {
    cosigners: keys.map(({ key, signer }) => cosignerOf(key, signer)),
  });
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: mirrorRoutes({
      keys: keys.map(({ key }) => key),
      logs: [mirror],
      stamps: new Map(),
      subtreeCosigners: [MIRROR_ML_DSA],
      slots,
    }),
    statusOf: mirrorStatus,
    onProblem: message => problems.push(message),
  });
  address = await server.listen();
});
afterEach(async () => {
  await server.close();
  folder.remove();
  expect(problems).toEqual([]);
});

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly reason: string | null;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

async function post(path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${address}/${path}`, { method: 'POST', body: new Uint8Array(body), headers });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    reason: answer.headers.get('countersign-reason'),
    headers: answer.headers,
    body: new Uint8Array(await answer.arrayBuffer()),
  };
}

const OCTETS = { 'content-type': 'application/octet-stream' };
const addEntries = (body: Uint8Array, headers = {}) => post('add-entries', body, { ...OCTETS, ...headers });
const info = ({ body }: Answer) => {
  const { size, next } = parseMirrorInfo(body);
  return { size, next };
};

async function expectCosigned({ status, body }: Answer, size: number): Promise<void> {
  expect(status).toBe(200);
  const { text } = parseNote(log.checkpoint(size));
  const keys = [MIRROR.key, MIRROR_ML_DSA.key];
  const { verified, unknown } = await verifyNote({ text, signatures: parseCosignatures(body) }, keys);
  expect(verified).toHaveLength(2);
  expect(unknown).toEqual([]);
}

describe('POST /add-checkpoint', () => {
  const ask = (oldSize: number, proof: readonly Uint8Array[], checkpoint: Uint8Array) =>
    post('add-checkpoint', formatAddCheckpoint({ oldSize, proof, checkpoint }));

  it('200 with an empty body: it is pending, and not cosigned', async () => {
    const answer = await ask(0, [], log.checkpoint(300));
    expect(answer).toMatchObject({ status: 200, body: new Uint8Array() });
    expect(mirror.pending?.checkpoint.size).toBe(300);
    expect((await fetch(`${address}/${COPY}/checkpoint`)).status).toBe(404);
  });

  it('409: the size of the pending checkpoint', async () => {
    await offer(mirror, log, 300);
    const answer = await ask(200, [], log.checkpoint(400));
    expect(answer).toMatchObject({ status: 409, type: 'text/x.tlog.size' });
    expect(fromUtf8(answer.body)).toBe('300\n');
  });

  it.each<[number, string, () => Promise<Answer>]>([
    [400, 'request/body-malformed', () => post('add-checkpoint', utf8('old 0x10\n\n'))],
    [400, 'note/malformed', () => ask(0, [], utf8('nothing'))],
    [400, 'witness/old-size-too-large', () => ask(301, [], log.checkpoint(300))],
    [403, 'checkpoint/log-signature-missing', () => ask(0, [], log.checkpoint(1, testKey(LOG.key.name, 9)))],
    [
      404,
      'mirror/log-unknown',
      () => ask(0, [], utf8((fromUtf8(log.checkpoint(1)) ?? '').replace('log.example', 'other.example'))),
    ],
    [413, 'request/too-large', () => post('add-checkpoint', new Uint8Array(70_000))],
    [422, 'witness/consistency-invalid', () => ask(0, [new Uint8Array(32)], log.checkpoint(300))],
  ])('%d %s', async (status, reason, send) => {
    expect(await send()).toMatchObject({ status, reason });
    expect(mirror.pending).toBeNull();
  });
});

describe('POST /add-entries', () => {
  beforeEach(() => offer(mirror, log, SIZE));

  it('200: all entries, and the mirror has cosigned', async () => {
    const answer = await addEntries(await log.body(0, SIZE));
    await expectCosigned(answer, SIZE);
    expect(answer.headers.get('accept-encoding')).toBe('gzip');
    // Nothing is left to upload.
    await expectCosigned(await addEntries(await log.body(SIZE, SIZE)), SIZE);
  });

  it('200: compressed', async () => {
    const body = gzipSync(await log.body(0, SIZE));
    await expectCosigned(await addEntries(body, { 'content-encoding': 'gzip' }), SIZE);
  });

  it('202 after some packages, 200 after all: any cut, at packages and inside them, plain and compressed', async () => {
    const parts = await log.upload(0, SIZE);
    const [header = 0, ...sizes] = parts.map(({ length }) => length);
    let end = header;
    for (const [at, length] of sizes.entries()) {
      for (const cut of [end, end + 1, end + 700, end + length - 1]) {
        if (at === 0) continue;
        const answer = await addEntries(concatAll(parts).subarray(0, cut));
        expect(answer).toMatchObject({ status: 202, type: 'text/x.tlog.mirror-info' });
        expect(info(answer)).toEqual({ size: SIZE, next: at * 256 });
      }
      end += length;
    }
    const compressed = gzipSync(await log.body(512, SIZE));
    const cutOff = await addEntries(compressed.subarray(0, -20), { 'content-encoding': 'gzip' });
    expect(cutOff).toMatchObject({ status: 400, reason: 'mirror/upload-cut-off' });
    await expectCosigned(await addEntries(compressed, { 'content-encoding': 'gzip' }), SIZE);
  });

  it('200: from any start to any end around multiples of 256, whatever is there already', async () => {
    const sizes = [1, 255, 256, 257, 511, 512, 513, SIZE];
    const place = temporaryFolder();
    await server.close();
    const growing = await openMirroredLog(place.path);
    for (const end of sizes) await offer(growing, log, end);
    for (const end of sizes) {
      for (const start of [0, ...sizes]) {
        if (start > end || end < growing.size) continue;
        const stream = (async function* () {
          yield await log.body(start, end);
        })();
        const answer = await takeUpload(new Map([[growing.origin, growing]]), slots, requestOf(stream));
        expect([start, end, answer.status]).toEqual([start, end, start > growing.next ? 409 : 200]);
      }
      expect(growing.size).toBe(end);
    }
    place.remove();
  });

  /** Just what a request has to have. */
  function requestOf(stream: AsyncIterable<Uint8Array>): HttpRequest {
    return {
      method: 'POST',
      path: '/add-entries',
      query: new URLSearchParams(),
      headers: OCTETS,
      stream,
      signal: new AbortController().signal,
      body: () => Promise.reject(new Error('it is read as it comes')),
    };
  }

  it('409: where to go on, before the body has come', async () => {
    const answer = await slowly([formatUploadHeader(header(300, SIZE))], { leaveOpen: true });
    expect(answer).toMatchObject({ status: 409, type: 'text/x.tlog.mirror-info' });
    expect(info(answer)).toEqual({ size: SIZE, next: 0 });
    expect(info(await addEntries(formatUploadHeader(header(0, SIZE + 1))))).toEqual({ size: SIZE, next: 0 });
  });

  it('422: entries of the log’s other history; what was right before them stays', async () => {
    const parts = await log.upload(0, SIZE);
    const other = await fork.upload(0, SIZE);
    const mixed = [...parts.slice(0, 2), ...other.slice(2)];
    expect(await addEntries(concatAll(mixed))).toMatchObject({
      status: 422,
      reason: 'mirror/package-invalid',
    });
    expect(mirror.next).toBe(256);
    await expectCosigned(await addEntries(await log.body(256, SIZE)), SIZE);
  });

  const header = (start: number, end: number, origin = LOG.key.name) => ({
    origin,
    start,
    end,
    ticket: new Uint8Array(),
  });

  it.each<[number, string, () => Promise<Answer> | Answer]>([
    [400, 'mirror/upload-cut-off', () => addEntries(new Uint8Array())],
    [400, 'mirror/upload-cut-off', () => addEntries(formatUploadHeader(header(0, SIZE)))],
    [400, 'mirror/upload-cut-off', () => addEntries(formatUploadHeader(header(0, SIZE)).subarray(0, 10))],
    [400, 'mirror/upload-cut-off', async () => addEntries((await log.body(0, SIZE)).subarray(0, 900))],
    [400, 'mirror/upload-cut-off', () => addEntries(utf8('no gzip'), { 'content-encoding': 'gzip' })],
    [400, 'request/body-malformed', () => addEntries(formatUploadHeader(header(2, 1)))],
    [
      400,
      'request/body-malformed',
      async () => post('add-entries', await log.body(0, SIZE), { 'content-type': 'text/plain' }),
    ],
    [404, 'mirror/log-unknown', () => addEntries(formatUploadHeader(header(0, SIZE, 'other.example')))],
    [415, 'request/encoded', async () => addEntries(await log.body(0, SIZE), { 'content-encoding': 'br' })],
    [
      405,
      'request/method-refused',
      async () => {
        const answer = await fetch(`${address}/add-entries`);
        const reason = answer.headers.get('countersign-reason');
        return { status: answer.status, type: null, reason, headers: answer.headers, body: new Uint8Array() };
      },
    ],
  ])('%d %s', async (status, reason, send) => {
    expect(await send()).toMatchObject({ status, reason });
    expect(mirror.next).toBe(0);
  });

  it('422 mirror/nothing-pending', async () => {
    const place = temporaryFolder();
    const empty = await openMirroredLog(place.path);
    const other = new HttpServer({
      host: '127.0.0.1',
      port: 0,
      routes: mirrorRoutes({
        keys: [MIRROR.key],
        logs: [empty],
        stamps: new Map(),
        subtreeCosigners: [],
        slots,
      }),
      statusOf: mirrorStatus,
      onProblem: message => problems.push(message),
    });
    const at = await other.listen();
    const answer = await fetch(`${at}/add-entries`, {
      method: 'POST',
      headers: OCTETS,
      body: new Uint8Array(formatUploadHeader(header(0, 1))),
    });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('countersign-reason')).toBe('mirror/nothing-pending');
    // Without an ML-DSA-44 key there is nothing that could sign a part of a tree.
    expect((await fetch(`${at}/sign-subtree`, { method: 'POST' })).status).toBe(404);
    await other.close();
    place.remove();
  });

  it('zeros that unpack to far more than they weigh are refused at the first package', async () => {
    const body = gzipSync(concatAll([formatUploadHeader(header(0, SIZE)), new Uint8Array(2 ** 26)]));
    expect(await addEntries(body, { 'content-encoding': 'gzip' })).toMatchObject({ status: 422 });
  });

  it('a client that stops in the middle keeps nobody waiting', async () => {
    const parts = await log.upload(0, SIZE);
    const stopped = Array.from({ length: 3 }, () =>
      slowly([concatAll(parts).subarray(0, 900)], { leaveOpen: true }),
    );
    await expectCosigned(await addEntries(concatAll(parts)), SIZE);
    // More of them than may be there at a time: the one that has stood still longest leaves.
    stopped.push(slowly([concatAll(parts).subarray(0, 900)], { leaveOpen: true }));
    stopped.push(slowly([concatAll(parts).subarray(0, 900)], { leaveOpen: true }));
    expect(await Promise.race(stopped)).toMatchObject({ status: 400, reason: 'mirror/upload-cut-off' });
    slots.close();
    for (const { status } of await Promise.all(stopped)) expect(status).toBe(400);
  });

  /** Sends the parts, and ends the request only when told to. */
  function slowly(parts: readonly Uint8Array[], { leaveOpen = false } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sending = request(`${address}/add-entries`, { method: 'POST', headers: OCTETS }, answer => {
        const chunks: Buffer[] = [];
        answer.on('data', chunk => chunks.push(chunk));
        answer.on('end', () => {
          resolve({
            status: answer.statusCode ?? 0,
            type: answer.headers['content-type'] ?? null,
            reason: (answer.headers['countersign-reason'] as string | undefined) ?? null,
            headers: new Headers(),
            body: Buffer.concat(chunks),
          });
          sending.destroy();
        });
      });
      sending.on('error', reject);
      for (const part of parts) sending.write(part);
      if (!leaveOpen) sending.end();
    });
  }
});

describe('GET: what anybody may read', () => {
  beforeEach(async () => {
    await offer(mirror, log, SIZE);
    await fill(mirror, log, SIZE);
  });
  const get = async (path: string) => {
    const answer = await fetch(`${address}/${path}`);
    const body = new Uint8Array(await answer.arrayBuffer());
    return { status: answer.status, caching: answer.headers.get('cache-control'), body };
  };

  it('the checkpoint, under the log’s signature and the mirror’s cosignatures', async () => {
    const { status, caching, body } = await get(`${COPY}/checkpoint`);
    expect({ status, caching }).toEqual({ status: 200, caching: 'no-store' });
    const { verified } = await verifyNote(parseNote(body), [LOG.key, MIRROR.key, MIRROR_ML_DSA.key]);
    expect(verified).toHaveLength(3);
  });

  it.each([
    'tile/entries/000',
    'tile/entries/002.p/88',
    'tile/entries/002.p/1',
    'tile/0/001',
    'tile/1/000.p/2',
  ])('%s', async path => {
    const { status, caching, body } = await get(`${COPY}/${path}`);
    expect(status).toBe(200);
    expect(caching).toContain('immutable');
    expect(body.length).toBeGreaterThan(0);
  });

  it.each([
    `${COPY}/tile/entries/002`,
    `${COPY}/tile/entries/002.p/89`,
    `${COPY}/tile/entries/003.p/1`,
    `${COPY}/tile/1/000.p/3`,
    `${COPY}/tile/0/000.p/256`,
    `${COPY}/tile/entries/..%2f..%2fpending`,
    `${COPY}/tile/entries/000.new`,
    `${COPY}/pending`,
    `${COPY}/tile/`,
    `${COPY.toUpperCase()}/checkpoint`,
    `${'0'.repeat(64)}/checkpoint`,
    `${COPY}/entries`,
  ])('not %s', async path => {
    expect([404, 405]).toContain((await get(path)).status);
  });

  it('what the mirror is', async () => {
    const { status, body } = await get('');
    expect(status).toBe(200);
    expect(fromUtf8(body)).toContain(`${LOG.key.name}  /${COPY}/checkpoint  (${SIZE} entries)`);
  });
});

describe('POST /sign-subtree', () => {
  const part = { start: 256, end: 300 };
  let genuine: SignSubtree;
  beforeEach(async () => {
    await offer(mirror, log, SIZE);
    await fill(mirror, log, SIZE);
    genuine = {
      ...part,
      hash: log.tree.hash(part.start, part.end),
      proof: await proveSubtree(part, SIZE, log.tree.read),
      checkpoint: mirror.checkpointNote as Uint8Array,
    };
  });

  it('200: a part of a tree that the mirror has cosigned, without a time', async () => {
    const { status, body } = await post('sign-subtree', formatSignSubtree(genuine));
    expect(status).toBe(200);
    const [line, ...more] = parseCosignatures(body);
    expect(more).toEqual([]);
    const subtree = { origin: LOG.key.name, ...part, hash: genuine.hash };
    expect(await subtreeIsCosigned(subtree, MIRROR_ML_DSA.key, line?.signature as Uint8Array)).toBe(true);
  });

  it.each<[number, string, Partial<SignSubtree>]>([
    [400, 'tree/interval-invalid', { start: 255 }],
    [400, 'tree/interval-invalid', { start: 0, end: SIZE + 1 }],
    [400, 'note/malformed', { checkpoint: utf8('nothing') }],
    [403, 'witness/cosignature-missing', { checkpoint: log.checkpoint(SIZE) }],
    [422, 'tree/subtree-invalid', { hash: new Uint8Array(32) }],
    [422, 'tree/subtree-invalid', { end: 301 }],
    [422, 'tree/subtree-invalid', { proof: [] }],
  ])('%d %s: %j', async (status, reason, change) => {
    const answer = await post('sign-subtree', formatSignSubtree({ ...genuine, ...change }));
    expect(answer).toMatchObject({ status, reason });
  });

  it('404 mirror/log-unknown', async () => {
    const checkpoint = utf8((fromUtf8(genuine.checkpoint) ?? '').replace('log.example', 'other.example'));
    const answer = await post('sign-subtree', formatSignSubtree({ ...genuine, checkpoint }));
    expect(answer).toMatchObject({ status: 404, reason: 'mirror/log-unknown' });
  });
});
