import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { utf8 } from '../bytes/octets.js';
import type { Receipt } from '../receipt/receipt.js';
import { encodingOf, recountUsage } from './usage-recount.js';

const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };
const count = (_: string, text: string) => countTokens(text, AS_TEXT);
const name = { name: 'gpt-4o' };

function receipt(usage: Receipt['response']['usage'], more: Partial<Receipt['request']> = {}): Receipt {
  return {
    ...SAMPLE_RECEIPT,
    model: { digest: null, requested: name, served: { name: 'gpt-4o-2024-08-06' } },
    request: { ...SAMPLE_RECEIPT.request, transforms: [], ...more },
    response: { ...SAMPLE_RECEIPT.response, usage },
  };
}
const STATED = { prompt_tokens: 11, completion_tokens: 9 };
const json = (value: unknown) => utf8(JSON.stringify(value));
const asked = (rest: object = {}, message: object = {}) =>
  json({ model: 'gpt-4o', messages: [{ role: 'user', content: 'What is a receipt?', ...message }], ...rest });
const answered = (message: object) =>
  json({ choices: [{ index: 0, message: { role: 'assistant', ...message } }] });
const ANSWER = answered({ content: 'A receipt is a signed statement.', refusal: null, annotations: [] });

const claimOf = (request = asked(), answer: Uint8Array = ANSWER, of = receipt(STATED)) =>
  recountUsage(of, request, answer, count);

describe('a recount of usage', () => {
  it('counts prompt and answer as the chat template has them, and states the difference', () => {
    expect(claimOf()).toEqual({
      about: 'usage-recount',
      status: 'asserted',
      source: 'recount',
      encoding: 'o200k_base',
      prompt: { tokens: 12, stated: 11, difference: -1 },
      completion: { tokens: 7, stated: 9, difference: 2 },
    });
  });

  it('counts a stream as it counts the whole answer', () => {
    const delta = (content: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
    const stream = utf8(
      `: comment\n\n${delta('A receipt is a')}${delta(' signed statement.')}data: {"choices":[],"usage":null}\n\ndata: [DONE]\n\n`,
    );
    expect(claimOf(asked(), stream).completion.tokens).toBe(7);
  });

  it('counts what looks like a special token as the text that it is', () => {
    expect(claimOf(asked(), answered({ content: '<|endoftext|>' })).completion.tokens).toBeGreaterThan(1);
  });

  it.each<[what: string, request: Uint8Array, answer: Uint8Array, of: Receipt]>([
    ['tools', asked({ tools: [{}] }), ANSWER, receipt(STATED)],
    ['a format', asked({ response_format: { type: 'json_object' } }), ANSWER, receipt(STATED)],
    ['an image', asked({}, { content: [{ type: 'image_url' }] }), ANSWER, receipt(STATED)],
    ['a member that is not known', asked({}, { tool_call_id: 'x' }), ANSWER, receipt(STATED)],
    ['no JSON', utf8('{'), ANSWER, receipt(STATED)],
    ['a translation', asked(), ANSWER, receipt(STATED, { transforms: ['chat-to-messages'] })],
    ['a word without end', asked({}, { content: 'a'.repeat(2000) }), ANSWER, receipt(STATED)],
    ['a gap without end', asked({}, { content: `a${' '.repeat(2000)}b` }), ANSWER, receipt(STATED)],
    ['too much text', asked({}, { content: 'a '.repeat(600_000) }), ANSWER, receipt(STATED)],
  ])('does not count a prompt with %s', (_, request, answer, of) => {
    const { prompt, completion } = claimOf(request, answer, of);
    expect(prompt).toMatchObject({ tokens: null, why: expect.any(String), stated: 11, difference: null });
    expect(completion.tokens).toBe(7);
  });

  it.each<[what: string, answer: Uint8Array, of: Receipt]>([
    ['tool calls', answered({ content: null, tool_calls: [{}] }), receipt(STATED)],
    ['a refusal', answered({ content: null, refusal: 'No.' }), receipt(STATED)],
    ['thoughts', ANSWER, receipt({ ...STATED, reasoning_tokens: 3 })],
    ['events that are none', utf8('data: {\n\n'), receipt(STATED)],
    ['content that is no text', answered({ content: 5 }), receipt(STATED)],
  ])('does not count an answer with %s', (_, answer, of) => {
    expect(claimOf(asked(), answer, of).completion).toMatchObject({ tokens: null, difference: null });
  });

  it('is unknown where no tokenizer is published, and never refuted', () => {
    const claude = {
      ...receipt(STATED),
      model: { digest: null, requested: { name: 'claude-opus-4-6' }, served: null },
    };
    expect(claimOf(asked(), ANSWER, claude)).toMatchObject({ status: 'unknown', encoding: null });
    expect(claimOf(asked(), ANSWER, receipt(STATED, { surface: 'responses' }))).toMatchObject({
      status: 'unknown',
    });
  });
});

it.each([
  ['gpt-4o-mini', 'o200k_base'],
  ['openai/gpt-5.4-mini', 'o200k_base'],
  ['o3-mini', 'o200k_base'],
  ['gpt-4-turbo', 'cl100k_base'],
  ['gpt-3.5-turbo', 'cl100k_base'],
  ['claude-opus-4-6', null],
  ['my-gpt-4o', null],
])('%s is counted with %s', (model, encoding) => {
  expect(encodingOf(model)).toBe(encoding);
});
