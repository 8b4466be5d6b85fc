/** A client of OpenAI's responses in front of a host of its chat completions. */
import type { StreamEvent } from '../../surface.js';
import { writeJson } from '../json.js';
import { Place } from '../place.js';
import type { AnswerTranslation, Translation } from '../translation.js';
import { responseOf } from './answer.js';
import { type Asked, responsesToChat } from './request.js';
import { ResponseStream } from './stream.js';

const NAME = 'responses-to-chat-completions';

export const RESPONSES_TO_CHAT: Translation = {
  from: 'responses',
  to: 'chat/completions',
  name: NAME,
  headers: {},
  request: (body, words) => {
    const { body: translated, transforms, asked } = responsesToChat(body, words);
    return {
      body: writeJson(translated),
      transforms: [NAME, ...transforms],
      newAnswer: now => new ResponseAnswerTranslation(asked, now),
    };
  },
};

export class ResponseAnswerTranslation implements AnswerTranslation {
  readonly #asked: Asked;
  readonly #created: number;
  readonly #stream: ResponseStream;

  /** `now`: milliseconds since 1970. */
  constructor(asked: Asked, now: number) {
    this.#asked = asked;
    this.#created = Math.floor(now / 1000);
    this.#stream = new ResponseStream(asked, this.#created);
  }

  body(value: object | null, inexact: ReadonlySet<number>): Uint8Array {
    const completion = Place.outermost(value, 'upstream/untranslatable', inexact);
    return writeJson(responseOf(completion, this.#asked, this.#created));
  }

  event(event: StreamEvent): readonly Uint8Array[] {
    return this.#stream.event(event);
  }

  end(): readonly Uint8Array[] {
    return this.#stream.end();
  }
}
