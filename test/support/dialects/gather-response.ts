/** A response put together from the events of a stream, by whoever takes nothing on trust: each event must be the one that its place calls for. */
import { isDeepStrictEqual } from 'node:util';
import type { StreamEvent } from '../../../src/exchange/surface.js';

// biome-ignore lint/suspicious/noExplicitAny: what is gathered is whatever JSON has come.
type Json = any;

const ENDS: readonly string[] = ['response.completed', 'response.incomplete', 'response.failed'];

function same(what: string, one: unknown, other: unknown): void {
  if (!isDeepStrictEqual(one, other))
    throw new Error(`${what}: ${JSON.stringify(one)} is not ${JSON.stringify(other)}`);
}

/** An item as its events have made it. */
interface Item {
  readonly id: string;
  readonly index: number;
  value: Json;
  /** The part that has begun and not ended. */
  part: Json;
}

/** The response of the last event. Throws for a stream that no client would take. */
export function gatherResponse(events: readonly StreamEvent[]): Json {
  const [first, second, ...rest] = events.map(({ type, data }, at) => {
    const event = JSON.parse(data ?? '');
    same('the name of an event', event.type, type);
    same('its number', event.sequence_number, at);
    return event;
  });
  same('the first event', first.type, 'response.created');
  same('the second event', second.type, 'response.in_progress');
  same('what both say', first.response, second.response);
  same('what has come before', [first.response.output, first.response.status], [[], 'in_progress']);
  const last = rest.pop();
  if (last === undefined || !ENDS.includes(last.type)) throw new Error('no end');
  same('the status', `response.${last.response.status}`, last.type);
  const items = new Items();
  for (const event of rest) items.take(event);
  if (items.open !== null && last.type !== 'response.failed') throw new Error('an item without end');
  same('the output', last.response.output, items.done);
  const {
    status: _,
    incomplete_details: __,
    error: ___,
    output: ____,
    usage: _____,
    ...head
  } = last.response;
  const before = Object.fromEntries(Object.keys(head).map(name => [name, first.response[name]]));
  same('what does not change', head, before);
  return last.response;
}

class Items {
  readonly done: Json[] = [];
  open: Item | null = null;

  take(event: Json): void {
    const { type } = event;
    if (type === 'response.output_item.added') this.#add(event);
    else if (this.open === null) throw new Error(`${type} of no item`);
    else if (type === 'response.output_item.done') this.#end(this.open, event);
    else {
      same('the item', [event.item_id, event.output_index], [this.open.id, this.open.index]);
      this.#change(this.open, event);
    }
  }

  #add({ item, output_index: index }: Json): void {
    if (this.open !== null || index !== this.done.length) throw new Error('an item out of turn');
    same('its status', item.status, 'in_progress');
    this.open = { id: item.id, index, value: item, part: null };
  }

  #end(open: Item, { item, output_index: index }: Json): void {
    same('the place', index, open.index);
    same('a part without end', open.part, null);
    const { status, encrypted_content: _, ...rest } = item;
    const { status: __, ...made } = open.value;
    same('the item', rest, made);
    if (!['completed', 'incomplete'].includes(status)) throw new Error('no status of an end');
    this.done.push(item);
    this.open = null;
  }

  #change(open: Item, event: Json): void {
    const { value } = open;
    switch (event.type) {
      case 'response.content_part.added':
        same('the place of a part', [event.content_index, open.part], [value.content.length, null]);
        open.part = event.part;
        break;
      case 'response.reasoning_summary_part.added':
        same('the place of a part', [event.summary_index, open.part], [value.summary.length, null]);
        open.part = event.part;
        break;
      case 'response.output_text.delta':
      case 'response.reasoning_summary_text.delta':
        open.part.text += event.delta;
        break;
      case 'response.refusal.delta':
        open.part.refusal += event.delta;
        break;
      case 'response.output_text.done':
      case 'response.reasoning_summary_text.done':
        same('the text', event.text, open.part.text);
        break;
      case 'response.refusal.done':
        same('the refusal', event.refusal, open.part.refusal);
        break;
      case 'response.content_part.done':
        same('the part', [event.part, event.content_index], [open.part, value.content.length]);
        value.content.push(open.part);
        open.part = null;
        break;
      case 'response.reasoning_summary_part.done':
        same('the part', [event.part, event.summary_index], [open.part, value.summary.length]);
        value.summary.push(open.part);
        open.part = null;
        break;
      case 'response.function_call_arguments.delta':
        value.arguments += event.delta;
        break;
      case 'response.function_call_arguments.done':
        same('the call', [event.arguments, event.name], [value.arguments, value.name]);
        break;
      default:
        throw new Error(`no event of this API: ${event.type}`);
    }
  }
}
