import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerFacts } from '../surface.js';
import { ChoicesReader } from './choices.js';

function readAll(...values: readonly unknown[]): AnswerFacts {
  const reader = new ChoicesReader();
  for (const value of values) reader.add(value);
  return reader.answer;
}
const EMPTY: AnswerFacts = { model: null, finish: [], usage: null, images: [], toolCalls: [] };
const call = (id: string, name: string, text: string) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});
const flat = (id: string, name: string, text: string) => ({ id, type: 'function', name, arguments: text });
const delta = (...tool_calls: unknown[]) => ({ choices: [{ index: 0, delta: { tool_calls } }] });

describe('a hostile answer', () => {
  it.each([
    ['choices that are none', () => 0],
    ['choices that could be some', (index: number) => ({ index, finish_reason: 'stop' })],
  ])('a million %s are no answer, and that is seen at once', (_, choice) => {
    const choices = Array.from({ length: 1_000_000 }, (_item, index) => choice(index));
    const reader = new ChoicesReader();
    const started = performance.now();
    expect(reader.add({ model: 'm', choices })).toBe(false);
    expect(performance.now() - started).toBeLessThan(200);
    expect(reader.answer).toEqual(EMPTY);
  });

  it('as many choices as are told apart are read', () => {
    const choices = Array.from({ length: 4096 }, (_, index) => ({ index, finish_reason: 'stop' }));
    expect(readAll({ choices }).finish).toHaveLength(4096);
    expect(readAll({ choices: [...choices, {}] })).toEqual(EMPTY);
  });
});

describe('a whole answer', () => {
  it('model, finish reasons, usage and tool calls', () => {
    const answer = readAll({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      model: 'sample-1-2026-11-21',
      choices: [
        { index: 1, finish_reason: 'length', message: { role: 'assistant', content: 'b' } },
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            content: null,
            tool_calls: [call('call_1', 'add', '{"a":1}'), call('call_2', 'add', '')],
          },
        },
      ],
      usage: {
        prompt_tokens: 1,
        completion_tokens: 2,
        total_tokens: 3,
        prompt_tokens_details: { cached_tokens: 4, audio_tokens: 9 },
        completion_tokens_details: { reasoning_tokens: 5 },
      },
    });
    expect(answer).toEqual({
      model: 'sample-1-2026-11-21',
      finish: ['tool_calls', 'length'],
      usage: {
        prompt_tokens: 1,
        completion_tokens: 2,
        total_tokens: 3,
        cached_tokens: 4,
        reasoning_tokens: 5,
      },
      images: [],
      toolCalls: [flat('call_1', 'add', '{"a":1}'), flat('call_2', 'add', '')],
    });
  });

  it('calls of several choices are told apart', () => {
    const choice = (index: number, id: string) => ({ index, message: { tool_calls: [call(id, 'add', id)] } });
    expect(readAll({ choices: [choice(0, 'a'), choice(1, 'b')] }).toolCalls.map(({ id }) => id)).toEqual([
      'a',
      'b',
    ]);
  });

  it('an answer that says nothing', () => {
    expect(readAll({ choices: [] })).toEqual(EMPTY);
    expect(readAll()).toEqual(EMPTY);
  });
});

describe('a stream of chunks', () => {
  it("a call's parts are put together by their index", () => {
    const answer = readAll(
      { model: 'sample-1', choices: [{ index: 0, delta: { role: 'assistant' }, finish_reason: null }] },
      delta({ index: 0, ...call('call_1', 'add', '') }),
      delta({ index: 1, ...call('call_2', 'sub', '{') }),
      delta({ index: 0, function: { arguments: '{"a"' } }, { index: 1, function: { arguments: '}' } }),
      delta({ index: 0, function: { arguments: ':1}' } }),
      { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
      { choices: [], usage: { total_tokens: 7 } },
    );
    expect(answer).toEqual({
      model: 'sample-1',
      finish: ['tool_calls'],
      usage: { total_tokens: 7 },
      images: [],
      toolCalls: [flat('call_1', 'add', '{"a":1}'), flat('call_2', 'sub', '{}')],
    });
  });

  it('a stream cut anywhere gives the same call as the whole answer', () => {
    const text = '{"city":"Paris","unit":"c"}';
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length)), cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const parts = places.slice(1).map((end, at) => text.slice(places[at], end));
        const streamed = readAll(
          delta({ index: 0, ...call('call_1', 'weather', '') }),
          ...parts.map(part => delta({ index: 0, function: { arguments: part } })),
        );
        const whole = readAll({ choices: [{ message: { tool_calls: [call('call_1', 'weather', text)] } }] });
        expect(streamed.toolCalls).toEqual(whole.toolCalls);
      }),
    );
  });

  it('the first id, type and name of a call stay', () => {
    const answer = readAll(
      delta({ index: 0, ...call('a', 'one', '') }),
      delta({ index: 0, ...call('a', 'two', '{') }),
      delta({ index: 0, id: 'b', type: 'other', function: { arguments: '}' } }),
    );
    expect(answer.toolCalls).toEqual([flat('a', 'one', '{}')]);
  });

  it.each([
    [
      'one index',
      [
        { index: 0, ...call('a', 'one', '{}') },
        { index: 0, ...call('b', 'one', '') },
      ],
    ],
    ['no index', [call('a', 'one', '{}'), call('b', 'one', '')]],
  ])('calls that all have %s are told apart by their ids', (_, parts) => {
    const calls = [flat('a', 'one', '{}'), flat('b', 'one', '')];
    expect(readAll(...parts.map(part => delta(part))).toolCalls).toEqual(calls);
  });

  it('is finished when all of its choices are', () => {
    const reader = new ChoicesReader();
    const add = (...choices: object[]) => {
      reader.add({ choices });
      return reader.finished;
    };
    expect(add()).toBe(false);
    expect(add({ index: 0, delta: {} }, { index: 1, delta: {} })).toBe(false);
    expect(add({ index: 0, finish_reason: 'stop' })).toBe(false);
    expect(add({ index: 1, finish_reason: 'stop' })).toBe(true);
  });

  it('the last model and the last finish reason of a choice count', () => {
    const chunk = (model: string, finish_reason: string) => ({
      model,
      choices: [{ index: 0, finish_reason }],
    });
    expect(readAll(chunk('a', 'stop'), chunk('b', 'length'), { choices: [] })).toMatchObject({
      model: 'b',
      finish: ['length'],
    });
  });
});

describe('a call of each kind, whole and streamed', () => {
  const ofKind = (type: string, name: string, text: string, id = 'c') => ({
    id,
    type,
    name,
    arguments: text,
  });

  it.each<[what: string, whole: object, parts: readonly object[], call: object]>([
    [
      'a custom tool',
      { id: 'c', type: 'custom', custom: { name: 'sh', input: 'rm -rf /' } },
      [
        { index: 0, id: 'c', type: 'custom', custom: { name: 'sh', input: '' } },
        { index: 0, custom: { input: 'rm -rf' } },
        { index: 0, custom: { input: ' /' } },
      ],
      ofKind('custom', 'sh', 'rm -rf /'),
    ],
    [
      'a custom tool behind an empty function',
      { id: 'c', type: 'custom', function: {}, custom: { name: 'sh', input: 'ls', arguments: 'no' } },
      [
        { index: 0, id: 'c', type: 'custom', function: {}, custom: { name: 'sh' } },
        { index: 0, function: { arguments: 'no' }, custom: { input: 'ls' } },
      ],
      ofKind('custom', 'sh', 'ls'),
    ],
    [
      'a custom tool of no type',
      { id: 'c', custom: { name: 'sh', input: 'ls' } },
      [{ id: 'c', custom: { name: 'sh' } }, { custom: { input: 'ls' } }],
      ofKind('', 'sh', 'ls'),
    ],
    [
      'a function with an object in the place of a text',
      { id: 'c', type: 'function', function: { name: 'f', arguments: { b: 1, a: [2] } } },
      [{ id: 'c', type: 'function', function: { name: 'f', arguments: { b: 1, a: [2] } } }],
      ofKind('function', 'f', '{"a":[2],"b":1}'),
    ],
    [
      'a function that its host has built in',
      { id: 'c', type: 'builtin_function', function: { name: '$web_search', arguments: '{"q":1}' } },
      [
        { id: 'c', type: 'builtin_function', function: { name: '$web_search' } },
        { function: { arguments: '{"q":1}' } },
      ],
      ofKind('builtin_function', '$web_search', '{"q":1}'),
    ],
    [
      'a kind that nobody here knows',
      { id: 'c', type: 'shell', shell: { commands: ['ls'] }, arguments: '' },
      [{ index: 0, id: 'c', type: 'shell', shell: { commands: ['ls'] }, arguments: '' }],
      ofKind('shell', '', '{"arguments":"","shell":{"commands":["ls"]}}'),
    ],
  ])('%s', (_, whole, parts, expected) => {
    expect(readAll({ choices: [{ message: { tool_calls: [whole] } }] }).toolCalls).toEqual([expected]);
    expect(readAll(...parts.map(part => delta(part))).toolCalls).toEqual([expected]);
  });

  it('a member of its own beside a function is no part of what that is called with', () => {
    const parts = [
      { id: 'c', type: 'function', extra_content: {} },
      { function: { name: 'f', arguments: '{}' } },
    ];
    expect(readAll(...parts.map(part => delta(part))).toolCalls).toEqual([flat('c', 'f', '{}')]);
  });

  it('the one call of an answer from before there were several', () => {
    const only = [ofKind('function_call', 'add', '{"a":1}', '')];
    const whole = {
      message: { function_call: { name: 'add', arguments: '{"a":1}' } },
      finish_reason: 'function_call',
    };
    expect(readAll({ choices: [whole] }).toolCalls).toEqual(only);
    const parts = [{ name: 'add', arguments: '' }, { arguments: '{"a"' }, { arguments: ':1}' }];
    const chunks = parts.map(function_call => ({ choices: [{ index: 0, delta: { function_call } }] }));
    expect(readAll(...chunks).toolCalls).toEqual(only);
    expect(readAll({ choices: [{ message: { function_call: null, tool_calls: null } }] }).toolCalls).toEqual(
      [],
    );
  });
});

describe('what an upstream gets wrong is not in the receipt', () => {
  it.each<[what: string, value: unknown]>([
    ['null', null],
    ['a text', 'error'],
    ['an array', []],
    ['an error', { error: { message: 'no' } }],
    ['choices that are null', { choices: null }],
    ['choices that are an object', { choices: {} }],
    ['a choice that is null', { choices: [null] }],
    ['a choice that is a text', { choices: ['a'] }],
  ])('%s is neither an answer nor a chunk', (_, value) => {
    const reader = new ChoicesReader();
    expect(reader.add(value)).toBe(false);
    expect(reader.answer).toEqual(EMPTY);
  });

  it.each<[what: string, value: object]>([
    ['a model that is no text', { model: 1, choices: [] }],
    ['a finish reason that is no text', { choices: [{ finish_reason: {} }] }],
    ['an empty finish reason', { choices: [{ finish_reason: '' }] }],
    ['a message that is no object', { choices: [{ message: 'a' }] }],
    ['tool calls that are no list', { choices: [{ message: { tool_calls: 'a' } }] }],
    ['usage that is no object', { choices: [], usage: 5 }],
  ])('%s', (_, value) => {
    const reader = new ChoicesReader();
    expect(reader.add(value)).toBe(true);
    expect(reader.answer).toEqual(EMPTY);
  });

  it('counts that are none, and only they', () => {
    const usage = {
      prompt_tokens: -1,
      completion_tokens: 1.5,
      total_tokens: 3,
      prompt_tokens_details: null,
      completion_tokens_details: 'a',
      surplus: 1,
    };
    expect(readAll({ choices: [], usage }).usage).toEqual({ total_tokens: 3 });
    expect(readAll({ choices: [], usage: { total_tokens: 2 ** 53 } }).usage).toEqual({});
  });

  it('a call without function, and parts that are no text', () => {
    expect(readAll(delta({ index: 0 })).toolCalls).toEqual([{ id: '', type: '', name: '', arguments: '' }]);
    expect(
      readAll(delta({ index: 0, id: 1, type: [], function: { name: {}, arguments: 5 } })).toolCalls,
    ).toEqual([{ id: '', type: '', name: '', arguments: '' }]);
  });
});

describe('hostile indexes', () => {
  it.each([-1, 1.5, 1e300, 4097, '0', null, {}, [], '__proto__'])('%j counts as 0', index => {
    const answer = readAll({
      choices: [{ index, finish_reason: 'stop', delta: { tool_calls: [{ index, id: 'a' }] } }],
    });
    expect(answer).toMatchObject({ finish: ['stop'], images: [], toolCalls: [{ id: 'a' }] });
  });

  it('ever more choices and calls fill no memory', () => {
    const reader = new ChoicesReader();
    for (let index = 0; index < 6000; index++)
      reader.add({
        choices: [{ index, finish_reason: 'stop', delta: { tool_calls: [{ index, id: `${index}` }] } }],
      });
    expect(reader.answer.finish.length).toBeLessThanOrEqual(4097);
    expect(reader.answer.toolCalls).toHaveLength(4096);
  });

  it('a whole answer with ever more calls fills none either', () => {
    const tool_calls = Array.from({ length: 5000 }, (_, at) => call(`${at}`, 'add', ''));
    expect(readAll({ choices: [{ message: { tool_calls } }] }).toolCalls).toHaveLength(4096);
  });

  it('any values at all are taken or refused, and nothing else happens', () => {
    const names = ['choices', 'index', 'delta', 'message', 'tool_calls', 'function', 'usage', 'model', 'id'];
    const leaf = fc.constantFrom<unknown>(null, 0, -1, 5000, 'a', '', true, [], {});
    const level = (inner: fc.Arbitrary<unknown>) =>
      fc.oneof(
        leaf,
        fc.array(inner, { maxLength: 2 }),
        fc.dictionary(fc.constantFrom(...names), inner, { maxKeys: 4 }),
      );
    const hostile = level(level(level(level(level(leaf)))));
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 4 }), values => {
        const { model, finish, usage, toolCalls } = readAll(...values);
        expect(model === null || typeof model === 'string').toBe(true);
        expect(finish.every(reason => typeof reason === 'string')).toBe(true);
        expect(Object.values(usage ?? {}).every(Number.isSafeInteger)).toBe(true);
        expect(toolCalls.every(part => Object.values(part).every(text => typeof text === 'string'))).toBe(
          true,
        );
      }),
      { numRuns: 500 },
    );
  });
});
