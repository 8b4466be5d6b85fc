import { describe, expect, it } from 'vitest';
import { dataEvent, eventsOf } from '../../../../test/support/dialects/gather.js';
import { failureOf } from '../../../../test/support/failure.js';
import { concatAll, fromUtf8, utf8 } from '../../../bytes/octets.js';
import { MESSAGES_TO_CHAT } from './translation.js';

type Members = Readonly<Record<string, unknown>>;
const answer = () =>
  MESSAGES_TO_CHAT.request(
    utf8(JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'a' }] })),
  ).newAnswer(0);
const body = (value: object | null) => JSON.parse(fromUtf8(answer().body(value, new Set())) ?? '');
const completion = (message: unknown, finish_reason: unknown = 'stop', rest: Members = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm-1',
  choices: [{ index: 0, message, logprobs: null, finish_reason }],
  ...rest,
});
const call = (name: unknown, text: unknown, id: unknown = 'call_1') => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});
const refused = (act: () => unknown) => {
  const { code, field } = failureOf(act);
  expect(code).toBe('upstream/untranslatable');
  return field;
};

describe('a whole completion, as a message', () => {
  it('has thoughts, text and calls as blocks, and what a cache had of the prompt apart', () => {
    const message = {
      role: 'assistant',
      content: 'I add.',
      reasoning_content: 'Hm.',
      refusal: null,
      annotations: [],
      tool_calls: [call('add', '{"a": 1}'), call('add', '', 'call_2')],
    };
    const usage = {
      prompt_tokens: 123,
      completion_tokens: 7,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 4 },
    };
    expect(body(completion(message, 'tool_calls', { usage }))).toEqual({
      id: 'chatcmpl-1',
      type: 'message',
      role: 'assistant',
      model: 'm-1',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: '' },
        { type: 'text', text: 'I add.' },
        { type: 'tool_use', id: 'call_1', name: 'add', input: { a: 1 } },
        { type: 'tool_use', id: 'call_2', name: 'add', input: {} },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: {
        input_tokens: 3,
        output_tokens: 7,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 20,
        output_tokens_details: { thinking_tokens: 4 },
      },
    });
  });

  it('has signed thoughts whole, and others under whichever name they came', () => {
    const blocks = [
      { type: 'thinking', thinking: 'Hm.', signature: 's' },
      { type: 'redacted_thinking', data: 'x' },
    ];
    expect(
      body(completion({ content: 'a', reasoning_content: 'Hm.', thinking_blocks: blocks })).content,
    ).toEqual([...blocks, { type: 'text', text: 'a' }]);
    expect(body(completion({ reasoning: 'Hm.' })).content).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: '' },
    ]);
  });

  it.each<[finish: unknown, message: Members, stop: string | null]>([
    ['stop', { content: 'a' }, 'end_turn'],
    ['length', { content: 'a' }, 'max_tokens'],
    ['tool_calls', { tool_calls: [call('f', '{}')] }, 'tool_use'],
    ['stop', { tool_calls: [call('f', '{}')] }, 'tool_use'],
    ['content_filter', { content: 'a' }, 'refusal'],
    ['stop', { refusal: 'No.' }, 'refusal'],
    ['length', { refusal: 'No' }, 'max_tokens'],
    ['not_yet_known', { content: 'a' }, 'not_yet_known'],
    [null, { content: 'a' }, null],
  ])('that finished with %s: %j has stopped with %s', (finish, message, stop) => {
    expect(body(completion(message, finish)).stop_reason).toBe(stop);
  });

  it('has zeros where the host says nothing of its usage, and no count below zero', () => {
    expect(body(completion({ content: 'a' })).usage).toEqual({ input_tokens: 0, output_tokens: 0 });
    const usage = { prompt_tokens: 3, completion_tokens: -1, prompt_tokens_details: { cached_tokens: 5 } };
    expect(body(completion({ content: 'a' }, 'stop', { usage })).usage).toEqual({
      input_tokens: 0,
      output_tokens: 0,
      cache_read_input_tokens: 5,
    });
  });

  it.each<[field: string, value: object | null]>([
    ['choices', null],
    ['choices', {}],
    ['choices', { choices: [] }],
    ['choices', { choices: [{ message: {} }, { message: {} }] }],
    ['choices', { choices: 'a' }],
    ['choices.0.message', { choices: [{}] }],
    ['choices.0.message.content', completion({ content: 1 })],
    ['choices.0.message.audio', completion({ audio: {} })],
    ['choices.0.message.function_call', completion({ function_call: {} })],
    ['choices.0.message.annotations', completion({ annotations: [{}] })],
    ['choices.0.message.images', completion({ images: [{}] })],
    ['choices.0.message.tool_calls.0.type', completion({ tool_calls: [{ type: 'custom' }] })],
    ['choices.0.message.tool_calls.0.id', completion({ tool_calls: [call('f', '{}', null)] })],
    ['choices.0.message.tool_calls.0.function.name', completion({ tool_calls: [call(1, '{}')] })],
    ['choices.0.message.tool_calls.0.function.arguments', completion({ tool_calls: [call('f', '{')] })],
    ['choices.0.message.tool_calls.0.function.arguments', completion({ tool_calls: [call('f', 'null')] })],
    ['choices.0.message.thinking_blocks.0.type', completion({ thinking_blocks: [{}] })],
    ['choices.0.finish_reason', completion({ content: 'a' }, 1)],
  ])('upstream/untranslatable (%s): %#', (field, value) => {
    expect(refused(() => answer().body(value, new Set()))).toBe(field);
  });
});

const chunk = (delta: unknown, finish_reason: unknown = null, rest: Members = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm-1',
  choices: [{ index: 0, delta, finish_reason }],
  ...rest,
});
const usage = (rest: Members = {}) => ({
  ...chunk({}),
  choices: [],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, ...rest },
});
const part = (index: number | undefined, text: string, id?: string) => ({
  tool_calls: [
    {
      index,
      id,
      type: 'function',
      function: id === undefined ? { arguments: text } : { name: 'f', arguments: text },
    },
  ],
});

const nameless = (index: number, text: string, id: string) => ({
  tool_calls: [{ index, id, type: 'function', function: { arguments: text } }],
});

function streamed(...values: readonly unknown[]) {
  const translation = answer();
  const blocks = values.flatMap(value => translation.event(dataEvent(value)));
  return eventsOf(concatAll([...blocks, ...translation.end()])).map(({ data }) => JSON.parse(data ?? ''));
}
const START = {
  type: 'message_start',
  message: {
    id: 'chatcmpl-1',
    type: 'message',
    role: 'assistant',
    model: 'm-1',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0 },
  },
};
const begin = (index: number, content_block: unknown) => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: number, own: unknown) => ({ type: 'content_block_delta', index, delta: own });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const end = (stop_reason: string | null, counts: Members = { input_tokens: 0, output_tokens: 0 }) => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: counts },
  { type: 'message_stop' },
];

describe('a stream of chunks, as events', () => {
  it('is one block after the other, and its usage comes last', () => {
    expect(
      streamed(
        { ...chunk({}), id: '', model: '', choices: [] },
        chunk({ role: 'assistant', content: '' }),
        chunk({ reasoning_content: 'Hm.' }),
        chunk({ content: 'Hel' }),
        chunk({ content: 'lo.' }),
        chunk(part(0, '', 'call_1')),
        chunk(part(0, '{"a":')),
        chunk(part(0, '1}')),
        chunk(part(1, '{}', 'call_2')),
        chunk({}, 'tool_calls'),
        usage({ prompt_tokens_details: { cached_tokens: 1 } }),
        '[DONE]',
      ),
    ).toEqual([
      START,
      begin(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
      stop(0),
      begin(1, { type: 'text', text: '' }),
      delta(1, { type: 'text_delta', text: 'Hel' }),
      delta(1, { type: 'text_delta', text: 'lo.' }),
      stop(1),
      begin(2, { type: 'tool_use', id: 'call_1', name: 'f', input: {} }),
      delta(2, { type: 'input_json_delta', partial_json: '{"a":' }),
      delta(2, { type: 'input_json_delta', partial_json: '1}' }),
      stop(2),
      begin(3, { type: 'tool_use', id: 'call_2', name: 'f', input: {} }),
      delta(3, { type: 'input_json_delta', partial_json: '{}' }),
      stop(3),
      ...end('tool_use', { input_tokens: 2, output_tokens: 2, cache_read_input_tokens: 1 }),
    ]);
  });

  it('has the signatures of thoughts that come from a host of Anthropic’s', () => {
    const signed = { type: 'thinking', thinking: 'Hm.', signature: 's' };
    const redacted = { type: 'redacted_thinking', data: 'x' };
    expect(
      streamed(
        chunk({
          reasoning_content: 'Hm.',
          thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: null }],
        }),
        chunk({ thinking_blocks: [signed] }),
        chunk({ thinking_blocks: [redacted, signed] }),
      ),
    ).toEqual([
      START,
      begin(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
      delta(0, { type: 'signature_delta', signature: 's' }),
      stop(0),
      begin(1, redacted),
      stop(1),
      begin(2, signed),
      stop(2),
    ]);
  });

  it('may be closed without [DONE] once the host has said why it ended, and says it once', () => {
    expect(streamed(chunk({ content: 'a' }, 'stop')).slice(-3)).toEqual([stop(0), ...end('end_turn')]);
    expect(streamed(chunk({ content: 'a' })).at(-1)).toEqual(delta(0, { type: 'text_delta', text: 'a' }));
    expect(streamed(chunk({}, 'length'), '[DONE]', '[DONE]', chunk({ content: 'a' }))).toEqual([
      START,
      ...end('max_tokens'),
    ]);
  });

  it('ends without a stop reason where the host gave none', () => {
    expect(streamed(chunk({ content: 'a' }), '[DONE]').slice(-3)).toEqual([stop(0), ...end(null)]);
  });

  it('may be cut off at its limit in the middle of a call', () => {
    expect(streamed(chunk(part(0, '{"a":', 'call_1')), chunk({}, 'length'), '[DONE]').slice(2)).toEqual([
      delta(0, { type: 'input_json_delta', partial_json: '{"a":' }),
      stop(0),
      ...end('max_tokens'),
    ]);
  });

  it('that refuses has stopped for that', () => {
    expect(streamed(chunk({ refusal: 'No.' }), chunk({}, 'stop'), '[DONE]').slice(1)).toEqual([
      begin(0, { type: 'text', text: '' }),
      delta(0, { type: 'text_delta', text: 'No.' }),
      stop(0),
      ...end('refusal'),
    ]);
  });

  it('that fails says so in an event, after which nothing comes', () => {
    expect(
      streamed(
        chunk({ content: 'a' }),
        { error: { message: 'Full.', code: 503 } },
        chunk({}, 'stop'),
        '[DONE]',
      ).at(-1),
    ).toEqual({
      type: 'error',
      error: { type: 'api_error', message: 'Full.' },
    });
  });

  it.each([
    ['one index for all of its calls', [part(0, '{"a":1}', 'call_1'), part(0, '', 'call_2')]],
    ['no index at all', [part(undefined, '{"a":1}', 'call_1'), part(undefined, '', 'call_2')]],
    ['the id with every part', [part(0, '{"a":', 'call_1'), part(0, '1}', 'call_1'), part(1, '', 'call_2')]],
    [
      'a new id with every part',
      [part(0, '{"a":', 'call_1'), nameless(0, '1}', 'other'), part(1, '', 'call_2')],
    ],
    [
      'an empty id with the later parts',
      [part(0, '{"a":', 'call_1'), part(0, '1}', ''), part(1, '', 'call_2')],
    ],
  ])('a host that gives %s has called two tools', (_, parts) => {
    const events = streamed(...parts.map(own => chunk(own)), '[DONE]');
    const ids = events.flatMap(({ content_block }) => content_block?.id ?? []);
    expect(ids).toEqual(['call_1', 'call_2']);
    const texts = events.flatMap(own => (own.type === 'content_block_delta' ? own.delta.partial_json : []));
    expect(texts.join('')).toBe('{"a":1}');
  });

  it('a call without an index is the next one in its chunk', () => {
    const calls = [part(undefined, '{}', 'call_1'), part(undefined, '{}', 'call_2')].flatMap(
      ({ tool_calls }) => tool_calls,
    );
    expect(
      streamed(chunk({ tool_calls: calls })).filter(({ type }) => type === 'content_block_start'),
    ).toHaveLength(2);
  });

  it.each<[field: string | undefined, values: readonly unknown[]]>([
    [undefined, ['[DONE]']],
    [undefined, ['{']],
    [undefined, ['']],
    ['choices', [{ choices: [{ delta: {} }, { delta: {} }] }]],
    ['choices', [{ choices: {} }]],
    ['choices.0.index', [{ choices: [{ index: 1, delta: {} }] }]],
    ['choices.0.delta', [chunk(1)]],
    ['choices.0.delta.content', [chunk({ content: 1 })]],
    ['choices.0.delta.audio', [chunk({ audio: {} })]],
    ['choices.0.delta.function_call', [chunk({ function_call: {} })]],
    ['choices.0.delta.annotations', [chunk({ annotations: [{}] })]],
    ['choices.0.delta.images', [chunk({ images: [{}] })]],
    ['choices.0.delta.tool_calls.0.index', [chunk(part(1, '', 'call_1'))]],
    [
      'choices.0.delta.tool_calls.0.index',
      [chunk(part(0, '{}', 'a')), chunk(part(1, '{}', 'b')), chunk(part(0, ' '))],
    ],
    [
      'choices.0.delta.tool_calls.0.index',
      [chunk(part(0, '{}', 'a')), chunk({ content: 'a' }), chunk(part(0, '', 'a'))],
    ],
    ['choices.0.delta.tool_calls.0.id', [chunk(part(0, ''))]],
    ['choices.0.delta.tool_calls.0.type', [chunk({ tool_calls: [{ type: 'custom' }] })]],
    ['choices.0.delta.tool_calls.0.function.arguments', [chunk(part(0, '{', 'a')), chunk({ content: 'a' })]],
    ['choices.0.delta.tool_calls.0.function.arguments', [chunk(part(0, '[]', 'a'), 'stop'), '[DONE]']],
    ['choices.0.delta.thinking_blocks.0.type', [chunk({ thinking_blocks: [{}] })]],
    ['choices.0.finish_reason', [chunk({}, 1)]],
  ])('upstream/untranslatable (%s): %#', (field, values) => {
    expect(refused(() => streamed(...values))).toBe(field);
  });
});
