/** Requests of OpenAI's responses API. */
import * as v from 'valibot';
import { Failure } from '../../reason.js';
import { attachedParts, MAX_ATTACHMENTS } from '../content-parts.js';
import { membersOf } from '../members.js';
import { isTextOrList, malformed, ObjectRequest, OptionalModelName } from '../request-object.js';
import type { RequestFacts } from '../surface.js';

/** What a stranger may make us look at: the items of a request's input. */
const MAX_ITEMS = 10_000;

const REQUEST = new ObjectRequest(
  // A prompt that the provider keeps can stand for both.
  { model: OptionalModelName, input: v.optional(v.nullable(v.custom(isTextOrList))) },
  {
    names: [
      'background',
      'max_output_tokens',
      'max_tool_calls',
      'parallel_tool_calls',
      'service_tier',
      'store',
      'stream',
      'temperature',
      'top_logprobs',
      'top_p',
      'truncation',
    ],
    nested: {
      reasoning: { effort: 'reasoning_effort', summary: 'reasoning_summary' },
      text: { verbosity: 'verbosity' },
    },
  },
);

const TEXT_PARTS: ReadonlySet<string> = new Set(['input_text', 'output_text', 'text', 'refusal']);
const isAttached = (type: string) => !TEXT_PARTS.has(type);

/** Throws `request/malformed`, naming the member, `request/parameter-invalid`, and `request/background-refused`. */
export function readResponseRequest(body: Uint8Array): RequestFacts {
  const { facts, value } = REQUEST.read(body);
  // Its answer would be asked for later, under no receipt, while there is one for an answer that says nothing but `queued`.
  if ((value.background ?? false) !== false)
    throw new Failure('request/background-refused', { field: 'background' });
  const items: readonly unknown[] = Array.isArray(value.input) ? value.input : [];
  if (items.length > MAX_ITEMS) throw malformed('input');
  const attachments: Uint8Array[] = [];
  for (const item of items) {
    const { parts, field } = partsOf(item);
    attachments.push(...attachedParts(isAttached, parts, MAX_ATTACHMENTS - attachments.length, field));
  }
  return { ...facts, attachments };
}

/**
 * Where an item of the input has parts that may be images or files; every other kind of item is the upstream's business. What is no item is a part
 * itself.
 */
function partsOf(item: unknown): { parts: unknown; field: string } {
  const members = membersOf(item);
  if (members === null) return { parts: [item], field: 'input' };
  const { type, content, output } = members;
  switch (typeof type === 'string' ? type : 'message') {
    case 'message':
      return { parts: content, field: 'input.content' };
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { parts: output, field: 'input.output' };
    case 'computer_call_output':
      return { parts: [output], field: 'input.output' };
    default:
      return { parts: [], field: 'input' };
  }
}
