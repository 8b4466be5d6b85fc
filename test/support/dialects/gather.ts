/** Answers put together from the events of a stream, as the SDKs of both dialects do it, and taken apart into them. */
import { fromUtf8, utf8 } from '../../../src/bytes/octets.js';
import { EventSplitter, eventData } from '../../../src/exchange/server-sent-events.js';
import type { StreamEvent } from '../../../src/exchange/surface.js';

// biome-ignore lint/suspicious/noExplicitAny: what is gathered is whatever JSON has come.
type Json = any;

/** The events of a stream's bytes. Throws unless every block is one event and the last one ends. */
export function eventsOf(bytes: Uint8Array): StreamEvent[] {
  const splitter = new EventSplitter(1 << 20);
  const blocks = splitter.push(bytes);
  if (splitter.rest.length > 0) throw new Error('an event without end');
  return blocks.map(({ event }) => {
    if (event === null) throw new Error('a block without an event');
    return { type: event.event && fromUtf8(event.event), data: fromUtf8(eventData(event)) };
  });
}

export function namedEvent(value: Json): StreamEvent {
  return { type: value.type, data: JSON.stringify(value) };
}

export function dataEvent(value: Json): StreamEvent {
  return { type: null, data: typeof value === 'string' ? value : JSON.stringify(value) };
}

/** A completion gathered from chunks. Throws for a stream that no client would take. */
export function gatherCompletion(events: readonly StreamEvent[]): Json {
  let whole: Json = null;
  for (const [at, { type, data }] of events.entries()) {
    if (type !== null) throw new Error('an event with a name');
    if (data === '[DONE]') {
      if (at !== events.length - 1) throw new Error('an event after the last');
      return whole;
    }
    const { choices, usage, object, ...head } = JSON.parse(data ?? '');
    if (object !== 'chat.completion.chunk') throw new Error('no chunk');
    whole ??= {
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, message: {}, finish_reason: null }],
    };
    if (head.id !== whole.id || head.created !== whole.created)
      throw new Error('a chunk of another completion');
    if (usage) whole.usage = usage;
    for (const { delta, finish_reason: reason } of choices) {
      mergeDelta(whole.choices[0].message, delta);
      if (reason !== null) whole.choices[0].finish_reason = reason;
    }
  }
  throw new Error('no end');
}

function mergeDelta(
  message: Json,
  { role, tool_calls: calls = [], thinking_blocks: thoughts = [], ...texts }: Json,
): void {
  if (role !== undefined) message.role = role;
  for (const [name, text] of Object.entries(texts)) message[name] = (message[name] ?? '') + text;
  if (thoughts.length > 0) message.thinking_blocks = [...(message.thinking_blocks ?? []), ...thoughts];
  for (const { index, id, type, function: called } of calls) {
    message.tool_calls ??= [];
    if (id !== undefined) {
      if (index !== message.tool_calls.length) throw new Error('a call out of turn');
      message.tool_calls.push({ id, type, function: { name: called.name, arguments: '' } });
    }
    message.tool_calls[index].function.arguments += called.arguments ?? '';
  }
}

/** A message gathered from events. Throws for a stream that no client would take. */
export function gatherMessage(events: readonly StreamEvent[]): Json {
  let message: Json = null;
  let open: { index: number; block: Json; text: string } | null = null;
  for (const [at, { type, data }] of events.entries()) {
    const event = JSON.parse(data ?? '');
    if (event.type !== type) throw new Error('an event under another name');
    if ((at === 0) !== (type === 'message_start')) throw new Error('no beginning, or two');
    switch (type) {
      case 'message_start':
        message = structuredClone(event.message);
        break;
      case 'content_block_start':
        if (open !== null || event.index !== message.content.length) throw new Error('a block out of turn');
        open = { index: event.index, block: event.content_block, text: '' };
        message.content.push(open.block);
        break;
      case 'content_block_delta': {
        if (open?.index !== event.index) throw new Error('a delta out of turn');
        const { type: kind, ...rest } = event.delta;
        if (kind === 'input_json_delta') (open as Json).text += rest.partial_json;
        else for (const [name, text] of Object.entries(rest)) (open as Json).block[name] += text;
        break;
      }
      case 'content_block_stop':
        if (open?.index !== event.index) throw new Error('an end out of turn');
        if (open?.block.type === 'tool_use') open.block.input = open.text === '' ? {} : JSON.parse(open.text);
        open = null;
        break;
      case 'message_delta':
        Object.assign(message, event.delta);
        Object.assign(message.usage, event.usage);
        break;
      case 'message_stop':
        if (open !== null || at !== events.length - 1) throw new Error('an end before the end');
        return message;
      default:
        throw new Error(`no event of this API: ${type}`);
    }
  }
  throw new Error('no end');
}

/** Pieces of a text, cut at each of these places that it has; a place may be anywhere, in the middle of a character too. */
function pieces(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map(cut => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [...places, text.length]
    .map((end, at) => text.slice(at === 0 ? 0 : places[at - 1], end))
    .filter(piece => piece !== '');
}

/** A message as Anthropic streams it. */
export function messageEvents(message: Json, cuts: readonly number[]): StreamEvent[] {
  const { content, stop_reason, stop_sequence, stop_details, usage, ...head } = message;
  const { output_tokens: _, ...before } = usage;
  const start = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...before, output_tokens: 1 },
  };
  const blocks = content.flatMap((block: Json, index: number) => [
    ...blockEvents(block, index, cuts),
    ...(index % 2 === 0 ? [{ type: 'ping' }] : []),
  ]);
  return [
    { type: 'message_start', message: start },
    ...blocks,
    { type: 'message_delta', delta: { stop_reason, stop_sequence, stop_details }, usage },
    { type: 'message_stop' },
  ].map(namedEvent);
}

function blockEvents(block: Json, index: number, cuts: readonly number[]): Json[] {
  const delta = (rest: Json) => ({ type: 'content_block_delta', index, delta: rest });
  const around = (start: Json, deltas: readonly Json[]) => [
    { type: 'content_block_start', index, content_block: start },
    ...deltas.map(delta),
    { type: 'content_block_stop', index },
  ];
  switch (block.type) {
    case 'text':
      return around(
        { ...block, text: '' },
        pieces(block.text, cuts).map(text => ({ type: 'text_delta', text })),
      );
    case 'thinking':
      return around({ ...block, thinking: '', signature: '' }, [
        ...pieces(block.thinking, cuts).map(thinking => ({ type: 'thinking_delta', thinking })),
        ...(block.signature === '' ? [] : [{ type: 'signature_delta', signature: block.signature }]),
      ]);
    case 'tool_use': {
      // Some hosts have the whole input at the beginning.
      if (cuts.length === 0) return around(block, []);
      const text = JSON.stringify(block.input);
      const parts = text === '{}' ? [''] : pieces(text, cuts);
      return around(
        { ...block, input: {} },
        parts.map(partial_json => ({ type: 'input_json_delta', partial_json })),
      );
    }
    default:
      return around(block, []);
  }
}

/** A completion as OpenAI streams it: its usage comes last, in a chunk of its own. */
export function completionEvents(completion: Json, cuts: readonly number[]): StreamEvent[] {
  const { choices, usage, object: _, ...head } = completion;
  const [{ message, finish_reason }] = choices;
  const chunk = (delta: Json, reason: string | null = null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: reason }],
    usage: null,
  });
  const texts = (name: string) => pieces(message[name] ?? '', cuts).map(text => chunk({ [name]: text }));
  const calls = (message.tool_calls ?? []).flatMap(({ function: called, ...call }: Json, index: number) => [
    chunk({ tool_calls: [{ index, ...call, function: { name: called.name, arguments: '' } }] }),
    ...pieces(called.arguments, cuts).map(text =>
      chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
    ),
  ]);
  return [
    chunk({ role: 'assistant', content: '' }),
    ...texts('reasoning_content'),
    ...texts('content'),
    ...texts('refusal'),
    ...calls,
    chunk({}, finish_reason),
    ...(usage === undefined ? [] : [{ ...head, object: 'chat.completion.chunk', choices: [], usage }]),
    '[DONE]',
  ].map(dataEvent);
}

/** The bytes of events on the wire. */
export function wire(events: readonly StreamEvent[]): Uint8Array {
  return utf8(
    events.map(({ type, data }) => `${type === null ? '' : `event: ${type}\n`}data: ${data}\n\n`).join(''),
  );
}
