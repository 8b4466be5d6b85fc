/** OpenAI's SDK at chat completions. */
import OpenAI from 'openai';
import { type Client, type Connection, partsBut, sdkError, toldBySdk } from './client.js';
import type { Counts, Finish, Question, Seen } from './conversation.js';
import { set } from './host.js';

type Body = OpenAI.ChatCompletionCreateParamsNonStreaming;
/** With what servers beside OpenAI's have of it. */
type Message = OpenAI.ChatCompletionMessage & { readonly reasoning_content?: string };

const FINISH: Readonly<Record<string, Finish>> = { stop: 'stop', length: 'length', tool_calls: 'calls' };

export const OPENAI_CHAT: Client = {
  name: 'openai, chat completions',
  surface: 'chat/completions',
  callType: 'function',
  errorOf: sdkError,
  aborted: { before: 'APIUserAbortError', during: 'APIUserAbortError' },
  attachments: ({ messages }) =>
    messages.flatMap(({ content }: { content: unknown }) => partsBut(content, 'text')),
  ask: async (connection, question, { stream, signal, onPiece = () => undefined }) => {
    const client = open(connection);
    const body = bodyOf(connection.model, question);
    if (!stream) return seen(await client.chat.completions.create(body, { signal }));
    const streamed = client.chat.completions.stream(
      { ...body, stream: true, stream_options: { include_usage: true } },
      { signal },
    );
    let reasoning = '';
    streamed.on('chunk', ({ choices: [choice] }) => {
      reasoning += (choice?.delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? '';
      if (choice?.delta.content) onPiece();
    });
    return { ...seen(await streamed.finalChatCompletion()), reasoning };
  },
  told: toldBySdk,
};

export function open({ address, fetch, key: apiKey, retries: maxRetries }: Connection): OpenAI {
  return new OpenAI({ baseURL: `${address}/v1`, apiKey, fetch, maxRetries });
}

function bodyOf(model: string, question: Question): Body {
  const { text, instructions, image, file, tools, earlier = [], schema, effort } = question;
  const content: OpenAI.ChatCompletionContentPart[] = [
    { type: 'text', text },
    ...(image === undefined
      ? []
      : [{ type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } } as const]),
    ...(file === undefined
      ? []
      : [
          {
            type: 'file',
            file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${file}` },
          } as const,
        ]),
  ];
  return set({
    model,
    messages: [
      ...(instructions === undefined ? [] : [{ role: 'system', content: instructions } as const]),
      { role: 'user', content: content.length === 1 ? text : content } as const,
      ...(earlier.length === 0
        ? []
        : [
            {
              role: 'assistant',
              content: null,
              tool_calls: earlier.map(({ call: { id, name, input } }) => ({
                id,
                type: 'function',
                function: { name, arguments: JSON.stringify(input) },
              })),
            } as const,
          ]),
      ...earlier.map(
        ({ call, result }) => ({ role: 'tool', tool_call_id: call.id, content: result }) as const,
      ),
    ],
    tools: tools?.map(tool => ({ type: 'function', function: { ...tool } }) as const),
    response_format:
      schema === undefined
        ? undefined
        : ({ type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } as const),
    reasoning_effort: effort,
    logprobs: question.logprobs,
    temperature: question.temperature,
  }) as Body;
}

function seen({ choices: [choice], usage }: OpenAI.ChatCompletion): Seen {
  if (choice === undefined) throw new Error('no choice');
  const {
    content,
    refusal,
    tool_calls: calls = [],
    reasoning_content: reasoning,
  } = choice.message as Message;
  const finish = FINISH[choice.finish_reason] ?? 'other';
  // A host of another dialect says so by a reason of its own.
  const refused = refusal !== null && refusal !== undefined;
  return {
    reasoning: reasoning ?? '',
    text: content ?? '',
    refusal: refusal ?? '',
    calls: calls.map(call => {
      if (call.type !== 'function') throw new Error('a call of no function');
      return { id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments) };
    }),
    logprob: choice.logprobs?.content?.[0]?.logprob ?? null,
    finish: refused ? 'refused' : finish,
    counts: countsOf(usage ?? null),
  };
}

function countsOf(usage: OpenAI.CompletionUsage | null): Counts | null {
  if (usage === null) return null;
  return {
    prompt: usage.prompt_tokens,
    completion: usage.completion_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
    reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}
