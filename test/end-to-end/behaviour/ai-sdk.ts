/** Vercel's AI SDK, whichever of its providers asks. */
import {
  APICallError,
  generateText,
  jsonSchema,
  type LanguageModel,
  type ModelMessage,
  Output,
  streamText,
  type ToolSet,
} from 'ai';
import type { Client, Connection } from './client.js';
import type { Call, Finish, Question, Seen, Tool } from './conversation.js';
import { set } from './host.js';

const FINISH: Readonly<Record<string, Finish>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'calls',
  'content-filter': 'refused',
};

/** A provider of the SDK's, and what is its own. */
export interface Provider extends Pick<Client, 'surface' | 'callType' | 'attachments' | 'clamps'> {
  /** Its package, and which of its models. */
  readonly name: string;
  model(connection: Connection): LanguageModel;
  /** Options that only it knows. */
  options(question: Question): NonNullable<Parameters<typeof generateText>[0]['providerOptions']>;
}

export function aiSdk({ name, model, options: own, ...rest }: Provider): Client {
  return {
    ...rest,
    name: `ai, with ${name}`,
    errorOf: () => 'AI_APICallError',
    aborted: { before: 'AbortError', during: 'AbortError' },
    ask: async (connection, question, { stream, signal, onPiece = () => undefined }) => {
      const options = {
        ...optionsOf(connection, question, signal),
        model: model(connection),
        providerOptions: own(question),
      };
      if (!stream) return seen(await generateText(options));
      // It prints errors unless somebody is told of them.
      const streamed = streamText({ ...options, onError: () => undefined });
      const thrown: unknown[] = [];
      for await (const part of streamed.fullStream) {
        if (part.type === 'error') thrown.push(part.error);
        if (part.type === 'abort') thrown.push(signal?.reason);
        if (part.type === 'text-delta') onPiece();
      }
      if (thrown.length > 0) throw thrown[0];
      const [text, reasoningText, toolCalls, finishReason, totalUsage] = await Promise.all([
        streamed.text,
        streamed.reasoningText,
        streamed.toolCalls,
        streamed.finishReason,
        streamed.totalUsage,
      ]);
      return seen({ text, reasoningText, toolCalls, finishReason, totalUsage });
    },
    told: thrown => {
      // After several attempts, the last one's.
      const error = (thrown as { lastError?: unknown }).lastError ?? thrown;
      const { name, message } = error as { readonly name?: string; readonly message?: string };
      const isCall = APICallError.isInstance(error);
      return {
        kind: name ?? '',
        message: message ?? '',
        status: isCall ? (error.statusCode ?? null) : null,
        retryAfter: isCall ? (error.responseHeaders?.['retry-after'] ?? null) : null,
      };
    },
  };
}

function optionsOf({ retries: maxRetries }: Connection, question: Question, signal: AbortSignal | undefined) {
  const { instructions: system, tools, schema } = question;
  return set({
    maxRetries,
    abortSignal: signal,
    system,
    messages: messagesOf(question),
    tools: tools && toolSet(tools),
    output: schema && Output.object({ schema: jsonSchema(schema) }),
    temperature: question.temperature,
  });
}

function toolSet(tools: readonly Tool[]): ToolSet {
  return Object.fromEntries(
    tools.map(({ name, description, parameters }) => [
      name,
      { description, inputSchema: jsonSchema(parameters) } as ToolSet[string],
    ]),
  );
}

function messagesOf({ text, image, file, earlier = [] }: Question): ModelMessage[] {
  return [
    {
      role: 'user',
      content: [
        { type: 'text', text },
        ...(image === undefined ? [] : [{ type: 'image', image, mediaType: 'image/png' } as const]),
        ...(file === undefined
          ? []
          : [{ type: 'file', data: file, mediaType: 'application/pdf', filename: 'a.pdf' } as const]),
      ],
    },
    ...(earlier.length === 0
      ? []
      : [
          {
            role: 'assistant',
            content: earlier.map(
              ({ call: { id, name, input } }) =>
                ({ type: 'tool-call', toolCallId: id, toolName: name, input }) as const,
            ),
          } as const,
          {
            role: 'tool',
            content: earlier.map(
              ({ call: { id, name }, result }) =>
                ({
                  type: 'tool-result',
                  toolCallId: id,
                  toolName: name,
                  output: { type: 'text', value: result },
                }) as const,
            ),
          } as const,
        ]),
  ];
}

/** A refusal is text here. */
function seen({
  text,
  reasoningText,
  toolCalls,
  finishReason,
  totalUsage: { inputTokens, outputTokens, inputTokenDetails, outputTokenDetails },
}: Pick<
  Awaited<ReturnType<typeof generateText>>,
  'text' | 'reasoningText' | 'toolCalls' | 'finishReason' | 'totalUsage'
>): Seen {
  return {
    reasoning: reasoningText ?? '',
    text,
    refusal: '',
    calls: toolCalls.map(({ toolCallId: id, toolName: name, input }) => ({
      id,
      name,
      input: input as Call['input'],
    })),
    logprob: null,
    finish: FINISH[finishReason] ?? 'other',
    counts:
      inputTokens === undefined
        ? null
        : {
            prompt: inputTokens,
            completion: outputTokens ?? 0,
            cached: inputTokenDetails.cacheReadTokens ?? 0,
            reasoning: outputTokenDetails.reasoningTokens ?? 0,
          },
  };
}
