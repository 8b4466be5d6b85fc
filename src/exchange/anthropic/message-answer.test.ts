import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { Failure } from '../../reason.js';
import type { AnswerFacts } from '../surface.js';
import { COUNT_TOKENS } from './count-tokens.js';
import { MessageAnswer } from './message-answer.js';

const NOTHING: AnswerFacts = { model: null, finish: [], usage: null, images: [], toolCalls: [] };
type Event = { readonly type: string; readonly [name: string]: unknown };

function readBody(value: object | null) {
  const reader = new MessageAnswer();
  return reader.body(value) ? reader.answer : null;
}

function readStream(...events: readonly Event[]) {
  const reader = new MessageAnswer();
  const ends = events.map(event => reader.event({ type: event.type, data: JSON.stringify(event) }));
  return { ends, finished: reader.finished, failed: reader.failed, answer: reader.answer };
}

const start = (index: unknown, content_block: unknown) => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: unknown, partial_json: unknown) => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'input_json_delta', partial_json },
});
const use = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'weather', input });
const call = (id: string, text: string) => ({ id, type: 'tool_use', name: 'weather', arguments: text });

describe('a whole message', () => {
  it('model, stop reason, usage and tool calls', () => {
    expect(
      readBody({
        type: 'message',
        model: 'm-1',
        content: [
          { type: 'text', text: 'a' },
          use('toolu_1', { b: 1, a: [2] }),
          { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'a' } },
          { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
        ],
        stop_reason: 'tool_use',
        usage: {
          input_tokens: 5,
          output_tokens: 7,
          cache_read_input_tokens: 100,
          cache_creation_input_tokens: 20,
          output_tokens_details: { thinking_tokens: 3 },
          service_tier: 'standard',
        },
      }),
    ).toEqual({
      model: 'm-1',
      finish: ['tool_use'],
      usage: {
        prompt_tokens: 125,
        completion_tokens: 7,
        cached_tokens: 100,
        cache_written_tokens: 20,
        reasoning_tokens: 3,
      },
      images: [],
      toolCalls: [
        call('toolu_1', '{"a":[2],"b":1}'),
        { id: 's', type: 'server_tool_use', name: 'web_search', arguments: '{"query":"a"}' },
      ],
    });
  });

  it.each<[what: string, value: object | null]>([
    ['nothing', null],
    ['an error', { type: 'error', error: {} }],
    ['content that is a text', { content: 'a' }],
    ['more content than is read', { content: Array.from({ length: 4097 }, () => 0) }],
  ])('%s is none', (_, value) => {
    expect(readBody(value)).toBeNull();
  });

  it('what an upstream gets wrong is left out', () => {
    const usage = { input_tokens: -1, output_tokens: 1.5, cache_read_input_tokens: '3' };
    expect(readBody({ content: [null, 1, [], {}], model: 1, stop_reason: {}, usage })).toEqual({
      ...NOTHING,
      usage: {},
    });
    expect(
      readBody({ content: [{ type: 'tool_use', id: 1, name: {}, input: '\ud800' }] })?.toolCalls,
    ).toEqual([{ id: '', type: 'tool_use', name: '', arguments: '' }]);
  });
});

describe('a stream', () => {
  it('is read event by event, to message_stop', () => {
    expect(
      readStream(
        { type: 'message_start', message: { model: 'm-1', usage: { input_tokens: 5, output_tokens: 1 } } },
        { type: 'ping' },
        start(0, { type: 'text', text: '' }),
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a' } },
        start(1, use('toolu_1')),
        delta(1, ''),
        delta(1, '{"city": '),
        delta(1, '"Paris"}'),
        { type: 'content_block_stop', index: 1 },
        { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
        { type: 'message_stop' },
      ),
    ).toEqual({
      ends: [...Array.from({ length: 10 }, () => false), true],
      finished: false,
      failed: false,
      answer: {
        model: 'm-1',
        finish: ['tool_use'],
        usage: { prompt_tokens: 5, completion_tokens: 9 },
        images: [],
        toolCalls: [call('toolu_1', '{"city":"Paris"}')],
      },
    });
  });

  it('a call cut anywhere is the same as in a whole message', () => {
    const input = { city: 'Zürich', unit: 'c' };
    const text = JSON.stringify(input);
    const whole = readBody({ content: [use('a', input)] });
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length)), cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const parts = places.slice(1).map((end, at) => delta(0, text.slice(places[at], end)));
        expect(readStream(start(0, use('a')), ...parts).answer.toolCalls).toEqual(whole?.toolCalls);
      }),
    );
  });

  it('a call without input has none; one that broke off stays the text that came', () => {
    const arguments_ = (...parts: readonly unknown[]) =>
      readStream(start(0, use('a')), ...parts.map(part => delta(0, part))).answer.toolCalls;
    expect(arguments_('')).toEqual([call('a', '{}')]);
    expect(arguments_('{"city": "Pa')).toEqual([call('a', '{"city": "Pa')]);
    expect(arguments_(1, null, {})).toEqual([call('a', '{}')]);
  });

  it('is finished by its last event alone; an error makes it failed and does not end it', () => {
    expect(readStream({ type: 'message_start', message: { stop_reason: null } }).finished).toBe(false);
    expect(readStream({ type: 'error', error: { type: 'overloaded_error' } })).toMatchObject({
      ends: [false],
      failed: true,
    });
  });

  it.each([null, '', 'message', 'message_delta'])(
    'upstream/garbage: message_stop under the name %j',
    type => {
      const reading = () => new MessageAnswer().event({ type, data: '{"type":"message_stop"}' });
      expect(failureOf(reading)).toMatchObject({ code: 'upstream/garbage', field: 'event' });
    },
  );

  it.each(['', '[DONE]', 'null', '[]', '{}', '{"type":1}', '{'])('data %j say nothing', data => {
    const reader = new MessageAnswer();
    expect(reader.event({ type: 'message_stop', data })).toBe(false);
    expect(reader).toMatchObject({ finished: false, failed: false, answer: NOTHING });
  });
});

describe('hostile streams', () => {
  it.each([-1, 1.5, 4096, '0', null, undefined])('a block at %j is not read', index => {
    expect(readStream(start(index, use('a')), delta(index, '{')).answer.toolCalls).toEqual([]);
  });

  it('counts beyond what a number holds are not added', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const usage = { input_tokens: most, cache_read_input_tokens: most };
    expect(readBody({ content: [], usage })?.usage).toEqual({ prompt_tokens: most, cached_tokens: most });
  });

  it('any events are read or refused, and nothing else happens', () => {
    const value = fc.constantFrom<unknown>(
      null,
      0,
      'a',
      [],
      {},
      use('a'),
      { type: 'input_json_delta' },
      {
        stop_reason: 'end_turn',
        partial_json: '{',
        usage: { input_tokens: 1e300 },
      },
    );
    const types = [
      'message_start',
      'content_block_start',
      'content_block_delta',
      'message_delta',
      'error',
      'x',
    ];
    const event = fc.record({
      type: fc.constantFrom(...types),
      index: fc.constantFrom<unknown>(0, 1, -1, 'a'),
      message: value,
      content_block: value,
      delta: value,
      usage: value,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.constantFrom(...types, null))), events => {
        const reader = new MessageAnswer();
        for (const [one, type] of events) {
          try {
            reader.event({ type: type === 'x' ? one.type : type, data: JSON.stringify(one) });
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        }
        const { usage, toolCalls } = reader.answer;
        expect(Object.values(usage ?? {}).every(Number.isSafeInteger)).toBe(true);
        expect(toolCalls.flatMap(one => Object.values(one)).every(text => typeof text === 'string')).toBe(
          true,
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('a count of tokens', () => {
  it.each<[value: object | null, taken: boolean]>([
    [{ input_tokens: 12 }, true],
    [{ input_tokens: '12' }, false],
    [{}, false],
    [null, false],
  ])('%j', (value, taken) => {
    const reader = COUNT_TOKENS.newReader();
    expect(reader.body(value, 'application/json')).toBe(taken);
    expect(reader.answer).toEqual(NOTHING);
  });
});
