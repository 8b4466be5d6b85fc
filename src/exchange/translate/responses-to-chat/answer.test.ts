import { describe, expect, it } from 'vitest';
import { dataEvent, eventsOf } from '../../../../test/support/dialects/gather.js';
import { gatherResponse } from '../../../../test/support/dialects/gather-response.js';
import { failureOf } from '../../../../test/support/failure.js';
import { concatAll, fromUtf8, utf8 } from '../../../bytes/octets.js';
import { RESPONSES_TO_CHAT } from './translation.js';

type Members = Readonly<Record<string, unknown>>;
// biome-ignore lint/suspicious/noExplicitAny: whatever JSON has come.
type Json = any;

const TOOL = { type: 'function', name: 'add', parameters: {}, strict: false };
const REQUEST = { model: 'm', input: 'a', temperature: 0.5, tools: [TOOL], metadata: { a: 'b' } };
const newAnswer = (rest: Members = {}) =>
  RESPONSES_TO_CHAT.request(utf8(JSON.stringify({ ...REQUEST, ...rest }))).newAnswer(1_700_000_000_999);

const HEAD = { id: 'chatcmpl-1', model: 'm-1' };
const completion = (message: Members, finish: string | null = 'stop', rest: Members = {}) => ({
  ...HEAD,
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
  ...rest,
});
const translated = (value: object, request?: Members): Json =>
  JSON.parse(fromUtf8(newAnswer(request).body(value, new Set())) ?? '');
const chunk = (delta: Members, finish: string | null = null, rest: Members = {}) => ({
  ...HEAD,
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...rest,
});
const events = (chunks: readonly (object | string)[], request?: Members) => {
  const answer = newAnswer(request);
  const blocks = chunks.flatMap(value => answer.event(dataEvent(value)));
  return eventsOf(concatAll([...blocks, ...answer.end()]));
};
const streamed = (...chunks: readonly (object | string)[]): Json => gatherResponse(events(chunks));
const refused = (run: () => unknown) => {
  const failure = failureOf(run);
  expect(failure.code).toBe('upstream/untranslatable');
  return failure.field;
};
const call = (id: string, text: string, rest: Members = {}) => ({
  id,
  type: 'function',
  function: { name: 'add', arguments: text },
  ...rest,
});

describe('a whole completion as a response', () => {
  it('has thoughts, what is said and calls as items, and what was used', () => {
    const message = {
      content: 'Hello.',
      reasoning_content: 'Hm.',
      refusal: null,
      tool_calls: [call('call_1', '{"a": 12345678901234567890}')],
    };
    const usage = {
      prompt_tokens: 5,
      completion_tokens: 7,
      total_tokens: 12,
      prompt_tokens_details: { cached_tokens: 2 },
    };
    expect(translated(completion(message, 'tool_calls', { usage }))).toEqual({
      id: 'chatcmpl-1',
      object: 'response',
      created_at: 1_700_000_000,
      status: 'completed',
      background: false,
      error: null,
      incomplete_details: null,
      instructions: null,
      model: 'm-1',
      previous_response_id: null,
      store: false,
      max_output_tokens: null,
      metadata: { a: 'b' },
      parallel_tool_calls: true,
      temperature: 0.5,
      tool_choice: 'auto',
      tools: [TOOL],
      top_p: null,
      output: [
        {
          type: 'reasoning',
          id: 'rs_chatcmpl-1_0',
          summary: [{ type: 'summary_text', text: 'Hm.' }],
          status: 'completed',
        },
        {
          type: 'message',
          id: 'msg_chatcmpl-1_1',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hello.', annotations: [], logprobs: [] }],
        },
        {
          type: 'function_call',
          id: 'fc_chatcmpl-1_2',
          call_id: 'call_1',
          name: 'add',
          arguments: '{"a": 12345678901234567890}',
          status: 'completed',
        },
      ],
      usage: {
        input_tokens: 5,
        input_tokens_details: { cached_tokens: 2 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 12,
      },
    });
  });

  it.each([
    ['stop', {}, 'completed', null],
    [null, {}, 'completed', null],
    ['tool_calls', {}, 'completed', null],
    ['length', {}, 'incomplete', 'max_output_tokens'],
    ['content_filter', {}, 'incomplete', 'content_filter'],
    ['content_filter', { refusal: 'No.' }, 'completed', null],
    ['insufficient_system_resource', {}, 'incomplete', 'insufficient_system_resource'],
  ])('that ended for %j, with %j, is %s', (finish, rest, status, reason) => {
    const response = translated(completion({ content: 'a', ...rest }, finish));
    expect(response.status).toBe(status);
    expect(response.incomplete_details?.reason ?? null).toBe(reason);
    expect(response.output.at(-1).status).toBe(status);
    expect(streamed(chunk({ content: 'a', ...rest }, finish), '[DONE]')).toEqual(response);
  });

  it('calls tools in their namespaces, whole and streamed', () => {
    const tools = [{ type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f' }] }];
    const called = (name: string) => ({
      id: `c_${name}`,
      type: 'function',
      function: { name, arguments: '{}' },
    });
    const both = ['n__f', 'n__g'].map(called);
    const whole = translated(completion({ tool_calls: both }, 'tool_calls'), { tools });
    expect(whole.output).toMatchObject([
      { call_id: 'c_n__f', namespace: 'n', name: 'f' },
      { call_id: 'c_n__g', name: 'n__g' },
    ]);
    expect(whole.output[1]).not.toHaveProperty('namespace');
    const tool_calls = both.map((one, index) => ({ ...one, index }));
    const all = events([chunk({ tool_calls }, 'tool_calls'), '[DONE]'], { tools });
    expect(gatherResponse(all)).toEqual(whole);
  });

  it('says nothing where nothing was said, and has no counts where the host has none', () => {
    expect(translated(completion({ content: '' }))).toMatchObject({ output: [], usage: null });
    expect(translated(completion({ content: null, refusal: 'No.' })).output).toEqual([
      expect.objectContaining({ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }),
    ]);
  });

  it.each<[field: string | undefined, value: object]>([
    ['choices', {}],
    ['choices', { error: { message: 'no' } }],
    ['choices', { choices: [{ message: {} }, { message: {} }] }],
    ['choices.0.message', { choices: [{ message: 'a' }] }],
    ['choices.0.message.content', completion({ content: 1 })],
    ['choices.0.message.content', completion({ content: [] })],
    ['choices.0.message.audio', completion({ audio: {} })],
    ['choices.0.message.annotations', completion({ annotations: [{}] })],
    ['choices.0.message.function_call', completion({ function_call: {} })],
    ['choices.0.message.tool_calls.0.type', completion({ tool_calls: [call('c', '', { type: 'custom' })] })],
    ['choices.0.message.tool_calls.0.id', completion({ tool_calls: [{ function: { name: 'f' } }] })],
    ['choices.0.message.thinking_blocks.0.type', completion({ thinking_blocks: [{ type: 'other' }] })],
    ['choices.0.finish_reason', { choices: [{ message: {}, finish_reason: 1 }] }],
  ])('upstream/untranslatable names %s (%#)', (field, value) => {
    expect(refused(() => translated(value))).toBe(field);
  });
});

describe('a stream of chunks as events of a response', () => {
  it('come in the order that clients need, each with its number', () => {
    const all = events([
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'Hm.' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo.' }),
      chunk({ tool_calls: [{ index: 0, ...call('call_1', '') }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
      chunk({}, 'tool_calls'),
      { ...HEAD, choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
      '[DONE]',
    ]);
    expect(all.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(gatherResponse(all)).toMatchObject({
      status: 'completed',
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      output: [{ type: 'reasoning' }, { type: 'message' }, { type: 'function_call', arguments: '{}' }],
    });
  });

  it('has text and refusal as two parts of one item, and what comes after a call as another', () => {
    const response = streamed(
      chunk({ content: 'Well,' }),
      chunk({ refusal: ' no' }),
      chunk({ refusal: '.' }),
      chunk({ tool_calls: [{ index: 0, ...call('call_1', '{') }] }),
      chunk({ content: 'b' }, 'length'),
      '[DONE]',
    );
    expect(response).toMatchObject({
      status: 'incomplete',
      output: [
        { type: 'message', status: 'completed', content: [{ text: 'Well,' }, { refusal: ' no.' }] },
        { type: 'function_call', status: 'completed', arguments: '{' },
        { type: 'message', status: 'incomplete', content: [{ text: 'b' }] },
      ],
    });
  });

  it('keeps several calls apart as hosts number them', () => {
    const named = (rest: Members, text: string) => ({ ...call('', text), ...rest });
    const response = streamed(
      chunk({ tool_calls: [named({ index: 0, id: 'c1' }, '{'), named({ index: 1, id: 'c2' }, '{}')] }),
      chunk({ tool_calls: [named({ index: 1, id: 'c3' }, '[]')] }, 'tool_calls'),
      '[DONE]',
    );
    expect(response.output.map(({ call_id, arguments: text }: Json) => [call_id, text])).toEqual([
      ['c1', '{'],
      ['c2', '{}'],
      ['c3', '[]'],
    ]);
    const back = () =>
      streamed(
        chunk({ tool_calls: [named({ index: 0, id: 'c1' }, '{'), named({ index: 1, id: 'c2' }, '{}')] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '}' } }] }),
      );
    expect(refused(back)).toBe('choices.0.delta.tool_calls.0.index');
  });

  it.each([
    ['at its beginning', []],
    ['in the middle', [chunk({ content: 'He' })]],
  ])('that fails %s ends in a response that has failed', (_, before) => {
    const failed = streamed(
      ...before,
      { error: { message: 'Broke.', code: 'context_length_exceeded' } },
      chunk({}),
    );
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'context_length_exceeded', message: 'Broke.' },
      output: [],
    });
    const limited = streamed(...before, { error: { message: 'Slow.', type: 'rate_limit_error' } });
    expect(limited.error.code).toBe('rate_limit_exceeded');
    expect(streamed({ error: { message: 'Broke.' } }).error.code).toBe('server_error');
  });

  it('that a host closes without a last event has ended if it had said why', () => {
    expect(streamed(chunk({ content: 'a' }, 'stop')).status).toBe('completed');
    const types = events([chunk({ content: 'a' })]).map(({ type }) => type);
    expect(types.at(-1)).toBe('response.output_text.delta');
    expect(refused(() => events(['[DONE]']))).toBeUndefined();
  });

  it.each<[field: string | undefined, chunk: object | string]>([
    [undefined, 'a'],
    ['choices', { choices: [{}, {}] }],
    ['choices.0.index', { choices: [{ index: 1 }] }],
    ['choices.0.delta.content', chunk({ content: 1 })],
    ['choices.0.delta.audio', chunk({ audio: {} })],
    ['choices.0.delta.tool_calls.0.id', chunk({ tool_calls: [{ index: 0, function: { name: 'f' } }] })],
    ['choices.0.delta.tool_calls.0.index', chunk({ tool_calls: [{ index: 1, ...call('c', '') }] })],
  ])('upstream/untranslatable names %s (%#)', (field, value) => {
    expect(refused(() => streamed(value))).toBe(field);
  });

  it('is kept for its last event up to a bound', () => {
    const answer = newAnswer();
    const megabyte = dataEvent(chunk({ content: 'a'.repeat(1024 * 1024) }));
    for (let count = 0; count < 32; count++) answer.event(megabyte);
    expect(refused(() => answer.event(megabyte))).toBeUndefined();
  });
});
