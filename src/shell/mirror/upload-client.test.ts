/** What an upload sends, and how it ends with mirrors that say anything. */
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { LOG, TestLog } from '../../../test/support/mirror.js';
import { concat } from '../../bytes/octets.js';
import {
  formatMirrorInfo,
  packagesOf,
  readPackage,
  readUploadHeader,
  type Take,
  type UploadHeader,
} from '../../tree/add-entries.js';
import type { EntrySource } from '../../tree/policy-member.js';
import { type HttpAnswer, HttpServer } from '../http/server.js';
import { type Upload, upload } from './upload-client.js';

const SIZE = 8500;
const log = new TestLog(SIZE);
const entries: EntrySource = {
  async *packages(interval, size) {
    for (const place of packagesOf(interval)) yield log.content(place, size);
  },
};

/** What one request brought. */
interface Sent extends UploadHeader {
  /** How many entries there were. */
  readonly count: number;
}

let server: HttpServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

/** A mirror that answers what it is told to, and the requests that it gets. */
async function serve(
  answer: (sent: Sent, requests: number) => HttpAnswer | Promise<HttpAnswer>,
): Promise<{ readonly to: string; readonly requests: Sent[] }> {
  const requests: Sent[] = [];
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: [
      {
        method: 'POST',
        path: '/m/add-entries',
        handle: async request => {
          expect(request.headers['content-type']).toBe('application/octet-stream');
          requests.push(await readSent(gunzipSync(await request.body(2 ** 24))));
          return answer(requests.at(-1) as Sent, requests.length);
        },
      },
    ],
    statusOf: () => 400,
    onProblem: message => expect.fail(message),
  });
  return { to: `${await server.listen()}/m/`, requests };
}

/** Reads a body to its end: it holds whole packages. */
async function readSent(body: Uint8Array): Promise<Sent> {
  let at = 0;
  const take: Take = async count => {
    at += count;
    expect(at).toBeLessThanOrEqual(body.length);
    return body.subarray(at - count, at);
  };
  const header = await readUploadHeader(take);
  let count = 0;
  for (const { start, end } of packagesOf(header)) {
    if (at === body.length) break;
    count += (await readPackage(end - start, take)).entries.length;
  }
  expect(at).toBe(body.length);
  return { ...header, count };
}

const INFO = { 'content-type': 'text/x.tlog.mirror-info' };
const NO_TICKET = new Uint8Array();
const goOn = (status: 202 | 409, next: number, size = SIZE, ticket = NO_TICKET): HttpAnswer => ({
  status,
  headers: INFO,
  body: formatMirrorInfo({ size, next, ticket }),
});
const LINE = '\u2014 mirror.example/m1 AAAAAAAA\n';
const done: HttpAnswer = { status: 200, body: LINE };

const uploadTo = (to: string, changes: Partial<Upload> = {}, size = SIZE) =>
  upload({ to, checkpoint: { origin: LOG.key.name, size }, entries, next: null, ...changes });

describe('an upload', () => {
  it('asks where to begin, sends at most 32 packages at a time, and brings each ticket back', async () => {
    const ticket = (requests: number) => concat(Uint8Array.of(requests));
    const { to, requests } = await serve(({ start, count, end }, at) => {
      if (start === end && at === 1) return goOn(409, 100, SIZE, ticket(at));
      return start + count === end ? done : goOn(202, start + count, SIZE, ticket(at));
    });
    const progress: number[] = [];
    const uploaded = await uploadTo(to, { onProgress: next => progress.push(next) });
    expect(uploaded).toMatchObject({ status: 'complete', cosignatures: [{ name: 'mirror.example/m1' }] });
    expect(requests.map(({ start, end, count }) => [start, end, count])).toEqual([
      [SIZE, SIZE, 0],
      [100, SIZE, 8192 - 100],
      [8192, SIZE, SIZE - 8192],
    ]);
    expect(requests.map(sent => [...sent.ticket])).toEqual([[], [1], [2]]);
    expect(progress).toEqual([8192]);
  });

  it('begins where the mirror is thought to go on, and takes its word when it does not', async () => {
    const right = await serve(() => done);
    await uploadTo(right.to, { next: SIZE - 10 });
    expect(right.requests.map(({ start }) => start)).toEqual([SIZE - 10]);
    await server?.close();
    const wrong = await serve(({ start }) => (start > 8300 ? goOn(409, 8300) : done));
    await uploadTo(wrong.to, { next: 8490 });
    expect(wrong.requests.map(({ start }) => start)).toEqual([8490, 8300]);
  });

  it('holds no more than a few MiB at a time, whatever the entries are', async () => {
    const large: EntrySource = {
      async *packages(interval) {
        for (const { start, end } of packagesOf(interval))
          yield { entries: Array.from({ length: end - start }, () => new Uint8Array(10_000)), proof: [] };
      },
    };
    const { to, requests } = await serve(({ start, count, end }) =>
      start + count === end ? done : goOn(202, start + count, 600),
    );
    await uploadTo(to, { entries: large, next: 0 }, 600);
    expect(requests.map(({ count }) => count)).toEqual([256, 256, 88]);
  });

  it('is stale when the mirror takes entries towards another checkpoint only', async () => {
    const { to } = await serve(() => goOn(409, 10, SIZE + 1));
    expect(await uploadTo(to)).toEqual({ status: 'stale', size: SIZE + 1 });
  });

  it('throws what the source of the entries throws', async () => {
    const { to } = await serve(() => goOn(409, 0));
    const broken: EntrySource = {
      // biome-ignore lint/correctness/useYield: it fails before the first.
      async *packages({ start, end }) {
        if (start < end) throw new Error('the disk is gone');
      },
    };
    await expect(uploadTo(to, { entries: broken })).rejects.toThrow('the disk is gone');
  });

  it('ends when it is told to', async () => {
    const ending = new AbortController();
    const { to } = await serve(async () => {
      ending.abort();
      await new Promise(resolve => setTimeout(resolve, 50));
      return done;
    });
    expect(await reasonOfAsync(() => uploadTo(to, { signal: ending.signal }))).toBe('peer/unreachable');
  });
});

describe('a mirror that lies is left', () => {
  const size = 600;

  it.each<[string, (sent: Sent, requests: number) => HttpAnswer]>([
    ['says 409 for ever', () => goOn(409, 0, size)],
    ['says 202 for ever and stays where it is', () => goOn(202, 0, size)],
    ['says 202 for ever and goes on by one entry', (_, requests) => goOn(202, requests, size)],
    ['goes to and fro', (_, requests) => goOn(202, requests % 2 === 0 ? 0 : 512, size)],
    ['says 202 when it has everything', () => goOn(202, size, size)],
    ['says 409 when it has more than everything', () => goOn(409, 2 ** 50, size)],
    ['takes one package of each request', ({ start }) => goOn(202, start - (start % 256) + 256, size)],
  ])('%s', async (_, answer) => {
    const { to, requests } = await serve(answer);
    expect(await reasonOfAsync(() => uploadTo(to, { next: 0 }, size))).toBe('peer/answer-unexpected');
    // As many as there are packages, and a few.
    expect(requests.length).toBeLessThanOrEqual(3 + 5);
  });

  it.each<[string, string, HttpAnswer]>([
    ['409 without end', 'peer/answer-too-large', { status: 409, headers: INFO, body: '1'.repeat(300_000) }],
    ['200 without end', 'peer/answer-too-large', { status: 200, body: LINE.repeat(20_000) }],
    ['200 with too many lines', 'peer/answer-malformed', { status: 200, body: LINE.repeat(101) }],
    ['200 with nothing', 'peer/answer-malformed', { status: 200, body: '' }],
    ['202 with nothing', 'peer/answer-malformed', { status: 202, body: '' }],
    ['409 with words', 'peer/answer-malformed', { status: 409, body: 'nine thousand\n' }],
    ['404', 'peer/answer-unexpected', { status: 404, body: 'no\n' }],
    ['422', 'peer/answer-unexpected', { status: 422, body: 'no\n' }],
    ['500', 'peer/answer-unexpected', { status: 500, body: 'no\n' }],
    [
      'a redirect',
      'peer/answer-unexpected',
      { status: 307, headers: { location: 'http://127.0.0.1:1/' }, body: '' },
    ],
  ])('%s: %s, and it has been sent nothing but a question', async (_, code, answer) => {
    const { to, requests } = await serve(() => answer);
    expect(await reasonOfAsync(() => uploadTo(to))).toBe(code);
    expect(requests.map(({ count }) => count)).toEqual([0]);
  });
});
