import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, begin, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { exchangeOf, fetchBundle, openingOf, receiptOf } from '../../../test/end-to-end/receipts.js';
import { chunk, cutStream, DONE, HELLO, stream, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { parseCanonical } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { ACCEPTANCE } from '../../receipt/acceptance.js';
import { parseBundle } from '../../receipt/bundle.js';
import { type Envelope, envelopeBytes, envelopeIsSignedBy, readEnvelope } from '../../receipt/envelope.js';
import { commit } from '../../receipt/opening.js';
import { readStatement } from '../../receipt/statement.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const [FIRST, SECOND, LAST] = HELLO;
const ACCEPTANCE_LINE = ': countersign-acceptance ';
const RECEIPT_LINE = ': countersign-receipt ';

function askForStream(headers: Record<string, string> = {}): Promise<Answer> {
  return ask(gateway.address, { body: chat({ stream: true }), headers });
}

/** The stream's blocks, each without the blank line that ends it. */
function blocksOf({ body }: Answer): string[] {
  const text = body.toString('utf8');
  expect(text.endsWith('\n\n')).toBe(true);
  return text.slice(0, -2).split('\n\n');
}

function envelopeIn(line: string, prefix: string): Envelope {
  expect(line.startsWith(prefix)).toBe(true);
  return readEnvelope(parseCanonical(utf8(line.slice(prefix.length))));
}

describe('acceptance and receipt in a stream', () => {
  it('stand in front of the first and of the terminal event, in their blocks, and nowhere else', async () => {
    upstream.behaviour = stream(...HELLO);
    const got = await askForStream();
    const blocks = blocksOf(got).map(block => block.split('\n'));
    expect(blocks.map(lines => lines.map(line => line.slice(0, 6)))).toEqual([
      [': coun', 'data: '],
      ['data: '],
      ['data: '],
      [': coun', 'data: '],
    ]);
    expect(blocks[0]?.[0]).toContain(ACCEPTANCE_LINE);
    expect(blocks[3]).toEqual([expect.stringContaining(RECEIPT_LINE), 'data: [DONE]']);
  });

  it('the acceptance is signed by the issuer and says which request it accepts, under which number', async () => {
    upstream.behaviour = stream(...HELLO);
    const got = await askForStream();
    const acceptance = envelopeIn(blocksOf(got)[0]?.split('\n')[0] ?? '', ACCEPTANCE_LINE);
    const [issuer] = gateway.trust.issuers;
    expect(await envelopeIsSignedBy(acceptance, issuer?.publicKey ?? new Uint8Array())).toBe(true);
    const { subject, predicate } = readStatement(ACCEPTANCE, acceptance);
    const receipt = await receiptOf(gateway, got);
    expect(predicate).toEqual({
      client: receipt.client,
      counter: receipt.counter,
      epoch: receipt.epoch,
      exchange: exchangeOf(got),
      issuer: receipt.issuer,
      log: { origin: receipt.log.origin },
      received: receipt.time.received,
    });
    const commitment = Buffer.from(commit(openingOf(got), 'request', got.request)).toString('hex');
    expect(subject[0].digest['countersign-commitment-v1']).toBe(commitment);
  });

  it('the acceptance comes with the first event, long before the answer is complete', async () => {
    upstream.behaviour = stream(FIRST, 250, LAST, DONE);
    const started = performance.now();
    const asking = begin(gateway.address, { body: chat({ stream: true }) });
    await asking.started;
    const acceptedAfter = performance.now() - started;
    await asking.answer;
    expect(acceptedAfter).toBeLessThan(200);
  });

  it('the receipt is the bundle’s, byte for byte', async () => {
    upstream.behaviour = stream(...HELLO);
    const got = await askForStream();
    const inline = envelopeIn(blocksOf(got).at(-1)?.split('\n')[0] ?? '', RECEIPT_LINE);
    const { envelope } = parseBundle(await fetchBundle(gateway, exchangeOf(got)));
    expect(Buffer.from(envelopeBytes(inline))).toEqual(Buffer.from(envelopeBytes(envelope)));
  });

  it('when the only event is the terminal one, both stand in front of it', async () => {
    upstream.behaviour = stream(DONE);
    const lines = blocksOf(await askForStream())[0]?.split('\n') ?? [];
    expect(lines.map(line => line.slice(0, 15))).toEqual([
      ': countersign-a',
      ': countersign-r',
      'data: [DONE]',
    ]);
  });

  it('a stream that breaks has them too, in front of the error event', async () => {
    upstream.behaviour = cutStream(FIRST);
    const blocks = blocksOf(await askForStream());
    expect(blocks[0]?.startsWith(ACCEPTANCE_LINE)).toBe(true);
    expect(blocks.at(-1)?.startsWith(RECEIPT_LINE)).toBe(true);
  });

  it('are left out when the request asks for none: then the stream is the upstream’s, byte for byte', async () => {
    upstream.behaviour = stream(...HELLO);
    const got = await askForStream({ 'countersign-inline': 'none' });
    expect(got.body.toString()).toBe(HELLO.join(''));
    await receiptOf(gateway, got);
  });

  it('are left out when the gateway is told so', async () => {
    const plain = await openGateway({ upstream: upstream.base, inline: false });
    try {
      upstream.behaviour = stream(...HELLO);
      const got = await ask(plain.address, { body: chat({ stream: true }) });
      expect(got.body.toString()).toBe(HELLO.join(''));
      await receiptOf(plain, got);
    } finally {
      await plain.close();
    }
  });
});

/** What is left of a stream without our own comment lines. */
function withoutOurs({ body }: Answer): string {
  const text = body.toString('latin1');
  return text.replaceAll(/: countersign-(?:acceptance|receipt) \{"payload"[^\n]*\n/g, '');
}

describe('what an upstream writes beside its events', () => {
  it('comments that keep a connection alive are passed on', async () => {
    const parts = [': keep-alive\n\n', FIRST, ':\n\n', `: in a block\n${SECOND}`, LAST, DONE];
    upstream.behaviour = stream(...parts);
    const got = await askForStream();
    expect(withoutOurs(got)).toBe(parts.join(''));
    await receiptOf(gateway, got);
  });

  it.each([
    { what: 'with line ends of CR LF', parts: HELLO.map(part => part.replaceAll('\n', '\r\n')) },
    {
      what: 'with line ends of CR',
      parts: [...HELLO.map(part => part.replaceAll('\n', '\r')), ': end\n\n'],
      ends: 1,
    },
    { what: 'with data over several lines', parts: [FIRST, 'data: {"choices":\ndata: []}\n\n', LAST, DONE] },
    { what: 'with event names and ids', parts: [`event: message\nid: 1\n${FIRST}`, LAST, `id: 2\n${DONE}`] },
    { what: 'with retry fields and unknown ones', parts: ['retry: 10\n\n', `x: y\n${FIRST}`, LAST, DONE] },
    { what: 'without a space after the colon', parts: HELLO.map(part => part.replace('data: ', 'data:')) },
  ])('events $what are passed on byte for byte', async ({ parts, ends = 0 }) => {
    upstream.behaviour = stream(...parts);
    const got = await askForStream();
    expect(withoutOurs(got)).toBe(parts.slice(0, parts.length - ends).join(''));
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'completed',
      finish: [{ name: 'stop' }],
    });
  });

  it('events cut into single bytes are passed on as they were', async () => {
    const bytes = Buffer.from(`${chunk({ content: 'é日本🙂' })}${LAST}${DONE}`);
    upstream.behaviour = stream(...[...bytes].map(byte => Uint8Array.of(byte)));
    const got = await askForStream({ 'countersign-inline': 'none' });
    expect(got.body).toEqual(bytes);
    await receiptOf(gateway, got);
  });

  it('a byte order mark at the start is dropped, because the acceptance stands there now', async () => {
    upstream.behaviour = stream(Buffer.from([0xef, 0xbb, 0xbf]), ...HELLO);
    const got = await askForStream();
    expect(withoutOurs(got)).toBe(HELLO.join(''));
    expect(got.body.indexOf(Buffer.from([0xef, 0xbb, 0xbf]))).toBe(-1);
    await receiptOf(gateway, got);
  });
});

describe('comments with which an upstream passes for the issuer never reach the client', () => {
  const fake = '{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[]}';
  const lines = [
    { what: 'a receipt', line: `: countersign-receipt ${fake}` },
    { what: 'an acceptance', line: `: countersign-acceptance ${fake}` },
    { what: 'one without a space', line: `:countersign-receipt ${fake}` },
    { what: 'one in capitals', line: `: COUNTERSIGN-RECEIPT ${fake}` },
    { what: 'one after many spaces', line: `:     \tcountersign-receipt ${fake}` },
    { what: 'one of a kind that does not exist', line: ': countersign-verdict pass' },
    { what: 'one with a character cut at byte 64', line: `: countersign-receipt ${'x'.repeat(42)}é${fake}` },
    {
      what: 'one with a character cut at byte 64, shifted',
      line: `: countersign-receipt ${'x'.repeat(43)}é${fake}`,
    },
    {
      what: 'one with bytes that are no UTF-8',
      line: Buffer.from(`: countersign-receipt \xff${fake}`, 'latin1'),
    },
  ];
  const places = [
    {
      where: 'in the first block',
      parts: (line: Buffer) => [Buffer.concat([line, Buffer.from(FIRST)]), LAST, DONE],
    },
    {
      where: 'in a block of its own',
      parts: (line: Buffer) => [FIRST, Buffer.concat([line, Buffer.from('\n')]), LAST, DONE],
    },
    {
      where: 'with the terminal event',
      parts: (line: Buffer) => [FIRST, LAST, Buffer.concat([line, Buffer.from(DONE)])],
    },
    {
      where: 'after the event’s data',
      parts: (line: Buffer) => [
        Buffer.concat([Buffer.from(FIRST.slice(0, -1)), line, Buffer.from('\n')]),
        LAST,
        DONE,
      ],
    },
  ];
  const cases = lines.flatMap(({ what, line }) =>
    places.map(({ where, parts }) => ({
      what,
      where,
      parts: parts(Buffer.concat([Buffer.from(line), Buffer.from('\n')])),
    })),
  );

  it.each(cases)('$what, $where', async ({ parts }) => {
    upstream.behaviour = stream(...parts);
    const got = await askForStream();
    expect(got.body.toString('latin1').match(/countersign-/gi)).toHaveLength(2);
    // Otherwise an upstream could make a genuine answer fail its verification.
    expect((await receiptOf(gateway, got)).response.status).toBe('completed');
  });

  it('with line ends of CR LF and CR', async () => {
    const hidden = `: countersign-receipt ${fake}\r: countersign-receipt ${fake}\r\n${FIRST}`;
    upstream.behaviour = stream(hidden, LAST, DONE);
    const got = await askForStream();
    expect(got.body.toString('latin1').match(/countersign-/g)).toHaveLength(2);
    await receiptOf(gateway, got);
  });
});
