import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf, reasonOfAsync } from '../../../test/support/failure.js';
import { testCosigner, testKey, testMlDsaCosigner } from '../../../test/support/keys.js';
import { temporaryFolder } from '../../../test/support/log.js';
import {
  checkpointText,
  FORK,
  TREE,
  WATCHED_LOG,
  witnessRequest,
} from '../../../test/support/witness-request.js';
import { utf8 } from '../../bytes/octets.js';
import { formatCosignatures } from '../../note/add-checkpoint.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { cosign, cosignerOf } from '../../note/cosignature.js';
import { formatVerifierKey } from '../../note/key.js';
import { parsePolicy } from '../../note/policy.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { verifyNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import type { FillMirror, Supply } from '../../tree/policy-member.js';
import { HttpServer } from '../http/server.js';
import { openLocalWitness } from './local-witness.js';
import { openRemoteWitness, remoteWitnessesOf } from './remote-witness.js';
import { witnessRoutes, witnessStatus } from './serve.js';

const KEYS = [testCosigner('witness.example', 3), testMlDsaCosigner('witness.example', 4)];
const [FIRST, SECOND] = KEYS as [(typeof KEYS)[0], (typeof KEYS)[0]];

describe('a witness of ours, asked over HTTP', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let server: HttpServer;
  let url: string;
  beforeEach(async () => {
    folder = temporaryFolder();
    const witness = await openLocalWitness({
      folder: join(folder.path, 'state'),
      cosigners: KEYS.map(({ key, signer }) => cosignerOf(key, signer)),
      logs: [WATCHED_LOG.key],
      now: Date.now,
    });
    server = new HttpServer({
      host: '127.0.0.1',
      port: 0,
      routes: witnessRoutes(witness, 'consistent'),
      statusOf: witnessStatus,
      onProblem: () => undefined,
    });
    url = await server.listen();
  });
  afterEach(async () => {
    await server.close();
    folder.remove();
  });

  it('cosigns, and says which size it has, as the local one does', async () => {
    const witness = openRemoteWitness({ url: `${url}/`, keys: KEYS.map(({ key }) => key), timeout: 2000 });
    const answer = await witness.addCheckpoint(witnessRequest(0, 5));
    const signatures = answer.status === 'cosigned' ? answer.cosignatures : [];
    const { verified } = await verifyNote({ text: checkpointText(5), signatures }, witness.keys);
    expect(verified).toHaveLength(2);
    expect(await witness.addCheckpoint(witnessRequest(0, 8))).toEqual({ status: 'stale', size: 5 });
  });

  it('returns the lines of the keys that were named, and no others', async () => {
    const witness = openRemoteWitness({ url, keys: [SECOND.key], timeout: 2000 });
    const answer = await witness.addCheckpoint(witnessRequest(0, 5));
    expect(answer.status === 'cosigned' && answer.cosignatures.map(({ keyId }) => keyId)).toEqual([
      SECOND.key.id,
    ]);
    const stranger = openRemoteWitness({ url, keys: [testCosigner('a.example', 9).key], timeout: 2000 });
    expect(await reasonOfAsync(() => stranger.addCheckpoint(witnessRequest(5, 5)))).toBe(
      'peer/answer-malformed',
    );
  });

  it.each<[string, () => ReturnType<typeof witnessRequest>]>([
    ['checkpoint/origin-mismatch', () => witnessRequest(0, 5, TREE, testKey('log.example/c', 9))],
    ['checkpoint/log-signature-missing', () => witnessRequest(0, 5, TREE, testKey(WATCHED_LOG.key.name, 9))],
    ['witness/old-size-too-large', () => ({ ...witnessRequest(0, 5), oldSize: 6 })],
    ['witness/consistency-invalid', () => ({ ...witnessRequest(0, 5), proof: [new Uint8Array(32)] })],
    ['note/malformed', () => ({ ...witnessRequest(0, 5), checkpoint: utf8('hello') })],
    [
      'checkpoint/malformed',
      () => ({ ...witnessRequest(0, 5), checkpoint: utf8('a\n\n\u2014 a AAAAAAA=\n') }),
    ],
  ])('fails with %s, as the local one does', async (code, request) => {
    const witness = openRemoteWitness({ url, keys: [FIRST.key], timeout: 2000 });
    expect(await reasonOfAsync(() => witness.addCheckpoint(request()))).toBe(code);
  });

  it('a fork is refused, and says so', async () => {
    const witness = openRemoteWitness({ url, keys: [FIRST.key], timeout: 2000 });
    await witness.addCheckpoint(witnessRequest(0, 6));
    expect(await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(6, 12, FORK)))).toBe(
      'witness/consistency-invalid',
    );
  });

  it('nobody there: peer/unreachable', async () => {
    await server.close();
    const witness = openRemoteWitness({ url, keys: [FIRST.key], timeout: 2000 });
    expect(await reasonOfAsync(() => witness.addCheckpoint(witnessRequest(0, 5)))).toBe('peer/unreachable');
  });
});

describe('a witness that answers anything', () => {
  let server: Server;
  let answer: { status: number; headers?: Record<string, string>; body?: string; delay?: number };
  let url: string;
  beforeEach(async () => {
    server = createServer((request, response) => {
      request.resume();
      setTimeout(() => {
        response.writeHead(answer.status, answer.headers);
        response.end(answer.body ?? '');
      }, answer.delay ?? 0);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const askIt = (timeout = 2000) =>
    openRemoteWitness({ url, keys: [FIRST.key], timeout }).addCheckpoint(witnessRequest(0, 5));
  const line = () =>
    new TextDecoder().decode(
      formatCosignatures([cosign(checkpointText(5), 1_800_000_000, FIRST.key, FIRST.signer)]),
    );

  it('200 with one line of its own among others', async () => {
    answer = { status: 200, body: `\u2014 other.example AAAAAAAA\n${line()}` };
    const answered = await askIt();
    expect(answered.status === 'cosigned' && answered.cosignatures).toHaveLength(1);
  });

  it.each<[string, typeof answer, string]>([
    ['200 with nothing', { status: 200 }, 'peer/answer-malformed'],
    ['200 with a page', { status: 200, body: '<html>hello</html>\n' }, 'peer/answer-malformed'],
    ['200 without end', { status: 200, body: 'a'.repeat(200_000) }, 'peer/answer-too-large'],
    ['409 without the type', { status: 409, body: '5\n' }, 'peer/answer-malformed'],
    [
      '409 with no size',
      { status: 409, headers: { 'content-type': 'text/x.tlog.size' }, body: 'five\n' },
      'peer/answer-malformed',
    ],
    ['400', { status: 400 }, 'witness/old-size-too-large'],
    ['403', { status: 403 }, 'checkpoint/log-signature-missing'],
    ['404', { status: 404 }, 'checkpoint/origin-mismatch'],
    ['422', { status: 422 }, 'witness/consistency-invalid'],
    ['429', { status: 429 }, 'peer/answer-unexpected'],
    ['500', { status: 500 }, 'peer/answer-unexpected'],
    ['503', { status: 503 }, 'peer/answer-unexpected'],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'peer/answer-unexpected'],
    [
      '422 for a bad entry',
      { status: 422, headers: { 'countersign-reason': 'witness/entry-refused' } },
      'witness/entry-refused',
    ],
    [
      '503 while it checks',
      { status: 503, headers: { 'countersign-reason': 'witness/entries-unchecked' } },
      'witness/entries-unchecked',
    ],
    [
      'a reason that does not go with the status',
      { status: 404, headers: { 'countersign-reason': 'witness/entry-refused' } },
      'checkpoint/origin-mismatch',
    ],
    [
      'a reason that is none',
      { status: 422, headers: { 'countersign-reason': 'constructor' } },
      'witness/consistency-invalid',
    ],
  ])('%s', async (_, given, code) => {
    answer = given;
    expect(await reasonOfAsync(() => askIt())).toBe(code);
  });

  it('too late: peer/unreachable, within the time that it was given', async () => {
    answer = { status: 200, body: line(), delay: 1000 };
    const started = performance.now();
    expect(await reasonOfAsync(() => askIt(100))).toBe('peer/unreachable');
    expect(performance.now() - started).toBeLessThan(800);
  });

  it('shows no control characters of what it says', async () => {
    answer = { status: 500, body: 'bad \u001b[31mred\u202e things\nsecond line' };
    const message = await askIt().catch((error: Error) => error.message);
    expect(message).toContain('HTTP 500: bad ?[31mred? things.');
    expect(message).not.toContain('second line');
  });

  it('shows whole words of it, where it says too much', async () => {
    answer = { status: 500, body: `${'word '.repeat(39)}antidisestablishmentarianism` };
    expect(await askIt().catch((error: Error) => error.message)).toContain('word word ... ');
    answer = { status: 500, body: 'x'.repeat(300) };
    expect(await askIt().catch((error: Error) => error.message)).toContain(`${'x'.repeat(200)} ... `);
  });
});

describe('a mirror, which takes a checkpoint and cosigns nothing', () => {
  let server: HttpServer;
  let answer: string;
  let url: string;
  let filled: { checkpoint: Checkpoint; supply: Supply }[];
  beforeEach(async () => {
    filled = [];
    answer = '';
    server = new HttpServer({
      host: '127.0.0.1',
      port: 0,
      routes: [{ method: 'POST', path: '/add-checkpoint', handle: () => ({ status: 200, body: answer }) }],
      statusOf: () => 500,
      onProblem: message => expect.fail(message),
    });
    url = await server.listen();
  });
  afterEach(() => server.close());
  const line = (key: (typeof KEYS)[0]) => cosign(checkpointText(5), 1_800_000_000, key.key, key.signer);
  const stranger = line(testCosigner('other.example', 9));
  const supply: Supply = {
    entries: { packages: () => expect.fail('nothing is read here') },
    onProgress: () => undefined,
    signal: new AbortController().signal,
  };
  const askIt = (fill: FillMirror | undefined, given: { supply?: Supply } = { supply }) =>
    openRemoteWitness({ url, keys: [FIRST.key], timeout: 2000, fill }).addCheckpoint({
      ...witnessRequest(0, 5),
      ...given,
    });
  const filling =
    (lines: readonly NoteSignature[]): FillMirror =>
    async (checkpoint, given) => {
      filled.push({ checkpoint, supply: given });
      return lines;
    };

  it('is filled up to that checkpoint, and what it says then are its cosignatures', async () => {
    const answered = await askIt(filling([stranger, line(FIRST)]));
    expect(answered).toEqual({ status: 'cosigned', cosignatures: [line(FIRST)] });
    expect(filled).toEqual([
      { checkpoint: { origin: WATCHED_LOG.key.name, size: 5, root: TREE.hash(0, 5) }, supply },
    ]);
  });

  it('is filled too where a witness of another name cosigns at once', async () => {
    answer = new TextDecoder().decode(formatCosignatures([stranger]));
    expect(await askIt(filling([line(FIRST)]))).toMatchObject({ status: 'cosigned' });
    expect(filled).toHaveLength(1);
  });

  it('is not asked for, where the line is there already', async () => {
    answer = new TextDecoder().decode(formatCosignatures([line(FIRST)]));
    expect(await askIt(filling([]))).toMatchObject({ status: 'cosigned' });
    expect(filled).toEqual([]);
  });

  it('cannot be filled without a supply, or by nobody: peer/answer-malformed', async () => {
    expect(await reasonOfAsync(() => askIt(undefined))).toBe('peer/answer-malformed');
    expect(await reasonOfAsync(() => askIt(filling([line(FIRST)]), {}))).toBe('peer/answer-malformed');
    expect(filled).toEqual([]);
  });

  it('that then says nothing in its own name: peer/answer-malformed', async () => {
    expect(await reasonOfAsync(() => askIt(filling([stranger])))).toBe('peer/answer-malformed');
  });

  it('that fails: with what failed; a witness under other keys that takes no entries: peer/answer-malformed', async () => {
    const failing: FillMirror = () => Promise.reject(new Failure('peer/answer-unexpected'));
    expect(await reasonOfAsync(() => askIt(failing))).toBe('peer/answer-unexpected');
    answer = new TextDecoder().decode(formatCosignatures([stranger]));
    expect(await reasonOfAsync(() => askIt(failing))).toBe('peer/answer-malformed');
    const stale: FillMirror = () => Promise.reject(new Failure('witness/stale'));
    expect(await reasonOfAsync(() => askIt(stale))).toBe('witness/stale');
  });
});

describe('the witnesses of a policy', () => {
  const lines = (urls: readonly string[]) => {
    const keys = [...KEYS, testCosigner('other.example', 5)].map(({ key }) => formatVerifierKey(key));
    return parsePolicy(
      [...keys.map((key, at) => `witness w${at} ${key} ${urls[at] ?? ''}`), 'quorum none', ''].join('\n'),
    );
  };

  it('keys of one name at one URL are those of one witness; members without a URL cannot be asked', () => {
    const witnesses = remoteWitnessesOf(lines(['https://w.example/a', 'https://w.example/a/']), 1000);
    expect(witnesses.map(({ keys }) => keys.length)).toEqual([2]);
    expect(
      remoteWitnessesOf(lines(['https://w.example/a', 'https://w.example/b', 'https://w.example/c']), 1000),
    ).toHaveLength(3);
    const url = 'https://w.example';
    const apart = remoteWitnessesOf(lines([url, url, url]), 1000);
    expect(apart.map(({ keys }) => keys.map(({ name }) => name))).toEqual([
      ['witness.example', 'witness.example'],
      ['other.example'],
    ]);
    expect(remoteWitnessesOf(lines([]), 1000)).toEqual([]);
  });

  it.each(['w.example', 'ftp://w.example', 'file:///etc/passwd', 'https://'])(
    '%s is no address: policy/malformed',
    url => {
      expect(reasonOf(() => remoteWitnessesOf(lines([url]), 1000))).toBe('policy/malformed');
    },
  );
});
