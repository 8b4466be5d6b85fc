import { describe, expect, it } from 'vitest';
import { eventsOf, messageEvents, namedEvent } from '../../../../test/support/dialects/gather.js';
import { gatherResponse } from '../../../../test/support/dialects/gather-response.js';
import { failureOf } from '../../../../test/support/failure.js';
import { concatAll, fromUtf8, utf8 } from '../../../bytes/octets.js';
import { RESPONSES_TO_CHAT } from '../responses-to-chat/translation.js';
import { RESPONSES_TO_MESSAGES } from './translation.js';

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON has come.
type Json = any;
const USER = { role: 'user', content: 'a' };
const REQUEST = { model: 'm', input: 'a', include: ['reasoning.encrypted_content'] };
const request = (rest: object) =>
  RESPONSES_TO_MESSAGES.request(utf8(JSON.stringify({ ...REQUEST, ...rest })));
const parsed = (bytes: Uint8Array): Json => JSON.parse(fromUtf8(bytes) ?? '');

const THOUGHTS = [
  { type: 'thinking', thinking: 'Hm.', signature: 's' },
  { type: 'redacted_thinking', data: 'x' },
  { type: 'thinking', thinking: '', signature: 't' },
];
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm-1',
  content: [
    ...THOUGHTS,
    { type: 'text', text: 'I add.' },
    { type: 'tool_use', id: 'toolu_1', name: 'add', input: { a: 1 } },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 5, output_tokens: 7, cache_read_input_tokens: 2 },
};
const whole = (rest: object = {}): Json => parsed(request(rest).newAnswer(0).body(MESSAGE, new Set()));
const RESULT = { type: 'function_call_output', call_id: 'toolu_1', output: '2' };

describe('signed thoughts', () => {
  it('come back to the host as they were, through a client that keeps what it cannot read', () => {
    const { output } = whole();
    expect(output.map(({ type }: Json) => type)).toEqual([
      'reasoning',
      'reasoning',
      'reasoning',
      'message',
      'function_call',
    ]);
    expect(output.map(({ summary }: Json) => summary).slice(0, 3)).toEqual([
      [{ type: 'summary_text', text: 'Hm.' }],
      [],
      [],
    ]);
    const { body, transforms } = request({ input: [USER, ...output, RESULT] });
    expect(transforms).toEqual(['responses-to-messages', 'max-tokens-default']);
    expect(parsed(body).messages).toEqual([
      USER,
      { role: 'assistant', content: MESSAGE.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '2' }] },
    ]);
  });

  it('also of a stream', () => {
    const answer = request({ stream: true }).newAnswer(0);
    const blocks = messageEvents(MESSAGE, [1]).flatMap(event => answer.event(event));
    const streamed = gatherResponse(eventsOf(concatAll([...blocks, ...answer.end()])));
    expect(streamed).toEqual(whole());
  });

  it('are not given to a client that has not asked for them, and then not sent back', () => {
    const { output } = whole({ include: [] });
    for (const item of output) expect(item).not.toHaveProperty('encrypted_content');
    const { body, transforms } = request({ input: [USER, ...output, RESULT] });
    expect(transforms).toContain('reasoning-omitted');
    expect(parsed(body).messages[1].content.map(({ type }: Json) => type)).toEqual(['text', 'tool_use']);
  });

  it('are texts alone for a host of chat completions', () => {
    const { output } = whole();
    const { body } = RESPONSES_TO_CHAT.request(
      utf8(JSON.stringify({ ...REQUEST, input: [USER, ...output, RESULT] })),
    );
    expect(parsed(body).messages[1]).toEqual({
      role: 'assistant',
      content: 'I add.',
      reasoning_content: 'Hm.',
      tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
    });
  });
});

it('an answer counts all of a prompt, as OpenAI does', () => {
  expect(whole().usage).toMatchObject({
    input_tokens: 7,
    input_tokens_details: { cached_tokens: 2 },
    output_tokens: 7,
    total_tokens: 14,
  });
});

it('an image in the result of a tool is shown by the user, in the turn that has the result', () => {
  const image = { type: 'input_image', image_url: 'data:image/png;base64,AA==' };
  const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
  const { body, transforms } = request({
    input: [USER, call, { type: 'function_call_output', call_id: 'c', output: [image] }],
  });
  expect(transforms).toContain('tool-image-as-user-part');
  expect(parsed(body).messages[2].content).toEqual([
    { type: 'tool_result', tool_use_id: 'c', content: '' },
    { type: 'text', text: 'Images in the result of c:' },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
  ]);
});

it('a stream that fails ends in a response that has failed', () => {
  const answer = request({}).newAnswer(0);
  const error = namedEvent({ type: 'error', error: { type: 'overloaded_error', message: 'Busy.' } });
  const start = messageEvents(MESSAGE, []).slice(0, 1);
  const blocks = [...start, error].flatMap(event => answer.event(event));
  expect(gatherResponse(eventsOf(concatAll([...blocks, ...answer.end()])))).toMatchObject({
    status: 'failed',
    error: { code: 'overloaded_error', message: 'Busy.' },
  });
});

describe('what has no counterpart is named as the client has it', () => {
  it.each([
    ['request/untranslatable', 'text.verbosity', { text: { verbosity: 'low' } }],
    ['request/untranslatable', 'text.format', { text: { format: { type: 'json_object' } } }],
    ['request/untranslatable', 'temperature', { temperature: 1.5 }],
    ['request/untranslatable', 'input', { input: [USER, { role: 'assistant', content: 'The answer is' }] }],
    ['request/untranslatable', 'background', { background: true }],
    [
      'request/number-inexact',
      'input',
      {
        input: [
          USER,
          { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":12345678901234567890}' },
          { type: 'function_call_output', call_id: 'c', output: '' },
        ],
      },
    ],
  ])('%s: %s', (code, field, rest) => {
    expect(failureOf(() => request(rest))).toMatchObject({ code, field });
  });
});
