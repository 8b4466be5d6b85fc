/** A client of OpenAI's chat completions in front of a host of Anthropic's messages. */
import type { StreamEvent } from '../../surface.js';
import { writeJson } from '../json.js';
import { Place } from '../place.js';
import type { AnswerTranslation, Translation } from '../translation.js';
import { completionOf } from './answer.js';
import { chatToMessages } from './request.js';
import { CompletionStream } from './stream.js';

const NAME = 'chat-completions-to-messages';

export const CHAT_TO_MESSAGES: Translation = {
  from: 'chat/completions',
  to: 'messages',
  name: NAME,
  // The version whose hosts take temperature, top_p and top_k; the one after it has taken them out.
  headers: { 'anthropic-version': '2023-06-01' },
  request: body => {
    const { body: translated, transforms, wantsUsage } = chatToMessages(body);
    return {
      body: writeJson(translated),
      transforms: [NAME, ...transforms],
      newAnswer: now => new ChatAnswer(Math.floor(now / 1000), wantsUsage),
    };
  },
};

class ChatAnswer implements AnswerTranslation {
  readonly #created: number;
  readonly #stream: CompletionStream;

  constructor(created: number, wantsUsage: boolean) {
    this.#created = created;
    this.#stream = new CompletionStream(created, wantsUsage);
  }

  body(value: object | null, inexact: ReadonlySet<number>): Uint8Array {
    return writeJson(completionOf(Place.outermost(value, 'upstream/untranslatable', inexact), this.#created));
  }

  event(event: StreamEvent): readonly Uint8Array[] {
    return this.#stream.event(event);
  }

  end(): readonly Uint8Array[] {
    return this.#stream.end();
  }
}
