/**
 * A client of OpenAI's responses in front of a host of Anthropic's messages: what it asks becomes a request of chat completions and that one of messages, and an
 * answer goes the same way back.
 */
import { inexactNumbers } from '../../../bytes/json-numbers.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';
import type { StreamEvent } from '../../surface.js';
import { CHAT_TO_MESSAGES } from '../chat-to-messages/translation.js';
import { eventOfBlock, writeJson } from '../json.js';
import { responsesToChat } from '../responses-to-chat/request.js';
import { ResponseAnswerTranslation } from '../responses-to-chat/translation.js';
import type { AnswerTranslation, TranslatedRequest, Translation } from '../translation.js';

const NAME = 'responses-to-messages';

export const RESPONSES_TO_MESSAGES: Translation = {
  from: 'responses',
  to: 'messages',
  name: NAME,
  headers: CHAT_TO_MESSAGES.headers,
  request: body => {
    const { body: chat, transforms: first, asked } = responsesToChat(body, undefined, true);
    const { body: translated, transforms, newAnswer } = asMessages(writeJson(chat));
    const [, ...second] = transforms;
    return {
      body: translated,
      transforms: [...new Set([NAME, ...first, ...second])],
      newAnswer: now => new AnswerInTwoSteps(newAnswer(now), new ResponseAnswerTranslation(asked, now)),
    };
  },
};

function asMessages(chat: Uint8Array): TranslatedRequest {
  try {
    return CHAT_TO_MESSAGES.request(chat);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, field, detail } = error;
    if (field === undefined) throw error;
    throw new Failure(code, { field: fieldOf(field), ...(detail === undefined ? {} : { detail }) });
  }
}

/** The members of a request of chat completions that are called otherwise in one of responses. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['max_completion_tokens', 'max_output_tokens'],
  ['messages', 'input'],
  ['reasoning_effort', 'reasoning.effort'],
  ['response_format', 'text.format'],
  ['verbosity', 'text.verbosity'],
]);

/** The client's own name of a member that has no counterpart. Its places in messages and tools are not the same here and there, so that those are named as a whole. */
function fieldOf(field: string): string {
  const [outermost = field] = field.split('.');
  return NAMES.get(outermost) ?? outermost;
}

class AnswerInTwoSteps implements AnswerTranslation {
  readonly #toChat: AnswerTranslation;
  readonly #toResponse: AnswerTranslation;

  constructor(toChat: AnswerTranslation, toResponse: AnswerTranslation) {
    this.#toChat = toChat;
    this.#toResponse = toResponse;
  }

  body(value: object | null, inexact: ReadonlySet<number>): Uint8Array {
    const text = fromUtf8(this.#toChat.body(value, inexact)) ?? '';
    return this.#toResponse.body(JSON.parse(text), inexactNumbers(text));
  }

  event(event: StreamEvent): readonly Uint8Array[] {
    return this.#through(this.#toChat.event(event));
  }

  end(): readonly Uint8Array[] {
    return [...this.#through(this.#toChat.end()), ...this.#toResponse.end()];
  }

  #through(blocks: readonly Uint8Array[]): Uint8Array[] {
    return blocks.flatMap(block => [...this.#toResponse.event(eventOfBlock(block))]);
  }
}
