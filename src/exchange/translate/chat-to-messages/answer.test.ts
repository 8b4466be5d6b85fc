import { describe, expect, it } from 'vitest';
import { eventsOf, namedEvent } from '../../../../test/support/dialects/gather.js';
import { failureOf } from '../../../../test/support/failure.js';
import { concatAll, fromUtf8, utf8 } from '../../../bytes/octets.js';
import type { StreamEvent } from '../../surface.js';
import { CHAT_TO_MESSAGES } from './translation.js';

type Members = Readonly<Record<string, unknown>>;
const answer = (rest: Members = {}) =>
  CHAT_TO_MESSAGES.request(
    utf8(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'a' }], ...rest })),
  ).newAnswer(1999);
const body = (value: object | null) => JSON.parse(fromUtf8(answer().body(value, new Set())) ?? '');
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm-1',
  content: [{ type: 'text', text: 'Hello.', citations: null }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
};
const refused = (act: () => unknown) => {
  const { code, field } = failureOf(act);
  expect(code).toBe('upstream/untranslatable');
  return field;
};

describe('a whole message, as a completion', () => {
  it('has its text, thoughts and calls under the members for them, and all that a prompt took', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm.', signature: 's' },
      { type: 'redacted_thinking', data: 'x' },
      { type: 'text', text: 'I ' },
      { type: 'text', text: 'add.' },
      { type: 'tool_use', id: 'toolu_1', name: 'add', input: { a: 1 }, caller: { type: 'direct' } },
    ];
    const usage = {
      input_tokens: 3,
      output_tokens: 7,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 20,
      output_tokens_details: { thinking_tokens: 4 },
    };
    expect(body({ ...MESSAGE, content, stop_reason: 'tool_use', usage })).toEqual({
      id: 'msg_1',
      object: 'chat.completion',
      created: 1,
      model: 'm-1',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'I add.',
            refusal: null,
            reasoning_content: 'Hm.',
            thinking_blocks: content.slice(0, 2),
            tool_calls: [
              { id: 'toolu_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
            ],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: 123,
        completion_tokens: 7,
        total_tokens: 130,
        prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 20 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
    });
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'],
    ['pause_turn', 'pause_turn'],
    ['not_yet_known', 'not_yet_known'],
    ['__proto__', '__proto__'],
    [null, null],
    [undefined, null],
  ])('that stopped with %s has finished with %s', (stop_reason, finish_reason) => {
    expect(body({ ...MESSAGE, stop_reason }).choices[0].finish_reason).toBe(finish_reason);
  });

  it('says what a model that refused says of it, and nothing of a usage that is not there', () => {
    const { usage: _, ...rest } = MESSAGE;
    const refusal = { ...rest, content: [], stop_reason: 'refusal', stop_details: { explanation: 'No.' } };
    const { choices, ...others } = body(refusal);
    expect(choices[0].message).toEqual({ role: 'assistant', content: null, refusal: 'No.' });
    expect(others).not.toHaveProperty('usage');
  });

  const withBlock = (block: unknown) => ({ ...MESSAGE, content: [block] });
  it.each<[field: string | undefined, value: object | null]>([
    ['content', {}],
    ['content', null],
    ['content', [MESSAGE]],
    ['content', { ...MESSAGE, content: 'a' }],
    ['content.0.type', withBlock({ type: 'server_tool_use', id: 's', name: 'web_search', input: {} })],
    ['content.0.type', withBlock({ type: 'web_search_tool_result' })],
    ['content.0.type', withBlock(null)],
    ['content.0.citations', withBlock({ type: 'text', text: 'a', citations: [{}] })],
    ['content.0.text', withBlock({ type: 'text' })],
    ['content.0.input', withBlock({ type: 'tool_use', id: 'a', name: 'f', input: [] })],
    ['content.0.id', withBlock({ type: 'tool_use', name: 'f', input: {} })],
    ['stop_reason', { ...MESSAGE, stop_reason: 1 }],
    ['id', { ...MESSAGE, id: 1 }],
  ])('upstream/untranslatable (%s): %#', (field, value) => {
    expect(refused(() => answer().body(value, new Set()))).toBe(field);
  });
});

const START = { type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } };
const begin = (index: number, content_block: unknown) => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: number, rest: unknown) => ({ type: 'content_block_delta', index, delta: rest });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const TEXT = begin(0, { type: 'text', text: '' });
const USE = begin(0, { type: 'tool_use', id: 't', name: 'f', input: {} });
const END = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } };
const STOP = { type: 'message_stop' };

function streamed(values: readonly object[], rest: Members = {}): StreamEvent[] {
  const translation = answer(rest);
  return eventsOf(concatAll(values.flatMap(value => translation.event(namedEvent(value)))));
}
const deltas = (values: readonly object[]) =>
  streamed(values).map(({ data }) => (data === '[DONE]' ? data : JSON.parse(data ?? '').choices[0]?.delta));

describe('a stream of events, as chunks', () => {
  it('is one chunk for each thing that is said, and ends with [DONE]', () => {
    const values = [
      START,
      { type: 'ping' },
      TEXT,
      delta(0, { type: 'text_delta', text: 'Hel' }),
      delta(0, { type: 'text_delta', text: 'lo.' }),
      stop(0),
      { type: 'not_yet_known' },
      END,
      STOP,
    ];
    const head = { id: 'msg_1', object: 'chat.completion.chunk', created: 1, model: 'm-1' };
    const chunk = (own: object, finish_reason: string | null = null) => ({
      ...head,
      choices: [{ index: 0, delta: own, logprobs: null, finish_reason }],
    });
    const events = streamed(values).map(({ data }) => (data === '[DONE]' ? data : JSON.parse(data ?? '')));
    expect(events).toEqual([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo.' }),
      chunk({}, 'stop'),
      '[DONE]',
    ]);
    const [first, ...more] = streamed(values, { stream: true, stream_options: { include_usage: true } });
    expect(JSON.parse(first?.data ?? '').usage).toBeNull();
    expect(JSON.parse(more.at(-2)?.data ?? '')).toEqual({
      ...head,
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    });
  });

  it('has a call’s arguments as they come, or those that were there from the beginning', () => {
    const named = { index: 0, id: 't', type: 'function', function: { name: 'f', arguments: '' } };
    const part = (text: string) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] });
    const json = (partial_json: string) => delta(0, { type: 'input_json_delta', partial_json });
    expect(deltas([START, USE, json(''), json('{"a":'), json(' 1}'), stop(0)]).slice(1)).toEqual([
      { tool_calls: [named] },
      part('{"a":'),
      part(' 1}'),
    ]);
    expect(deltas([START, USE, json(''), stop(0)]).slice(2)).toEqual([part('{}')]);
    expect(deltas([START, begin(0, { type: 'tool_use', id: 't', name: 'f' }), stop(0)]).slice(2)).toEqual([
      part('{}'),
    ]);
    // Half of a call is all there is of an answer that was cut off at its limit; and a text loses nothing of a number.
    for (const text of ['{"a":', '{"a":9007199254740993}'])
      expect(deltas([START, USE, json(text), stop(0)]).slice(2)).toEqual([part(text)]);
    const whole = begin(0, { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } });
    expect(deltas([START, whole, stop(0)]).slice(2)).toEqual([part('{"a":1}')]);
  });

  it('has a thought’s text as it comes, and the signed thought at its end', () => {
    expect(
      deltas([
        START,
        begin(0, { type: 'thinking', thinking: '', signature: '' }),
        delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
        delta(0, { type: 'signature_delta', signature: 's' }),
        stop(0),
        begin(1, { type: 'redacted_thinking', data: 'x' }),
        stop(1),
      ]).slice(1),
    ).toEqual([
      { reasoning_content: 'Hm.' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 's' }] },
      { thinking_blocks: [{ type: 'redacted_thinking', data: 'x' }] },
    ]);
  });

  it('says what a model that refused says of it', () => {
    const refusal = {
      type: 'message_delta',
      delta: { stop_reason: 'refusal', stop_details: { explanation: 'No.' } },
    };
    const [, last] = streamed([START, refusal]);
    expect(JSON.parse(last?.data ?? '').choices[0]).toMatchObject({
      delta: { refusal: 'No.' },
      finish_reason: 'content_filter',
    });
  });

  it('that fails says so in an event, after which nothing comes', () => {
    const translation = answer();
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Full.' } };
    const events = [START, TEXT, error, delta(0, { type: 'text_delta', text: 'a' }), END, STOP].flatMap(
      value => translation.event(namedEvent(value)),
    );
    const [, last, ...more] = eventsOf(concatAll([...events, ...translation.end()]));
    expect(more).toEqual([]);
    expect(JSON.parse(last?.data ?? '')).toEqual({
      error: { message: 'Full.', type: 'overloaded_error', param: null, code: 'overloaded_error' },
    });
  });

  it('that is closed after its stop reason ends; before it, it does not', () => {
    const translation = answer();
    translation.event(namedEvent(START));
    expect(translation.end()).toEqual([]);
    translation.event(namedEvent(END));
    expect(translation.end().map(fromUtf8)).toEqual(['data: [DONE]\n\n']);
    expect(translation.end()).toEqual([]);
  });

  it('ends without a finish reason where the host gave none', () => {
    const [, ...rest] = streamed([START, STOP]);
    expect(rest).toEqual([{ type: null, data: '[DONE]' }]);
  });

  it.each<[field: string | undefined, values: readonly object[]]>([
    ['content_block', [TEXT]],
    [undefined, [END]],
    [undefined, [STOP]],
    ['message', [START, START]],
    ['content_block', [START, TEXT, TEXT]],
    ['content_block.type', [START, begin(0, { type: 'server_tool_use' })]],
    ['content_block.citations', [START, begin(0, { type: 'text', text: '', citations: [{}] })]],
    ['delta.type', [START, delta(0, { type: 'text_delta', text: 'a' })]],
    ['delta.type', [START, TEXT, delta(0, { type: 'citations_delta', citation: {} })]],
    ['delta.type', [START, TEXT, delta(0, { type: 'input_json_delta', partial_json: '{}' })]],
    ['delta.type', [START, TEXT, stop(0), delta(0, { type: 'text_delta', text: 'a' })]],
    ['delta.text', [START, TEXT, delta(0, { type: 'text_delta' })]],
    ['index', [START, begin(-1, { type: 'text', text: '' })]],
    ['index', [START, begin(4096, { type: 'text', text: '' })]],
    ['type', [{}]],
  ])('upstream/untranslatable (%s): %#', (field, values) => {
    const translation = answer();
    expect(refused(() => values.map(value => translation.event(namedEvent(value))))).toBe(field);
  });

  it.each<StreamEvent>([
    { type: 'ping', data: null },
    { type: 'ping', data: '[DONE]' },
    { type: null, data: '{"type":"ping"}' },
    { type: 'message_stop', data: '{"type":"ping"}' },
  ])('and no event is %j', event => {
    expect(failureOf(() => answer().event(event)).code).toBe('upstream/untranslatable');
  });
});
