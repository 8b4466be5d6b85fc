/**
 * Answers made of choices, as OpenAI's chat completions and completions have them, whole or in chunks, read for what a receipt says of
 * them. They pass through unchanged; what an upstream leaves out or gets wrong is simply not in the receipt.
 */
import { type AnswerImage, imageParts, MAX_IMAGES } from '../answer-image.js';
import { isFilled, type Members, membersOf, textOf } from '../members.js';
import type { Usage } from '../parameters.js';
import { inOrder } from '../places.js';
import type { AnswerFacts } from '../surface.js';
import { calledWith, calledWithMembers } from '../tool-call.js';
import { readUsage } from '../usage.js';
import type { PartReader } from './chunked-answer.js';
import { PROMPT_USAGE } from './usage.js';

/** A hostile upstream could send chunks for ever more choices and calls; past this they are no longer told apart. */
const MAX_ITEMS = 4096;

/** The kinds of calls of which a part that brings no text of what they are called with brings nothing. */
const OF_TEXT: ReadonlySet<string> = new Set(['', 'function', 'custom']);

interface GatheredCall {
  id: string;
  type: string;
  name: string;
  arguments: string;
}

/** Gathers one answer from its parts: the one body, or the chunks of a stream. */
export class ChoicesReader implements PartReader {
  begun = false;
  failed = false;
  #model: string | null = null;
  #usage: Usage | null = null;
  /** All that there have been. */
  readonly #choices = new Set<number>();
  readonly #finish = new Map<number, string>();
  /** The images of each choice. */
  readonly #images = new Map<number, AnswerImage[]>();
  #imageCount = 0;
  readonly #calls: GatheredCall[] = [];
  /** The last call of each choice and index. */
  readonly #current = new Map<string, GatheredCall>();

  /** Takes a completion or a chunk. Returns false when the value is neither. */
  add(value: unknown): boolean {
    const parts = membersOf(value);
    const choices = parts?.choices;
    if (parts === null || !Array.isArray(choices) || choices.length > MAX_ITEMS) return false;
    if (choices.some(choice => membersOf(choice) === null)) return false;
    if (typeof parts.model === 'string') this.#model = parts.model;
    const usage = membersOf(parts.usage);
    if (usage !== null) this.#usage = readUsage(usage, PROMPT_USAGE);
    for (const choice of choices as Members[]) this.#addChoice(choice);
    return true;
  }

  get finished(): boolean {
    return this.#finish.size > 0 && this.#finish.size === this.#choices.size;
  }

  get answer(): AnswerFacts {
    return {
      model: this.#model,
      finish: inOrder(this.#finish),
      usage: this.#usage,
      toolCalls: this.#calls,
      images: inOrder(this.#images).flat(),
    };
  }

  #addChoice(choice: Members): void {
    this.begun ||= hasContent(choice);
    const index = indexOf(choice.index);
    this.#choices.add(index);
    const finish = textOf(choice.finish_reason);
    if (finish !== '') this.#finish.set(index, finish);
    if (finish === 'error' || choice.error) this.failed = true;
    const whole = membersOf(choice.message);
    const message = whole ?? membersOf(choice.delta);
    if (message === null) return;
    this.#addImages(index, message);
    this.#addCalls(index, message.tool_calls, whole !== null);
    // The one call that an answer could have before there were several, and still has of older servers.
    const only = membersOf(message.function_call);
    if (only !== null) this.#addCall(`${index}/function_call`, { type: 'function_call', function: only });
  }

  #addCalls(choice: number, calls: unknown, isWhole: boolean): void {
    if (!Array.isArray(calls)) return;
    // A whole answer lists its calls in order and without an index; a chunk says which call it continues.
    for (const [position, call] of calls.entries()) {
      const part = membersOf(call);
      if (part !== null) this.#addCall(`${choice}/${isWhole ? position : indexOf(part.index)}`, part);
    }
  }

  /** Among the parts of the content, as OpenAI's dialect has them in requests, and beside them, as others have them in answers. */
  #addImages(choice: number, { content, images }: Members): void {
    if (!Array.isArray(content) && !Array.isArray(images)) return;
    const more = [...imageParts(content), ...imageParts(images)];
    const taken = more.slice(0, MAX_IMAGES - this.#imageCount);
    this.#imageCount += taken.length;
    if (taken.length > 0) this.#images.set(choice, [...(this.#images.get(choice) ?? []), ...taken]);
  }

  /** Some servers give one index to all calls, and some a new id to every part: a call begins with an id and a name. */
  #addCall(place: string, part: Members): void {
    const id = textOf(part.id);
    const known = this.#current.get(place);
    const type = textOf(part.type) || (known?.type ?? '');
    const [named, custom] = [membersOf(part.function), membersOf(part.custom)];
    const isCustom = custom !== null && (type === 'custom' || named === null);
    const called = isCustom ? custom : named;
    const name = textOf((called ?? part).name);
    const isAnother = id !== '' && name !== '' && known !== undefined && known.id !== '' && id !== known.id;
    const call = known === undefined || isAnother ? this.#begin(place) : known;
    if (call === null) return;
    call.id ||= id;
    call.type ||= textOf(part.type);
    call.name ||= name;
    if (called !== null) call.arguments += calledWith(isCustom ? called.input : called.arguments);
    else if (!OF_TEXT.has(type)) call.arguments += calledWithMembers(part);
  }

  #begin(place: string): GatheredCall | null {
    if (this.#calls.length === MAX_ITEMS) return null;
    const call = { id: '', type: '', name: '', arguments: '' };
    this.#calls.push(call);
    this.#current.set(place, call);
    return call;
  }
}

/** Whether a choice says more than who is about to speak. */
function hasContent({ delta, finish_reason: finish, message, text }: Members): boolean {
  const { role: _, ...said } = membersOf(delta) ?? {};
  return [text, message, finish, ...Object.values(said)].some(isFilled);
}

/** What is no place in a list stands for the first. */
function indexOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ITEMS
    ? (value as number)
    : 0;
}
