/**
 * Answers made of choices, as OpenAI's chat completions and completions have them, whole or in chunks, read for what a receipt says of
 * them. They pass through unchanged; what an upstream leaves out or gets wrong is simply not in the receipt.
 */
import * as v from 'valibot';
import { type AnswerImage, imageParts, MAX_IMAGES } from '../answer-image.js';
import type { Usage } from '../parameters.js';
import { inOrder } from '../places.js';
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

/** Gathers one answer from its parts: the one body, or the chunks of a stream. */
export class ChoicesReader implements PartReader {
  #model: string | null = null;
  #usage: Usage | null = null;
  readonly #finish = new Map<number, string>();
  /** The images of each choice. */
  readonly #images = new Map<number, AnswerImage[]>();
  #imageCount = 0;
  readonly #calls = new Map<string, { id: string; type: string; name: string; arguments: string }>();

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
      if (choice.finish_reason) this.#finish.set(choice.index, choice.finish_reason);
      const message = choice.message ?? choice.delta;
      this.#addImages(choice.index, message);
      const calls = message?.tool_calls ?? [];
      // A whole answer lists its calls in order and without an index; a chunk says which call it continues.
      for (const [position, call] of calls.entries()) {
        this.#addCall(`${choice.index}/${choice.message ? position : call.index}`, call);
      }
    }
    return true;
  }

  get finished(): boolean {
    return this.#finish.size > 0;
  }

  get answer(): AnswerFacts {
    return {
      model: this.#model,
      finish: inOrder(this.#finish),
      usage: this.#usage,
      toolCalls: [...this.#calls.values()],
      images: inOrder(this.#images).flat(),
    };
  }

  /** Among the parts of the content, as OpenAI's dialect has them in requests, and beside them, as others have them in answers. */
  #addImages(choice: number, message: v.InferOutput<typeof Message> | null | undefined): void {
    if (!message || !(Array.isArray(message.content) || Array.isArray(message.images))) return;
    const more = [...imageParts(message.content), ...imageParts(message.images)];
    const taken = more.slice(0, MAX_IMAGES - this.#imageCount);
    this.#imageCount += taken.length;
    if (taken.length > 0) this.#images.set(choice, [...(this.#images.get(choice) ?? []), ...taken]);
  }

  #addCall(place: string, part: v.InferOutput<typeof CallPart>): void {
    const call = this.#calls.get(place) ?? { id: '', type: '', name: '', arguments: '' };
    call.id ||= part.id ?? '';
    call.type ||= part.type ?? '';
    call.name ||= part.function?.name ?? '';
    call.arguments += part.function?.arguments ?? '';
    if (this.#calls.has(place) || this.#calls.size < MAX_ITEMS) this.#calls.set(place, call);
  }
}
