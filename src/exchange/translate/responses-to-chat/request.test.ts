import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { type ChatWords, COMMON_WORDS } from '../../chat-words.js';
import { readResponseRequest } from '../../openai/response-request.js';
import { PROVIDERS } from '../../providers.js';
import { RESPONSES_TO_MESSAGES } from '../responses-to-messages/translation.js';
import { RESPONSES_TO_CHAT } from './translation.js';

type Members = Readonly<Record<string, unknown>>;
const USER = { role: 'user', content: 'Hello?' };

const sent = (rest: Members, words?: ChatWords) => {
  const body = utf8(JSON.stringify({ model: 'm', input: 'Hello?', ...rest }));
  readResponseRequest(body);
  const { body: bytes, transforms } = RESPONSES_TO_CHAT.request(body, words);
  const [name, ...others] = transforms;
  expect(name).toBe('responses-to-chat-completions');
  return { body: JSON.parse(fromUtf8(bytes) ?? '') as Members, transforms: others };
};
const conversation = (...input: readonly unknown[]) => {
  const { body, transforms } = sent({ input });
  return { messages: body.messages, transforms };
};
const refused = (rest: Members) => {
  const body = utf8(JSON.stringify({ model: 'm', input: 'Hello?', ...rest }));
  const failure = failureOf(() => RESPONSES_TO_CHAT.request(body));
  expect(failure.code).toBe('request/untranslatable');
  return failure.field;
};

const call = (id: string, text = '{"a": 1}') => ({
  type: 'function_call',
  call_id: id,
  name: 'add',
  arguments: text,
});
const result = (id: string, output: unknown) => ({ type: 'function_call_output', call_id: id, output });
const toolCall = (id: string, text = '{"a": 1}') => ({
  id,
  type: 'function',
  function: { name: 'add', arguments: text },
});
const tool = (id: string, content: unknown) => ({ role: 'tool', tool_call_id: id, content });
const PNG = { type: 'input_image', image_url: 'data:image/png;base64,AA==' };
const PNG_PART = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };

/** As Codex asks in front of a provider of one's own, in its second turn: every member that it sends. */
const CODEX = {
  model: 'm',
  instructions: 'You are a coding agent.',
  input: [
    {
      type: 'message',
      role: 'developer',
      content: [{ type: 'input_text', text: 'The sandbox is read-only.' }],
    },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: '<cwd>/home</cwd>' }] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'What is here?' }] },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'I look.' }], encrypted_content: null },
    {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Let me look.' }],
      phase: 'commentary',
    },
    { type: 'function_call', name: 'shell', arguments: '{"command":["ls"]}', call_id: 'call_1' },
    { type: 'function_call_output', call_id: 'call_1', output: 'a.txt' },
  ],
  tools: [
    {
      type: 'function',
      name: 'shell',
      description: 'Runs a command.',
      strict: false,
      parameters: { type: 'object', properties: { command: { type: 'array', items: { type: 'string' } } } },
    },
    {
      type: 'namespace',
      name: 'multi_agent_v1',
      description: 'Tools for agents.',
      tools: [
        { type: 'function', name: 'close_agent', description: 'Closes one.', strict: false, parameters: {} },
      ],
    },
    { type: 'web_search', external_web_access: false },
  ],
  tool_choice: 'auto',
  parallel_tool_calls: false,
  reasoning: { effort: 'medium', summary: 'auto' },
  store: false,
  stream: true,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: '0199',
  client_metadata: { installation: 'a' },
};

describe('a request of responses for a host of chat completions', () => {
  it('is what Codex sends, with a search left out', () => {
    const { input: _, ...rest } = CODEX;
    expect(sent({ ...rest, input: CODEX.input })).toEqual({
      transforms: ['web-search-omitted', 'tool-namespace-in-name'],
      body: {
        model: 'm',
        messages: [
          {
            role: 'system',
            content: [
              { type: 'text', text: 'You are a coding agent.' },
              { type: 'text', text: 'The sandbox is read-only.' },
            ],
          },
          { role: 'user', content: '<cwd>/home</cwd>' },
          { role: 'user', content: 'What is here?' },
          {
            role: 'assistant',
            content: 'Let me look.',
            reasoning_content: 'I look.',
            tool_calls: [
              {
                id: 'call_1',
                type: 'function',
                function: { name: 'shell', arguments: '{"command":["ls"]}' },
              },
            ],
          },
          tool('call_1', 'a.txt'),
        ],
        tools: [
          {
            type: 'function',
            function: {
              name: 'shell',
              description: 'Runs a command.',
              parameters: CODEX.tools[0]?.parameters,
            },
          },
          {
            type: 'function',
            function: {
              name: 'multi_agent_v1__close_agent',
              description: 'Tools for agents.\n\nCloses one.',
              parameters: {},
            },
          },
        ],
        tool_choice: 'auto',
        parallel_tool_calls: false,
        reasoning_effort: 'medium',
        stream: true,
        stream_options: { include_usage: true },
      },
    });
  });

  it('and also for a host of messages', () => {
    const { body, transforms } = RESPONSES_TO_MESSAGES.request(
      utf8(JSON.stringify({ ...CODEX, model: 'claude-haiku-4-5' })),
    );
    expect(transforms).toEqual([
      'responses-to-messages',
      'web-search-omitted',
      'tool-namespace-in-name',
      'reasoning-omitted',
      'max-tokens-default',
      // The turn that is gone on with has no thought that this host has signed.
      'effort-omitted',
    ]);
    expect(JSON.parse(fromUtf8(body) ?? '')).toMatchObject({
      system: [{ text: 'You are a coding agent.' }, { text: 'The sandbox is read-only.' }],
      messages: [
        { role: 'user', content: '<cwd>/home</cwd>' },
        { role: 'user', content: 'What is here?' },
        {
          role: 'assistant',
          content: [{ text: 'Let me look.' }, { type: 'tool_use', input: { command: ['ls'] } }],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'a.txt' }] },
      ],
      stream: true,
    });
  });

  it('has what an assistant thinks, says and calls in one message, and results right after it', () => {
    expect(
      conversation(
        USER,
        call('c1'),
        { type: 'message', role: 'assistant', content: 'I add.' },
        call('c2', ''),
        result('c2', [{ type: 'input_text', text: '4' }]),
        result('c1', '3'),
        call('c3'),
        result('c3', ''),
        { role: 'assistant', content: [{ type: 'output_text', text: 'Seven.', logprobs: [{}] }] },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No more.' }] },
        { role: 'developer', content: 'Be quick.' },
        USER,
      ),
    ).toEqual({
      transforms: [],
      messages: [
        USER,
        { role: 'assistant', content: 'I add.', tool_calls: [toolCall('c1'), toolCall('c2', '')] },
        tool('c2', '4'),
        tool('c1', '3'),
        { role: 'assistant', content: null, tool_calls: [toolCall('c3')] },
        tool('c3', ''),
        { role: 'assistant', content: 'Seven.' },
        { role: 'assistant', content: null, refusal: 'No more.' },
        { role: 'system', content: 'Be quick.' },
        USER,
      ],
    });
  });

  it('shows images in the results of tools after all of them', () => {
    const label = (id: string) => ({ type: 'text', text: `Images in the result of ${id}:` });
    const outputs = [result('c1', [PNG]), result('c2', [{ type: 'input_text', text: 'b' }, PNG])];
    expect(conversation(USER, call('c1'), call('c2'), ...outputs, USER)).toEqual({
      transforms: ['tool-image-as-user-part'],
      messages: [
        USER,
        { role: 'assistant', content: null, tool_calls: [toolCall('c1'), toolCall('c2')] },
        tool('c1', ''),
        tool('c2', 'b'),
        {
          role: 'user',
          content: [label('c1'), PNG_PART, label('c2'), PNG_PART, { type: 'text', text: 'Hello?' }],
        },
      ],
    });
    const shown = { role: 'user', content: [label('c1'), PNG_PART] };
    const asked = { role: 'assistant', content: null, tool_calls: [toolCall('c1')] };
    expect(conversation(call('c1'), result('c1', [PNG])).messages).toEqual([asked, tool('c1', ''), shown]);
    expect(
      conversation(call('c1'), result('c1', [PNG]), { role: 'system', content: 'a' }, call('c2')).messages,
    ).toEqual([
      asked,
      tool('c1', ''),
      shown,
      { role: 'system', content: 'a' },
      { role: 'assistant', content: null, tool_calls: [toolCall('c2')] },
    ]);
  });

  it('has earlier calls of tools in a namespace under the same names as the tools', () => {
    const { messages } = conversation({ ...call('c1'), namespace: 'n' }, result('c1', 'a'));
    expect(messages).toMatchObject([{ tool_calls: [{ function: { name: 'n__add' } }] }, { role: 'tool' }]);
  });

  it.each<[rest: Members, transforms: readonly string[], message: Members]>([
    [{ summary: [{ type: 'summary_text', text: 'a' }] }, [], { reasoning_content: 'a' }],
    [
      { summary: [{ type: 'summary_text', text: 'a' }], content: [{ type: 'reasoning_text', text: 'b' }] },
      [],
      { reasoning_content: 'b' },
    ],
    [{ summary: [] }, [], {}],
    [
      { summary: [{ type: 'summary_text', text: 'a' }], encrypted_content: 'gAAAA' },
      ['reasoning-omitted'],
      {},
    ],
  ])('brings back thoughts that can be read: %j', (rest, transforms, message) => {
    const said = { role: 'assistant', content: 'Yes.' };
    expect(conversation(USER, { type: 'reasoning', ...rest }, said, USER)).toEqual({
      transforms,
      messages: [USER, { ...said, ...message }, USER],
    });
  });

  it('leaves out a thought after which nothing came', () => {
    const thought = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }] };
    expect(conversation(USER, thought, USER)).toEqual({
      transforms: ['reasoning-omitted'],
      messages: [USER, USER],
    });
  });

  it.each<[rest: Members, body: Members, transforms?: readonly string[]]>([
    [{ max_output_tokens: 9 }, { max_completion_tokens: 9 }],
    [
      { temperature: 1.5, top_p: 0.5 },
      { temperature: 1.5, top_p: 0.5 },
    ],
    [{ reasoning: { effort: 'none' } }, { reasoning_effort: 'none' }],
    [{ reasoning: { summary: 'detailed', generate_summary: 'auto' } }, {}],
    [{ text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    [
      { text: { format: { type: 'json_schema', name: 'n', schema: {}, strict: null, description: 'd' } } },
      { response_format: { type: 'json_schema', json_schema: { name: 'n', description: 'd', schema: {} } } },
    ],
    [{ text: { verbosity: 'high' } }, { verbosity: 'high' }],
    [{ tools: [], tool_choice: 'none', parallel_tool_calls: false }, {}],
    [{ tool_choice: 'required' }, { tool_choice: 'required' }],
    [{ store: true, metadata: { a: 'b' }, max_tool_calls: 3, prompt_cache_retention: '24h' }, {}],
    [{ background: false, truncation: 'disabled', top_logprobs: 0, include: [] }, {}],
    [{ previous_response_id: null, conversation: null, prompt: null }, {}],
    [{ service_tier: 'flex' }, { service_tier: 'flex' }],
    [
      { input: [{ role: 'user', content: [{ ...PNG, detail: 'original' }] }] },
      { messages: [{ role: 'user', content: [PNG_PART] }] },
      ['image-detail-omitted'],
    ],
    [{ instructions: '' }, {}],
    [{ tools: [{ type: 'web_search', external_web_access: true }] }, {}, ['web-search-omitted']],
  ])('%j', (rest, body, transforms = []) => {
    expect(sent(rest)).toEqual({ body: { model: 'm', messages: [USER], ...body }, transforms });
  });
});

describe('request/untranslatable names', () => {
  it.each<[field: string, rest: Members]>([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'p' } }],
    ['background', { background: true }],
    ['truncation', { truncation: 'auto' }],
    ['context_management', { context_management: [] }],
    ['moderation', { moderation: {} }],
    ['top_logprobs', { top_logprobs: 3 }],
    ['include.1', { include: ['reasoning.encrypted_content', 'message.output_text.logprobs'] }],
    ['stream_options.include_usage', { stream_options: { include_usage: true } }],
    ['reasoning.effort', { reasoning: { effort: 'extreme' } }],
    ['reasoning.context', { reasoning: { context: 'a' } }],
    ['text.format.type', { text: { format: { type: 'grammar' } } }],
    ['text.format.schema', { text: { format: { type: 'json_schema', name: 'n' } } }],
    ['text.other', { text: { other: 1 } }],
    ['whatever', { whatever: 1 }],
    ['model', { model: null }],
    ['input', { input: null }],
    ['input', { input: 1 }],
    ['tools.0.type', { tools: [{ type: 'web_search' }] }],
    ['tools.0.type', { tools: [{ type: 'file_search' }] }],
    ['tools.0.type', { tools: [{ type: 'code_interpreter' }] }],
    ['tools.0.type', { tools: [{ type: 'mcp' }] }],
    ['tools.0.type', { tools: [{ type: 'local_shell' }] }],
    ['tools.0.type', { tools: [{ type: 'custom', name: 'apply_patch' }] }],
    [
      'tools.0.tools.0.type',
      { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'custom', name: 'f' }] }] },
    ],
    [
      'tools.0.tools.0.name',
      { tools: [{ type: 'namespace', name: 'a b', tools: [{ type: 'function', name: 'f' }] }] },
    ],
    [
      'tools.0.tools.0.name',
      { tools: [{ type: 'namespace', name: 'n'.repeat(60), tools: [{ type: 'function', name: 'long' }] }] },
    ],
    [
      'tools.1.name',
      {
        tools: [
          { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f' }] },
          { type: 'function', name: 'n__f' },
        ],
      },
    ],
    ['tools.0.name', { tools: [{ type: 'function' }] }],
    ['tools.0.defer_loading', { tools: [{ type: 'function', name: 'f', defer_loading: true }] }],
    ['tool_choice', { tool_choice: 'sometimes' }],
    ['tool_choice.type', { tool_choice: { type: 'allowed_tools' } }],
    ['tool_choice.type', { tool_choice: { type: 'web_search' } }],
  ])('%s (%#)', (field, rest) => {
    expect(refused(rest)).toBe(field);
  });

  it.each<[field: string, input: readonly unknown[]]>([
    ['input.0.type', [{ type: 'item_reference', id: 'a' }]],
    ['input.0.type', [{ type: 'custom_tool_call', call_id: 'c', name: 'f', input: 'a' }]],
    ['input.0.type', [{ type: 'web_search_call', id: 'ws_1' }]],
    ['input.0.type', [{ type: 'compaction', encrypted_content: 'a' }]],
    ['input.0.role', [{ role: 'critic', content: 'a' }]],
    ['input.0.other', [{ ...USER, other: 1 }]],
    ['input.0.content.0.type', [{ role: 'user', content: [{ type: 'input_audio' }] }]],
    ['input.0.content.0.type', [{ role: 'user', content: [{ type: 'output_text', text: 'a' }] }]],
    ['input.0.content.0.file_id', [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }]],
    ['input.0.content.0.image_url', [{ role: 'user', content: [{ type: 'input_image' }] }]],
    ['input.0.content.0.file_url', [{ role: 'user', content: [{ type: 'input_file', file_url: 'f' }] }]],
    ['input.0.content.0.file_data', [{ role: 'user', content: [{ type: 'input_file', filename: 'f' }] }]],
    [
      'input.0.content.0.annotations',
      [{ role: 'assistant', content: [{ type: 'output_text', text: 'a', annotations: [{}] }] }],
    ],
    ['input.0.call_id', [result('c1', 'a')]],
    ['input.1.call_id', [call('c1'), result('c2', 'a')]],
    ['input.2.call_id', [call('c1'), result('c1', 'a'), result('c1', 'a')]],
    ['input.1.output.0.type', [call('c1'), result('c1', [{ type: 'input_file', file_data: 'a' }])]],
    ['input.0.namespace', [{ ...call('c1'), namespace: 1 }]],
    ['input.0.caller.type', [{ ...call('c1'), caller: { type: 'program' } }]],
    ['input.0.summary.0.type', [{ type: 'reasoning', summary: [{ type: 'other', text: 'a' }] }]],
    ['input.0.encrypted_content', [{ type: 'reasoning', encrypted_content: 'countersign-thoughts:AA' }]],
    ['input.0.encrypted_content', [{ type: 'reasoning', encrypted_content: 'countersign-thoughts:e30=' }]],
  ])('%s (%#)', (field, input) => {
    expect(refused({ input })).toBe(field);
  });

  it('a result that somebody has spoken before', () => {
    expect(
      refused({ input: [call('c1'), call('c2'), result('c1', 'a'), USER, call('c3'), result('c2', 'b')] }),
    ).toBe('input.5.call_id');
  });
});

describe('a request for a host that does not take all of OpenAI’s words', () => {
  it('has its limit under the name that every server knows', () => {
    expect(sent({ max_output_tokens: 5 }, COMMON_WORDS).body).toMatchObject({ max_tokens: 5 });
  });

  it('is without the members that a strict host refuses', () => {
    const thought = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }] };
    const input = [USER, thought, { role: 'assistant', content: 'Yes.' }, USER];
    const rest = { input, user: 'u', service_tier: 'auto', stream: true };
    expect(sent(rest, PROVIDERS.get('mistral')?.chatWords)).toEqual({
      body: { model: 'm', messages: [USER, { role: 'assistant', content: 'Yes.' }, USER], stream: true },
      transforms: ['reasoning-omitted', 'user-omitted', 'service-tier-omitted'],
    });
  });
});
