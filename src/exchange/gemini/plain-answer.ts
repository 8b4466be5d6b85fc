/** Answers in which no model has said anything and nothing but the prompt was used. */
import { membersOf } from '../members.js';
import type { AnswerFacts, AnswerReader } from '../surface.js';
import { readUsage } from '../usage.js';

export class PlainAnswer implements AnswerReader {
  readonly begun = false;
  readonly finished = false;
  readonly failed = false;
  readonly #isAnswer: (value: object) => boolean;
  answer: AnswerFacts = { model: null, finish: [], usage: null, toolCalls: [], images: [] };

  constructor(isAnswer: (value: object) => boolean) {
    this.#isAnswer = isAnswer;
  }

  body(value: object | null): boolean {
    if (value === null || !this.#isAnswer(value)) return false;
    const counts = membersOf((value as { usageMetadata?: unknown }).usageMetadata);
    if (counts !== null) this.answer = { ...this.answer, usage: readUsage(counts, COUNTS) };
    return true;
  }

  event(): boolean {
    return false;
  }
}

const COUNTS = { prompt_tokens: ['promptTokenCount'], total_tokens: ['totalTokenCount'] } as const;
