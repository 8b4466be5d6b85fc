/**
 * Answers made of choices, as OpenAI's chat completions and completions have them, whole or in chunks, read for what a receipt says of
 * them. They pass through unchanged; what an upstream leaves out or gets wrong is simply not in the receipt.
 */
import { type Members, membersOf, textOf } from '../members.js';
import type { Usage } from '../parameters.js';
import type { AnswerFacts } from '../surface.js';
import { readUsage } from '../usage.js';
import type { PartReader } from './chunked-answer.js';
import { PROMPT_USAGE } from './usage.js';

/** A hostile upstream could send chunks for ever more choices and calls; past this they are no longer told apart. */
const MAX_ITEMS = 4096;

/** Gathers one answer from its parts: the one body, or the chunks of a stream. */
export class ChoicesReader implements PartReader {
  #model: string | null = null;
  #usage: Usage | null = null;
  readonly #finish = new Map<number, string>();
  readonly #calls = new Map<string, { id: string; type: string; name: string; arguments: string }>();

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
    return this.#finish.size > 0;
  }

  get answer(): AnswerFacts {
    return {
      model: this.#model,
      finish: [...this.#finish.entries()].sort(([a], [b]) => a - b).map(([, reason]) => reason),
      usage: this.#usage,
      toolCalls: [...this.#calls.values()],
    };
  }

  #addChoice(choice: Members): void {
    const index = indexOf(choice.index);
    const finish = textOf(choice.finish_reason);
    if (finish !== '') this.#finish.set(index, finish);
    const whole = membersOf(choice.message);
    const calls = (whole ?? membersOf(choice.delta))?.tool_calls;
    if (!Array.isArray(calls)) return;
    // A whole answer lists its calls in order and without an index; a chunk says which call it continues.
    for (const [position, call] of calls.entries()) {
      const part = membersOf(call);
      if (part !== null) this.#addCall(`${index}/${whole === null ? indexOf(part.index) : position}`, part);
    }
  }

  #addCall(place: string, part: Members): void {
    const call = this.#calls.get(place) ?? { id: '', type: '', name: '', arguments: '' };
    const named = membersOf(part.function);
    call.id ||= textOf(part.id);
    call.type ||= textOf(part.type);
    call.name ||= textOf(named?.name);
    call.arguments += textOf(named?.arguments);
    if (this.#calls.has(place) || this.#calls.size < MAX_ITEMS) this.#calls.set(place, call);
  }
}

/** What is no place in a list stands for the first. */
function indexOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ITEMS
    ? (value as number)
    : 0;
}
