/** What a test's upstream answers where it answers: at each surface in its own form, whole or as a stream. */

/** The model that answers. */
const MODEL = 'test-model';

const event = (value, name) =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`;

const call = number => ({ id: `call_${number}`, name: 'look_up', arguments: `{"place":"${number}","n":1}` });

const SURFACES = {
  'chat/completions': {
    body: (text, calls) => ({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: MODEL,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: text,
            ...(calls.length > 0 && { tool_calls: calls.map(chatCall) }),
          },
          finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    }),
    events: (words, calls) => {
      const chunk = (delta, finish = null) =>
        event({
          id: 'chatcmpl-1',
          object: 'chat.completion.chunk',
          created: 1,
          model: MODEL,
          choices: [{ index: 0, delta, finish_reason: finish }],
        });
      return [
        chunk({ role: 'assistant', content: '' }),
        ...words.map(content => chunk({ content })),
        ...calls.map((one, index) => chunk({ tool_calls: [{ index, ...chatCall(one) }] })),
        chunk({}, calls.length > 0 ? 'tool_calls' : 'stop'),
        'data: [DONE]\n\n',
      ];
    },
    error: event({ error: { type: 'server_error', message: 'No more.' } }),
  },
  messages: {
    body: (text, calls) => ({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: MODEL,
      content: [{ type: 'text', text }, ...calls.map(toolUse)],
      stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn',
      usage: { input_tokens: 3, output_tokens: 2 },
    }),
    events: (words, calls) => {
      const named = value => event(value, value.type);
      const message = { id: 'msg_1', type: 'message', role: 'assistant', model: MODEL, content: [] };
      return [
        named({
          type: 'message_start',
          message: { ...message, usage: { input_tokens: 3, output_tokens: 1 } },
        }),
        named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
        named({ type: 'ping' }),
        ...words.map(text =>
          named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
        ),
        named({ type: 'content_block_stop', index: 0 }),
        ...calls.flatMap((one, at) => [
          named({
            type: 'content_block_start',
            index: at + 1,
            content_block: { ...toolUse(one), input: {} },
          }),
          named({
            type: 'content_block_delta',
            index: at + 1,
            delta: { type: 'input_json_delta', partial_json: one.arguments },
          }),
          named({ type: 'content_block_stop', index: at + 1 }),
        ]),
        named({
          type: 'message_delta',
          delta: { stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn' },
          usage: { output_tokens: 2 },
        }),
        named({ type: 'message_stop' }),
      ];
    },
    error: event({ type: 'error', error: { type: 'overloaded_error', message: 'No more.' } }, 'error'),
  },
  responses: {
    body: (text, calls) => response('completed', [outputText(text), ...calls.map(functionCall)]),
    events: (words, calls) => {
      let number = 0;
      const named = value => event({ ...value, sequence_number: number++ }, value.type);
      const text = words.join('');
      return [
        named({ type: 'response.created', response: response('in_progress', []) }),
        named({ type: 'response.output_item.added', output_index: 0, item: outputText('') }),
        ...words.map(delta => named({ type: 'response.output_text.delta', output_index: 0, delta })),
        ...calls.flatMap((one, at) => [
          named({
            type: 'response.output_item.added',
            output_index: at + 1,
            item: { ...functionCall(one), arguments: '' },
          }),
          named({
            type: 'response.function_call_arguments.delta',
            output_index: at + 1,
            item_id: one.id,
            delta: one.arguments,
          }),
        ]),
        named({
          type: 'response.completed',
          response: response('completed', [outputText(text), ...calls.map(functionCall)]),
        }),
      ];
    },
    error: event({ type: 'error', code: 'server_error', message: 'No more.', sequence_number: 1 }, 'error'),
  },
};

function chatCall({ id, name, arguments: text }) {
  return { id, type: 'function', function: { name, arguments: text } };
}

function toolUse({ id, name, arguments: text }) {
  return { type: 'tool_use', id, name, input: JSON.parse(text) };
}

function functionCall({ id, name, arguments: text }) {
  return { type: 'function_call', id: `fc_${id}`, call_id: id, name, arguments: text, status: 'completed' };
}

function outputText(text) {
  const content = [{ type: 'output_text', text, annotations: [] }];
  return { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content };
}

function response(status, output) {
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
  return { id: 'resp_1', object: 'response', created_at: 1, status, model: MODEL, output, usage };
}

/**
 * An answer at a surface. `content`: its bytes without comments. `cuts`: after how many bytes each event of a stream ends, the last left out; none for a body. `error`: what
 * says, in place of the rest, that there will be none.
 */
export function answerOf(surface, isStream, text, random) {
  const { body, events, error } = SURFACES[surface];
  const calls =
    random() < 0.2 ? Array.from({ length: 1 + Math.floor(random() * 3) }, (_, at) => call(at)) : [];
  if (!isStream) {
    const bytes = Buffer.from(JSON.stringify(body(text, calls)));
    const headers = { 'content-type': 'application/json', 'x-request-id': `upstream-${text}` };
    return {
      status: 200,
      isStream,
      headers,
      bytes,
      content: bytes,
      cuts: [],
      error: Buffer.from('{"error":{"message":"No."}}'),
    };
  }
  const words = `${text}${' and so on'.repeat(Math.floor(random() * 6))}`.split(/(?= )/);
  // Some have comments between their events, as other gateways do.
  const all = events(words, calls);
  const parts = all.flatMap(one => (random() < 0.03 ? [': waiting\n\n', one] : [one]));
  let length = 0;
  const cuts = parts.map(part => {
    length += Buffer.byteLength(part);
    return length;
  });
  const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
  return {
    status: 200,
    isStream,
    headers,
    bytes: Buffer.from(parts.join('')),
    content: Buffer.from(all.join('')),
    cuts: cuts.slice(0, -1),
    error: Buffer.from(error),
  };
}
