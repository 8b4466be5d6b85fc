import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { CHAT_TO_MESSAGES } from './translation.js';

type Members = Readonly<Record<string, unknown>>;
const USER = { role: 'user', content: 'Hello?' };
const translated = (rest: Members, messages: readonly unknown[] = [USER]) => {
  const { body, transforms } = CHAT_TO_MESSAGES.request(
    utf8(JSON.stringify({ model: 'm', messages, ...rest })),
  );
  const [name, ...others] = transforms;
  expect(name).toBe('chat-completions-to-messages');
  return { body: JSON.parse(fromUtf8(body) ?? '') as Members, transforms: others };
};
const sent = (rest: Members, messages?: readonly unknown[]) =>
  translated({ max_tokens: 5, ...rest }, messages);
const refused = (rest: Members, messages?: readonly unknown[]) => {
  const failure = failureOf(() => translated(rest, messages));
  expect(failure.code).toBe('request/untranslatable');
  return failure.field;
};

describe('a chat request for a host of messages', () => {
  it('has its instructions beside the turns, its tools’ calls as objects and their results in one turn', () => {
    const call = (id: string, text: string) => ({
      id,
      type: 'function',
      function: { name: 'add', arguments: text },
    });
    const messages = [
      { role: 'developer', content: 'Be short.' },
      { role: 'system', content: [{ type: 'text', text: 'Be kind.' }] },
      USER,
      { role: 'assistant', content: 'I add.', tool_calls: [call('call_1', '{"a": 1}'), call('call_2', ' ')] },
      { role: 'tool', tool_call_id: 'call_1', name: 'add', content: '3' },
      { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: '4' }] },
      { role: 'user', content: 'And now?' },
      { role: 'system', content: 'Be quick.' },
      { role: 'user', content: [{ type: 'text', text: 'Well?' }] },
    ];
    expect(sent({}, messages)).toEqual({
      transforms: [],
      body: {
        model: 'm',
        max_tokens: 5,
        system: [
          { type: 'text', text: 'Be short.' },
          { type: 'text', text: 'Be kind.' },
        ],
        messages: [
          { role: 'user', content: 'Hello?' },
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'I add.' },
              { type: 'tool_use', id: 'call_1', name: 'add', input: { a: 1 } },
              { type: 'tool_use', id: 'call_2', name: 'add', input: {} },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 'call_1', content: '3' },
              { type: 'tool_result', tool_use_id: 'call_2', content: '4' },
              { type: 'text', text: 'And now?' },
            ],
          },
          { role: 'system', content: 'Be quick.' },
          { role: 'user', content: 'Well?' },
        ],
      },
    });
  });

  it('has images and documents as sources', () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'high' } },
      {
        type: 'image_url',
        image_url: { url: 'https://a.example/b.png' },
        cache_control: { type: 'ephemeral' },
      },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
      { type: 'file', file: { file_data: 'data:text/plain;base64,w6k=' } },
    ];
    const { body, transforms } = sent({}, [{ role: 'user', content }]);
    expect(transforms).toEqual(['image-detail-omitted']);
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
          {
            type: 'image',
            source: { type: 'url', url: 'https://a.example/b.png' },
            cache_control: { type: 'ephemeral' },
          },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
            title: 'a.pdf',
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'é' } },
        ],
      },
    ]);
  });

  it('brings back signed thoughts, and leaves out unsigned ones', () => {
    const blocks = [
      { type: 'thinking', thinking: 'Hm.', signature: 's' },
      { type: 'redacted_thinking', data: 'x' },
    ];
    const turn = { role: 'assistant', content: 'a', reasoning_content: 'Hm.' };
    const signed = sent({}, [USER, { ...turn, thinking_blocks: blocks }, USER]);
    expect(signed).toMatchObject({
      transforms: [],
      body: { messages: [{}, { content: [...blocks, { type: 'text', text: 'a' }] }, {}] },
    });
    const unsigned = sent({}, [USER, turn, USER]);
    expect(unsigned).toMatchObject({
      transforms: ['reasoning-omitted'],
      body: { messages: [{}, { content: 'a' }, {}] },
    });
  });

  it.each<[rest: Members, body: Members, transforms?: readonly string[]]>([
    [{ max_tokens: null }, { max_tokens: 8192 }, ['max-tokens-default']],
    [{ max_tokens: undefined, max_completion_tokens: 9 }, { max_tokens: 9 }],
    [{ max_completion_tokens: 5 }, {}],
    [{ stop: 'a' }, { stop_sequences: ['a'] }],
    [
      { temperature: 1, top_p: 0.5, top_k: 3 },
      { temperature: 1, top_p: 0.5, top_k: 3 },
    ],
    [{ reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }],
    [{ reasoning_effort: 'minimal' }, { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }],
    [{ reasoning_effort: 'xhigh' }, { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }],
    [
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema: { type: 'object' }, strict: true },
        },
        reasoning_effort: 'low',
      },
      {
        thinking: { type: 'adaptive' },
        output_config: { effort: 'low', format: { type: 'json_schema', schema: { type: 'object' } } },
      },
    ],
    [{ parallel_tool_calls: false }, {}],
    [
      { parallel_tool_calls: false, tools: [{ type: 'function', function: { name: 'f' } }] },
      {
        tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      },
    ],
    [
      { parallel_tool_calls: false, tool_choice: { type: 'function', function: { name: 'f' } } },
      { tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true } },
    ],
    [{ parallel_tool_calls: false, tool_choice: 'none' }, { tool_choice: { type: 'none' } }],
    [{ user: 'u' }, { metadata: { user_id: 'u' } }],
    [{ safety_identifier: 's', user: 'u' }, { metadata: { user_id: 's' } }],
    [{ service_tier: 'auto' }, { service_tier: 'auto' }],
    [{ service_tier: 'default' }, { service_tier: 'standard_only' }],
    [{ service_tier: 'flex' }, {}, ['service-tier-omitted']],
    [{ stream: true, stream_options: { include_usage: true, include_obfuscation: false } }, { stream: true }],
    [{ store: true, metadata: { a: 'b' }, prediction: {}, prompt_cache_key: 'k' }, {}],
    [
      {
        n: 1,
        logprobs: false,
        top_logprobs: 0,
        presence_penalty: 0,
        frequency_penalty: 0,
        verbosity: 'medium',
      },
      {},
    ],
    [{ logit_bias: {}, modalities: ['text'], functions: [], seed: null, audio: null, whatever: null }, {}],
  ])('%j', (rest, body, transforms = []) => {
    expect(sent(rest)).toEqual({
      body: { model: 'm', max_tokens: 5, messages: [USER], ...body },
      transforms,
    });
  });

  it('goes to a host that must be told which version of the API it is', () => {
    expect(CHAT_TO_MESSAGES.headers).toEqual({ 'anthropic-version': '2023-06-01' });
  });
});

describe('request/untranslatable names', () => {
  it.each<[field: string, rest: Members]>([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['top_logprobs', { top_logprobs: 2 }],
    ['seed', { seed: 1 }],
    ['audio', { audio: { voice: 'a' } }],
    ['modalities.1', { modalities: ['text', 'audio'] }],
    ['web_search_options', { web_search_options: {} }],
    ['moderation', { moderation: {} }],
    ['frequency_penalty', { frequency_penalty: 0.1 }],
    ['presence_penalty', { presence_penalty: -1 }],
    ['logit_bias', { logit_bias: { 5: 1 } }],
    ['verbosity', { verbosity: 'low' }],
    ['temperature', { temperature: 1.5 }],
    ['temperature', { temperature: '1' }],
    ['reasoning_effort', { reasoning_effort: 'extreme' }],
    ['max_tokens', { max_tokens: 5, max_completion_tokens: 6 }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: -1 }],
    ['max_tokens', { max_tokens: '5' }],
    ['max_completion_tokens', { max_tokens: null, max_completion_tokens: -1 }],
    ['messages.0.content.0', { messages: [{ role: 'user', content: ['a'] }] }],
    ['reasoning_effort', { reasoning_effort: 'default' }],
    ['reasoning_effort', { reasoning_effort: 5 }],
    ['service_tier', { service_tier: {} }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['function_call', { function_call: 'auto' }],
    ['whatever', { whatever: 1 }],
    ['*', { 'not a name\n': 1 }],
    ['__proto__', JSON.parse('{"__proto__": 1}')],
    ['response_format.type', { response_format: { type: 'json_object' } }],
    [
      'response_format.json_schema.description',
      {
        response_format: {
          type: 'json_schema',
          json_schema: { schema: { description: 'a' }, description: 'b' },
        },
      },
    ],
    [
      'response_format.json_schema.schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'a' } } },
    ],
    ['stream_options.other', { stream_options: { other: true } }],
    ['stop.0', { stop: [1] }],
    ['stop', { stop: 1 }],
    ['tools.0.type', { tools: [{ type: 'custom', custom: { name: 'f' } }] }],
    ['tools.0.function.other', { tools: [{ type: 'function', function: { name: 'f', other: 1 } }] }],
    ['tools.0.function.name', { tools: [{ type: 'function', function: {} }] }],
    ['tools', { tools: {} }],
    ['tool_choice', { tool_choice: 'sometimes' }],
    ['tool_choice', { tool_choice: { type: 'allowed_tools', allowed_tools: {} } }],
    ['parallel_tool_calls', { parallel_tool_calls: 'no' }],
    ['model', { model: null }],
  ])('%s', (field, rest) => {
    expect(refused(rest)).toBe(field);
  });

  const user = (part: unknown) => [{ role: 'user', content: [part] }];
  const call = (called: Members, rest: Members = {}) => [
    USER,
    { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: called, ...rest }] },
    { role: 'tool', tool_call_id: 'c', content: '' },
  ];
  it.each<[field: string, messages: readonly unknown[]]>([
    ['messages.0.role', [{ role: 'function', name: 'f', content: 'a' }]],
    ['messages.0.role', [{}]],
    ['messages.0.name', [{ ...USER, name: 'Ann' }]],
    ['messages.0.content', [{ role: 'user', content: 1 }]],
    ['messages.0.content.0.type', user({ type: 'input_audio', input_audio: {} })],
    ['messages.0.content.0', user('a')],
    ['messages.0.content.0.text', user({ type: 'text', text: 1 })],
    [
      'messages.0.content.0.image_url.url',
      user({ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AA==' } }),
    ],
    [
      'messages.0.content.0.image_url.url',
      user({ type: 'image_url', image_url: { url: 'data:image/png,a' } }),
    ],
    [
      'messages.0.content.0.image_url.url',
      user({ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }),
    ],
    ['messages.0.content.0.file.file_id', user({ type: 'file', file: { file_id: 'f' } })],
    [
      'messages.0.content.0.file.file_data',
      user({ type: 'file', file: { file_data: 'data:text/csv;base64,AA==' } }),
    ],
    [
      'messages.0.content.0.file.file_data',
      user({ type: 'file', file: { file_data: 'data:text/plain;base64,/w==' } }),
    ],
    ['messages.0.content.0.cache_control', user({ type: 'text', text: 'a', cache_control: 1 })],
    ['messages.1', [USER, { role: 'assistant', content: 'The answer is' }]],
    ['messages.1.audio', [USER, { role: 'assistant', audio: { id: 'a' } }, USER]],
    ['messages.1.function_call', [USER, { role: 'assistant', function_call: { name: 'f' } }, USER]],
    [
      'messages.1.thinking_blocks.0.type',
      [USER, { role: 'assistant', content: 'a', thinking_blocks: [{}] }, USER],
    ],
    ['messages.1.tool_calls.0.type', call({ name: 'f' }, { type: 'custom' })],
    ['messages.1.tool_calls.0.function.arguments', call({ name: 'f', arguments: '{' })],
    ['messages.1.tool_calls.0.function.arguments', call({ name: 'f', arguments: '[1]' })],
    [
      'messages.1.tool_calls.0.function.arguments',
      call({ name: 'f', arguments: `{"a":${'['.repeat(200)}${']'.repeat(200)}}` }),
    ],
    [
      'messages.2.content.0.type',
      [
        ...call({ name: 'f' }).slice(0, 2),
        { role: 'tool', tool_call_id: 'c', content: [{ type: 'image_url' }] },
      ],
    ],
    ['messages.2.tool_call_id', [...call({ name: 'f' }).slice(0, 2), { role: 'tool', content: 'a' }]],
  ])('%s (%#)', (field, messages) => {
    expect(refused({}, messages)).toBe(field);
  });

  it.each(['', '{', '[]', 'null', '"a"'])('no member of what is no request: %j', body => {
    expect(failureOf(() => CHAT_TO_MESSAGES.request(utf8(body)))).toMatchObject({
      code: 'request/untranslatable',
      field: undefined,
    });
  });

  it('nothing that is nested too deep to be written', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const body = `{"model":"m","messages":[{"role":"user","content":"a"}],"metadata":${deep}}`;
    expect(failureOf(() => CHAT_TO_MESSAGES.request(utf8(body))).code).toBe('request/untranslatable');
  });
});
