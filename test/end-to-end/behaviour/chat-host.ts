/** A host of OpenAI's chat completions. */
import { chunk, completion, DONE } from '../upstreams.js';
import { type Counts, pieces, type Reply } from './conversation.js';
import { type Asked, dataIn, type Host, type Members, set } from './host.js';

const FINISH = { stop: 'stop', length: 'length', calls: 'tool_calls', refused: 'stop' } as const;
export const CHAT_MODEL = 'chat-model';

export const CHAT_HOST: Host = {
  name: 'chat-host',
  surface: 'chat/completions',
  model: CHAT_MODEL,
  finish: FINISH,
  asked,
  whole: reply => {
    const { text = null, finish, counts } = reply;
    const message = set({
      refusal: reply.refusal ?? null,
      reasoning_content: reply.reasoning,
      tool_calls: reply.calls?.map(callOf),
    });
    return completion(text, {
      message,
      choice: { finish_reason: FINISH[finish], logprobs: logprobsOf(reply) },
      rest: { model: CHAT_MODEL, usage: usageOf(counts) },
    });
  },
  streamed: (reply, request) => {
    const part = (delta: object, finish: string | null = null, logprobs: object | null = null) =>
      chunk(delta, finish, {
        model: CHAT_MODEL,
        choices: [{ index: 0, delta, finish_reason: finish, logprobs }],
      });
    const texts = reply.logprob === undefined ? pieces(reply.text ?? '') : [reply.text];
    return [
      part({ role: 'assistant', content: '' }),
      ...pieces(reply.reasoning ?? '').map(text => part({ reasoning_content: text })),
      ...texts.map(content => part({ content }, null, logprobsOf(reply))),
      ...pieces(reply.refusal ?? '').map(refusal => part({ refusal })),
      ...(reply.calls ?? []).flatMap((call, index) => {
        const { id, type, function: called } = callOf(call);
        return [
          part({ tool_calls: [{ index, id, type, function: { ...called, arguments: '' } }] }),
          ...pieces(called.arguments).map(text =>
            part({ tool_calls: [{ index, function: { arguments: text } }] }),
          ),
        ];
      }),
      part({}, FINISH[reply.finish]),
      ...(request.stream_options?.include_usage === true
        ? [chunk({}, null, { model: CHAT_MODEL, choices: [], usage: usageOf(reply.counts) })]
        : []),
      DONE,
    ];
  },
  error: ({ status, message }) => ({
    error: {
      message,
      type: status < 500 ? 'invalid_request_error' : 'server_error',
      param: null,
      code: null,
    },
  }),
};

function asked(body: Members): Asked {
  const { messages, tools, response_format: format, reasoning_effort: effort } = body;
  const [first] = messages;
  const instructions = first.role === 'system' || first.role === 'developer' ? first.content : undefined;
  const users = messages.filter(({ role }: Members) => role === 'user');
  if (users.length !== 1) throw new Error('not one question');
  const [{ content }] = users;
  const parts: Members[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const one = (type: string) => parts.find(part => part.type === type);
  const file = one('file')?.file;
  const calls = messages.flatMap(({ tool_calls: calls = [] }: Members) => calls);
  const results = messages.filter(({ role }: Members) => role === 'tool');
  const image = one('image_url');
  return set({
    text: one('text')?.text as string,
    instructions,
    image: image && dataIn(image.image_url.url, 'image/png'),
    file: file && dataIn(file.file_data, 'application/pdf'),
    tools: tools?.map((tool: Members) => tool.function.name),
    earlier:
      calls.length === 0
        ? undefined
        : calls.map((call: Members, at: number) => {
            const { tool_call_id: id, content: result } = results[at];
            const { name, arguments: text } = call.function;
            if (id !== call.id) throw new Error('the result of another call');
            return { call: { id, name, input: JSON.parse(text) }, result };
          }),
    schema: format?.json_schema.schema,
    effort,
    logprobs: body.logprobs,
    temperature: body.temperature,
    stream: body.stream === true,
  });
}

function callOf({ id, name, input }: NonNullable<Reply['calls']>[number]) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}

function logprobsOf({ text, logprob }: Reply): object | null {
  if (logprob === undefined) return null;
  return { content: [{ token: text, logprob, bytes: null, top_logprobs: [] }], refusal: null };
}

function usageOf({ prompt, completion, cached, reasoning }: Counts): object {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}
