/** A client of Anthropic's messages in front of a host of OpenAI's chat completions. */
import type { StreamEvent } from '../../surface.js';
import { writeJson } from '../json.js';
import { Place } from '../place.js';
import type { AnswerTranslation, Translation } from '../translation.js';
import { messageOf } from './answer.js';
import { messagesToChat } from './request.js';
import { MessageStream } from './stream.js';

const NAME = 'messages-to-chat-completions';

export const MESSAGES_TO_CHAT: Translation = {
  from: 'messages',
  to: 'chat/completions',
  name: NAME,
  headers: {},
  request: (body, words) => {
    const { body: translated, transforms } = messagesToChat(body, words);
    return {
      body: writeJson(translated),
      transforms: [NAME, ...transforms],
      newAnswer: () => new MessageAnswerTranslation(),
    };
  },
};

class MessageAnswerTranslation implements AnswerTranslation {
  readonly #stream = new MessageStream();

  body(value: object | null, inexact: ReadonlySet<number>): Uint8Array {
    return writeJson(messageOf(Place.outermost(value, 'upstream/untranslatable', inexact)));
  }

  event(event: StreamEvent): readonly Uint8Array[] {
    return this.#stream.event(event);
  }

  end(): readonly Uint8Array[] {
    return this.#stream.end();
  }
}
