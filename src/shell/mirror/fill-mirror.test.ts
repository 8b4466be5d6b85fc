/** A real log whose quorum needs a real mirror, over HTTP, and one whose mirror lies. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { testCosigner } from '../../../test/support/keys.js';
import {
  growTo,
  LOG,
  openTestLog,
  openWitnesses,
  QUICK,
  quorumOf,
  temporaryFolder,
  testEntry,
  WITNESSES,
} from '../../../test/support/log.js';
import { MIRROR, MIRROR_ML_DSA } from '../../../test/support/mirror.js';
import { equal, utf8 } from '../../bytes/octets.js';
import {
  formatCosignatures,
  formatTreeSize,
  parseAddCheckpoint,
  TREE_SIZE_TYPE,
} from '../../note/add-checkpoint.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { cosign, cosignerOf } from '../../note/cosignature.js';
import { formatVerifierKey, type VerifierKey } from '../../note/key.js';
import { parsePolicy, type Quorum } from '../../note/policy.js';
import { parseNote, verifyNote } from '../../note/signed-note.js';
import type { Witness } from '../../note/witness.js';
import { formatMirrorInfo, readUploadHeader, type UploadHeader } from '../../tree/add-entries.js';
import type { PolicyMember } from '../../tree/policy-member.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import { type HttpAnswer, type HttpRequest, HttpServer, type Route } from '../http/server.js';
import type { FileLog } from '../log/file-log.js';
import type { LogOptions } from '../log/open-log.js';
import { openRemoteWitness, remoteWitnessesOf } from '../witness/remote-witness.js';
import { mirrorFiller } from './fill-mirror.js';
import { MirroredLog } from './mirrored-log.js';
import { mirrorRoutes, mirrorStatus } from './serve.js';
import { UploadSlots } from './upload-slots.js';

const KEYS = [MIRROR, MIRROR_ML_DSA];
const member = ({ key }: (typeof KEYS)[0]): Quorum => ({ kind: 'witness', name: key.name, key });
/** The mirror has to cosign with both of its keys. */
const BOTH: Quorum = { kind: 'group', name: 'both', threshold: 2, members: KEYS.map(member) };
/** The mirror, or the first witness. */
const EITHER: Quorum = {
  kind: 'group',
  name: 'either',
  threshold: 1,
  members: [member(MIRROR), quorumOf(1, 1)],
};

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog | null;
let server: HttpServer | null;
let problems: string[];
beforeEach(() => {
  folder = temporaryFolder();
  log = null;
  server = null;
  problems = [];
});
afterEach(async () => {
  await log?.close();
  await server?.close();
  folder.remove();
});

/** What comes before the mirror sees a request. */
type Before = (path: string, request: HttpRequest) => Promise<HttpAnswer | null> | HttpAnswer | null;

async function serve(routes: readonly Route[], port = 0): Promise<string> {
  server = new HttpServer({
    host: '127.0.0.1',
    port,
    routes,
    statusOf: mirrorStatus,
    onProblem: message => problems.push(message),
  });
  return server.listen();
}

/** A mirror of ours in `<folder>/<name>`. */
async function serveMirror(before: Before = () => null, name = 'mirror', port = 0) {
  const mirror = await MirroredLog.open({
    folder: join(folder.path, name),
    keys: [LOG.key],
    cosigners: KEYS.map(({ key, signer }) => cosignerOf(key, signer)),
    now: Date.now,
    disk: hastyDisk,
  });
  const routes = mirrorRoutes({
    keys: KEYS.map(({ key }) => key),
    logs: [mirror],
    stamps: new Map(),
    subtreeCosigners: [],
    slots: new UploadSlots(),
  }).map(
    (route): Route => ({
      ...route,
      handle: async (request, ...groups) =>
        (await before(request.path, request)) ?? route.handle(request, ...groups),
    }),
  );
  const url = await serve(routes, port);
  return { mirror, url, port: Number(new URL(url).port) };
}

const asMember = (url: string): PolicyMember =>
  openRemoteWitness({ url, keys: KEYS.map(({ key }) => key), timeout: 10_000, fill: mirrorFiller(url) });

async function open(url: string, changes: Partial<LogOptions> = {}): Promise<FileLog> {
  log = await openTestLog(folder.path, {
    witnesses: [asMember(url)],
    quorum: BOTH,
    timing: { ...QUICK, patienceAtStart: 5000 },
    onProblem: message => problems.push(message),
    ...changes,
  });
  return log;
}

/** A log of so many entries, at rest, that has not been shown to any mirror. */
async function prepare(size: number, bytes = 40, name = ''): Promise<void> {
  const made = await openTestLog(join(folder.path, name));
  await growTo(made, size, index => testEntry(index, bytes));
  await made.close();
}

async function witnessed(size: number): Promise<void> {
  expect(await log?.reached(size - 1, 'witnessed', 10_000)).toBe(true);
}

async function cosignersOf(note: string): Promise<string[]> {
  const known = [LOG.key, ...KEYS.map(({ key }) => key), ...WITNESSES.map(({ key }) => key)];
  return (await verifyNote(parseNote(utf8(note)), known)).verified.slice(1).map(({ key }) => key.name);
}

/** The mirror serves what the log has signed, under its own cosignature. */
function expectSame(mirror: MirroredLog, size: number): void {
  const { root } = parseCheckpoint(parseNote(mirror.checkpointNote as Uint8Array).text);
  expect(mirror.size).toBe(size);
  expect(equal(root, log?.signed.root as Uint8Array)).toBe(true);
}

/** Lets requests for `add-entries` through when it is opened. */
function gate() {
  let open: (() => void) | null = null;
  const opened = new Promise<void>(resolve => {
    open = resolve;
  });
  let waiting = 0;
  const before: Before = async path => {
    if (path !== '/add-entries') return null;
    waiting++;
    await opened;
    return null;
  };
  return { before, open: () => open?.(), waiting: () => waiting };
}

async function readHeader({ stream }: HttpRequest): Promise<UploadHeader> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const body = new Uint8Array(gunzipSync(Buffer.concat(chunks)));
  let at = 0;
  return readUploadHeader(async count => {
    at += count;
    return body.subarray(at - count, at);
  });
}

describe('a mirror without which there is no quorum', () => {
  it('is brought what is new as the log grows, and cosigns it', async () => {
    const { mirror, url } = await serveMirror();
    await open(url);
    for (const size of [1, 256, 257, 700]) {
      await growTo(log as FileLog, size);
      await witnessed(size);
      expectSame(mirror, size);
    }
    const proof = await log?.prove(699);
    expect(await cosignersOf(parseTlogProof(proof ?? '').checkpoint)).toEqual(
      KEYS.map(({ key }) => key.name),
    );
    const bundle = { level: 'entries' as const, index: 2, width: 188 };
    const [here, there] = await Promise.all([mirror.tile(bundle), log?.tile(bundle)]);
    expect(equal(here as Uint8Array, there as Uint8Array)).toBe(true);
    expect(problems).toEqual([]);
  });

  it('that keeps up costs two requests a round', async () => {
    const asked: string[] = [];
    const { url } = await serveMirror(path => {
      asked.push(path);
      return null;
    });
    await open(url);
    for (let size = 1; size < 6; size++) {
      await growTo(log as FileLog, size);
      await witnessed(size);
    }
    // At the start it also has to be asked where it is.
    expect(asked.slice(0, 2)).toEqual(['/add-checkpoint', '/add-entries']);
    const later = asked.slice(-8);
    expect(later).toEqual([1, 2, 3, 4].flatMap(() => ['/add-checkpoint', '/add-entries']));
  });

  it('is filled before the log starts, for longer than a witness is waited for', async () => {
    const size = 1500;
    await prepare(size, 10_000);
    let requests = 0;
    const { mirror, url } = await serveMirror(async path => {
      if (path !== '/add-entries') return null;
      requests++;
      await new Promise(resolve => setTimeout(resolve, 400));
      return null;
    });
    // Six requests and the question where to begin take longer than this.
    await open(url, { timing: { ...QUICK, patienceAtStart: 1500 } });
    expect(log?.witnessed?.size).toBe(size);
    expectSame(mirror, size);
    expect(requests).toBeGreaterThanOrEqual(6);
    expect(problems).toEqual([expect.stringContaining('mirror/behind')]);
    expect(problems[0]).toContain(MIRROR.key.name);
  });

  it('that takes nothing keeps the log from starting, and what it has taken it keeps for the next start', async () => {
    const size = 1500;
    await prepare(size, 10_000);
    let left = 3;
    const { mirror, url } = await serveMirror(path =>
      path === '/add-entries' && left-- <= 0 ? new Promise(() => undefined) : null,
    );
    const timing = { ...QUICK, patienceAtStart: 1500 };
    await expect(open(url, { timing })).rejects.toMatchObject({ code: 'log/witnesses-silent' });
    const reached = mirror.next;
    expect(reached).toBeGreaterThan(0);
    expect(reached).toBeLessThan(size);
    left = Number.POSITIVE_INFINITY;
    await open(url);
    expectSame(mirror, size);
  });

  it('is taken up again after its restart, though its tickets are dead', async () => {
    const size = 1000;
    const first = await serveMirror();
    await open(first.url);
    await growTo(log as FileLog, 300);
    await witnessed(300);
    await server?.close();
    await growTo(log as FileLog, size);
    expect(await log?.reached(size - 1, 'witnessed', 50)).toBe(false);
    const second = await serveMirror(() => null, 'mirror', first.port);
    await witnessed(size);
    expectSame(second.mirror, size);
  });

  it('is filled again when it has lost everything', async () => {
    const first = await serveMirror();
    await open(first.url);
    await growTo(log as FileLog, 600);
    await witnessed(600);
    await server?.close();
    const second = await serveMirror(() => null, 'empty', first.port);
    await growTo(log as FileLog, 601);
    await witnessed(601);
    expectSame(second.mirror, 601);
  });

  it('goes on with what others have brought it', async () => {
    await prepare(600);
    const { mirror, url } = await serveMirror();
    await open(url);
    await log?.close();
    // It is the same log for a mirror that is asked for the first time, and has everything.
    await open(url);
    expect(log?.witnessed?.size).toBe(600);
    expectSame(mirror, 600);
  });
});

describe('what keeps a log from starting', () => {
  it('a mirror that has seen more: log/behind-witness', async () => {
    const { url } = await serveMirror();
    await prepare(300, 40, 'newer');
    const newer = await openTestLog(join(folder.path, 'newer'), { witnesses: [asMember(url)], quorum: BOTH });
    await newer.close();
    await prepare(200);
    for (const witnesses of [[asMember(url)], [...(await openWitnesses(folder.path, 1)), asMember(url)]]) {
      await expect(open(url, { witnesses, quorum: EITHER })).rejects.toMatchObject({
        code: 'log/behind-witness',
        field: expect.stringContaining(MIRROR.key.name),
      });
    }
  });

  it('a mirror that has seen more, and none of its entries yet: log/behind-witness', async () => {
    const { url } = await serveMirror(path => (path === '/add-entries' ? { status: 503, body: '' } : null));
    await prepare(300, 40, 'newer');
    const witnesses: PolicyMember[] = [...(await openWitnesses(folder.path, 1)), asMember(url)];
    const newer = await openTestLog(join(folder.path, 'newer'), { witnesses, quorum: quorumOf(1, 1) });
    await newer.close();
    await prepare(200);
    await expect(open(url)).rejects.toMatchObject({ code: 'log/behind-witness' });
  });

  it('a mirror with another history: log/corrupt', async () => {
    const { url } = await serveMirror();
    await prepare(100, 50, 'other');
    const other = await openTestLog(join(folder.path, 'other'), { witnesses: [asMember(url)], quorum: BOTH });
    await other.close();
    await prepare(200);
    await expect(open(url)).rejects.toMatchObject({
      code: 'log/corrupt',
      field: expect.stringContaining(MIRROR.key.name),
    });
  });
});

describe('a mirror without which there is a quorum', () => {
  it('is filled while the log goes on, by one upload at a time, and cosigns when it has everything', async () => {
    await prepare(600);
    const held = gate();
    const { mirror, url } = await serveMirror(held.before);
    await open(url, {
      witnesses: [...(await openWitnesses(folder.path, 1)), asMember(url)],
      quorum: EITHER,
      timing: { ...QUICK, patience: 100, patienceAtStart: 100 },
    });
    expect(log?.witnessed?.size).toBe(600);
    for (let size = 601; size < 606; size++) {
      await growTo(log as FileLog, size);
      await witnessed(size);
    }
    expect(held.waiting()).toBe(1);
    expect(mirror.size).toBe(0);
    held.open();
    await expect.poll(() => mirror.size, { timeout: 10_000 }).toBe(600);
    await expect
      .poll(
        async () => {
          await growTo(log as FileLog, (log as FileLog).size + 1);
          return cosignersOf(new TextDecoder().decode(log?.checkpointNote as Uint8Array));
        },
        { timeout: 10_000 },
      )
      .toContain(MIRROR.key.name);
  });

  it('does not hold up the closing of the log, nor is it said to be a problem', async () => {
    await prepare(600);
    const held = gate();
    const { url } = await serveMirror(held.before);
    const opened = await open(url, {
      witnesses: [...(await openWitnesses(folder.path, 1)), asMember(url)],
      quorum: EITHER,
      timing: { ...QUICK, patience: 50, patienceAtStart: 50 },
    });
    const before = [...problems];
    expect(before).toEqual([expect.stringContaining('peer/unreachable')]);
    await opened.close();
    log = null;
    held.open();
    await server?.close();
    server = null;
    expect(problems).toEqual(before);
  });
});

describe('what is not brought to a mirror', () => {
  it('an entry that is denied: the mirror goes no further, and everything else goes on', async () => {
    await prepare(600);
    const { mirror, url } = await serveMirror();
    const denied = new Set([300]);
    await open(url, {
      witnesses: [...(await openWitnesses(folder.path, 1)), asMember(url)],
      quorum: EITHER,
      isDenied: index => denied.has(index),
    });
    expect(log?.witnessed?.size).toBe(600);
    expect(mirror.next).toBeLessThanOrEqual(256);
    expect(problems).toEqual([expect.stringContaining('log/entry-denied')]);
    expect(problems[0]).toContain('entry 300');
    denied.clear();
    await growTo(log as FileLog, 601);
    await expect.poll(() => mirror.size, { timeout: 10_000 }).toBe(601);
  });

  it('an entry that has changed on disk: the log stops, and the mirror gets nothing of its bundle', async () => {
    await prepare(600);
    const held = gate();
    const { mirror, url } = await serveMirror(held.before);
    await open(url, {
      witnesses: [...(await openWitnesses(folder.path, 1)), asMember(url)],
      quorum: EITHER,
      timing: { ...QUICK, patienceAtStart: 100 },
    });
    const path = join(folder.path, 'log', 'tile', 'entries', '001');
    const bytes = readFileSync(path);
    bytes[50] = (bytes[50] as number) ^ 1;
    writeFileSync(path, bytes);
    held.open();
    await expect.poll(() => log?.writable, { timeout: 10_000 }).toBe(false);
    expect(problems.at(-1)).toContain('log/corrupt');
    expect(problems.at(-1)).toContain('tile/entries/001');
    expect(mirror.next).toBeLessThanOrEqual(256);
  });
});

describe('a mirror that lies costs its cosignature, and no more', () => {
  const stranger = testCosigner(MIRROR.key.name, 99);
  const lines = (text: string, key = MIRROR) =>
    formatCosignatures([cosign(text, 1_800_000_000, key.key, key.signer)]);
  const info = (next: number, size: number) =>
    formatMirrorInfo({ size, next, ticket: new Uint8Array(40_000) });
  const ANSWERS: [string, string, (header: UploadHeader) => HttpAnswer | Promise<HttpAnswer>][] = [
    [
      'with a cosignature of something else',
      'note/signature-invalid',
      () => ({ status: 200, body: lines('other\n0\n') }),
    ],
    [
      'with a cosignature by another key of its name',
      'peer/answer-malformed',
      () => ({ status: 200, body: lines('x', stranger) }),
    ],
    ['with no cosignature', 'peer/answer-malformed', () => ({ status: 200, body: '' })],
    ['with endless conflicts', 'peer/answer-unexpected', ({ end }) => ({ status: 409, body: info(0, end) })],
    ['with endless acceptance', 'peer/answer-unexpected', ({ end }) => ({ status: 202, body: info(1, end) })],
    ['with another size', 'witness/stale', ({ end }) => ({ status: 409, body: info(0, end + 7) })],
    ['without end', 'peer/answer-too-large', () => ({ status: 202, body: '1'.repeat(300_000) })],
    ['never', 'peer/unreachable', () => new Promise(() => undefined)],
  ];

  it.each(ANSWERS)('answering %s: %s', async (_, code, answer) => {
    await prepare(300);
    let requests = 0;
    const url = await serve([
      { method: 'POST', path: '/add-checkpoint', handle: () => ({ status: 200, body: '' }) },
      {
        method: 'POST',
        path: '/add-entries',
        handle: async request => {
          requests++;
          return answer(await readHeader(request));
        },
      },
    ]);
    const witness = await openWitnesses(folder.path, 1);
    const timing = { ...QUICK, patience: 1000, patienceAtStart: 1000 };
    await open(url, { witnesses: [...witness, asMember(url)], quorum: EITHER, timing });
    expect(requests).toBeLessThanOrEqual(10);
    await growTo(log as FileLog, 301);
    await witnessed(301);
    const proof = parseTlogProof((await log?.prove(300)) ?? '');
    expect(await cosignersOf(proof.checkpoint)).toEqual([WITNESSES[0]?.key.name]);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.filter(problem => !problem.includes(code))).toEqual([]);
    await log?.close();
    // And where there is no quorum without it, the log does not start.
    const start = open(url, { timing: { ...QUICK, patienceAtStart: 200 } });
    await expect(start).rejects.toMatchObject({ code: 'log/witnesses-silent' });
    log = null;
  });
});

describe('a witness and a mirror at one URL', () => {
  it('are asked apart, by their names', async () => {
    const [witness] = (await openWitnesses(folder.path, 1)) as [Witness];
    const stale = (size: number) => ({
      status: 409,
      headers: { 'content-type': TREE_SIZE_TYPE },
      body: formatTreeSize(size),
    });
    // Both take what is sent, and the witness cosigns.
    const { mirror, url } = await serveMirror(async (path, request) => {
      if (path !== '/add-checkpoint') return null;
      const asked = parseAddCheckpoint(await request.body(2 ** 16));
      const conflict = await mirror.addCheckpoint(asked);
      if (conflict !== null) return stale(conflict.stale);
      const answer = await witness.addCheckpoint(asked);
      return answer.status === 'stale'
        ? stale(answer.size)
        : { status: 200, body: formatCosignatures(answer.cosignatures) };
    });
    const [own] = witness.keys as [VerifierKey];
    const policy = parsePolicy(
      [
        `witness w ${formatVerifierKey(own)} ${url}`,
        ...KEYS.map(({ key }, at) => `witness m${at} ${formatVerifierKey(key)} ${url}`),
        'group all all w m0 m1',
        'quorum all\n',
      ].join('\n'),
    );
    const witnesses = remoteWitnessesOf(policy, 10_000, mirrorFiller);
    expect(witnesses.map(({ keys }) => keys.length)).toEqual([1, 2]);
    await open(url, { witnesses, quorum: policy.quorum });
    await growTo(log as FileLog, 300);
    await witnessed(300);
    expectSame(mirror, 300);
    const proof = parseTlogProof((await log?.prove(299)) ?? '');
    expect(new Set(await cosignersOf(proof.checkpoint))).toEqual(new Set([own.name, MIRROR.key.name]));
  });
});
