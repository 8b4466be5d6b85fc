import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultyDisk } from '../../../test/support/faulty-disk.js';
import { testCosigner, testKey, testMlDsaCosigner } from '../../../test/support/keys.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { mutants } from '../../../test/support/mutation.js';
import {
  checkpointText,
  FORK,
  OTHER_LOG,
  requestOf,
  TREE,
  WATCHED_LOG,
  witnessRequest,
} from '../../../test/support/witness-request.js';
import { concat, fromUtf8, utf8 } from '../../bytes/octets.js';
import {
  formatAddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  parseCosignatures,
} from '../../note/add-checkpoint.js';
import { formatCheckpoint, parseCheckpoint } from '../../note/checkpoint.js';
import { cosignatureTime, cosignerOf, subtreeIsCosigned } from '../../note/cosignature.js';
import { formatVerifierKey } from '../../note/key.js';
import { formatSignSubtree } from '../../note/sign-subtree.js';
import { formatNote, parseNote, signNote, verifyNote } from '../../note/signed-note.js';
import { proveSubtree } from '../../tree/subtree.js';
import type { Disk } from '../files/disk.js';
import { HttpServer } from '../http/server.js';
import { originHash } from './kept-state.js';
import { type LocalWitness, openLocalWitness } from './local-witness.js';
import { witnessRoutes, witnessStatus } from './serve.js';
import { SubtreeCosigner } from './subtree-cosigner.js';

const KEYS = [testCosigner('witness.example/w1', 3), testMlDsaCosigner('witness.example/w1', 4)];
const ORIGIN = WATCHED_LOG.key.name;

let folder: ReturnType<typeof temporaryFolder>;
let witness: LocalWitness;
let server: HttpServer;
let address: string;
let problems: string[];

async function start(keys = KEYS, disk?: Disk): Promise<void> {
  witness = await openLocalWitness({
    folder: join(folder.path, 'state'),
    cosigners: keys.map(({ key, signer }) => cosignerOf(key, signer)),
    logs: [WATCHED_LOG.key, OTHER_LOG.key],
    now: Date.now,
    ...(disk && { disk }),
  });
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: witnessRoutes(witness, 'consistent', new SubtreeCosigner(keys, witness.origins)),
    statusOf: witnessStatus,
    onProblem: message => problems.push(message),
  });
  address = await server.listen();
}
beforeEach(async () => {
  folder = temporaryFolder();
  problems = [];
  await start();
});
afterEach(async () => {
  await server.close();
  folder.remove();
});

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly reason: string | null;
  readonly body: string;
  readonly headers: Headers;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${address}${path}`, init);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    reason: response.headers.get('countersign-reason'),
    body: await response.text(),
    headers: response.headers,
  };
}
const post = (body: Uint8Array, path = '/add-checkpoint') =>
  ask(path, { method: 'POST', body: new Uint8Array(body) });
const add = (...request: Parameters<typeof witnessRequest>) =>
  post(formatAddCheckpoint(witnessRequest(...request)));

describe('POST /add-checkpoint (tlog-witness)', () => {
  it('200: cosignature lines by all its keys, which verify on the checkpoint', async () => {
    const { status, body } = await add(0, 5);
    expect(status).toBe(200);
    expect(body.startsWith('\u2014 witness.example/w1 ')).toBe(true);
    const note = parseNote(concat(witnessRequest(0, 5).checkpoint, utf8(body)));
    const { verified } = await verifyNote(note, [WATCHED_LOG.key, ...KEYS.map(({ key }) => key)]);
    expect(verified).toHaveLength(3);
    expect(verified.every(({ key, time }) => key === WATCHED_LOG.key || (time ?? 0) > 0)).toBe(true);
    expect((await add(5, 5)).status).toBe(200);
    expect((await add(5, 40)).status).toBe(200);
  });

  it('409: the size that it has cosigned, as text/x.tlog.size', async () => {
    expect((await add(3, 5)).body).toBe('0\n');
    await add(0, 5);
    const { status, type, body } = await add(0, 8);
    expect({ status, type, body }).toEqual({ status: 409, type: 'text/x.tlog.size', body: '5\n' });
  });

  const emptyWithRoot = formatCheckpoint({ origin: ORIGIN, size: 0, root: new Uint8Array(32) });
  const otherSignature = () => {
    const signatures = [signNote('another\n', WATCHED_LOG.key, WATCHED_LOG.signer)];
    return { ...witnessRequest(0, 5), checkpoint: formatNote({ text: checkpointText(5), signatures }) };
  };
  it.each<[string, number, string, () => Uint8Array]>([
    [
      'an unknown origin',
      404,
      'checkpoint/origin-mismatch',
      () => formatAddCheckpoint(witnessRequest(0, 5, TREE, testKey('log.example/c', 9))),
    ],
    [
      'no signature by the log',
      403,
      'checkpoint/log-signature-missing',
      () => formatAddCheckpoint(witnessRequest(0, 5, TREE, testKey(ORIGIN, 9))),
    ],
    [
      'a signature by the log that does not verify',
      403,
      'note/signature-invalid',
      () => formatAddCheckpoint(otherSignature()),
    ],
    [
      'an old size over the new one',
      400,
      'witness/old-size-too-large',
      () => formatAddCheckpoint({ ...witnessRequest(0, 5), oldSize: 6 }),
    ],
    ['no body', 400, 'request/body-malformed', () => new Uint8Array()],
    ['64 hashes', 400, 'request/body-malformed', () => tooManyHashes()],
    ['no note', 400, 'note/malformed', () => utf8('old 0\n\nhello\n')],
    ['no checkpoint', 400, 'checkpoint/malformed', () => formatAddCheckpoint(requestOf('hello\n'))],
    [
      'an empty tree with a root',
      422,
      'witness/consistency-invalid',
      () => formatAddCheckpoint(requestOf(emptyWithRoot)),
    ],
    [
      'a proof from nothing',
      422,
      'witness/consistency-invalid',
      () => formatAddCheckpoint({ ...witnessRequest(0, 5), proof: [new Uint8Array(32)] }),
    ],
    [
      'over 64 KiB',
      413,
      'request/too-large',
      () => concat(formatAddCheckpoint(witnessRequest(0, 5)), new Uint8Array(MAX_ADD_CHECKPOINT_BYTES)),
    ],
  ])('%s: %i, %s, in one line, and nothing is cosigned', async (_, status, reason, body) => {
    const answer = await post(body());
    expect([answer.status, answer.reason]).toEqual([status, reason]);
    expect(answer.body).toMatch(/^[^\n]+\n$/);
    expect(answer.type).toBe('text/plain; charset=utf-8');
    expect((await add(1, 1)).body).toBe('0\n');
    expect(problems).toEqual([]);
  });

  it('422: a fork, a wrong proof, and another root of the same size', async () => {
    await add(0, 6);
    const wrong = { ...witnessRequest(6, 12), proof: witnessRequest(6, 11).proof };
    for (const request of [witnessRequest(6, 12, FORK), wrong, witnessRequest(6, 6, FORK)]) {
      const { status, reason } = await post(formatAddCheckpoint(request));
      expect([status, reason]).toEqual([422, 'witness/consistency-invalid']);
    }
    expect((await add(6, 12)).status).toBe(200);
  });

  it('the order of the specification: what is wrong first is said first', async () => {
    await add(0, 5);
    const stranger = testKey('log.example/c', 9);
    const at = (key: typeof stranger, oldSize: number, size: number) =>
      post(
        formatAddCheckpoint({
          ...witnessRequest(0, size, FORK, key),
          oldSize,
          proof: [new Uint8Array(32)],
        }),
      );
    // Everything is wrong; then one thing less each time.
    expect((await at(stranger, 9, 8)).status).toBe(404);
    expect((await at(testKey(ORIGIN, 9), 9, 8)).status).toBe(403);
    expect((await at(WATCHED_LOG, 9, 8)).status).toBe(400);
    expect((await at(WATCHED_LOG, 7, 8)).status).toBe(409);
    expect((await at(WATCHED_LOG, 5, 8)).status).toBe(422);
  });

  it('unknown signatures beside the log’s are ignored', async () => {
    const text = checkpointText(5);
    const strangers = [testKey('a.example', 20), testKey('b.example', 21)];
    const signatures = [...strangers, WATCHED_LOG].map(({ key, signer }) => signNote(text, key, signer));
    const checkpoint = formatNote({ text, signatures });
    expect((await post(formatAddCheckpoint({ ...witnessRequest(0, 5), checkpoint }))).status).toBe(200);
  });

  it('of N and N + K at the same time, the log never goes back', async () => {
    await add(0, 5);
    const answers = await Promise.all([add(5, 8), add(5, 20), add(5, 20, FORK), add(5, 8), add(5, 30)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const seen = parseCheckpoint(parseNote(witness.cosigned(ORIGIN) as Uint8Array).text).size;
    expect((await add(0, 5)).body).toBe(`${seen}\n`);
  });

  it('500: on a disk that fails nothing leaves, and the operator is told', async () => {
    await server.close();
    const disk = faultyDisk();
    await start(KEYS, disk);
    disk.failAt(disk.count, 'dead');
    const { status, body } = await add(0, 5);
    expect(status).toBe(500);
    expect(body).not.toContain('\u2014');
    expect(body).not.toContain('ENOSPC');
    expect(problems).toEqual([expect.stringContaining('ENOSPC')]);
    expect((await ask(`/${originHash(ORIGIN)}/checkpoint`)).status).toBe(404);
  });

  it('never answers 5xx, nor cosigns what is not consistent, whatever is sent', async () => {
    await add(0, 6);
    const samples = [
      witnessRequest(6, 8),
      witnessRequest(6, 6),
      witnessRequest(0, 6),
      witnessRequest(6, 40, FORK),
    ].map(formatAddCheckpoint);
    const honest = new Set(Array.from({ length: 41 }, (_, size) => checkpointText(size)));
    let size = 6;
    await fc.assert(
      fc.asyncProperty(mutants(samples), async body => {
        const { status, body: answer } = await post(body);
        expect([200, 400, 403, 404, 409, 413, 422]).toContain(status);
        if (status !== 200) return;
        const { text } = parseNote(witness.cosigned(ORIGIN) as Uint8Array);
        expect(honest).toContain(text);
        const [line] = parseCosignatures(utf8(answer));
        expect(
          await cosignatureTime(text, (KEYS[0] as (typeof KEYS)[0]).key, line?.signature as Uint8Array),
        ).not.toBeNull();
        expect(parseCheckpoint(text).size).toBeGreaterThanOrEqual(size);
        size = parseCheckpoint(text).size;
      }),
      { numRuns: 300 },
    );
    expect(problems).toEqual([]);
  }, 30_000);
});

function tooManyHashes(): Uint8Array {
  const proof = Array.from({ length: 64 }, () => new Uint8Array(32));
  return formatAddCheckpoint({ ...witnessRequest(0, 5), proof });
}

describe('GET /<hash of origin>/checkpoint (tlog-witness)', () => {
  const path = `/${originHash(ORIGIN)}/checkpoint`;

  it('404: before the first cosignature, and for a log that it does not know', async () => {
    expect((await ask(path)).status).toBe(404);
    await add(0, 5);
    expect((await ask(`/${'0'.repeat(64)}/checkpoint`)).status).toBe(404);
    expect((await ask(path.toUpperCase().replace('CHECKPOINT', 'checkpoint'))).status).toBe(404);
    expect((await ask(`/${originHash(OTHER_LOG.key.name)}/checkpoint`)).status).toBe(404);
  });

  it('200: the latest checkpoint with the log’s signature and every cosignature that was returned', async () => {
    await add(0, 5);
    const { body: lines } = await add(5, 8);
    const { status, body, type, headers } = await ask(path);
    expect([status, type, headers.get('cache-control')]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'no-store',
    ]);
    expect(body.endsWith(lines)).toBe(true);
    const known = [WATCHED_LOG.key, ...KEYS.map(({ key }) => key)];
    expect((await verifyNote(parseNote(utf8(body)), known)).verified).toHaveLength(3);
    const head = await ask(path, { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBe(utf8(body).length);
  });
});

describe('POST /sign-subtree (tlog-witness)', () => {
  const [ed25519, mlDsa] = KEYS as [(typeof KEYS)[0], (typeof KEYS)[0]];
  const hash = TREE.hash(8, 13);
  async function request(changes: Partial<Parameters<typeof formatSignSubtree>[0]> = {}) {
    await add(0, 14);
    const checkpoint = witness.cosigned(ORIGIN) as Uint8Array;
    const proof = await proveSubtree({ start: 8, end: 13 }, 14, TREE.read);
    return post(
      formatSignSubtree({ start: 8, end: 13, hash, proof, checkpoint, ...changes }),
      '/sign-subtree',
    );
  }

  it('200: one ML-DSA-44 cosignature of the part, without a time', async () => {
    const { status, body } = await request();
    expect(status).toBe(200);
    const [line, ...others] = parseCosignatures(utf8(body));
    expect(others).toEqual([]);
    const subtree = { origin: ORIGIN, start: 8, end: 13, hash };
    expect(await subtreeIsCosigned(subtree, mlDsa.key, line?.signature as Uint8Array)).toBe(true);
  });

  it.each<[string, number, string, Parameters<typeof request>[0]]>([
    ['no subtree', 400, 'tree/interval-invalid', { start: 9 }],
    ['beyond the tree', 400, 'tree/interval-invalid', { end: 16 }],
    ['end before start', 400, 'tree/interval-invalid', { end: 4 }],
    ['no note', 400, 'note/malformed', { checkpoint: utf8('hello') }],
    ['another hash', 422, 'tree/subtree-invalid', { hash: TREE.hash(8, 12) }],
    ['no proof', 422, 'tree/subtree-invalid', { proof: [] }],
    [
      'only the log’s signature',
      403,
      'witness/cosignature-missing',
      { checkpoint: witnessRequest(0, 14).checkpoint },
    ],
    [
      'an unknown log',
      404,
      'checkpoint/origin-mismatch',
      { checkpoint: witnessRequest(0, 14, TREE, testKey('log.example/c', 9)).checkpoint },
    ],
  ])('%s: %i, %s', async (_, status, reason, changes) => {
    const answer = await request(changes);
    expect([answer.status, answer.reason]).toEqual([status, reason]);
  });

  it('403: a cosignature by its key that does not verify', async () => {
    await add(0, 14);
    const note = parseNote(witness.cosigned(ORIGIN) as Uint8Array);
    const checkpoint = formatNote({ ...note, text: checkpointText(14, FORK) });
    expect((await request({ checkpoint })).status).toBe(403);
  });

  it('404: for a witness whose keys cannot speak of a part', async () => {
    await server.close();
    await start([ed25519]);
    expect((await request()).status).toBe(404);
  });
});

describe('the server', () => {
  it('GET / says who it is and what its cosignatures say; GET /statement only that', async () => {
    const { body } = await ask('/');
    for (const { key } of KEYS) expect(body).toContain(formatVerifierKey(key));
    expect(body).toContain(`  ${ORIGIN}  /${originHash(ORIGIN)}/checkpoint`);
    const statement = await ask('/statement');
    expect(statement.body).toContain('It says nothing about the entries');
    expect(body).toContain(statement.body);
  });

  it('405: names what is allowed', async () => {
    const answers = [
      ['GET', '/add-checkpoint', 'POST'],
      ['PUT', '/add-checkpoint', 'POST'],
      ['POST', `/${originHash(ORIGIN)}/checkpoint`, 'GET, HEAD'],
      ['DELETE', '/', 'GET, HEAD'],
    ] as const;
    for (const [method, path, allow] of answers) {
      const { status, headers } = await ask(path, { method });
      expect([status, headers.get('allow')]).toEqual([405, allow]);
    }
    expect((await ask('/add-checkpoint/')).status).toBe(404);
    expect((await ask('/../add-checkpoint2')).status).toBe(404);
  });

  it('413: an endless body gets its answer, and then no connection', async () => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.on('error', () => undefined);
    let heard = '';
    socket.setEncoding('utf8').on('data', text => {
      heard += text;
    });
    socket.write('POST /add-checkpoint HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n');
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    const sending = setInterval(() => socket.write(chunk), 5);
    await new Promise<void>(resolve => socket.once('close', () => resolve()));
    clearInterval(sending);
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard.toLowerCase()).toContain('connection: close');
    expect((await ask('/')).status).toBe(200);
  });

  it('a state that somebody else has written over while it runs is replaced by the next cosignature', async () => {
    await add(0, 5);
    writeFileSync(join(folder.path, 'state', originHash(ORIGIN)), 'not ours');
    expect((await add(5, 8)).status).toBe(200);
    expect(fromUtf8(witness.cosigned(ORIGIN) as Uint8Array)).toContain(checkpointText(8));
  });
});
