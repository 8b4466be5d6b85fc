import { connect } from 'node:net';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../test/support/log.js';
import { ISSUER } from '../../../test/support/parties.js';
import { logEpochs, ORIGIN, openReceiptLog, REFUSED, receiptOf } from '../../../test/support/submissions.js';
import { utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { envelopeBytes } from '../../receipt/envelope.js';
import { type EntryTaken, readAnswerLines, writeEntryLines } from '../../receipt/submission.js';
import { leafHash } from '../../tree/hash.js';
import { verifyInclusion } from '../../tree/merkle.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import { BodyBudget } from '../http/body-budget.js';
import { HttpServer } from '../http/server.js';
import type { FileLog } from '../log/file-log.js';
import { submissionRoute } from './answer.js';
import { AdmissionPool } from './pool.js';
import { submissionStatus } from './status.js';
import { Submissions } from './submissions.js';

/** What the bodies of requests to `/small` may hold together. */
const SMALL_ROOM = 8000;

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
let server: HttpServer;
let address: string;
let problems: string[];
let small: BodyBudget;
/** Asked before an entry is looked at. */
let meet: () => void;
const pool = new AdmissionPool(ORIGIN, [ISSUER.key], 1);
afterAll(() => pool.close());

beforeEach(async () => {
  folder = temporaryFolder();
  log = await openReceiptLog(folder.path);
  await logEpochs(log);
  problems = [];
  small = new BodyBudget(SMALL_ROOM);
  meet = () => undefined;
  const submissions = new Submissions(log, {
    admit: async (entry, index) => {
      meet();
      return pool.admit(entry, index);
    },
    close: async () => undefined,
  });
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: [
      submissionRoute('/log/entries', submissions, log),
      submissionRoute('/small', submissions, log, small),
    ],
    statusOf: submissionStatus,
    onProblem: message => problems.push(message),
  });
  address = await server.listen();
});
afterEach(async () => {
  await server.close();
  await log.close();
  folder.remove();
});

const post = (body: Uint8Array, target = '/log/entries', type = 'application/jsonl') =>
  fetch(`${address}${target}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: Buffer.from(body),
  });

async function submit(entries: readonly Uint8Array[], query = '') {
  const answer = await post(writeEntryLines(entries), `/log/entries${query}`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/jsonl']);
  return readAnswerLines(new Uint8Array(await answer.arrayBuffer()), entries.length);
}

const receipts = (count: number) => Array.from({ length: count }, (_, at) => envelopeBytes(receiptOf(at)));
/** Whether nothing of the room is taken. */
function isFree(): boolean {
  // As much as one who holds much may have, and only when nobody else has any.
  const all = (SMALL_ROOM * 3) / 4;
  const isAll = small.take(all, 0);
  if (isAll) small.give(all);
  return isAll;
}

/** Until it holds: what a server does is seen a moment later. */
const eventually = (holds: () => Promise<void>) => vi.waitFor(holds, { timeout: 15_000, interval: 5 });
const isTaken = (answer: object): answer is EntryTaken => 'index' in answer;

describe('many entries in one request', () => {
  it('are answered in their order, each with the place that it has for good', async () => {
    const entries = receipts(40);
    const answers = (await submit(entries)).filter(isTaken);
    expect(answers.map(({ isNew }) => isNew)).toEqual(Array(40).fill(true));
    expect(answers.map(({ index }) => index).sort((a, b) => a - b)).toEqual(entries.map((_, at) => at + 2));
    for (const [at, { index, proof }] of answers.entries()) {
      expect(await log.entry(index)).toEqual(entries[at]);
      expect(proof).toBeNull();
    }
    expect(await submit(entries)).toEqual(answers.map(answer => ({ ...answer, isNew: false })));
    expect(log.signed.size).toBe(42);
  });

  it('do not suffer from bad ones among them, which have the codes that they have alone', async () => {
    const [first, last] = receipts(2) as [Uint8Array, Uint8Array];
    const bad = REFUSED.map(([, make]) => make());
    const answers = await submit([first, ...bad, last]);
    expect(answers.slice(1, -1)).toEqual(REFUSED.map(([, , reason, status]) => ({ reason, status })));
    const taken = [answers[0], answers.at(-1)];
    expect(taken).toEqual(taken.map(() => expect.objectContaining({ isNew: true })));
    expect(log.signed.size).toBe(4);
  });

  it('have one place when they are the same', async () => {
    const [one, two] = receipts(2) as [Uint8Array, Uint8Array];
    const answers = (await submit([one, two, one, one, two])).filter(isTaken);
    expect(answers).toHaveLength(5);
    expect(answers.map(({ isNew }) => isNew)).toEqual([true, true, false, false, false]);
    const [a, b] = answers.map(({ index }) => index);
    expect(answers.map(({ index }) => index)).toEqual([a, b, a, a, b]);
    expect(log.signed.size).toBe(4);
  });

  it.each(['included', 'witnessed'])(
    'have their proofs with ?wait=%s, and no refused one has',
    async stage => {
      const entries = [...receipts(5), utf8('{}')];
      const answers = await submit(entries, `?wait=${stage}`);
      expect(answers[5]).toEqual({ reason: 'envelope/malformed', status: 400 });
      for (const [at, answer] of answers.filter(isTaken).entries()) {
        const { hashes, checkpoint } = parseTlogProof(answer.proof ?? '');
        const [, size, root] = checkpoint.split('\n');
        const leaf = leafHash(entries[at] as Uint8Array);
        verifyInclusion(answer.index, Number(size), leaf, hashes, Buffer.from(root ?? '', 'base64'));
        const lines = checkpoint.split('\n').filter(line => line.startsWith('\u2014'));
        expect(lines.length).toBeGreaterThanOrEqual(stage === 'witnessed' ? 3 : 1);
      }
    },
  );

  it.each(['application/jsonl; charset=utf-8', 'Application/JSONL'])(
    'are told by the media type: %s',
    async type => {
      const answer = await post(writeEntryLines(receipts(2)), '/log/entries', type);
      expect(answer.status).toBe(200);
      expect((await answer.text()).split('\n')).toHaveLength(3);
    },
  );

  it('are one malformed entry under any other media type', async () => {
    const answer = await post(writeEntryLines(receipts(2)), '/log/entries', 'application/json');
    expect([answer.status, answer.headers.get('countersign-reason')]).toEqual([400, 'json/malformed']);
    expect(log.signed.size).toBe(2);
  });
});

describe('a request of many entries is refused as a whole', () => {
  it.each<[string, () => Uint8Array, string, number, string]>([
    ['with none', () => new Uint8Array(), 'request/body-malformed', 400, ''],
    [
      'whose last line does not end',
      () => writeEntryLines(receipts(2)).slice(0, -1),
      'request/body-malformed',
      400,
      '',
    ],
    ['with 257', () => writeEntryLines(Array(257).fill(receipts(1)[0])), 'request/too-many-entries', 413, ''],
    [
      'with over a mebibyte',
      () => writeEntryLines(Array(400).fill(receipts(1)[0])),
      'request/too-large',
      413,
      '',
    ],
    [
      'with a stage that there is none of',
      () => writeEntryLines(receipts(1)),
      'request/parameter-invalid',
      400,
      '?wait=settled',
    ],
  ])('%s', async (_, make, code, status, query) => {
    const answer = await post(make(), `/log/entries${query}`);
    expect([answer.status, answer.headers.get('countersign-reason')]).toEqual([status, code]);
    expect((await answer.text()).split('\n')).toHaveLength(2);
    expect(log.signed.size).toBe(2);
  });

  it('when it breaks off: nothing of it is taken, and its room is free again', async () => {
    const body = writeEntryLines(receipts(2));
    const stalled = begin(body, body.length - 1);
    await eventually(async () => expect(isFree()).toBe(false));
    stalled.destroy();
    await eventually(async () => expect(isFree()).toBe(true));
    expect(log.signed.size).toBe(2);
    expect(problems).toEqual([]);
  });

  it('while others hold all the room that there is: log/busy, and no longer', async () => {
    const body = writeEntryLines(receipts(2));
    const stalled = begin(body, body.length - 1);
    await eventually(async () => {
      const busy = await post(body, '/small');
      expect([busy.status, busy.headers.get('countersign-reason'), busy.headers.get('retry-after')]).toEqual([
        429,
        'log/busy',
        '1',
      ]);
    });
    stalled.destroy();
    await eventually(async () => expect((await post(body, '/small')).status).toBe(200));
  });

  it('the same goes for those that bring one entry', async () => {
    const [entry = new Uint8Array()] = receipts(1);
    const one = () => post(entry, '/small', 'application/json');
    const stalled = [1, 2, 3, 4].map(() => begin(entry, entry.length - 1, 'application/json'));
    await eventually(async () => expect((await one()).headers.get('countersign-reason')).toBe('log/busy'));
    for (const socket of stalled) socket.destroy();
    await eventually(async () => expect((await one()).status).toBeLessThan(300));
    expect(isFree()).toBe(true);
  });

  it('when something is wrong here: the operator is told, and what was taken stays', async () => {
    const entries = receipts(3);
    let met = 0;
    meet = () => {
      if (++met === 2) throw new Error('out of order');
    };
    expect((await post(writeEntryLines(entries))).status).toBe(500);
    expect(problems).toEqual(['out of order']);
    const answers = (await submit(entries)).filter(isTaken);
    expect(answers.map(({ isNew }) => isNew)).toEqual([false, true, false]);
  });
});

describe('what a log cannot look at just now', () => {
  it('is refused line by line, and taken when it comes again', async () => {
    const entries = receipts(10);
    let met = 0;
    meet = () => {
      if (++met > 6) throw new Failure('log/busy');
    };
    const answers = await submit(entries);
    expect(answers.map(answer => isTaken(answer))).toEqual(entries.map((_, at) => at < 6));
    expect(answers.slice(6)).toEqual(Array(4).fill({ reason: 'log/busy', status: 429 }));
    meet = () => undefined;
    const again = (await submit(entries)).filter(isTaken);
    expect(again.map(({ isNew }) => isNew)).toEqual(entries.map((_, at) => at >= 6));
    expect(log.signed.size).toBe(12);
  });

  it('is refused line by line by a log that is closed', async () => {
    await log.close();
    expect(await submit(receipts(3))).toEqual(Array(3).fill({ reason: 'log/unavailable', status: 503 }));
  });

  it('is taken all the same when the client leaves before it is answered', async () => {
    const entries = receipts(2);
    const body = writeEntryLines(entries);
    const leaving = begin(body, body.length);
    await eventually(async () => expect(log.signed.size).toBeGreaterThan(2));
    leaving.destroy();
    await eventually(async () => expect(log.signed.size).toBe(4));
    expect((await submit(entries)).filter(isTaken).map(({ isNew }) => isNew)).toEqual([false, false]);
    expect(isFree()).toBe(true);
    expect(problems).toEqual([]);
  });
});

/** Sends the first bytes of a request to `/small`, and leaves the connection open. */
function begin(body: Uint8Array, sent: number, type = 'application/jsonl') {
  const { hostname, port, host } = new URL(address);
  const socket = connect(Number(port), hostname);
  const head = `POST /small HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${type}\r\n`;
  socket.write(`${head}content-length: ${body.length}\r\n\r\n`);
  socket.write(body.subarray(0, sent));
  return socket;
}
