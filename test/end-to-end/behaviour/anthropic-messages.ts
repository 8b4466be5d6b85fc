/** Anthropic's SDK at messages. */
import Anthropic from '@anthropic-ai/sdk';
import { type Client, partsBut, sdkError, toldBySdk } from './client.js';
import type { Call, Finish, Question, Seen } from './conversation.js';
import { set } from './host.js';

type Body = Anthropic.MessageCreateParamsNonStreaming;

const FINISH: Readonly<Record<string, Finish>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  tool_use: 'calls',
  refusal: 'refused',
};

export const ANTHROPIC_MESSAGES: Client = {
  name: '@anthropic-ai/sdk, messages',
  surface: 'messages',
  callType: 'tool_use',
  errorOf: sdkError,
  aborted: { before: 'APIUserAbortError', during: 'APIUserAbortError' },
  attachments: ({ messages }) =>
    messages.flatMap(({ content }: { content: unknown }) =>
      partsBut(content, 'text', 'tool_use', 'tool_result'),
    ),
  ask: async ({ address, fetch, key, model, retries }, question, { stream, signal, onPiece }) => {
    const client = new Anthropic({ baseURL: address, apiKey: key, fetch, maxRetries: retries });
    const body = bodyOf(model, question);
    if (!stream) return seen(await client.messages.create(body, { signal }));
    const streamed = client.messages.stream(body, { signal });
    streamed.on('text', () => onPiece?.());
    return seen(await streamed.finalMessage());
  },
  told: toldBySdk,
};

function bodyOf(model: string, question: Question): Body {
  const { text, instructions: system, image, file, tools, earlier = [], schema, effort } = question;
  const content: Anthropic.ContentBlockParam[] = [
    { type: 'text', text },
    ...(image === undefined
      ? []
      : [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } } as const]),
    ...(file === undefined
      ? []
      : [
          {
            type: 'document',
            title: 'a.pdf',
            source: { type: 'base64', media_type: 'application/pdf', data: file },
          } as const,
        ]),
  ];
  const turns: Anthropic.MessageParam[] =
    earlier.length === 0
      ? []
      : [
          { role: 'assistant', content: earlier.map(({ call }) => ({ type: 'tool_use', ...call })) },
          {
            role: 'user',
            content: earlier.map(({ call, result }) => ({
              type: 'tool_result',
              tool_use_id: call.id,
              content: result,
            })),
          },
        ];
  const config = set({
    effort,
    format: schema === undefined ? undefined : ({ type: 'json_schema', schema: { ...schema } } as const),
  });
  return set({
    model,
    max_tokens: 1000,
    system,
    messages: [{ role: 'user', content: content.length === 1 ? text : content } as const, ...turns],
    tools: tools?.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
    thinking: effort === undefined ? undefined : ({ type: 'adaptive' } as const),
    output_config: Object.keys(config).length === 0 ? undefined : config,
    temperature: question.temperature,
  }) as Body;
}

function seen({ content, stop_reason: reason, stop_details: details, usage }: Anthropic.Message): Seen {
  const cached = usage.cache_read_input_tokens ?? 0;
  return {
    reasoning: content.map(block => (block.type === 'thinking' ? block.thinking : '')).join(''),
    text: content.map(block => (block.type === 'text' ? block.text : '')).join(''),
    refusal: details?.explanation ?? '',
    calls: content.flatMap(block =>
      block.type === 'tool_use'
        ? [{ id: block.id, name: block.name, input: block.input as Call['input'] }]
        : [],
    ),
    logprob: null,
    finish: FINISH[reason ?? ''] ?? 'other',
    counts: {
      prompt: usage.input_tokens + cached,
      completion: usage.output_tokens,
      cached,
      reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
    },
  };
}
