/** What goes there and comes back is what was meant: everything that can be translated, in whatever of its forms. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatRequests } from '../../../test/support/dialects/chat-requests.js';
import { messagesRequests } from '../../../test/support/dialects/messages-requests.js';
import { responseRequests } from '../../../test/support/dialects/response-requests.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import type { Failure } from '../../reason.js';
import { readMessageRequest } from '../anthropic/message-request.js';
import { readChatRequest } from '../openai/chat-request.js';
import { CHAT_TO_MESSAGES } from './chat-to-messages/translation.js';
import { MESSAGES_TO_CHAT } from './messages-to-chat/translation.js';
import { RESPONSES_TO_CHAT } from './responses-to-chat/translation.js';
import { RESPONSES_TO_MESSAGES } from './responses-to-messages/translation.js';
import type { Translation } from './translation.js';

const RUNS = { numRuns: thorough(1500, 150) };

const bytesOf = (value: unknown) => utf8(JSON.stringify(value));
const parsed = (bytes: Uint8Array): unknown => JSON.parse(fromUtf8(bytes) ?? '');

function thereAndBack(there: Translation, back: Translation, written: unknown): unknown {
  return parsed(back.request(there.request(bytesOf(written)).body).body);
}

function withoutThoughts(chat: unknown): unknown {
  const { messages, ...rest } = chat as { messages: readonly Record<string, unknown>[] };
  return { ...rest, messages: messages.map(({ reasoning_content: _, ...message }) => message) };
}

describe('a request, there and back', () => {
  it('of chat completions is its normal form, which but for thoughts without signature goes there and back unchanged', () => {
    fc.assert(
      fc.property(chatRequests, ({ written, normal }) => {
        const back = thereAndBack(CHAT_TO_MESSAGES, MESSAGES_TO_CHAT, written);
        expect(back).toEqual(parsed(bytesOf(normal)));
        const again = thereAndBack(CHAT_TO_MESSAGES, MESSAGES_TO_CHAT, back);
        expect(again).toEqual(withoutThoughts(parsed(bytesOf(normal))));
      }),
      RUNS,
    );
  });

  it('of messages is its normal form, which goes there and back unchanged', () => {
    fc.assert(
      fc.property(messagesRequests, ({ written, normal }) => {
        const back = thereAndBack(MESSAGES_TO_CHAT, CHAT_TO_MESSAGES, written);
        expect(back).toEqual(parsed(bytesOf(normal)));
        expect(thereAndBack(MESSAGES_TO_CHAT, CHAT_TO_MESSAGES, back)).toEqual(parsed(bytesOf(normal)));
      }),
      RUNS,
    );
  });

  it('is on its way a request that the other surface takes, for the same model', () => {
    fc.assert(
      fc.property(chatRequests, messagesRequests, (chat, messages) => {
        const sent = readMessageRequest(CHAT_TO_MESSAGES.request(bytesOf(chat.written)).body);
        expect(sent.model).toBe(chat.written.model);
        expect(sent.stream).toBe(chat.written.stream === true);
        const other = readChatRequest(MESSAGES_TO_CHAT.request(bytesOf(messages.written)).body);
        expect(other.model).toBe(messages.written.model);
        expect(other.stream).toBe(messages.written.stream === true);
      }),
      RUNS,
    );
  });
});

describe('a request of responses', () => {
  it('is what it means, in chat completions', () => {
    fc.assert(
      fc.property(responseRequests, ({ written, normal }) => {
        expect(parsed(RESPONSES_TO_CHAT.request(bytesOf(written)).body)).toEqual(parsed(bytesOf(normal)));
      }),
      RUNS,
    );
  });

  it('is of messages what that request of chat completions is', () => {
    fc.assert(
      fc.property(responseRequests, ({ written, normal }) => {
        const outcome = (translate: () => Uint8Array) => {
          try {
            return parsed(translate());
          } catch (error) {
            return (error as Failure).code;
          }
        };
        const direct = outcome(() => RESPONSES_TO_MESSAGES.request(bytesOf(written)).body);
        expect(direct).toEqual(outcome(() => CHAT_TO_MESSAGES.request(bytesOf(normal)).body));
      }),
      RUNS,
    );
  });
});
