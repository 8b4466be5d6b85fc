/** Exchanges from which something is taken out on the way, end to end: what the upstream sees, what the client gets, and what the receipt says. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat, errorOf, json } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { openingOf, receiptOf, verifyAnswer } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  chunk,
  completion,
  cutStream,
  DONE,
  LISTED_MODEL,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { toHex } from '../../bytes/hex.js';
import { commit } from '../../receipt/opening.js';
import { REDACTION_KINDS, type RedactionRules } from './redaction/rules.js';

let openai: TestUpstream;
let anthropic: TestUpstream;
let gateway: TestGateway;
const RULES: RedactionRules = { kinds: REDACTION_KINDS, names: ['Jane Doe'], restore: true };
let rules: RedactionRules | null;

beforeAll(async () => {
  openai = await TestUpstream.start();
  anthropic = await TestUpstream.start();
  gateway = await openGateway({
    upstream: openai.base,
    more: { anthropic: { base: anthropic.base, surfaces: ['messages'] } },
    redaction: () => rules,
  });
});

beforeEach(() => {
  rules = RULES;
});

afterAll(async () => {
  await gateway.close();
  await openai.close();
  await anthropic.close();
});

const PROMPT = 'Write to Jane Doe, jane@example.com.';
const SENT = 'Write to [NAME_1], [EMAIL_1].';
const SECRETS = ['jane@example.com', 'Jane Doe', 'Jane'];

/** Neither the log nor what the operator is told has anything of it. */
async function expectUntold(): Promise<void> {
  const told = JSON.stringify([await gateway.receipts(), gateway.problems]);
  for (const secret of SECRETS) expect(told).not.toContain(secret);
}

describe('a request', () => {
  it('leaves without what the rules name, the answer has it, and the receipt commits to all four', async () => {
    openai.behaviour = answer(200, completion('Dear [NAME_1] <[EMAIL_1]>, [EMAIL_2]'));
    const got = await ask(gateway.address, { body: chat({}, PROMPT) });
    expect(json<{ choices: [{ message: { content: string } }] }>(got).choices[0].message.content).toBe(
      'Dear Jane Doe <jane@example.com>, [EMAIL_2]',
    );
    expect(openai.last.body.toString()).toBe(JSON.stringify(chat({}, SENT)));
    const receipt = await receiptOf(gateway, got);
    const opening = openingOf(got);
    const received = Buffer.from(JSON.stringify(completion('Dear [NAME_1] <[EMAIL_1]>, [EMAIL_2]')));
    expect(receipt.request).toMatchObject({
      transforms: ['redacted-email', 'redacted-name'],
      sent: toHex(commit(opening, 'request/sent', openai.last.body)),
    });
    expect(receipt.response).toMatchObject({
      status: 'completed',
      transforms: ['restored'],
      received: toHex(commit(opening, 'response/received', received)),
    });
    expect(Buffer.from(gateway.vault.get(receipt.exchange).received ?? [])).toEqual(received);
    expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
    await expectUntold();
  });

  it('streamed, with placeholders that are cut', async () => {
    const parts = ['Dear [NA', 'ME', '_1] <', '[EMAIL_1', ']>'].map(content => chunk({ content }));
    openai.behaviour = stream(...parts, chunk({}, 'stop'), DONE);
    const got = await ask(gateway.address, { body: chat({ stream: true }, PROMPT) });
    const said = got.body
      .toString()
      .split('\n')
      .filter(line => line.startsWith('data: {'))
      .map(line => JSON.parse(line.slice(6)).choices[0].delta.content ?? '')
      .join('');
    expect(said).toBe('Dear Jane Doe <jane@example.com>');
    const receipt = await receiptOf(gateway, got);
    const received = Buffer.from([...parts, chunk({}, 'stop'), DONE].join(''));
    expect(receipt.response).toMatchObject({
      status: 'completed',
      transforms: ['restored'],
      received: toHex(commit(openingOf(got), 'response/received', received)),
    });
    await expectUntold();
  });

  it('whose stream breaks off gets what was restored of it', async () => {
    openai.behaviour = cutStream(chunk({ content: 'Dear [NAME_1] [EMA' }));
    const got = await ask(gateway.address, { body: chat({ stream: true }, PROMPT) });
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/broken',
    });
  });

  it('whose answer has none of it gets that answer as it came, and the receipt has no other', async () => {
    openai.behaviour = stream(chunk({ content: 'Hello [EMA' }), chunk({ content: 'IL]' }), DONE);
    const got = await ask(gateway.address, { body: chat({ stream: true }, PROMPT) });
    const { request, response } = await receiptOf(gateway, got);
    expect(request.transforms).toEqual(['redacted-email', 'redacted-name']);
    expect('received' in response || 'transforms' in response).toBe(false);
  });

  it('translated: what is taken out of the one dialect is put back into the same', async () => {
    anthropic.behaviour = answer(200, {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [
        { type: 'text', text: 'To [NAME_1].' },
        { type: 'tool_use', id: 'toolu_1', name: 'send', input: { to: '[EMAIL_1]' } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 7, output_tokens: 9 },
    });
    const got = await ask(gateway.address, { body: chat({ model: 'anthropic/claude-x' }, PROMPT) });
    expect(JSON.parse(anthropic.last.body.toString()).messages).toEqual([{ role: 'user', content: SENT }]);
    const [{ message }] = json<{
      choices: [{ message: { content: string; tool_calls: [{ function: { arguments: string } }] } }];
    }>(got).choices;
    expect(message.content).toBe('To Jane Doe.');
    expect(message.tool_calls[0].function.arguments).toBe('{"to":"jane@example.com"}');
    const receipt = await receiptOf(gateway, got);
    expect(receipt.request.transforms.slice(0, 4)).toEqual([
      'redacted-email',
      'redacted-name',
      'model-renamed',
      'chat-completions-to-messages',
    ]);
    expect(receipt.response.transforms).toEqual(['restored']);
    await expectUntold();
  });

  it('whose answer is an error is told it as it came', async () => {
    openai.behaviour = answer(400, {
      error: { message: 'not [EMAIL_1]', type: 'invalid_request_error', param: null, code: null },
    });
    const got = await ask(gateway.address, { body: chat({}, PROMPT) });
    expect(errorOf(got)).toMatchObject({ message: 'not [EMAIL_1]' });
    expect('received' in (await receiptOf(gateway, got)).response).toBe(false);
  });

  it('with a picture says that nobody has looked into that', async () => {
    openai.behaviour = answer(200, completion());
    const content = [
      { type: 'text', text: PROMPT },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ];
    const body = { model: LISTED_MODEL, messages: [{ role: 'user', content }] };
    const receipt = await receiptOf(gateway, await ask(gateway.address, { body }));
    expect(receipt.request.transforms).toEqual(['redacted-email', 'redacted-name', 'attachments-unread']);
  });
});

describe('what cannot be redacted is not sent', () => {
  it('redaction/unreadable: refused, under a receipt', async () => {
    const before = openai.requests.length;
    const got = await ask(gateway.address, {
      path: '/v1/completions',
      method: 'POST',
      body: { model: LISTED_MODEL, prompt: [1, 2, 3] },
    });
    expect(got.status).toBe(400);
    expect(errorOf(got)).toMatchObject({ code: 'redaction/unreadable', param: 'prompt' });
    expect(await receiptOf(gateway, got)).toMatchObject({
      attempts: [],
      request: { sent: null, transforms: [] },
      response: { status: 'refused', reason: 'redaction/unreadable' },
    });
    expect(openai.requests).toHaveLength(before);
  });

  it('redaction/failed: a fault of ours, of which the operator is told without content', async () => {
    const before = openai.requests.length;
    rules = { kinds: REDACTION_KINDS, names: null, restore: true } as unknown as RedactionRules;
    const got = await ask(gateway.address, { body: chat({}, PROMPT) });
    expect(got.status).toBe(500);
    expect(await receiptOf(gateway, got)).toMatchObject({
      request: { sent: null },
      response: { status: 'failed', reason: 'redaction/failed' },
    });
    expect(openai.requests).toHaveLength(before);
    expect(gateway.problems).toEqual(['redaction failed: TypeError']);
    await expectUntold();
  });

  it('nothing is taken out for those who have no rules', async () => {
    rules = null;
    openai.behaviour = answer(200, completion('[EMAIL_1]'));
    const got = await ask(gateway.address, { body: chat({}, PROMPT) });
    expect(openai.last.body.toString()).toBe(JSON.stringify(chat({}, PROMPT)));
    expect((await receiptOf(gateway, got)).request.transforms).toEqual([]);
  });
});
