/**
 * Answers of Anthropic's messages API: one message, or a stream of named events that build it. What an upstream leaves out or gets wrong is
 * simply not in the receipt.
 */
import { isWithinExtent, REQUEST_EXTENT } from '../../bytes/json-extent.js';
import { Failure } from '../../reason.js';
import { saysError } from '../host-error.js';
import { type Members, membersOf, parsedAnswer, parsedMembers, textOf } from '../members.js';
import type { Usage } from '../parameters.js';
import { inOrder } from '../places.js';
import type { AnswerFacts, AnswerReader, StreamEvent } from '../surface.js';
import { argumentsText, type ToolCall } from '../tool-call.js';
import { readUsage } from '../usage.js';

/** A hostile upstream could send ever more blocks; past this they are not read. */
const MAX_BLOCKS = 4096;

/** A tool's use: its input as one value where it is known, and as the text that has come of it. */
interface ToolUse {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly input: unknown;
  readonly text: string;
}

export class MessageAnswer implements AnswerReader {
  /** A stream says that it is at its end by an event alone: without it, clients take no answer for whole. */
  readonly finished = false;
  begun = false;
  failed = false;
  #model: string | null = null;
  #finish: string | null = null;
  /** The counts said last, under their own names. */
  #counts: Usage | null = null;
  /** The uses of tools, by their places in the content. */
  readonly #uses = new Map<number, ToolUse>();

  body(value: object | null): boolean {
    const message = value as Members | null;
    if (!Array.isArray(message?.content) || message.content.length > MAX_BLOCKS) return false;
    this.failed ||= saysError(message);
    this.#readMessage(message);
    for (const [place, block] of message.content.entries()) this.#startBlock(place, block);
    return true;
  }

  /**
   * Throws `upstream/garbage` for an event whose name is not the type in its data: clients differ in which of both they believe, and pass
   * over one without a name.
   */
  event({ type: name, data }: StreamEvent): boolean {
    const event = parsedMembers(data);
    this.begun ||= data !== '' && (event === null || hasContent(event));
    this.failed ||= saysError(event);
    const type = event?.type;
    if (event === null || typeof type !== 'string') {
      this.failed ||= name === 'error';
      return false;
    }
    if (name !== type) throw new Failure('upstream/garbage', { field: 'event' });
    switch (type) {
      case 'message_start':
        this.#readMessage(membersOf(event.message) ?? {});
        return false;
      case 'content_block_start':
        this.#startBlock(event.index, event.content_block);
        return false;
      case 'content_block_delta':
        this.#continueBlock(event.index, membersOf(event.delta) ?? {});
        return false;
      case 'message_delta':
        this.#readMessage({ stop_reason: membersOf(event.delta)?.stop_reason, usage: event.usage });
        return false;
      case 'error':
        this.failed = true;
        return false;
      default:
        return type === 'message_stop';
    }
  }

  get answer(): AnswerFacts {
    return {
      model: this.#model,
      finish: this.#finish === null ? [] : [this.#finish],
      usage: this.#counts === null ? null : withWholePrompt(this.#counts),
      toolCalls: inOrder(this.#uses).map(callOf),
      // What a model here makes is a file, which it names and does not send.
      images: [],
    };
  }

  #readMessage({ model, stop_reason: reason, usage }: Members): void {
    this.#model = textOf(model) || this.#model;
    this.#finish = textOf(reason) || this.#finish;
    const counts = membersOf(usage);
    if (counts !== null) this.#counts = { ...this.#counts, ...readUsage(counts, COUNTS) };
  }

  #startBlock(place: unknown, value: unknown): void {
    const block = membersOf(value);
    const type = textOf(block?.type);
    if (!isPlace(place) || block === null || !type.endsWith('tool_use')) return;
    this.#uses.set(place, {
      id: textOf(block.id),
      type,
      name: textOf(block.name),
      input: block.input,
      text: '',
    });
  }

  #continueBlock(place: unknown, { type, partial_json: part }: Members): void {
    const use = isPlace(place) ? this.#uses.get(place) : undefined;
    if (use === undefined || type !== 'input_json_delta') return;
    this.#uses.set(place as number, { ...use, text: use.text + textOf(part) });
  }
}

/** Whether an event says more than that a message, a text or a thought will come. */
function hasContent({ type, content_block: block }: Members): boolean {
  if (type !== 'content_block_start') return type !== 'message_start' && type !== 'ping';
  const { type: kind, text, thinking } = membersOf(block) ?? {};
  return !(kind === 'text' && text === '') && !(kind === 'thinking' && thinking === '');
}

const COUNTS = {
  prompt_tokens: ['input_tokens'],
  completion_tokens: ['output_tokens'],
  cached_tokens: ['cache_read_input_tokens'],
  cache_written_tokens: ['cache_creation_input_tokens'],
  reasoning_tokens: ['output_tokens_details', 'thinking_tokens'],
} as const;

/** Here the input leaves out what was read from a cache or written to one; in receipts a prompt is all of it. */
function withWholePrompt(counts: Usage): Usage {
  if (counts.prompt_tokens === undefined) return counts;
  const { prompt_tokens: fresh, cached_tokens: read = 0, cache_written_tokens: written = 0 } = counts;
  const whole = fresh + read + written;
  return Number.isSafeInteger(whole) ? { ...counts, prompt_tokens: whole } : counts;
}

/** The arguments are the input as canonical JSON, so that they are the same however it came; what is no whole JSON stays the text it is. */
function callOf({ id, type, name, input, text }: ToolUse): ToolCall {
  return { id, type, name, arguments: argumentsText(text === '' ? input : parsed(text)) ?? text };
}

/** Undefined also for what stands for too much, which then stays the text that it is. */
function parsed(text: string): unknown {
  return isWithinExtent(text, REQUEST_EXTENT) ? parsedAnswer(text) : undefined;
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < MAX_BLOCKS;
}
