import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { Failure } from '../../reason.js';
import type { AnswerFacts } from '../surface.js';
import { ResponseAnswer } from './response-answer.js';

const NOTHING: AnswerFacts = { model: null, finish: [], usage: null, images: [], toolCalls: [] };
const USAGE = {
  input_tokens: 5,
  output_tokens: 7,
  total_tokens: 12,
  input_tokens_details: { cached_tokens: 2 },
  output_tokens_details: { reasoning_tokens: 3 },
};
const COUNTS = {
  prompt_tokens: 5,
  completion_tokens: 7,
  total_tokens: 12,
  cached_tokens: 2,
  reasoning_tokens: 3,
};
const functionCall = (id: string, name: string, text: string) => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: text,
  status: 'completed',
});
const call = (id: string, name: string, text: string) => ({
  id,
  type: 'function_call',
  name,
  arguments: text,
});

function readBody(value: object | null) {
  const reader = new ResponseAnswer();
  return { taken: reader.body(value), failed: reader.failed, answer: reader.answer };
}

/** Each event under the name that it gives itself; strings are data that is no event. */
function readStream(
  ...events: readonly (string | { readonly type: string; readonly [name: string]: unknown })[]
) {
  const reader = new ResponseAnswer();
  const ends = events.map(value =>
    typeof value === 'string'
      ? reader.event({ type: null, data: value })
      : reader.event({ type: value.type, data: JSON.stringify(value) }),
  );
  return { ends, failed: reader.failed, finished: reader.finished, answer: reader.answer };
}

describe('a whole response', () => {
  it('model, status, usage and tool calls', () => {
    const { taken, failed, answer } = readBody({
      object: 'response',
      status: 'completed',
      model: 'm-1',
      output: [
        { type: 'reasoning', summary: [] },
        functionCall('a', 'add', '{"x":1}'),
        { type: 'message', content: [{ type: 'output_text', text: 'function_call' }] },
        { type: 'custom_tool_call', call_id: 'b', name: 'shell', input: 'ls' },
        { type: 'web_search_call', id: 'ws_1', action: { type: 'search' } },
        { type: 'function_call_output', call_id: 'a', output: '1' },
      ],
      usage: USAGE,
    });
    expect({ taken, failed }).toEqual({ taken: true, failed: false });
    expect(answer).toEqual({
      model: 'm-1',
      finish: ['completed'],
      usage: COUNTS,
      images: [],
      toolCalls: [
        call('a', 'add', '{"x":1}'),
        { id: 'b', type: 'custom_tool_call', name: 'shell', arguments: 'ls' },
        { id: 'ws_1', type: 'web_search_call', name: '', arguments: '{"action":{"type":"search"}}' },
      ],
    });
  });

  it('an incomplete one says why; one that failed is failed; one in the background has only begun', () => {
    const of = (rest: object) => readBody({ output: [], ...rest });
    expect(of({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } })).toMatchObject({
      failed: false,
      answer: { finish: ['content_filter'] },
    });
    expect(of({ status: 'incomplete', incomplete_details: null }).answer.finish).toEqual(['incomplete']);
    expect(of({ status: 'failed', error: { code: 'server_error' } })).toMatchObject({
      failed: true,
      answer: { finish: ['failed'] },
    });
    expect(of({ status: 'queued' })).toMatchObject({ failed: false, answer: { finish: ['queued'] } });
  });

  it.each<[what: string, value: object | null]>([
    ['nothing', null],
    ['an empty object', {}],
    ['an error', { error: { message: 'no' } }],
    ['a chat completion', { choices: [] }],
    ['output that is an object', { output: {} }],
    ['more items than are read', { output: Array.from({ length: 4097 }, () => 0) }],
  ])('%s is none', (_, value) => {
    expect(readBody(value)).toEqual({ taken: false, failed: false, answer: NOTHING });
  });

  it('what an upstream gets wrong is left out', () => {
    const wrong = { output: [null, 1, 'a', [], {}, { type: 1 }], model: 1, status: {}, usage: 'much' };
    expect(readBody(wrong)).toEqual({ taken: true, failed: false, answer: NOTHING });
    expect(
      readBody({ output: [{ type: 'x_call', call_id: 1, name: [], arguments: {} }] }).answer.toolCalls,
    ).toEqual([{ id: '', type: 'x_call', name: '', arguments: '{"arguments":{}}' }]);
    expect(
      readBody({ output: [{ type: 'function_call', call_id: 1, name: [], arguments: 5 }] }).answer.toolCalls,
    ).toEqual([{ id: '', type: 'function_call', name: '', arguments: '' }]);
  });
});

const item = (type: string, output_index: unknown, value: unknown) => ({ type, output_index, item: value });
const ADDED = 'response.output_item.added';
const ITEM_DONE = 'response.output_item.done';
const DELTA = 'response.function_call_arguments.delta';

describe('a stream', () => {
  it.each([
    ['response.completed', { status: 'completed' }, false, 'completed'],
    [
      'response.incomplete',
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      false,
      'max_output_tokens',
    ],
    ['response.failed', { status: 'failed' }, true, 'failed'],
  ])('%s ends it', (type, response, failed, finish) => {
    const whole = { model: 'm-1', output: [functionCall('a', 'add', '{}')], usage: USAGE, ...response };
    expect(
      readStream(
        {
          type: 'response.created',
          response: { model: 'm-0', status: 'in_progress', output: [], usage: null },
        },
        { type: 'response.output_text.delta', delta: 'a' },
        { type, response: whole },
      ),
    ).toEqual({
      ends: [false, false, true],
      failed,
      finished: false,
      answer: {
        model: 'm-1',
        finish: [finish],
        usage: COUNTS,
        images: [],
        toolCalls: [call('a', 'add', '{}')],
      },
    });
  });

  it('a last event without its response is an end all the same', () => {
    expect(readStream({ type: 'response.completed' })).toMatchObject({ ends: [true], answer: NOTHING });
    expect(readStream({ type: 'response.failed', response: [] })).toMatchObject({
      ends: [true],
      failed: true,
    });
  });

  it('an error event makes it failed and does not end it; neither does an error without a type', () => {
    expect(readStream({ type: 'error', message: 'no' })).toMatchObject({ ends: [false], failed: true });
    expect(readStream('{"error":{"message":"no"}}')).toMatchObject({ ends: [false], failed: true });
  });

  it('[DONE] and what is no event at all say nothing', () => {
    const read = readStream('[DONE]', '', 'null', '[]', '1', '"response.completed"', '{}', '{"type":1}');
    expect(read.ends).not.toContain(true);
    expect(read).toMatchObject({ failed: false, answer: NOTHING });
  });

  it.each([ITEM_DONE, 'message', ''])('upstream/garbage: a last event under the name %j', type => {
    const reader = new ResponseAnswer();
    const data = JSON.stringify({ type: 'response.completed' });
    expect(failureOf(() => reader.event({ type, data }))).toMatchObject({
      code: 'upstream/garbage',
      field: 'event',
    });
    expect(new ResponseAnswer().event({ type: null, data })).toBe(true);
  });

  it('calls are put together as they come, in the order of the output', () => {
    const { answer } = readStream(
      item(ADDED, 2, functionCall('b', 'sub', '')),
      item(ADDED, 0, { type: 'message', content: [] }),
      item(ADDED, 1, functionCall('a', 'add', '')),
      { type: DELTA, output_index: 1, delta: '{"x"' },
      { type: DELTA, output_index: 2, delta: '{' },
      { type: DELTA, output_index: 0, delta: 'of no call' },
      { type: DELTA, output_index: 1, delta: ':1}' },
      { type: 'response.custom_tool_call_input.delta', output_index: 2, delta: '}' },
      item(ITEM_DONE, 2, functionCall('b', 'sub', '{ }')),
    );
    expect(answer.toolCalls).toEqual([call('a', 'add', '{"x":1}'), call('b', 'sub', '{ }')]);
  });

  it('what the last event says of the calls counts; one that says nothing leaves them', () => {
    const added = item(ITEM_DONE, 0, functionCall('a', 'add', '{}'));
    const end = (output: unknown) => ({ type: 'response.completed', response: { output } });
    expect(readStream(added, end([functionCall('b', 'sub', '')])).answer.toolCalls).toEqual([
      call('b', 'sub', ''),
    ]);
    expect(readStream(added, end([])).answer.toolCalls).toEqual([call('a', 'add', '{}')]);
    expect(readStream(added, end([{ type: 'message' }])).answer.toolCalls).toEqual([]);
  });

  it('a stream cut anywhere gives the same call as the whole answer', () => {
    const text = '{"city":"Paris","unit":"c"}';
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length)), cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const deltas = places.slice(1).map((end, at) => ({
          type: DELTA,
          output_index: 3,
          delta: text.slice(places[at], end),
        }));
        const streamed = readStream(item(ADDED, 3, functionCall('a', 'weather', '')), ...deltas);
        expect(streamed.answer.toolCalls).toEqual([call('a', 'weather', text)]);
      }),
    );
  });
});

describe('a call of each kind, whole and streamed', () => {
  it.each<[item: { readonly type: string; readonly [name: string]: unknown }, text: string, name?: string]>([
    [{ type: 'function_call', call_id: 'c', id: 'i', name: 'f', arguments: '{"a":1}' }, '{"a":1}', 'f'],
    [{ type: 'function_call', call_id: 'c', name: 'f', arguments: { b: 2, a: 1 } }, '{"a":1,"b":2}', 'f'],
    [{ type: 'custom_tool_call', call_id: 'c', name: 'f', input: 'ls', arguments: '' }, 'ls', 'f'],
    [{ type: 'mcp_call', id: 'c', name: 'f', server_label: 's', arguments: '{}', output: 'o' }, '{}', 'f'],
    [
      { type: 'mcp_approval_request', id: 'c', name: 'f', server_label: 's', arguments: '{"x":1}' },
      '{"x":1}',
      'f',
    ],
    [
      {
        type: 'shell_call',
        call_id: 'c',
        status: 'completed',
        action: { timeout_ms: 5, commands: ['rm -rf /'] },
      },
      '{"action":{"commands":["rm -rf /"],"timeout_ms":5}}',
    ],
    [
      { type: 'shell_call', call_id: 'c', arguments: '', action: { commands: ['ls'] } },
      '{"action":{"commands":["ls"]},"arguments":""}',
    ],
    [
      { type: 'local_shell_call', call_id: 'c', action: { type: 'exec', command: ['ls'], env: {} } },
      '{"action":{"command":["ls"],"env":{},"type":"exec"}}',
    ],
    [
      { type: 'apply_patch_call', call_id: 'c', operation: { type: 'delete_file', path: 'a' } },
      '{"operation":{"path":"a","type":"delete_file"}}',
    ],
    [
      {
        type: 'computer_call',
        call_id: 'c',
        action: { type: 'click', x: 1, y: 2 },
        pending_safety_checks: [],
      },
      '{"action":{"type":"click","x":1,"y":2},"pending_safety_checks":[]}',
    ],
    [
      { type: 'code_interpreter_call', id: 'c', code: '1+1', container_id: 'k', outputs: [{ logs: '2' }] },
      '{"code":"1+1","container_id":"k"}',
    ],
    [{ type: 'file_search_call', id: 'c', queries: ['q'], results: [{ text: 't' }] }, '{"queries":["q"]}'],
    [
      { type: 'image_generation_call', id: 'c', result: 'iVBO', revised_prompt: 'a seal' },
      '{"revised_prompt":"a seal"}',
    ],
    [
      { type: 'tool_search_call', call_id: 'c', execution: 'client', arguments: { paths: ['p'] } },
      '{"arguments":{"paths":["p"]},"execution":"client"}',
    ],
    [{ type: 'program', call_id: 'c', code: 'f()', fingerprint: 'z' }, '{"code":"f()","fingerprint":"z"}'],
    [{ type: 'yet_unknown_call', id: 'c', verb: 'go', where: null }, '{"verb":"go"}'],
    [{ type: 'yet_unknown_call', id: 'c' }, ''],
  ])('%j', (given, text, name = '') => {
    const calls = [{ id: 'c', type: given.type, name, arguments: text }];
    expect(readBody({ output: [given] }).answer.toolCalls).toEqual(calls);
    const begun = { type: given.type, id: 'c', call_id: 'c', status: 'in_progress' };
    const streamed = readStream(item(ADDED, 0, begun), item(ITEM_DONE, 0, given));
    expect(streamed.answer.toolCalls).toEqual(calls);
    const end = { type: 'response.completed', response: { output: [given] } };
    expect(readStream(item(ADDED, 0, begun), end).answer.toolCalls).toEqual(calls);
  });

  it('leave that was given, lists of tools and what has come of calls are none', () => {
    const types = [
      'mcp_approval_response',
      'mcp_list_tools',
      'shell_call_output',
      'program_output',
      'message',
    ];
    expect(readBody({ output: types.map(type => ({ type, id: 'i' })) }).answer.toolCalls).toEqual([]);
  });
});

describe('hostile streams', () => {
  it.each([-1, 1.5, 4096, 1e300, '0', null, {}, undefined])('an item at %j is not read', place => {
    expect(readStream(item(ADDED, place, functionCall('a', 'add', ''))).answer.toolCalls).toEqual([]);
  });

  it('ever more items fill no memory', () => {
    const many = Array.from({ length: 6000 }, (_, at) => functionCall(`${at}`, 'add', ''));
    expect(readStream(...many.map((one, at) => item(ADDED, at, one))).answer.toolCalls).toHaveLength(4096);
    const end = { type: 'response.completed', response: { output: many } };
    expect(readStream(end).answer.toolCalls).toHaveLength(4096);
  });

  it('any events are read or refused, and nothing else happens', () => {
    const value = fc.constantFrom<unknown>(
      null,
      0,
      'a',
      [],
      {},
      [null],
      [{ type: 'function_call', name: 1 }],
      {
        output: [{ type: 'function_call' }],
        usage: { total_tokens: -1 },
      },
    );
    const event = fc.record(
      {
        type: fc.constantFrom<unknown>(
          ADDED,
          ITEM_DONE,
          DELTA,
          'response.completed',
          'response.failed',
          'error',
          1,
        ),
        output_index: fc.constantFrom<unknown>(0, 1, -1, 'a'),
        item: fc.oneof(value, fc.constant(functionCall('a', 'add', ''))),
        delta: value,
        response: value,
        error: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.constantFrom(null, ADDED))), events => {
        const reader = new ResponseAnswer();
        for (const [one, type] of events) {
          try {
            reader.event({ type, data: JSON.stringify(one) });
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        }
        const { usage, toolCalls } = reader.answer;
        expect(Object.values(usage ?? {}).every(Number.isSafeInteger)).toBe(true);
        expect(toolCalls.flatMap(Object.values).every(text => typeof text === 'string')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
