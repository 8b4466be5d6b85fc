/**
 * Answers of OpenAI's responses API: one object, or a stream of events with types, of which the last holds the whole object again. What an
 * upstream leaves out or gets wrong is simply not in the receipt.
 */
import { Failure } from '../../reason.js';
import type { AnswerImage } from '../answer-image.js';
import { saysError } from '../host-error.js';
import { type Members, membersOf, parsedMembers, textOf } from '../members.js';
import type { Usage } from '../parameters.js';
import { inOrder } from '../places.js';
import type { AnswerFacts, AnswerReader, StreamEvent } from '../surface.js';
import { calledWith, calledWithMembers, type ToolCall } from '../tool-call.js';
import { readUsage } from '../usage.js';
import { INPUT_USAGE } from './usage.js';

/** A hostile upstream could send ever more items; past this they are not read. */
const MAX_ITEMS = 4096;

/** The events after which nothing comes. */
const TERMINAL: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
]);

/** Calls whose types do not end in `_call`: one that waits for leave, and a program that calls tools. */
const OTHER_CALLS: ReadonlySet<string> = new Set(['mcp_approval_request', 'program']);
/** The member with the text that a tool is called with, of the calls that have one; others have members of their own. */
const TEXT_OF: ReadonlyMap<string, 'arguments' | 'input'> = new Map([
  ['function_call', 'arguments'],
  ['mcp_call', 'arguments'],
  ['mcp_approval_request', 'arguments'],
  ['custom_tool_call', 'input'],
]);

/** A call of a tool: its item as it came last, and the text that has come after that of what it is called with. */
interface GatheredCall {
  readonly item: Members;
  readonly more: string;
}

/** The events that say nothing but that an answer will come, or that the host is still there. */
const BEFORE_CONTENT: ReadonlySet<string> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'keepalive',
]);

export class ResponseAnswer implements AnswerReader {
  /** A stream says that it is at its end by an event alone. */
  readonly finished = false;
  begun = false;
  failed = false;
  #model: string | null = null;
  #finish: string | null = null;
  #usage: Usage | null = null;
  /** The calls of tools, by their places in the output. */
  readonly #calls = new Map<number, GatheredCall>();
  /** The images that such calls have made, by the same places. */
  readonly #images = new Map<number, AnswerImage>();

  body(value: object | null): boolean {
    const response = value as Members | null;
    if (!Array.isArray(response?.output) || response.output.length > MAX_ITEMS) return false;
    this.#readResponse(response);
    this.#readEnd(response);
    return true;
  }

  /** Throws `upstream/garbage` for an event under one name that says it is another: clients differ in which of both they believe. */
  event({ type: name, data }: StreamEvent): boolean {
    const event = parsedMembers(data);
    this.begun ||= data !== '' && (event === null || hasContent(event));
    this.failed ||= saysError(event);
    const type = event?.type;
    if (event === null || typeof type !== 'string') {
      this.failed ||= name === 'error';
      return false;
    }
    if (name !== null && name !== type) throw new Failure('upstream/garbage', { field: 'event' });
    if (type === 'error') this.failed = true;
    const response = membersOf(event.response);
    if (response !== null) this.#readResponse(response);
    this.#readItem(type, event);
    if (!TERMINAL.has(type)) return false;
    this.failed ||= type === 'response.failed';
    this.#readEnd(response ?? {});
    return true;
  }

  get answer(): AnswerFacts {
    return {
      model: this.#model,
      finish: this.#finish === null ? [] : [this.#finish],
      usage: this.#usage,
      toolCalls: inOrder(this.#calls).map(callOf),
      images: inOrder(this.#images),
    };
  }

  #readResponse({ model, usage }: Members): void {
    this.#model = textOf(model) || this.#model;
    const counts = membersOf(usage);
    if (counts !== null) this.#usage = readUsage(counts, INPUT_USAGE);
  }

  #readEnd({ status, incomplete_details: incomplete, error, output }: Members): void {
    this.failed ||= status === 'failed' || Boolean(error);
    this.#finish = textOf(membersOf(incomplete)?.reason) || textOf(status) || null;
    // Some servers leave out of the last event what they have sent before it.
    if (!Array.isArray(output) || output.length === 0) return;
    this.#calls.clear();
    this.#images.clear();
    for (const [place, item] of output.slice(0, MAX_ITEMS).entries()) this.#setCall(place, item);
  }

  #readItem(type: string, event: Members): void {
    const place = event.output_index;
    if (!Number.isSafeInteger(place) || (place as number) < 0 || (place as number) >= MAX_ITEMS) return;
    switch (type) {
      case 'response.output_item.added':
      case 'response.output_item.done':
        this.#setCall(place as number, event.item);
        break;
      case 'response.function_call_arguments.delta':
      case 'response.mcp_call_arguments.delta':
      case 'response.custom_tool_call_input.delta': {
        const call = this.#calls.get(place as number);
        if (call === undefined) break;
        this.#calls.set(place as number, { ...call, more: call.more + textOf(event.delta) });
        break;
      }
    }
  }

  #setCall(place: number, value: unknown): void {
    const item = membersOf(value);
    const type = textOf(item?.type);
    if (item === null || !(type.endsWith('_call') || OTHER_CALLS.has(type))) return;
    const image = type === 'image_generation_call' ? textOf(item.result) : '';
    if (image !== '') this.#images.set(place, { base64: image });
    this.#calls.set(place, { item, more: '' });
  }
}

function callOf({ item, more }: GatheredCall): ToolCall {
  const type = textOf(item.type);
  const member = TEXT_OF.get(type);
  return {
    id: textOf(item.call_id) || textOf(item.id),
    type,
    name: textOf(item.name),
    arguments: member === undefined ? calledWithMembers(item) : calledWith(item[member]) + more,
  };
}

/** Where a model thinks without showing its thoughts, nothing follows the beginning of them for as long as it does. */
function hasContent({ type, item }: Members): boolean {
  if (type === 'response.output_item.added') return membersOf(item)?.type !== 'reasoning';
  return typeof type !== 'string' || !BEFORE_CONTENT.has(type);
}
