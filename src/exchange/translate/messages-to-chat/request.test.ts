import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { type ChatWords, COMMON_WORDS } from '../../chat-words.js';
import { PROVIDERS } from '../../providers.js';
import { MESSAGES_TO_CHAT } from './translation.js';

type Members = Readonly<Record<string, unknown>>;
const USER = { role: 'user', content: 'Hello?' };
const sent = (rest: Members, messages: readonly unknown[] = [USER], words?: ChatWords) => {
  const body = { model: 'm', max_tokens: 5, messages, ...rest };
  const { body: bytes, transforms } = MESSAGES_TO_CHAT.request(utf8(JSON.stringify(body)), words);
  const [name, ...others] = transforms;
  expect(name).toBe('messages-to-chat-completions');
  return { body: JSON.parse(fromUtf8(bytes) ?? '') as Members, transforms: others };
};
const refused = (rest: Members, messages?: readonly unknown[]) => {
  const failure = failureOf(() => sent(rest, messages));
  expect(failure.code).toBe('request/untranslatable');
  return failure.field;
};

describe('a request of messages for a host of chat completions', () => {
  it('has its system prompt first, its tools’ calls as texts and their results as messages', () => {
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'Hello?', cache_control: { type: 'ephemeral' } }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 's' },
          { type: 'redacted_thinking', data: 'x' },
          { type: 'tool_use', id: 'toolu_1', name: 'add', input: { a: 1 } },
          { type: 'text', text: 'I add.' },
          { type: 'tool_use', id: 'toolu_2', name: 'add', input: {}, caller: { type: 'direct' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: 'no such number', is_error: true },
          { type: 'tool_result', tool_use_id: 'toolu_2' },
          { type: 'text', text: 'And now?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
        ],
      },
      { role: 'system', content: 'Be quick.' },
    ];
    const system = [
      { type: 'text', text: 'Be short.', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'Be kind.' },
    ];
    const called = (id: string, text: string) => ({
      id,
      type: 'function',
      function: { name: 'add', arguments: text },
    });
    expect(sent({ system }, messages)).toEqual({
      transforms: ['reasoning-omitted', 'tool-error-as-text'],
      body: {
        model: 'm',
        max_completion_tokens: 5,
        messages: [
          {
            role: 'system',
            content: [
              { type: 'text', text: 'Be short.' },
              { type: 'text', text: 'Be kind.' },
            ],
          },
          { role: 'user', content: 'Hello?' },
          {
            role: 'assistant',
            content: 'I add.',
            reasoning_content: 'Hm.',
            tool_calls: [called('toolu_1', '{"a":1}'), called('toolu_2', '{}')],
          },
          { role: 'tool', tool_call_id: 'toolu_1', content: 'Error: no such number' },
          { role: 'tool', tool_call_id: 'toolu_2', content: '' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'And now?' },
              { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
            ],
          },
          { role: 'system', content: 'Be quick.' },
        ],
      },
    });
  });

  it('has documents as files', () => {
    const content = [
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
        title: 'a.pdf',
      },
      {
        type: 'document',
        source: { type: 'text', media_type: 'text/plain', data: 'é' },
        citations: { enabled: false },
      },
    ];
    expect(sent({}, [{ role: 'user', content }]).body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
          { type: 'file', file: { file_data: 'data:text/plain;base64,w6k=' } },
        ],
      },
    ]);
  });

  it('has the client’s tools as functions', () => {
    const schema = { type: 'object', properties: {} };
    const tools = [
      { name: 'f', input_schema: schema, strict: true, cache_control: { type: 'ephemeral' } },
      { type: 'custom', name: 'g', description: 'd', input_schema: schema, eager_input_streaming: true },
    ];
    expect(sent({ tools }).body.tools).toEqual([
      { type: 'function', function: { name: 'f', parameters: schema, strict: true } },
      { type: 'function', function: { name: 'g', description: 'd', parameters: schema } },
    ]);
  });

  it.each<[rest: Members, body: Members, transforms?: readonly string[]]>([
    [{ stop_sequences: ['a', 'b'] }, { stop: ['a', 'b'] }],
    [
      { temperature: 0.5, top_p: 0.5, top_k: 3 },
      { temperature: 0.5, top_p: 0.5, top_k: 3 },
    ],
    [{ tool_choice: { type: 'auto' } }, { tool_choice: 'auto' }],
    [
      { tool_choice: { type: 'any', disable_parallel_tool_use: true } },
      { tool_choice: 'required', parallel_tool_calls: false },
    ],
    [
      { tool_choice: { type: 'tool', name: 'f' } },
      { tool_choice: { type: 'function', function: { name: 'f' } } },
    ],
    [{ tool_choice: { type: 'none' } }, { tool_choice: 'none' }],
    [{ thinking: { type: 'disabled' } }, { reasoning_effort: 'none' }],
    [
      { thinking: { type: 'disabled' }, output_config: { effort: 'low' } },
      { reasoning_effort: 'none' },
      ['effort-omitted'],
    ],
    [{ thinking: { type: 'adaptive', display: 'summarized' } }, {}],
    [{ thinking: { type: 'enabled', budget_tokens: 4095 } }, { reasoning_effort: 'low' }],
    [{ thinking: { type: 'enabled', budget_tokens: 4096 } }, { reasoning_effort: 'medium' }],
    [{ thinking: { type: 'enabled', budget_tokens: 16_384 } }, { reasoning_effort: 'high' }],
    [{ output_config: { effort: 'max' } }, { reasoning_effort: 'max' }],
    [
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
        },
      },
    ],
    [{ metadata: { user_id: 'u' } }, { user: 'u' }],
    [{ service_tier: 'standard_only' }, { service_tier: 'default' }],
    [{ service_tier: 'auto' }, { service_tier: 'auto' }],
    [{ speed: 'fast' }, {}, ['service-tier-omitted']],
    [{ speed: 'standard' }, {}],
    [{ stream: true }, { stream: true, stream_options: { include_usage: true } }],
    [{ mcp_servers: [], container: null, diagnostics: {}, cache_control: { type: 'ephemeral' } }, {}],
    [{ context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] } }, {}],
  ])('%j', (rest, body, transforms = []) => {
    expect(sent(rest)).toEqual({
      body: { model: 'm', max_completion_tokens: 5, messages: [USER], ...body },
      transforms,
    });
  });
});

describe('request/untranslatable names', () => {
  it.each<[field: string, rest: Members]>([
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: -1 }],
    ['max_tokens', { max_tokens: '5' }],
    ['thinking', { thinking: true }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: -1 } }],
    ['max_tokens', { max_tokens: null }],
    ['container', { container: 'c' }],
    ['mcp_servers', { mcp_servers: [{ url: 'https://a.example' }] }],
    ['inference_geo', { inference_geo: 'eu' }],
    ['whatever', { whatever: 1 }],
    [
      'context_management.edits.0.type',
      { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } },
    ],
    ['context_management.other', { context_management: { other: 1 } }],
    ['tools.0.type', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['tools.0.input_examples', { tools: [{ name: 'f', input_schema: {}, input_examples: [{}] }] }],
    ['tools.0.defer_loading', { tools: [{ name: 'f', input_schema: {}, defer_loading: true }] }],
    [
      'tools.0.allowed_callers.0',
      { tools: [{ name: 'f', input_schema: {}, allowed_callers: ['code_execution_20250825'] }] },
    ],
    ['tools.0.input_schema', { tools: [{ name: 'f' }] }],
    ['tool_choice.type', { tool_choice: { type: 'other' } }],
    ['tool_choice.name', { tool_choice: { type: 'auto', name: 'f' } }],
    ['thinking.type', { thinking: { type: 'between_tools' } }],
    ['thinking', { thinking: {} }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled' } }],
    ['output_config.effort', { output_config: { effort: 'minimal' } }],
    ['output_config.task_budget', { output_config: { task_budget: {} } }],
    ['output_config.format.type', { output_config: { format: { type: 'text' } } }],
    [
      'output_format',
      {
        output_config: { format: { type: 'json_schema', schema: {} } },
        output_format: { type: 'json_schema', schema: {} },
      },
    ],
    ['service_tier', { service_tier: 'other' }],
    ['system.0.type', { system: [{ type: 'image' }] }],
    ['system', { system: 1 }],
    ['temperature', { temperature: 'warm' }],
    ['stop_sequences.0', { stop_sequences: [1] }],
  ])('%s', (field, rest) => {
    expect(refused(rest)).toBe(field);
  });

  const user = (...content: readonly unknown[]) => [{ role: 'user', content }];
  const assistant = (...content: readonly unknown[]) => [USER, { role: 'assistant', content }, USER];
  it.each<[field: string, messages: readonly unknown[]]>([
    ['messages.0.role', [{ role: 'tool', content: 'a' }]],
    ['messages.0.name', [{ ...USER, name: 'a' }]],
    ['messages.0.content', [{ role: 'user', content: 1 }]],
    ['messages.0.content.0.type', user({ type: 'search_result' })],
    ['messages.0.content.0.type', user({ type: 'container_upload', file_id: 'f' })],
    ['messages.0.content.0.type', user(1)],
    ['messages.0.content.0.citations', user({ type: 'text', text: 'a', citations: [{}] })],
    ['messages.0.content.0.source.type', user({ type: 'image', source: { type: 'file', file_id: 'f' } })],
    [
      'messages.0.content.0.source.type',
      user({ type: 'document', source: { type: 'url', url: 'https://a.example' } }),
    ],
    [
      'messages.0.content.0.source.type',
      user({ type: 'document', source: { type: 'content', content: 'a' } }),
    ],
    [
      'messages.0.content.0.source.data',
      user({ type: 'document', source: { type: 'text', data: '\ud800' } }),
    ],
    ['messages.0.content.0.context', user({ type: 'document', source: {}, context: 'a' })],
    ['messages.0.content.0.transformations', user({ type: 'image', source: {}, transformations: { a: 1 } })],
    [
      'messages.0.content.0.citations.enabled',
      user({ type: 'document', source: { type: 'text', data: 'a' }, citations: { enabled: true } }),
    ],
    ['messages.0.content.1', user({ type: 'text', text: 'a' }, { type: 'tool_result', tool_use_id: 't' })],
    [
      'messages.0.content.0.content.0.source.type',
      user({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'image' }] }),
    ],
    [
      'messages.0.content.0.content.0.type',
      user({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'document' }] }),
    ],
    [
      'messages.0.content.1',
      user(
        { type: 'text', text: 'a' },
        { type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: {} }] },
      ),
    ],
    [
      'messages.0.content.0.toolset_name',
      user({ type: 'tool_result', tool_use_id: 't', toolset_name: 'browser' }),
    ],
    [
      'messages.1.content.0.type',
      assistant({ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
    ],
    [
      'messages.1.content.0.caller.type',
      assistant({ type: 'tool_use', id: 't', name: 'f', input: {}, caller: { type: 'x' } }),
    ],
    ['messages.1.content.0.input', assistant({ type: 'tool_use', id: 't', name: 'f', input: 'a' })],
    ['messages.1', [USER, { role: 'assistant', content: 'The answer is' }]],
  ])('%s (%#)', (field, messages) => {
    expect(refused({}, messages)).toBe(field);
  });
});

describe('images in the results of tools are shown after all of them', () => {
  const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
  const gif = { type: 'image', source: { type: 'url', url: 'https://a.example/b.gif' } };
  const [pngPart, gifPart] = ['data:image/png;base64,AA==', 'https://a.example/b.gif'].map(url => ({
    type: 'image_url',
    image_url: { url },
  }));
  const use = (id: string) => ({ type: 'tool_use', id, name: 'look', input: {} });
  const label = (id: string) => ({ type: 'text', text: `Images in the result of ${id}:` });
  const shownAfter = (...content: readonly object[]) => {
    const messages = [
      USER,
      { role: 'assistant', content: [use('t1'), use('t2')] },
      { role: 'user', content },
    ];
    const { body, transforms } = sent({}, messages);
    return { messages: (body.messages as readonly object[]).slice(2), transforms };
  };
  const result = (id: string, content: unknown, rest: Members = {}) => ({
    type: 'tool_result',
    tool_use_id: id,
    content,
    ...rest,
  });
  const tool = (id: string, content: unknown) => ({ role: 'tool', tool_call_id: id, content });
  const transforms = ['tool-image-as-user-part'];

  it('and before what the user says', () => {
    const content = [
      result('t1', [{ type: 'text', text: 'a' }, png, { type: 'text', text: 'b' }, gif]),
      result('t2', 'c'),
      { type: 'text', text: 'And now?' },
    ];
    const texts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    const said = [label('t1'), pngPart, gifPart, { type: 'text', text: 'And now?' }];
    expect(shownAfter(...content)).toEqual({
      messages: [tool('t1', texts), tool('t2', 'c'), { role: 'user', content: said }],
      transforms,
    });
  });

  it('of each under its own name, also where there is nothing else', () => {
    expect(shownAfter(result('t1', [png]), result('t2', [gif], { is_error: true }))).toEqual({
      messages: [
        tool('t1', ''),
        tool('t2', 'Error: '),
        { role: 'user', content: [label('t1'), pngPart, label('t2'), gifPart] },
      ],
      transforms: [...transforms, 'tool-error-as-text'],
    });
  });

  it('and where there is none, nobody says anything', () => {
    const { messages, transforms: none } = shownAfter(result('t1', 'a'), result('t2', []));
    expect({ messages, none }).toEqual({ messages: [tool('t1', 'a'), tool('t2', '')], none: [] });
  });
});

describe('a request for a host that does not take all of OpenAI’s words', () => {
  const words = PROVIDERS.get('mistral')?.chatWords;

  it('has its limit under the name that every server knows', () => {
    expect(sent({}, [USER], COMMON_WORDS).body).toEqual({ model: 'm', messages: [USER], max_tokens: 5 });
  });

  it('is without the members that a strict host refuses', () => {
    const thought = { type: 'thinking', thinking: 'Hm.', signature: 's' };
    const messages = [USER, { role: 'assistant', content: [thought, { type: 'text', text: 'Yes.' }] }, USER];
    const rest = { stream: true, metadata: { user_id: 'u' }, service_tier: 'auto' };
    expect(sent(rest, messages, words)).toEqual({
      body: {
        model: 'm',
        messages: [USER, { role: 'assistant', content: 'Yes.' }, USER],
        max_tokens: 5,
        stream: true,
      },
      transforms: ['reasoning-omitted', 'user-omitted', 'service-tier-omitted'],
    });
  });

  it('says of nothing that it was left out where nothing was', () => {
    expect(sent({}, [USER], words).transforms).toEqual([]);
  });

  it('is refused where it names a service tier that nobody has', () => {
    expect(failureOf(() => sent({ service_tier: 'best' }, [USER], words))).toMatchObject({
      field: 'service_tier',
    });
  });
});

it.each([
  ['as long as OpenAI’s API takes it', 64, 'u'.repeat(64), []],
  ['longer, as Anthropic’s own clients write it', 65, undefined, ['user-omitted']],
])('a user’s name that is %s', (_, length, user, transforms) => {
  const { body, transforms: named } = sent({ metadata: { user_id: 'u'.repeat(length) } });
  expect({ user: body.user, named }).toEqual({ user, named: transforms });
});

it('an empty list of tools is none, as OpenAI’s API takes no empty one', () => {
  expect(sent({ tools: [] }).body).not.toHaveProperty('tools');
});
