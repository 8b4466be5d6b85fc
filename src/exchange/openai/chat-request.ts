/** Requests of OpenAI's chat completions API: what the gateway needs to know of one, and what it refuses to send on. */
import { attachedParts, MAX_ATTACHMENTS } from '../content-parts.js';
import { type Members, membersOf } from '../members.js';
import { isModelName, isText, malformed, parseObject, readParameters } from '../request-object.js';
import type { ParameterSet } from '../set-parameters.js';
import type { RequestFacts } from '../surface.js';

/** What a stranger may make us look at: the messages of a request. */
const MAX_MESSAGES = 10_000;

/** The most characters that a role may have. */
const MAX_ROLE = 64;

export const CHAT_PARAMETERS: ParameterSet = {
  names: [
    'frequency_penalty',
    'logprobs',
    'max_completion_tokens',
    'max_tokens',
    'n',
    'parallel_tool_calls',
    'presence_penalty',
    'reasoning_effort',
    'seed',
    'service_tier',
    'store',
    'stream',
    'temperature',
    'top_logprobs',
    'top_p',
    'verbosity',
  ],
  nested: {},
};
/** The members whose meaning a receipt states. */
const READ_NAMES: ReadonlySet<string> = new Set(['model', 'messages', ...CHAT_PARAMETERS.names]);

const TEXT_PARTS: ReadonlySet<string> = new Set(['text', 'refusal']);
const isAttached = (type: string) => !TEXT_PARTS.has(type);

/**
 * Reads a request's body. Throws `request/malformed` for what is not a chat request, and `request/parameter-invalid` naming a
 * parameter that the gateway acts on and does not understand. Whatever else the body holds is the upstream's business.
 */
export function readChatRequest(body: Uint8Array): RequestFacts {
  const { value } = parseObject(body, READ_NAMES);
  if (Array.isArray(value.messages) && value.messages.length > MAX_MESSAGES) throw malformed('messages');
  const { model } = value;
  if (!isModelName(model)) throw malformed('model');
  const messages = readMessages(value.messages);
  const set = readParameters(value, CHAT_PARAMETERS);
  const attachments: Uint8Array[] = [];
  for (const { content } of messages) {
    // Most have nothing but a text.
    if (typeof content === 'string') continue;
    const most = MAX_ATTACHMENTS - attachments.length;
    attachments.push(...attachedParts(isAttached, content, most, 'messages.content'));
  }
  return { model, stream: set.parameters.stream === true, ...set, attachments };
}

/** By hand: there may be thousands, and nothing of them is wanted but that each is one. */
function readMessages(messages: unknown): readonly Members[] {
  if (!Array.isArray(messages) || messages.length === 0) throw malformed('messages');
  for (const [at, message] of messages.entries()) {
    const members = membersOf(message);
    if (members === null) throw malformed(`messages.${at}`);
    if (!isText(members.role, MAX_ROLE)) throw malformed(`messages.${at}.role`);
  }
  return messages as Members[];
}
