/** A host of Anthropic's messages. */
import { type Counts, pieces, type Reply } from './conversation.js';
import { named } from './events.js';
import { type Asked, type Host, type Members, set } from './host.js';

const FINISH = { stop: 'end_turn', length: 'max_tokens', calls: 'tool_use', refused: 'refusal' } as const;
export const MESSAGES_MODEL = 'messages-model';
/** As hosts sign what their models have thought. */
const SIGNATURE = 'c2lnbmVk';

export const MESSAGES_HOST: Host = {
  name: 'messages-host',
  surface: 'messages',
  model: MESSAGES_MODEL,
  finish: FINISH,
  asked,
  whole: reply => ({
    ...message(blocksOf(reply), usageOf(reply.counts)),
    stop_reason: FINISH[reply.finish],
    ...detailsOf(reply),
  }),
  streamed: reply => {
    const { output_tokens: _, ...counts } = usageOf(reply.counts);
    return [
      { type: 'message_start', message: message([], { ...counts, output_tokens: 1 }) },
      { type: 'ping' },
      ...blocksOf(reply).flatMap(streamedBlock),
      {
        type: 'message_delta',
        delta: { stop_reason: FINISH[reply.finish], stop_sequence: null, ...detailsOf(reply) },
        usage: usageOf(reply.counts),
      },
      { type: 'message_stop' },
    ].map(named);
  },
  error: ({ status, message }) => ({ type: 'error', error: { type: TYPES[status] ?? 'api_error', message } }),
};

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

function asked(body: Members): Asked {
  if (!Number.isSafeInteger(body.max_tokens)) throw new Error('no limit');
  const { messages, system, tools, output_config: config } = body;
  const contents: Members[] = messages.flatMap(({ content }: Members) =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : content,
  );
  const of = (type: string) => contents.filter(block => block.type === type);
  const [texts, calls, results] = [of('text'), of('tool_use'), of('tool_result')];
  if (texts.length !== 1) throw new Error('not one question');
  return set({
    text: texts[0]?.text as string,
    instructions: typeof system === 'object' ? system[0].text : system,
    image: of('image')[0]?.source.data,
    file: of('document')[0]?.source.data,
    tools: tools?.map(({ name }: Members) => name),
    earlier:
      calls.length === 0
        ? undefined
        : calls.map(({ id, name, input }, at) => {
            const { tool_use_id: of, content } = results[at] as Members;
            if (of !== id) throw new Error('the result of another call');
            return {
              call: { id, name, input },
              result: typeof content === 'string' ? content : content[0].text,
            };
          }),
    schema: config?.format?.schema,
    effort: config?.effort,
    temperature: body.temperature,
    stream: body.stream === true,
  });
}

function message(content: readonly object[], usage: object): Members {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: MESSAGES_MODEL,
    content,
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
}

function blocksOf({ reasoning, text, calls = [] }: Reply): Members[] {
  return [
    ...(reasoning === undefined ? [] : [{ type: 'thinking', thinking: reasoning, signature: SIGNATURE }]),
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...calls.map(call => ({ type: 'tool_use', ...call })),
  ];
}

function streamedBlock(block: Members, index: number): { readonly type: string }[] {
  const delta = (value: object) => ({ type: 'content_block_delta', index, delta: value });
  const start = (empty: object) => ({
    type: 'content_block_start',
    index,
    content_block: { ...block, ...empty },
  });
  const stop = { type: 'content_block_stop', index };
  switch (block.type) {
    case 'thinking':
      return [
        start({ thinking: '', signature: '' }),
        ...pieces(block.thinking).map(thinking => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: block.signature }),
        stop,
      ];
    case 'text':
      return [
        start({ text: '' }),
        ...pieces(block.text).map(text => delta({ type: 'text_delta', text })),
        stop,
      ];
    default:
      return [
        start({ input: {} }),
        ...pieces(JSON.stringify(block.input)).map(text =>
          delta({ type: 'input_json_delta', partial_json: text }),
        ),
        stop,
      ];
  }
}

/** Here a refusal is no text of the model's. */
function detailsOf({ refusal }: Reply): object {
  if (refusal === undefined) return {};
  return { stop_details: { type: 'refusal', category: null, explanation: refusal } };
}

/** Here the input leaves out what a cache had. */
function usageOf({ prompt, completion, cached, reasoning }: Counts): Members {
  return {
    input_tokens: prompt - cached,
    output_tokens: completion,
    cache_read_input_tokens: cached,
    output_tokens_details: { thinking_tokens: reasoning },
  };
}
