/**
 * Answers made of choices, as OpenAI's chat completions and completions have them, whole or in chunks, read for what a receipt says of
 * them. They pass through unchanged; what an upstream leaves out or gets wrong is simply not in the receipt.
 */
import * as v from 'valibot';
import type { Usage } from '../parameters.js';
import type { AnswerFacts } from '../surface.js';
import { readUsage } from '../usage.js';
import type { PartReader } from './chunked-answer.js';
import { PROMPT_USAGE } from './usage.js';

/** A hostile upstream could send chunks for ever more choices and calls; past this they are no longer told apart. */
const MAX_ITEMS = 4096;

const text = v.fallback(v.nullish(v.string()), null);
const index = v.fallback(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_ITEMS)), 0);
const CallPart = v.looseObject({
  index: v.optional(index, 0),
  id: text,
  type: text,
  function: v.fallback(v.nullish(v.looseObject({ name: text, arguments: text })), null),
});
const Message = v.looseObject({ tool_calls: v.fallback(v.nullish(v.array(CallPart)), null) });
const Choice = v.looseObject({
  index: v.optional(index, 0),
  finish_reason: text,
  message: v.fallback(v.nullish(Message), null),
  delta: v.fallback(v.nullish(Message), null),
});
const Answer = v.looseObject({
  model: text,
  choices: v.array(Choice),
  usage: v.fallback(v.nullish(v.looseObject({})), null),
});

interface GatheredCall {
  id: string;
  type: string;
  name: string;
  arguments: string;
}

/** Gathers one answer from its parts: the one body, or the chunks of a stream. */
export class ChoicesReader implements PartReader {
  #model: string | null = null;
  #usage: Usage | null = null;
  /** All that there have been. */
  readonly #choices = new Set<number>();
  readonly #finish = new Map<number, string>();
  readonly #calls: GatheredCall[] = [];
  /** The last call of each choice and index. */
  readonly #current = new Map<string, GatheredCall>();

  /** Takes a completion or a chunk. Returns false when the value is neither. */
  add(value: unknown): boolean {
    const choices = (value as { choices?: unknown } | null)?.choices;
    if (Array.isArray(choices) && choices.length > MAX_ITEMS) return false;
    const parsed = v.safeParse(Answer, value, { abortEarly: true });
    if (!parsed.success) return false;
    const { model, usage } = parsed.output;
    this.#model = model ?? this.#model;
    if (usage) this.#usage = readUsage(usage, PROMPT_USAGE);
    for (const choice of parsed.output.choices) {
      this.#choices.add(choice.index);
      if (choice.finish_reason) this.#finish.set(choice.index, choice.finish_reason);
      const calls = (choice.message ?? choice.delta)?.tool_calls ?? [];
      // A whole answer lists its calls in order and without an index; a chunk says which call it continues.
      for (const [position, call] of calls.entries()) {
        this.#addCall(`${choice.index}/${choice.message ? position : call.index}`, call);
      }
    }
    return true;
  }

  get finished(): boolean {
    return this.#finish.size > 0 && this.#finish.size === this.#choices.size;
  }

  get answer(): AnswerFacts {
    return {
      model: this.#model,
      finish: [...this.#finish.entries()].sort(([a], [b]) => a - b).map(([, reason]) => reason),
      usage: this.#usage,
      toolCalls: this.#calls,
    };
  }

  /** Some servers give one index to all calls, and some a new id to every part: a call begins with an id and a name. */
  #addCall(place: string, part: v.InferOutput<typeof CallPart>): void {
    const known = this.#current.get(place);
    const isNamed = Boolean(part.id) && Boolean(part.function?.name);
    const isAnother = isNamed && known !== undefined && known.id !== '' && part.id !== known.id;
    const call = known === undefined || isAnother ? this.#begin(place) : known;
    if (call === null) return;
    call.id ||= part.id ?? '';
    call.type ||= part.type ?? '';
    call.name ||= part.function?.name ?? '';
    call.arguments += part.function?.arguments ?? '';
  }

  #begin(place: string): GatheredCall | null {
    if (this.#calls.length === MAX_ITEMS) return null;
    const call = { id: '', type: '', name: '', arguments: '' };
    this.#calls.push(call);
    this.#current.set(place, call);
    return call;
  }
}
