/** Answers that are one object with a list in it: embeddings and moderations. */
import type { Usage } from '../parameters.js';
import type { AnswerFacts } from '../surface.js';
import { readUsage, type UsageMembers } from '../usage.js';
import type { PartReader } from './chunked-answer.js';

export class ListAnswer implements PartReader {
  /** One body is all that there is. */
  readonly begun = false;
  readonly finished = false;
  readonly failed = false;
  readonly #list: string;
  readonly #members: UsageMembers;
  #model: string | null = null;
  #usage: Usage | null = null;

  /** `list`: the member that makes an object an answer. */
  constructor(list: string, members: UsageMembers) {
    this.#list = list;
    this.#members = members;
  }

  add(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const { [this.#list]: list, model, usage } = value as Record<string, unknown>;
    if (!Array.isArray(list)) return false;
    if (typeof model === 'string') this.#model = model;
    if (typeof usage === 'object' && usage !== null) this.#usage = readUsage(usage, this.#members);
    return true;
  }

  get answer(): AnswerFacts {
    return { model: this.#model, finish: [], usage: this.#usage, toolCalls: [], images: [] };
  }
}
