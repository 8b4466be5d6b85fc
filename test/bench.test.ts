/** What the figures of `bench/gateway` rest on: that answers are read right, that wrong ones are counted, and what "without receipts" leaves. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface AnswerReader {
  readonly status: number;
  readonly closes: boolean;
  readonly body: Buffer;
  push(chunk: Buffer): boolean;
  header(name: string): string | null;
}
interface Answer {
  readonly fault: string | null;
}
interface Request {
  readonly bytes: Buffer;
  readonly isStream: boolean;
}

const GATEWAY = new URL('../bench/gateway/', import.meta.url);
const load = (name: string) => import(new URL(name, GATEWAY).href);
const { AnswerReader }: { AnswerReader: new () => AnswerReader } = await load('answer-reader.mjs');
const {
  drive,
}: { drive: (port: number, next: () => Request | null, done: (answer: Answer) => void) => Promise<void> } =
  await load('client.mjs');
const { CHUNKS, COMPLETION, DONE, faultOf } = (await load('exchange-bytes.mjs')) as {
  CHUNKS: Buffer[];
  COMPLETION: Buffer;
  DONE: Buffer;
  faultOf: (text: string, isStream: boolean) => string | null;
};

const chunked = (parts: readonly Buffer[], trailers = '') =>
  Buffer.concat([
    Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'),
    ...parts.flatMap(part => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
    Buffer.from(`0\r\n${trailers}\r\n`),
  ]);
const whole = (body: Buffer, status = '200 OK') =>
  Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n`), body]);

describe('an answer is read to its end and no further', () => {
  it.each([
    ['of known length', whole(COMPLETION), COMPLETION],
    ['without a body', whole(Buffer.alloc(0)), Buffer.alloc(0)],
    ['in chunks', chunked([...CHUNKS, DONE]), Buffer.concat([...CHUNKS, DONE])],
    ['in chunks with trailers', chunked([DONE], 'x-signature: abc\r\nx-other: d\r\n'), DONE],
  ])('%s, cut anywhere', (_, bytes, body) => {
    for (let cut = 0; cut < bytes.length; cut++) {
      const reader = new AnswerReader();
      const first = cut > 0 && reader.push(bytes.subarray(0, cut));
      expect(first).toBe(false);
      expect(reader.push(bytes.subarray(cut))).toBe(true);
      expect(reader.body.equals(body)).toBe(true);
    }
  });

  it('says when its connection ends with it', () => {
    const reader = new AnswerReader();
    reader.push(
      Buffer.from('HTTP/1.1 503 Busy\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'),
    );
    expect([reader.status, reader.closes, reader.header('retry-after')]).toEqual([503, true, '1']);
  });

  it.each(['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'])(
    'or it is no answer: %j',
    text => {
      expect(() => new AnswerReader().push(Buffer.from(text))).toThrow();
    },
  );
});

describe('an answer counts only when it is the one that the upstream gave', () => {
  const stream = Buffer.concat([...CHUNKS, DONE]).toString();

  it.each([
    ['the whole answer', COMPLETION.toString(), false, null],
    ['the whole stream', stream, true, null],
    ['another answer', '{"choices":[]}', false, 'another answer'],
    ['a stream without one of its events', stream.replace(String(CHUNKS[5]), ''), true, '16 of 17 words'],
    ['a stream without its end', stream.replace(String(DONE), ''), true, 'no end'],
  ])('%s', (_, text, isStream, fault) => {
    expect(faultOf(text, isStream)).toBe(fault);
  });
});

describe('a client goes on, whatever happens to a request of its, and tells of each', () => {
  const closing = Buffer.from(String(whole(COMPLETION)).replace('\r\n', '\r\nConnection: close\r\n'));
  const answers = [whole(COMPLETION), whole(DONE, '500 No'), null, closing, whole(COMPLETION)];

  it('as one whose server refuses, hangs up, and ends a connection', async () => {
    let requests = 0;
    const server = createServer(socket => {
      socket.on('data', () => {
        const answer = answers[requests++];
        if (answer === null || answer === undefined) socket.destroy();
        else socket.write(answer);
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const faults: (string | null)[] = [];
    let begun = 0;
    const request = { bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'), isStream: false };
    const { port } = server.address() as AddressInfo;
    await drive(
      port,
      () => (begun++ < answers.length ? request : null),
      ({ fault }) => faults.push(fault),
    );
    server.close();
    expect(faults).toEqual([null, 'HTTP 500', expect.stringMatching(/closed|ECONNRESET/), null, null]);
  });
});

it('what the gateway "without receipts" is made without is still where it is taken out', async () => {
  const { packageWithoutReceipts } = (await load('house.mjs')) as {
    packageWithoutReceipts: (folder: string) => string;
  };
  const folder = mkdtempSync(join(tmpdir(), 'countersign-without-'));
  expect(() => packageWithoutReceipts(join(folder, 'package'))).not.toThrow();
  rmSync(folder, { recursive: true, force: true });
});
