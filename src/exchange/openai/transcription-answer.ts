/** Transcripts: an object, a plain text in the form that was asked for, or a stream of ever more text. */
import type { Usage } from '../parameters.js';
import type { AnswerFacts, AnswerReader, StreamEvent } from '../surface.js';
import { readUsage } from '../usage.js';
import { ChunkedAnswer, type PartReader } from './chunked-answer.js';
import { INPUT_USAGE } from './usage.js';

/** Texts, and subtitles in two forms. */
const TEXT_TYPES: ReadonlySet<string> = new Set(['text/plain', 'text/vtt', 'application/x-subrip']);
const PARTS: ReadonlySet<unknown> = new Set(['transcript.text.delta', 'transcript.text.segment']);

export class TranscriptionAnswer implements AnswerReader {
  readonly #chunks = new ChunkedAnswer(new TranscriptReader());

  body(value: object | null, mediaType: string): boolean {
    // A text says nothing of itself, and any text can be one, also one that reads like JSON.
    return TEXT_TYPES.has(mediaType) || this.#chunks.body(value);
  }

  event(event: StreamEvent): boolean {
    return this.#chunks.event(event);
  }

  get begun(): boolean {
    return this.#chunks.begun;
  }

  get finished(): boolean {
    return this.#chunks.finished;
  }

  get failed(): boolean {
    return this.#chunks.failed;
  }

  get answer(): AnswerFacts {
    return this.#chunks.answer;
  }
}

class TranscriptReader implements PartReader {
  begun = false;
  finished = false;
  readonly failed = false;
  #usage: Usage | null = null;

  add(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const { text, type, usage } = value as Record<string, unknown>;
    const isDelta = PARTS.has(type);
    // A whole transcript has no type.
    const isLast = typeof text === 'string' && (type === undefined || type === 'transcript.text.done');
    this.begun ||= isDelta || isLast;
    if (isDelta || !isLast) return isDelta;
    if (typeof usage === 'object' && usage !== null) this.#usage = readUsage(usage, INPUT_USAGE);
    this.finished = true;
    return true;
  }

  /** The API does not say which model has answered. */
  get answer(): AnswerFacts {
    return { model: null, finish: [], usage: this.#usage, toolCalls: [], images: [] };
  }
}
