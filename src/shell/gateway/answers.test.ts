import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat, json } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { exchangeOf, fetchBundle, openingOf, receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  chunk,
  completion,
  DONE,
  event,
  HELLO,
  LISTED_MODEL,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { toolCallBytes } from '../../exchange/tool-call.js';
import { parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes, payloadDigest } from '../../receipt/envelope.js';
import { commit } from '../../receipt/opening.js';

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

const CALLS = [
  { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } },
  { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{}' } },
];

/** The commitments that a receipt has to list for these calls. */
function commitments(opening: Uint8Array): string[] {
  return CALLS.map(({ id, type, function: { name, arguments: text } }, at) =>
    toHex(commit(opening, `tool/${at}`, toolCallBytes({ id, type, name, arguments: text }))),
  );
}

describe('an answer in one body', () => {
  it('arrives byte for byte, odd white space and unknown members included, under a receipt that says what was answered', async () => {
    const body = `\n{ "zebra": 1,  "model":"${LISTED_MODEL}","choices":[{"finish_reason":"stop","message":{"content":"ü\\u00fc"}}],
      "usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":2}}}\r\n`;
    upstream.behaviour = answer(200, body, { 'content-type': 'application/json; charset=utf-8' });
    const got = await ask(gateway.address, { body: chat({ temperature: 0.5, seed: 7, max_tokens: 4 }) });
    expect(got.body.toString('utf8')).toBe(body);
    expect(got.headers['content-type']).toBe('application/json; charset=utf-8');
    const receipt = await receiptOf(gateway, got);
    expect(receipt.response).toMatchObject({
      status: 'completed',
      http: 200,
      reason: null,
      finish: [{ name: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 1, total_tokens: 8, cached_tokens: 2 },
      tools: { commitments: [] },
    });
    expect(receipt.request).toMatchObject({
      complete: true,
      parameters: { temperature: 0.5, seed: 7, max_tokens: 4 },
      transforms: [],
    });
    expect(receipt.attempts).toMatchObject([
      { outcome: 'answered', reason: null, status: 200, upstream: new URL(upstream.base).host },
    ]);
    expect(receipt.model).toEqual({
      requested: { name: LISTED_MODEL },
      served: { name: LISTED_MODEL },
      digest: null,
    });
    expect(receipt.upstream).toMatchObject({ origin: new URL(upstream.base).origin, tlsSpki: null });
    expect(receipt.price).toEqual({ lines: null, reason: 'no-price-list' });
    expect(receipt.claims.map(({ status }) => status)).not.toContain('verified');
    expect(receipt.responsibility.map(({ role }) => role)).toEqual(['operator', 'host', 'policy-author']);
    const { received, firstByte, completed } = receipt.time;
    expect(firstByte).toBeGreaterThanOrEqual(received);
    expect(completed).toBeGreaterThanOrEqual(firstByte ?? Number.NaN);
  });

  it('names its exchange, its opening, its receipt and the digest of it', async () => {
    upstream.behaviour = answer(200, completion());
    const got = await ask(gateway.address);
    const bundle = parseBundle(await fetchBundle(gateway, exchangeOf(got)));
    expect(exchangeOf(got)).toMatch(/^[a-z2-7]{26}$/);
    expect(openingOf(got)).toHaveLength(32);
    expect(got.headers.link).toBe(`</v1/receipts/${exchangeOf(got)}>; rel="receipt"`);
    expect(got.headers['countersign-receipt-digest']).toBe(toHex(payloadDigest(bundle.envelope)));
    expect(got.headers['countersign-receipt']).toBeUndefined();
  });

  it('reaches the upstream byte for byte, and the receipt commits to what was received and to what was sent', async () => {
    upstream.behaviour = answer(200, completion());
    const body = ` {"model":"${LISTED_MODEL}", "messages":[{"role":"user","content":"ß\\u00df"}],"unknown":[1.0]}\n`;
    const receipt = await receiptOf(gateway, await ask(gateway.address, { body }));
    expect(upstream.last.body.toString('utf8')).toBe(body);
    expect(upstream.last.path).toBe('/v1/chat/completions');
    expect(receipt.request.sent).toMatch(/^[0-9a-f]{64}$/);
  });

  it('commits to the bytes sent upstream under a label of their own', async () => {
    upstream.behaviour = answer(200, completion());
    const got = await ask(gateway.address);
    const { request } = await receiptOf(gateway, got);
    expect(request.sent).toBe(toHex(commit(openingOf(got), 'request/sent', got.request)));
    expect(request.sent).not.toBe(toHex(commit(openingOf(got), 'request', got.request)));
  });

  it('with tool calls: each is committed to, in order', async () => {
    upstream.behaviour = answer(
      200,
      completion(null, { message: { tool_calls: CALLS }, choice: { finish_reason: 'tool_calls' } }),
    );
    const got = await ask(gateway.address);
    const { response } = await receiptOf(gateway, got);
    expect(response.finish).toEqual([{ name: 'tool_calls' }]);
    expect(response.tools).toEqual({ commitments: commitments(openingOf(got)) });
  });

  it('with 40 tool calls: one root stands for all', async () => {
    const calls = Array.from({ length: 40 }, (_, at) => ({ ...CALLS[0], id: `call_${at}` }));
    upstream.behaviour = answer(200, completion(null, { message: { tool_calls: calls } }));
    const { response } = await receiptOf(gateway, await ask(gateway.address));
    expect(response.tools).toEqual({ count: 40, root: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('with 40 images: one root stands for all', async () => {
    const images = Array.from({ length: 40 }, () => ({ type: 'image_url', image_url: { url: 'data:,x' } }));
    upstream.behaviour = answer(200, completion('Here.', { message: { images } }));
    const { response } = await receiptOf(gateway, await ask(gateway.address));
    expect(response.images).toEqual({ count: 40, root: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('with attachments in the prompt: each is committed to', async () => {
    upstream.behaviour = answer(200, completion());
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, image] }];
    const got = await ask(gateway.address, { body: { model: LISTED_MODEL, messages } });
    const { request } = await receiptOf(gateway, got);
    const bytes = utf8('{"image_url":{"url":"data:image/png;base64,AAAA"},"type":"image_url"}');
    expect(request.attachments).toEqual({
      commitments: [toHex(commit(openingOf(got), 'attachment/0', bytes))],
    });
  });

  it('from a model that the upstream does not list: requested and served are only committed to', async () => {
    upstream.behaviour = answer(200, completion('x', { rest: { model: 'someone else' } }));
    const { model } = await receiptOf(
      gateway,
      await ask(gateway.address, { body: chat({ model: 'hidden' }) }),
    );
    expect(model.requested).toEqual({ commitment: expect.any(String) });
    expect(model.served).toEqual({ commitment: expect.any(String) });
  });

  it('from a dated version of a listed model: the version is shown', async () => {
    const served = `${LISTED_MODEL}-2026-11-21`;
    upstream.behaviour = answer(200, completion('x', { rest: { model: served } }));
    const { model } = await receiptOf(gateway, await ask(gateway.address));
    expect(model.served).toEqual({ name: served });
  });

  it('to a request for a stream is passed on as the body that it is', async () => {
    upstream.behaviour = answer(200, completion());
    const got = await ask(gateway.address, { body: chat({ stream: true }) });
    expect(got.headers['content-type']).toBe('application/json');
    expect((await receiptOf(gateway, got)).response.status).toBe('completed');
  });

  it('after an informational response is the real one', async () => {
    const body = JSON.stringify(completion());
    upstream.behaviour = response => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      answer(200, body)(response);
    };
    const got = await ask(gateway.address);
    expect(got.body.toString()).toBe(body);
    expect((await receiptOf(gateway, got)).response.http).toBe(200);
  });

  it('after informational responses without end never comes', async () => {
    upstream.behaviour = ({ socket }) => {
      const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n'.repeat(1000);
      const write = () => {
        if (socket === null || socket.destroyed) return;
        if (socket.write(hints)) setImmediate(write);
        else socket.once('drain', write);
      };
      socket?.on('error', () => undefined);
      write();
    };
    const got = await ask(gateway.address);
    expect(got.status).toBe(502);
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/broken',
    });
    await upstream.last.lost;
  });

  it('of nothing but zero choices is an answer', async () => {
    upstream.behaviour = answer(200, { choices: [] });
    const receipt = await receiptOf(gateway, await ask(gateway.address));
    expect(receipt.response).toMatchObject({ status: 'completed', finish: [], usage: null });
    expect(receipt.model.served).toBeNull();
  });
});

describe('a streamed answer', () => {
  it('arrives event for event under a receipt that says what was answered', async () => {
    const usage = event(
      JSON.stringify({
        choices: [],
        usage: {
          prompt_tokens: 1,
          completion_tokens: 2,
          total_tokens: 3,
          completion_tokens_details: { reasoning_tokens: 1 },
        },
      }),
    );
    upstream.behaviour = stream(...HELLO.slice(0, -1), usage, DONE);
    const got = await ask(gateway.address, { body: chat({ stream: true }) });
    expect(got.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const withoutComments = got.body.toString('utf8').replaceAll(/^: countersign-.*\n/gm, '');
    expect(withoutComments).toBe([...HELLO.slice(0, -1), usage, DONE].join(''));
    const receipt = await receiptOf(gateway, got);
    expect(receipt.response).toMatchObject({
      status: 'completed',
      http: 200,
      reason: null,
      finish: [{ name: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, reasoning_tokens: 1 },
    });
    expect(receipt.request.parameters).toEqual({ stream: true });
    expect(receipt.attempts).toMatchObject([{ outcome: 'answered', status: 200 }]);
  });

  it('carries exchange, opening and receipt link in its headers, and no digest of a receipt that is not yet made', async () => {
    upstream.behaviour = stream(...HELLO);
    const got = await ask(gateway.address, { body: chat({ stream: true }) });
    expect(got.headers.link).toBe(`</v1/receipts/${exchangeOf(got)}>; rel="receipt"`);
    expect(openingOf(got)).toHaveLength(32);
    expect(got.headers['countersign-receipt-digest']).toBeUndefined();
    expect(got.headers['cache-control']).toBe('no-cache');
  });

  it('with tool calls in pieces: each whole call is committed to, in order', async () => {
    const pieces = CALLS.flatMap(({ id, type, function: { name, arguments: text } }, index) => [
      chunk({ tool_calls: [{ index, id, type, function: { name, arguments: '' } }] }),
      chunk({ tool_calls: [{ index, function: { arguments: text.slice(0, 3) } }] }),
      chunk({ tool_calls: [{ index, function: { arguments: text.slice(3) } }] }),
    ]);
    upstream.behaviour = stream(...pieces, chunk({}, 'tool_calls'), DONE);
    const got = await ask(gateway.address, { body: chat({ stream: true }) });
    const { response } = await receiptOf(gateway, got);
    expect(response.finish).toEqual([{ name: 'tool_calls' }]);
    expect(response.tools).toEqual({ commitments: commitments(openingOf(got)) });
  });

  it('of several choices: the finish reason of each, in the order of the choices', async () => {
    const finish = (index: number, reason: string) =>
      event(JSON.stringify({ choices: [{ index, delta: {}, finish_reason: reason }] }));
    upstream.behaviour = stream(finish(1, 'length'), finish(0, 'stop'), DONE);
    const got = await ask(gateway.address, { body: chat({ stream: true, n: 2 }) });
    expect((await receiptOf(gateway, got)).response.finish).toEqual([{ name: 'stop' }, { name: 'length' }]);
  });

  it('is kept in the vault as the client has it, comments of ours aside', async () => {
    upstream.behaviour = stream(...HELLO);
    const got = await ask(gateway.address, { body: chat({ stream: true }) });
    const kept = gateway.vault.get(exchangeOf(got));
    expect(Buffer.from(kept.response ?? []).toString()).toBe(HELLO.join(''));
    expect(Buffer.from(kept.request)).toEqual(got.request);
    expect(Buffer.from(kept.opening)).toEqual(Buffer.from(openingOf(got)));
    // What the vault holds verifies like what the client holds.
    await receiptOf(gateway, { ...got, body: Buffer.from(kept.response ?? []) });
  });
});

describe('countersign-inline: receipt', () => {
  it('puts the envelope of the bundle into a header', async () => {
    upstream.behaviour = answer(200, completion());
    const got = await ask(gateway.address, { headers: { 'countersign-inline': 'receipt' } });
    const { envelope } = parseBundle(await fetchBundle(gateway, exchangeOf(got)));
    const header = String(got.headers['countersign-receipt']);
    expect(header).toBe(Buffer.from(envelopeBytes(envelope)).toString('latin1'));
  });

  it('is also heeded by an error', async () => {
    const headers = { 'countersign-inline': 'receipt' };
    const got = await ask(gateway.address, { body: '{', headers });
    const envelope = json<unknown>({ body: Buffer.from(String(got.headers['countersign-receipt'])) });
    const bundle = json<{ envelope: unknown }>({ body: await fetchBundle(gateway, exchangeOf(got)) });
    expect(envelope).toEqual(bundle.envelope);
  });
});
