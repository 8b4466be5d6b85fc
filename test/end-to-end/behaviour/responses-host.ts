/** A host of OpenAI's responses. */
import { CHAT_HOST } from './chat-host.js';
import { type Counts, pieces, type Reply } from './conversation.js';
import { named } from './events.js';
import { type Asked, dataIn, type Host, type Members, set } from './host.js';

export const RESPONSES_MODEL = 'responses-model';

export const RESPONSES_HOST: Host = {
  name: 'responses-host',
  surface: 'responses',
  model: RESPONSES_MODEL,
  finish: { stop: 'completed', length: 'max_output_tokens', calls: 'completed', refused: 'completed' },
  asked,
  whole: reply => ended(reply),
  streamed: reply => {
    const items = itemsOf(reply);
    const events: { readonly type: string; readonly [name: string]: unknown }[] = [
      { type: 'response.created', response: response('in_progress', [], null) },
      ...items.flatMap(streamedItem),
      {
        type: reply.finish === 'length' ? 'response.incomplete' : 'response.completed',
        response: ended(reply),
      },
    ];
    return events.map((value, at) => named({ ...value, sequence_number: at } as { type: string }));
  },
  error: CHAT_HOST.error,
};

function asked(body: Members): Asked {
  const items: Members[] =
    typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  const users = items.filter(({ role }) => role === 'user');
  if (users.length !== 1) throw new Error('not one question');
  const [{ content } = {}] = users;
  const parts: Members[] = typeof content === 'string' ? [{ type: 'input_text', text: content }] : content;
  const one = (type: string) => parts.find(part => part.type === type);
  const [calls, results] = ['function_call', 'function_call_output'].map(type =>
    items.filter(item => item.type === type),
  ) as [Members[], Members[]];
  const [image, file] = [one('input_image'), one('input_file')];
  const instructing = items.find(({ role }) => role === 'system' || role === 'developer');
  return set({
    text: one('input_text')?.text as string,
    instructions: body.instructions ?? instructing?.content,
    image: image && dataIn(image.image_url, 'image/png'),
    file: file && dataIn(file.file_data, 'application/pdf'),
    tools: body.tools?.map(({ name }: Members) => name),
    earlier:
      calls.length === 0
        ? undefined
        : calls.map(({ call_id: id, name, arguments: text }, at) => {
            const { call_id: of, output } = results[at] as Members;
            if (of !== id) throw new Error('the result of another call');
            return { call: { id, name, input: JSON.parse(text) }, result: output };
          }),
    schema: body.text?.format?.schema,
    effort: body.reasoning?.effort,
    logprobs: body.include?.includes('message.output_text.logprobs') ? (true as const) : undefined,
    temperature: body.temperature,
    stream: body.stream === true,
  });
}

function response(status: string, output: readonly object[], usage: object | null): Members {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status,
    error: null,
    incomplete_details: null,
    model: RESPONSES_MODEL,
    output,
    parallel_tool_calls: true,
    tools: [],
    usage,
  };
}

function ended(reply: Reply): object {
  const isCut = reply.finish === 'length';
  return {
    ...response(isCut ? 'incomplete' : 'completed', itemsOf(reply), usageOf(reply.counts)),
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
  };
}

function itemsOf({ reasoning, text, refusal, calls = [], logprob }: Reply): Members[] {
  const logprobs = logprob === undefined ? [] : [{ token: text, logprob, bytes: [], top_logprobs: [] }];
  const content = [
    ...(text === undefined ? [] : [{ type: 'output_text', text, annotations: [], logprobs }]),
    ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }]),
  ];
  return [
    ...(reasoning === undefined
      ? []
      : [{ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: reasoning }] }]),
    ...(content.length === 0
      ? []
      : [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }]),
    ...calls.map(({ id, name, input }, at) => ({
      type: 'function_call',
      id: `fc_${at}`,
      call_id: id,
      name,
      arguments: JSON.stringify(input),
      status: 'completed',
    })),
  ];
}

type Event = { readonly type: string; readonly [name: string]: unknown };

function streamedItem(item: Members, at: number): Event[] {
  const place = { output_index: at, item_id: item.id };
  const added = (empty: object) => ({
    type: 'response.output_item.added',
    output_index: at,
    item: { ...item, ...empty },
  });
  const done = { type: 'response.output_item.done', output_index: at, item };
  switch (item.type) {
    case 'reasoning':
      return [added({ summary: [] }), ...streamedSummary(item, place), done];
    case 'message':
      return [
        added({ status: 'in_progress', content: [] }),
        ...item.content.flatMap((part: Members, index: number) =>
          streamedPart(part, { ...place, content_index: index }),
        ),
        done,
      ];
    default:
      return [
        added({ status: 'in_progress', arguments: '' }),
        ...pieces(item.arguments).map(delta => ({
          type: 'response.function_call_arguments.delta',
          ...place,
          delta,
        })),
        { type: 'response.function_call_arguments.done', ...place, arguments: item.arguments },
        done,
      ];
  }
}

function streamedSummary({ summary: [part] }: Members, place: object): Event[] {
  const summary = { ...place, summary_index: 0 };
  return [
    { type: 'response.reasoning_summary_part.added', ...summary, part: { ...part, text: '' } },
    ...pieces(part.text).map(delta => ({ type: 'response.reasoning_summary_text.delta', ...summary, delta })),
    { type: 'response.reasoning_summary_text.done', ...summary, text: part.text },
    { type: 'response.reasoning_summary_part.done', ...summary, part },
  ];
}

function streamedPart(part: Members, place: object): Event[] {
  const isText = part.type === 'output_text';
  const text: string = isText ? part.text : part.refusal;
  const name = isText ? 'response.output_text' : 'response.refusal';
  const texts = part.logprobs?.length > 0 ? [text] : pieces(text);
  return [
    {
      type: 'response.content_part.added',
      ...place,
      part: { ...part, ...(isText ? { text: '', logprobs: [] } : { refusal: '' }) },
    },
    ...texts.map(delta => ({
      type: `${name}.delta`,
      ...place,
      delta,
      ...(isText ? { logprobs: part.logprobs } : {}),
    })),
    { type: `${name}.done`, ...place, ...(isText ? { text } : { refusal: text }) },
    { type: 'response.content_part.done', ...place, part },
  ];
}

function usageOf({ prompt, completion, cached, reasoning }: Counts): object {
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + completion,
  };
}
