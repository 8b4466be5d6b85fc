/** Answers that are images: whole, or as a stream of ever better ones. */
import { type AnswerImage, imageIn, MAX_IMAGES } from '../answer-image.js';
import { membersOf } from '../members.js';
import type { Usage } from '../parameters.js';
import type { AnswerFacts } from '../surface.js';
import { readUsage } from '../usage.js';
import type { PartReader } from './chunked-answer.js';
import { INPUT_USAGE } from './usage.js';

export class ImageAnswer implements PartReader {
  begun = false;
  finished = false;
  readonly failed = false;
  #usage: Usage | null = null;
  readonly #images: AnswerImage[] = [];

  add(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const { data, type, usage } = value as Record<string, unknown>;
    const isWhole = Array.isArray(data);
    const isLast = type === 'image_generation.completed';
    const isPart = isWhole || isLast || type === 'image_generation.partial_image';
    this.begun ||= isPart;
    if (!isWhole && !isLast) return isPart;
    for (const image of isWhole ? data.slice(0, MAX_IMAGES) : [value]) this.#addImage(image);
    if (typeof usage === 'object' && usage !== null) this.#usage = readUsage(usage, INPUT_USAGE);
    this.finished = true;
    return true;
  }

  /** The API does not say which model has answered. */
  get answer(): AnswerFacts {
    return { model: null, finish: [], usage: this.#usage, toolCalls: [], images: this.#images };
  }

  #addImage(value: unknown): void {
    const image = imageIn(membersOf(value) ?? {}, 'b64_json', 'url');
    if (image !== null && this.#images.length < MAX_IMAGES) this.#images.push(image);
  }
}
