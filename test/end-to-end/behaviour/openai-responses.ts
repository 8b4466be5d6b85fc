/** OpenAI's SDK at responses. */
import type OpenAI from 'openai';
import { type Client, partsBut, sdkError, toldBySdk } from './client.js';
import type { Finish, Question, Seen } from './conversation.js';
import { type Members, set } from './host.js';
import { open } from './openai-chat.js';

type Body = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Response = OpenAI.Responses.Response;

export const OPENAI_RESPONSES: Client = {
  name: 'openai, responses',
  surface: 'responses',
  callType: 'function_call',
  errorOf: sdkError,
  aborted: { before: 'APIUserAbortError', during: 'APIUserAbortError' },
  attachments: ({ input }) =>
    typeof input === 'string'
      ? []
      : input.flatMap(({ content }: Members) => partsBut(content, 'input_text', 'output_text')),
  ask: async (connection, question, { stream, signal, onPiece = () => undefined }) => {
    const client = open(connection);
    const body = bodyOf(connection.model, question);
    if (!stream) return seen(await client.responses.create(body, { signal }));
    const streamed = client.responses.stream({ ...body, stream: true }, { signal });
    let text = '';
    streamed.on('response.output_text.delta', ({ delta }) => {
      text += delta;
      onPiece();
    });
    // The text as it came in pieces, beside the last event, which has all of it once more.
    return { ...seen(await streamed.finalResponse()), text };
  },
  told: toldBySdk,
};

function bodyOf(model: string, question: Question): Body {
  const { text, instructions, image, file, tools, earlier = [], schema, effort, logprobs } = question;
  const isPlain = image === undefined && file === undefined;
  const content: OpenAI.Responses.ResponseInputContent[] = [
    { type: 'input_text', text },
    ...(image === undefined
      ? []
      : [{ type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${image}` } as const]),
    ...(file === undefined
      ? []
      : [
          {
            type: 'input_file',
            filename: 'a.pdf',
            file_data: `data:application/pdf;base64,${file}`,
          } as const,
        ]),
  ];
  const input: OpenAI.Responses.ResponseInput = [
    { role: 'user', content: isPlain ? text : content },
    ...earlier.map(
      ({ call: { id, name, input: own } }) =>
        ({ type: 'function_call', call_id: id, name, arguments: JSON.stringify(own) }) as const,
    ),
    ...earlier.map(
      ({ call, result }) => ({ type: 'function_call_output', call_id: call.id, output: result }) as const,
    ),
  ];
  return set({
    model,
    input: isPlain && earlier.length === 0 ? text : input,
    instructions,
    tools: tools?.map(tool => ({ type: 'function', strict: false, ...tool }) as const),
    text:
      schema === undefined
        ? undefined
        : { format: { type: 'json_schema', name: 'answer', strict: true, schema: { ...schema } } as const },
    reasoning: effort === undefined ? undefined : { effort },
    include: logprobs === undefined ? undefined : ['message.output_text.logprobs'],
    temperature: question.temperature,
  }) as Body;
}

function seen({ output, incomplete_details: incomplete, usage }: Response): Seen {
  const parts = output.flatMap(item => (item.type === 'message' ? item.content : []));
  const of = <Type extends string>(type: Type) =>
    parts.filter((part): part is Extract<(typeof parts)[number], { type: Type }> => part.type === type);
  const refusal = of('refusal')
    .map(part => part.refusal)
    .join('');
  const calls = output.flatMap(item => (item.type === 'function_call' ? [item] : []));
  return {
    reasoning: output
      .flatMap(item => (item.type === 'reasoning' ? item.summary : []))
      .map(({ text }) => text)
      .join(''),
    text: of('output_text')
      .map(({ text }) => text)
      .join(''),
    refusal,
    calls: calls.map(({ call_id: id, name, arguments: text }) => ({ id, name, input: JSON.parse(text) })),
    logprob: of('output_text')[0]?.logprobs?.[0]?.logprob ?? null,
    finish: finishOf(incomplete?.reason ?? null, calls.length > 0, refusal !== ''),
    counts:
      usage === undefined || usage === null
        ? null
        : {
            prompt: usage.input_tokens,
            completion: usage.output_tokens,
            cached: usage.input_tokens_details.cached_tokens,
            reasoning: usage.output_tokens_details.reasoning_tokens,
          },
  };
}

/** Here a response says why it is not complete, and nothing else. */
function finishOf(incomplete: string | null, calls: boolean, refused: boolean): Finish | 'other' {
  if (incomplete !== null) return incomplete === 'max_output_tokens' ? 'length' : 'other';
  if (refused) return 'refused';
  return calls ? 'calls' : 'stop';
}
