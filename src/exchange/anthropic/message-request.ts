/** Requests of Anthropic's messages API. */
import * as v from 'valibot';
import { attachedParts, MAX_ATTACHMENTS } from '../content-parts.js';
import { membersOf } from '../members.js';
import { ModelName, malformed, ObjectRequest } from '../request-object.js';
import type { RequestFacts } from '../surface.js';

/** What a stranger may make us look at: the messages of a request. */
const MAX_MESSAGES = 100_000;

const REQUEST = new ObjectRequest(
  { model: ModelName, messages: v.custom(value => Array.isArray(value) && value.length > 0) },
  {
    names: ['max_tokens', 'service_tier', 'stream', 'temperature', 'top_k', 'top_p'],
    nested: {
      output_config: { effort: 'reasoning_effort' },
      thinking: { type: 'thinking', budget_tokens: 'thinking_budget' },
    },
  },
);

const ATTACHMENTS: ReadonlySet<string> = new Set(['image', 'document', 'container_upload']);
const isAttached = (type: string) => ATTACHMENTS.has(type);

/** Throws `request/malformed`, naming the member, and `request/parameter-invalid`. */
export function readMessageRequest(body: Uint8Array): RequestFacts {
  const { facts, value } = REQUEST.read(body);
  const messages = value.messages as readonly unknown[];
  if (messages.length > MAX_MESSAGES) throw malformed('messages');
  const attachments: Uint8Array[] = [];
  for (const message of messages) {
    if (typeof message !== 'object' || message === null) throw malformed('messages');
    for (const content of contentsOf((message as { content?: unknown }).content)) {
      const most = MAX_ATTACHMENTS - attachments.length;
      attachments.push(...attachedParts(isAttached, content, most, 'messages.content'));
    }
  }
  return { ...facts, attachments };
}

/** A message's content, and that of each tool's result in it, in their order: the parts before a result, the result's, and so on. */
function* contentsOf(content: unknown): Generator<unknown> {
  if (!Array.isArray(content)) return;
  for (const part of content as readonly unknown[]) {
    yield [part];
    const members = membersOf(part);
    if (members?.type === 'tool_result') yield members.content;
  }
}
