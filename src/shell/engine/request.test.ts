import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from './refusal.js';
import { type ChatRequest, DEFAULTS, parseChatRequest } from './request.js';

const MODEL = 'countersign-demo';
const hello = [{ role: 'user', content: 'Hello' }];

const parse = (fields: object): ChatRequest =>
  parseChatRequest(Buffer.from(JSON.stringify({ model: MODEL, messages: hello, ...fields })), MODEL);

function refusalOf(action: () => unknown): Refusal {
  try {
    action();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a chat request that is silent', () => {
  it('gets the defaults that the engine states', () => {
    const { messages, most, sampling, stop, stream, includeUsage } = parse({});
    expect(messages).toEqual([{ role: 'user', text: 'Hello' }]);
    expect(most).toBe(DEFAULTS.max_completion_tokens);
    expect(sampling.temperature).toBe(DEFAULTS.temperature);
    expect(sampling.topP).toBe(DEFAULTS.top_p);
    expect(Number.isSafeInteger(sampling.seed)).toBe(true);
    expect({ stop, stream, includeUsage }).toEqual({ stop: [], stream: false, includeUsage: false });
  });

  it('means by null what it means by silence', () => {
    const names =
      'max_tokens max_completion_tokens temperature top_p seed stop stream stream_options n tools logprobs';
    const nothing = Object.fromEntries(names.split(' ').map(name => [name, null]));
    const { sampling, ...rest } = parse(nothing);
    const { sampling: usual, ...others } = parse({});
    expect(rest).toEqual(others);
    expect(sampling.temperature).toBe(usual.temperature);
  });
});

describe('parameters that are honoured', () => {
  it.each([
    { fields: { max_tokens: 5 }, expected: { most: 5 } },
    { fields: { max_completion_tokens: 1 }, expected: { most: 1 } },
    { fields: { max_tokens: 5, max_completion_tokens: 5 }, expected: { most: 5 } },
    { fields: { stop: 'x' }, expected: { stop: ['x'] } },
    { fields: { stop: ['a', 'b', 'c', 'd'] }, expected: { stop: ['a', 'b', 'c', 'd'] } },
    { fields: { stop: [] }, expected: { stop: [] } },
    { fields: { stream: true }, expected: { stream: true, includeUsage: false } },
    { fields: { stream: true, stream_options: {} }, expected: { includeUsage: false } },
    { fields: { stream: true, stream_options: { include_usage: true } }, expected: { includeUsage: true } },
    { fields: { stream: true, stream_options: { include_obfuscation: false } }, expected: { stream: true } },
    {
      fields: { temperature: 2, top_p: 0.5, seed: -3 },
      expected: { sampling: { temperature: 2, topP: 0.5, seed: -3 } },
    },
  ])('$fields', ({ fields, expected }) => {
    expect(parse(fields)).toMatchObject(expected);
  });
});

describe('parameters that ask for nothing', () => {
  it.each([
    { user: 'someone' },
    { metadata: { any: 'thing' } },
    { safety_identifier: 'x', prompt_cache_key: 'y' },
    { store: false },
    { n: 1 },
    { presence_penalty: 0, frequency_penalty: 0 },
    { logprobs: false, top_logprobs: 0, logit_bias: {} },
    { tools: [], functions: [], tool_choice: 'auto', parallel_tool_calls: true },
    { service_tier: 'auto' },
    { response_format: { type: 'text' } },
    { modalities: ['text'] },
  ])('%j', fields => {
    const { sampling: _, ...parsed } = parse(fields);
    const { sampling: __, ...usual } = parse({});
    expect(parsed).toEqual(usual);
  });
});

describe('messages', () => {
  it.each([
    { role: 'system', content: 'x', expected: { role: 'system', text: 'x' } },
    { role: 'developer', content: 'x', expected: { role: 'system', text: 'x' } },
    { role: 'user', content: '', expected: { role: 'user', text: '' } },
    { role: 'assistant', content: 'x', expected: { role: 'assistant', text: 'x' } },
    { role: 'user', content: [], expected: { role: 'user', text: '' } },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
      expected: { role: 'user', text: 'ab' },
    },
  ])('of $role with $content', ({ role, content, expected }) => {
    expect(parse({ messages: [{ role, content }] }).messages).toEqual([expected]);
  });

  it('may be an earlier answer, sent back as it came', () => {
    const message = { role: 'assistant', content: 'Hi', refusal: null, annotations: [], tool_calls: null };
    expect(parse({ messages: [message, ...hello] }).messages).toHaveLength(2);
  });
});

const refusals: { fields: object; code: string; param: string | null }[] = [
  { fields: { model: undefined }, code: 'missing_required_parameter', param: 'model' },
  { fields: { model: 7 }, code: 'invalid_type', param: 'model' },
  { fields: { model: 'gpt-4o' }, code: 'model_not_found', param: 'model' },
  { fields: { model: '__proto__' }, code: 'model_not_found', param: 'model' },
  { fields: { messages: undefined }, code: 'missing_required_parameter', param: 'messages' },
  { fields: { messages: 'Hello' }, code: 'invalid_type', param: 'messages' },
  { fields: { messages: [] }, code: 'invalid_value', param: 'messages' },
  { fields: { messages: [...hello, null] }, code: 'invalid_type', param: 'messages[1]' },
  { fields: { messages: [[]] }, code: 'invalid_type', param: 'messages[0]' },
  { fields: { messages: [{ content: 'x' }] }, code: 'missing_required_parameter', param: 'messages[0].role' },
  { fields: { messages: [{ role: 1, content: 'x' }] }, code: 'invalid_type', param: 'messages[0].role' },
  {
    fields: { messages: [{ role: 'narrator', content: 'x' }] },
    code: 'invalid_value',
    param: 'messages[0].role',
  },
  {
    fields: { messages: [{ role: 'tool', content: 'x' }] },
    code: 'unsupported_parameter',
    param: 'messages[0].role',
  },
  {
    fields: { messages: [{ role: 'user' }] },
    code: 'missing_required_parameter',
    param: 'messages[0].content',
  },
  {
    fields: { messages: [{ role: 'user', content: null }] },
    code: 'invalid_type',
    param: 'messages[0].content',
  },
  {
    fields: { messages: [{ role: 'user', content: ['x'] }] },
    code: 'invalid_type',
    param: 'messages[0].content[0]',
  },
  {
    fields: { messages: [{ role: 'user', content: [{ type: 'text', text: 7 }] }] },
    code: 'invalid_type',
    param: 'messages[0].content[0].text',
  },
  {
    fields: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
    code: 'unsupported_parameter',
    param: 'messages[0].content[0].type',
  },
  {
    fields: { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
    code: 'unsupported_parameter',
    param: 'messages[0].content[0].type',
  },
  {
    fields: { messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: {} }] }] },
    code: 'unsupported_parameter',
    param: 'messages[0].content[0].cache_control',
  },
  {
    fields: { messages: [{ role: 'user', content: 'x', name: 'Ada' }] },
    code: 'unsupported_parameter',
    param: 'messages[0].name',
  },
  {
    fields: { messages: [{ role: 'assistant', content: 'x', tool_calls: [{ id: 'a' }] }] },
    code: 'unsupported_parameter',
    param: 'messages[0].tool_calls',
  },
  { fields: { max_tokens: 0 }, code: 'invalid_value', param: 'max_tokens' },
  { fields: { max_tokens: 1.5 }, code: 'invalid_type', param: 'max_tokens' },
  { fields: { max_completion_tokens: '5' }, code: 'invalid_type', param: 'max_completion_tokens' },
  { fields: { max_tokens: 4, max_completion_tokens: 5 }, code: 'invalid_value', param: 'max_tokens' },
  { fields: { temperature: -0.1 }, code: 'invalid_value', param: 'temperature' },
  { fields: { temperature: 2.1 }, code: 'invalid_value', param: 'temperature' },
  { fields: { temperature: 'hot' }, code: 'invalid_type', param: 'temperature' },
  { fields: { top_p: 0 }, code: 'invalid_value', param: 'top_p' },
  { fields: { top_p: 1.1 }, code: 'invalid_value', param: 'top_p' },
  { fields: { seed: 0.5 }, code: 'invalid_type', param: 'seed' },
  { fields: { seed: 'x' }, code: 'invalid_type', param: 'seed' },
  { fields: { stop: '' }, code: 'invalid_value', param: 'stop' },
  { fields: { stop: ['a', ''] }, code: 'invalid_value', param: 'stop' },
  { fields: { stop: 7 }, code: 'invalid_type', param: 'stop' },
  { fields: { stop: ['a', 'b', 'c', 'd', 'e'] }, code: 'invalid_value', param: 'stop' },
  { fields: { stream: 'yes' }, code: 'invalid_type', param: 'stream' },
  { fields: { stream_options: { include_usage: true } }, code: 'invalid_value', param: 'stream_options' },
  { fields: { stream: true, stream_options: 1 }, code: 'invalid_type', param: 'stream_options' },
  {
    fields: { stream: true, stream_options: { include_usage: 1 } },
    code: 'invalid_type',
    param: 'stream_options.include_usage',
  },
  {
    fields: { stream: true, stream_options: { other: true } },
    code: 'unsupported_parameter',
    param: 'stream_options.other',
  },
  ...Object.entries({
    n: 2,
    store: true,
    tools: [{ type: 'function' }],
    tool_choice: 'required',
    functions: [{ name: 'f' }],
    function_call: 'auto',
    response_format: { type: 'json_object' },
    logprobs: true,
    top_logprobs: 3,
    logit_bias: { 5: 1 },
    presence_penalty: 0.5,
    frequency_penalty: -1,
    modalities: ['text', 'audio'],
    audio: { voice: 'x' },
    prediction: { type: 'content' },
    reasoning_effort: 'low',
    verbosity: 'low',
    web_search_options: {},
    service_tier: 'priority',
    anything_else: 1,
    constructor: 1,
  }).map(([name, value]) => ({ fields: { [name]: value }, code: 'unsupported_parameter', param: name })),
];

describe('refusals', () => {
  it.each(refusals)('$param: $code for $fields', ({ fields, code, param }) => {
    const refusal = refusalOf(() => parse(fields));
    expect({ code: refusal.code, param: refusal.param }).toEqual({ code, param });
    expect(refusal.status).toBe(code === 'model_not_found' ? 404 : 400);
    expect(JSON.parse(Buffer.from(refusal.body).toString())).toEqual({
      error: { message: refusal.message, type: 'invalid_request_error', param, code },
    });
  });

  it.each([
    { name: 'nothing', bytes: Buffer.alloc(0), code: 'invalid_json' },
    { name: 'half of an object', bytes: Buffer.from('{"model":'), code: 'invalid_json' },
    { name: 'no UTF-8', bytes: Buffer.from([0x22, 0xff, 0x22]), code: 'invalid_json' },
    { name: 'an array', bytes: Buffer.from('[]'), code: 'invalid_type' },
    { name: 'null', bytes: Buffer.from('null'), code: 'invalid_type' },
    { name: 'a text', bytes: Buffer.from('"x"'), code: 'invalid_type' },
  ])('a body of $name', ({ bytes, code }) => {
    const refusal = refusalOf(() => parseChatRequest(bytes, MODEL));
    expect({ code: refusal.code, param: refusal.param }).toEqual({ code, param: null });
  });

  it('asks an overloaded client to come back', () => {
    const refusal = new Refusal('engine_overloaded', null, 'busy');
    expect(refusal.status).toBe(503);
    expect(refusal.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(JSON.parse(Buffer.from(refusal.body).toString()).error.type).toBe('server_error');
  });

  it.each(['response_format', 'metadata', 'messages', 'stop', 'tools', 'temperature', '__proto__'])(
    'withstand a deeply nested %s',
    name => {
      const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
      const body = `{"model":"${MODEL}","messages":[{"role":"user","content":"x"}],"${name}":${deep}}`;
      if (name === 'metadata') expect(parseChatRequest(Buffer.from(body), MODEL).messages).toHaveLength(1);
      else expect(refusalOf(() => parseChatRequest(Buffer.from(body), MODEL)).status).toBe(400);
    },
  );

  it('are all that a hostile body can bring about', () => {
    const fields = fc.constantFrom(
      'messages',
      'stop',
      'temperature',
      'stream',
      'stream_options',
      'tools',
      'metadata',
    );
    fc.assert(
      fc.property(fields, fc.jsonValue(), (name, value) => {
        try {
          parse({ [name]: value });
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});
