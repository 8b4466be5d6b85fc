/** Which client asks which host: the same dialect at both ends, or a translation between. */
import { AI_SDK_ANTHROPIC, AI_SDK_CHAT, AI_SDK_COMPATIBLE, AI_SDK_RESPONSES } from './ai-sdk-providers.js';
import { ANTHROPIC_MESSAGES } from './anthropic-messages.js';
import { CHAT_HOST } from './chat-host.js';
import type { Client } from './client.js';
import { type Feature, type Reply, type Seen, seenOf } from './conversation.js';
import type { Host } from './host.js';
import { MESSAGES_HOST } from './messages-host.js';
import { OPENAI_CHAT } from './openai-chat.js';
import { OPENAI_RESPONSES } from './openai-responses.js';
import { RESPONSES_HOST } from './responses-host.js';

export interface Line {
  readonly name: string;
  readonly client: Client;
  readonly host: Host;
  /** Null where both speak the same. */
  readonly translation: { readonly name: string; readonly adds: readonly string[] } | null;
  /** Why the client's side cannot do something at all. */
  readonly lacks: Partial<Readonly<Record<Feature, string>>>;
  /** What the gateway refuses, since it cannot be said to the host, by the member that it names. */
  readonly refuses: Partial<Readonly<Record<Feature, string>>>;
  /** What the SDK gives for a whole reply. */
  expected(reply: Reply): Seen;
}

const NO_LOGPROBS = 'Anthropic’s API has no logprobs';
const NONE_GIVEN = 'the AI SDK gives none';

function line(
  client: Client,
  host: Host,
  rest: Partial<Line> & { readonly refusalIsText?: true } = {},
): Line {
  return {
    name: `${client.name}, in front of ${host.name}`,
    client,
    host,
    translation: null,
    lacks: {},
    refuses: {},
    expected: reply => (rest.refusalIsText ? refusalAsText(seenOf(reply)) : seenOf(reply)),
    ...rest,
  };
}

const TO_MESSAGES: Partial<Line> = {
  translation: { name: 'chat-completions-to-messages', adds: ['max-tokens-default'] },
};

export const LINES: readonly Line[] = [
  line(OPENAI_CHAT, CHAT_HOST),
  line(OPENAI_RESPONSES, RESPONSES_HOST),
  line(ANTHROPIC_MESSAGES, MESSAGES_HOST, { lacks: { logprobs: NO_LOGPROBS } }),
  line(AI_SDK_COMPATIBLE, CHAT_HOST, { lacks: { logprobs: NONE_GIVEN }, refusalIsText: true }),
  line(AI_SDK_CHAT, CHAT_HOST, {
    lacks: { logprobs: NONE_GIVEN },
    // OpenAI's own API has no such member, so that its provider does not look for one.
    expected: reply => ({ ...refusalAsText(seenOf(reply)), reasoning: '' }),
  }),
  line(AI_SDK_RESPONSES, RESPONSES_HOST, { lacks: { logprobs: NONE_GIVEN }, refusalIsText: true }),
  line(AI_SDK_ANTHROPIC, MESSAGES_HOST, {
    lacks: { logprobs: NO_LOGPROBS },
    // It says that the model has refused, and not in which words.
    expected: reply => ({ ...seenOf(reply), refusal: '' }),
  }),
  line(OPENAI_CHAT, MESSAGES_HOST, { ...TO_MESSAGES, refuses: { logprobs: 'logprobs' } }),
  line(AI_SDK_COMPATIBLE, MESSAGES_HOST, {
    ...TO_MESSAGES,
    lacks: { logprobs: NONE_GIVEN },
    refusalIsText: true,
  }),
  line(OPENAI_RESPONSES, CHAT_HOST, {
    translation: { name: 'responses-to-chat-completions', adds: [] },
    refuses: { logprobs: 'include.0' },
  }),
  line(OPENAI_RESPONSES, MESSAGES_HOST, {
    translation: { name: 'responses-to-messages', adds: ['max-tokens-default'] },
    refuses: { logprobs: 'include.0' },
  }),
  line(ANTHROPIC_MESSAGES, CHAT_HOST, {
    translation: { name: 'messages-to-chat-completions', adds: [] },
    lacks: { logprobs: NO_LOGPROBS },
    refusalIsText: true,
  }),
];

function refusalAsText(seen: Seen): Seen {
  return { ...seen, text: seen.text + seen.refusal, refusal: '' };
}
