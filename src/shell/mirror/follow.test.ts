/** Filling a mirror from a real log over HTTP: by following it, and by pushing what it serves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { testKey } from '../../../test/support/keys.js';
import {
  growTo,
  LOG,
  openTestLog,
  openWitnesses,
  quorumOf,
  temporaryFolder,
} from '../../../test/support/log.js';
import { MIRROR, TestLog, LOG as TWO_FACED } from '../../../test/support/mirror.js';
import { concatAll, equal } from '../../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import { cosignerOf } from '../../note/cosignature.js';
import { parseNote } from '../../note/signed-note.js';
import { leafHash } from '../../tree/hash.js';
import { parseTilePath, writeBundle } from '../../tree/tile.js';
import { HttpServer, type Route } from '../http/server.js';
import type { FileLog } from '../log/file-log.js';
import { Retention } from '../log/retention.js';
import { serveLog } from '../log/serve.js';
import { RemoteLog } from '../tiles/remote-log.js';
import { Follower } from './follow.js';
import { MirroredLog } from './mirrored-log.js';
import { type PushOptions, push } from './push.js';
import { mirrorRoutes, mirrorStatus } from './serve.js';
import { UploadSlots } from './upload-slots.js';

let folder: ReturnType<typeof temporaryFolder>;
const servers: HttpServer[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  folder.remove();
});

async function serve(routes: readonly Route[]): Promise<string> {
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes,
    statusOf: mirrorStatus,
    onProblem: message => expect.fail(message),
  });
  servers.push(server);
  return server.listen();
}

async function openLog(retention: Retention | null = null): Promise<{ log: FileLog; remote: RemoteLog }> {
  const log = await openTestLog(folder.path, {
    witnesses: await openWitnesses(folder.path, 1),
    quorum: quorumOf(1, 1),
  });
  const handle: Route['handle'] = (_, path = '') => serveLog(log, path, { retention, compressed: null });
  return { log, remote: new RemoteLog(`${await serve([{ method: 'GET', path: /^\/(.*)$/, handle }])}/`) };
}

async function grow(log: FileLog, size: number): Promise<void> {
  await growTo(log, size);
  await log.reached(size - 1, 'witnessed', 5000);
}

function openMirror(name = 'mirror', keys = [LOG.key]): Promise<MirroredLog> {
  return MirroredLog.open({
    folder: `${folder.path}/${name}`,
    keys,
    cosigners: [cosignerOf(MIRROR.key, MIRROR.signer)],
    now: Date.now,
    disk: hastyDisk,
  });
}

function routesOf(mirror: MirroredLog): Route[] {
  const slots = new UploadSlots();
  return mirrorRoutes({ keys: [MIRROR.key], logs: [mirror], stamps: new Map(), subtreeCosigners: [], slots });
}

const checkpointOf = (mirror: MirroredLog): Checkpoint =>
  parseCheckpoint(parseNote(mirror.checkpointNote as Uint8Array).text);

/** Every tile of the mirror is the log's. */
async function expectSame(mirror: MirroredLog, log: FileLog): Promise<void> {
  const { size, root } = log.signed;
  expect(checkpointOf(mirror)).toEqual({ origin: LOG.key.name, size, root });
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256);
    for (const level of ['entries', 0] as const) {
      const [here, there] = [mirror, log].map(holder => holder.tile({ level, index, width }));
      expect(equal((await here) as Uint8Array, (await there) as Uint8Array)).toBe(true);
    }
  }
}

/** A server of a log that shows what it is told to: the checkpoint of one history, the tiles of another. */
async function serveHistories(shown: { checkpoint: Uint8Array; tiles: TestLog }): Promise<RemoteLog> {
  const handle: Route['handle'] = (_, path = '') => {
    if (path === 'checkpoint') return { status: 200, body: shown.checkpoint };
    const name = parseTilePath(path);
    if (name === null) return { status: 404, body: '' };
    const { level, index, width } = name;
    const scale = level === 'entries' ? 1 : 256 ** level;
    const places = Array.from({ length: width }, (_, at) => index * 256 + at);
    const { entries } = shown.tiles.tree;
    if ((places.at(-1) as number) * scale + scale > entries.length) return { status: 404, body: '' };
    const parts =
      level === 'entries'
        ? places.map(at => writeBundle([entries[at] as Uint8Array]))
        : places.map(at => shown.tiles.tree.hash(at * scale, (at + 1) * scale));
    return { status: 200, body: concatAll(parts) };
  };
  return new RemoteLog(await serve([{ method: 'GET', path: /^\/(.*)$/, handle }]));
}

describe('following a log', () => {
  it('copies it as it grows, across restarts of the mirror', async () => {
    const { log, remote } = await openLog();
    for (const size of [3, 256, 700]) {
      await grow(log, size);
      const mirror = await openMirror();
      const progress: number[] = [];
      const follower = new Follower({
        log: mirror,
        remote,
        interval: 60_000,
        onProgress: here => progress.push(here),
        onProblem: message => expect.fail(message),
      });
      await follower.look();
      await expectSame(mirror, log);
      expect(progress.at(-1)).toBe(size);
      await follower.look();
    }
    await log.close();
  });

  it('by itself, every few moments, until it is closed', async () => {
    const { log, remote } = await openLog();
    const mirror = await openMirror();
    const problems: string[] = [];
    const follower = new Follower({
      log: mirror,
      remote,
      interval: 5,
      onProblem: message => problems.push(message),
    });
    follower.start();
    for (const size of [1, 300, 301]) {
      await grow(log, size);
      await expect.poll(() => mirror.size, { timeout: 5000 }).toBe(size);
    }
    await follower.close();
    await grow(log, 302);
    await log.close();
    expect(mirror.size).toBe(301);
    expect(problems).toEqual([]);
  });

  it.each([
    ['that nobody serves', 'peer/unreachable', async () => 'http://127.0.0.1:9'],
    ['at an address where none is', 'peer/checkpoint-missing', () => serve([])],
  ])('%s: it is told once, and the copy stays as it is', async (_, code, address) => {
    const problems: string[] = [];
    const follower = new Follower({
      log: await openMirror(),
      remote: new RemoteLog(await address()),
      interval: 1,
      onProblem: message => problems.push(message),
    });
    follower.start();
    await expect.poll(() => problems.length).toBe(1);
    await new Promise(resolve => setTimeout(resolve, 50));
    await follower.close();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(code);
  });

  it.each<[string, string, (log: TestLog, fork: TestLog) => { checkpoint: Uint8Array; tiles: TestLog }]>([
    [
      'that shows another history of the same size',
      'mirror/log-forked',
      (_, fork) => ({ checkpoint: fork.checkpoint(400), tiles: fork }),
    ],
    [
      'that shows another history, grown',
      'mirror/log-forked',
      (_, fork) => ({ checkpoint: fork.checkpoint(500), tiles: fork }),
    ],
    [
      'whose tiles are not those of its checkpoint',
      'mirror/log-forked',
      (log, fork) => ({ checkpoint: log.checkpoint(500), tiles: fork }),
    ],
    [
      'that shows a checkpoint of another',
      'checkpoint/origin-mismatch',
      log => ({
        checkpoint: new TextEncoder().encode(
          new TextDecoder().decode(log.checkpoint(500)).replaceAll(TWO_FACED.key.name, 'other.example'),
        ),
        tiles: log,
      }),
    ],
    [
      'whose checkpoint it has not signed',
      'mirror/log-key-unknown',
      log => ({ checkpoint: log.checkpoint(500, testKey(TWO_FACED.key.name, 5)), tiles: log }),
    ],
  ])('%s: %s', async (_, reason, show) => {
    const [log, fork] = [new TestLog(600), new TestLog(600, 300)];
    const shown = { checkpoint: log.checkpoint(400), tiles: log };
    const remote = await serveHistories(shown);
    const mirror = await openMirror('mirror', [TWO_FACED.key]);
    const follower = new Follower({ log: mirror, remote, interval: 1, onProblem: () => undefined });
    await follower.look();
    Object.assign(shown, show(log, fork));
    expect(await reasonOfAsync(() => follower.look())).toBe(reason);
    expect(equal(checkpointOf(mirror).root, log.tree.hash(0, 400))).toBe(true);
  });

  it('that has denied an entry to readers: what the mirror has it keeps, and it goes on', async () => {
    const retention = await Retention.open(folder.path, hastyDisk);
    const { log, remote } = await openLog(retention);
    await grow(log, 300);
    const mirror = await openMirror();
    const follower = new Follower({ log: mirror, remote, interval: 1000, onProblem: expect.fail });
    await follower.look();
    await retention.decide({ act: 'deny', index: 290, reason: 'court-order' }, 1);
    await grow(log, 700);
    await follower.look();
    await expectSame(mirror, log);
    // Another one that never had it cannot vouch for it, and says so.
    const late = await openMirror('late');
    const other = new Follower({ log: late, remote, interval: 1000, onProblem: expect.fail });
    expect(await reasonOfAsync(() => other.look())).toBe('peer/answer-denied');
    expect([late.next, late.checkpointNote]).toEqual([256, null]);
    await follower.close();
    await other.close();
  });

  it('that serves wrong entries under right hashes: none of them is kept', async () => {
    const log = new TestLog(300);
    const wrong = { checkpoint: log.checkpoint(300), tiles: log };
    const entries = log.tree.entries.with(280, new Uint8Array(5));
    const remote = await serveHistories(wrong);
    const mirror = await openMirror('mirror', [TWO_FACED.key]);
    Object.assign(wrong, {
      tiles: { tree: { entries, hash: (a: number, b: number) => log.tree.hash(a, b) } },
    });
    const follower = new Follower({ log: mirror, remote, interval: 1, onProblem: () => undefined });
    expect(await reasonOfAsync(() => follower.look())).toBe('mirror/package-invalid');
    expect(mirror.next).toBe(256);
    expect(mirror.checkpointNote).toBeNull();
    expect(leafHash(entries[280] as Uint8Array)).toHaveLength(32);
  });

  it('that shows an older checkpoint than others have brought changes nothing', async () => {
    const log = new TestLog(600);
    const shown = { checkpoint: log.checkpoint(400), tiles: log };
    const remote = await serveHistories(shown);
    const mirror = await openMirror('mirror', [TWO_FACED.key]);
    const follower = new Follower({ log: mirror, remote, interval: 1, onProblem: () => undefined });
    await follower.look();
    shown.checkpoint = log.checkpoint(300);
    await follower.look();
    expect(mirror.size).toBe(400);
  });
});

describe('pushing a log to a mirror', () => {
  const options = (from: RemoteLog, to: string): PushOptions => ({
    from,
    to: `${to}/`,
    log: [LOG.key],
    mirror: [MIRROR.key],
  });

  it('brings all of it, in more than one request, and then what is new', async () => {
    const { log, remote } = await openLog();
    const mirror = await openMirror();
    const to = await serve(routesOf(mirror));
    for (const size of [1, 8500, 8500, 8600]) {
      await grow(log, size);
      const progress: number[] = [];
      const pushed = await push({ ...options(remote, to), onProgress: there => progress.push(there) });
      expect(pushed.checkpoint.size).toBe(size);
      expect(pushed.cosigned.verified.map(({ key }) => key)).toEqual([MIRROR.key]);
      expect(progress.at(-1)).toBe(size);
      expect(checkpointOf(mirror).root).toEqual(log.signed.root);
    }
    await expectSame(mirror, log);
    await log.close();
  });

  it('goes on where another stopped, and both at once do no harm', async () => {
    const { log, remote } = await openLog();
    await grow(log, 1000);
    const mirror = await openMirror();
    const to = await serve(routesOf(mirror));
    const all = await Promise.all([1, 2, 3].map(() => push(options(remote, to))));
    expect(all.map(({ checkpoint }) => checkpoint.size)).toEqual([1000, 1000, 1000]);
    await expectSame(mirror, log);
    await log.close();
  });

  it('mirror/log-key-unknown: under a key of the log that has not signed what the log shows', async () => {
    const { log, remote } = await openLog();
    await grow(log, 10);
    const to = await serve(routesOf(await openMirror()));
    const pushing = () => push({ ...options(remote, to), log: [testKey(LOG.key.name, 9).key] });
    expect(await reasonOfAsync(pushing)).toBe('mirror/log-key-unknown');
    await log.close();
  });

  it('a cosignature that does not verify counts as none', async () => {
    const { log, remote } = await openLog();
    await grow(log, 10);
    const to = await serve(routesOf(await openMirror()));
    const { cosigned } = await push({ ...options(remote, to), mirror: [] });
    expect(cosigned.verified).toEqual([]);
    expect(cosigned.unknown).toHaveLength(1);
    const forged = { ...MIRROR.key, publicKey: testKey('x', 7).key.publicKey };
    expect(await reasonOfAsync(() => push({ ...options(remote, to), mirror: [forged] }))).toBe(
      'note/signature-invalid',
    );
    await log.close();
  });

  it.each<[string, string, Route['handle']]>([
    ['does not know the log', 'peer/answer-unexpected', () => ({ status: 404, body: 'no\n' })],
    ['has another history', 'mirror/log-forked', () => ({ status: 422, body: 'no\n' })],
    ['always names another size', 'peer/answer-unexpected', () => ({ status: 409, body: '3\n' })],
    ['answers with something else', 'peer/answer-malformed', () => ({ status: 409, body: 'three\n' })],
  ])('that %s: %s', async (_, reason, handle) => {
    const { log, remote } = await openLog();
    await grow(log, 10);
    const to = await serve([{ method: 'POST', path: '/add-checkpoint', handle }]);
    expect(await reasonOfAsync(() => push(options(remote, to)))).toBe(reason);
    await log.close();
  });

  it.each<[string, string, string]>([
    ['never goes on', 'peer/answer-unexpected', '10\n0\n\n'],
    ['answers with something else', 'peer/answer-malformed', '10\n0\n'],
  ])('that %s: %s', async (_, reason, body) => {
    const { log, remote } = await openLog();
    await grow(log, 10);
    const to = await serve([
      { method: 'POST', path: '/add-checkpoint', handle: () => ({ status: 200, body: '' }) },
      { method: 'POST', path: '/add-entries', handle: () => ({ status: 202, body }) },
    ]);
    expect(await reasonOfAsync(() => push(options(remote, to)))).toBe(reason);
    await log.close();
  });
});
