/** A request of OpenAI's responses as one of its chat completions. */
import { type ChatWords, OPENAI_WORDS } from '../../chat-words.js';
import { EFFORTS } from '../effort.js';
import { readRequest } from '../json.js';
import type { Place } from '../place.js';
import type { Transform } from '../transforms.js';
import { messagesOf, type ThoughtsTaken } from './messages.js';
import type { ToolNames } from './tool-names.js';
import { toolsOf } from './tools.js';

export interface ResponseTranslated {
  readonly body: object;
  readonly transforms: ReadonlySet<Transform>;
  readonly asked: Asked;
}

/** What a response repeats of its request, and what the client wants of it. */
export interface Asked {
  readonly repeated: object;
  /** Whether the client keeps what only a host can read of a model's reasoning, to give it back. */
  readonly keepsThoughts: boolean;
  readonly names: ToolNames;
}

/**
 * Members that change no answer: what is kept of it, under which key its prompt is kept, how often tools may be called that a host runs itself, of which none
 * is ever passed on. Nothing is kept; who then goes on with `previous_response_id` is refused.
 */
const WITHOUT_EFFECT = [
  'client_metadata',
  'max_tool_calls',
  'metadata',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'store',
];
const TRANSLATED = [
  'include',
  'input',
  'instructions',
  'max_output_tokens',
  'model',
  'parallel_tool_calls',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'stream',
  'stream_options',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_p',
  'user',
];
/** Members without a counterpart, each with the values that ask for nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  background: [false],
  top_logprobs: [0],
  truncation: ['disabled'],
};
const THOUGHTS = 'reasoning.encrypted_content';

/**
 * Throws `request/untranslatable`, naming the member.
 *
 * @param words those in which the host can be asked
 * @param takesSigned whether it is behind a translation that takes signed thoughts back
 */
export function responsesToChat(
  body: Uint8Array,
  words: ChatWords = OPENAI_WORDS,
  takesSigned = false,
): ResponseTranslated {
  const { limit, refused } = words;
  const request = readRequest(body);
  const transforms = new Set<Transform>();
  request.knows(...TRANSLATED, ...WITHOUT_EFFECT, ...Object.keys(NEUTRAL));
  for (const [name, values] of Object.entries(NEUTRAL)) request.member(name).mayBe(...values);
  const include = request.member('include').elements();
  for (const value of include) value.mayBe(THOUGHTS);
  const options = request.member('stream_options');
  if (options.isSet) options.knows('include_obfuscation');
  const thoughts: ThoughtsTaken = refused.has('reasoning_content')
    ? 'none'
    : takesSigned
      ? 'text-and-signed'
      : 'text';
  const { given, names, body: tools } = toolsOf(request, transforms);
  const stream = request.member('stream').optionalBoolean() === true;
  const most = request.member('max_output_tokens').optionalNumber();
  return {
    body: {
      model: request.member('model').text(),
      messages: messagesOf(request, transforms, thoughts),
      ...(most === null ? {} : { [limit]: most }),
      ...tools,
      ...number(request, 'temperature'),
      ...number(request, 'top_p'),
      ...effort(request.member('reasoning')),
      ...text(request.member('text')),
      ...user(request, transforms, refused.has('user')),
      ...serviceTier(request.member('service_tier'), transforms, refused.has('service_tier')),
      ...(stream ? { stream: true } : {}),
      // A client of responses always hears what was used.
      ...(stream && !refused.has('stream_options') ? { stream_options: { include_usage: true } } : {}),
    },
    transforms,
    asked: { repeated: repeatedOf(request, given), keepsThoughts: include.length > 0, names },
  };
}

/** Clients take these of a response for what was asked; what they know themselves and is long, such as the instructions, they do without. */
function repeatedOf(request: Place, tools: readonly object[]): object {
  const value = (name: string) => request.member(name).value ?? null;
  const metadata = request.member('metadata');
  return {
    max_output_tokens: value('max_output_tokens'),
    metadata: metadata.isSet ? metadata.carried() : {},
    parallel_tool_calls: value('parallel_tool_calls') ?? true,
    temperature: value('temperature'),
    tool_choice: value('tool_choice') ?? 'auto',
    tools,
    top_p: value('top_p'),
  };
}

function number(request: Place, name: string): object {
  const value = request.member(name).optionalNumber();
  return value === null ? {} : { [name]: value };
}

/** How much is told of what was thought is no matter of the answer's. */
function effort(reasoning: Place): object {
  if (!reasoning.isSet) return {};
  const word = reasoning.knows('effort', 'summary', 'generate_summary').member('effort');
  const known = word.optionalText();
  if (known !== null && !EFFORTS.has(known)) throw word.untranslatable();
  return known === null ? {} : { reasoning_effort: known };
}

function text(text: Place): object {
  if (!text.isSet) return {};
  const verbosity = text.knows('format', 'verbosity').member('verbosity').optionalText() ?? 'medium';
  return { ...formatOf(text.member('format')), ...(verbosity === 'medium' ? {} : { verbosity }) };
}

function formatOf(format: Place): object {
  const type = format.member('type');
  if (!format.isSet || type.value === 'text') return {};
  if (type.value === 'json_object') return { response_format: { type: 'json_object' } };
  if (type.value !== 'json_schema') throw type.untranslatable();
  format.knows('type', 'name', 'description', 'schema', 'strict');
  const description = format.member('description').optionalText();
  const strict = format.member('strict').optionalBoolean();
  return {
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: format.member('name').text(),
        ...(description === null ? {} : { description }),
        schema: format.member('schema').carried(),
        ...(strict === null ? {} : { strict }),
      },
    },
  };
}

/** By what a host tells a client's own users apart, under either of its names. */
function user(request: Place, transforms: Set<Transform>, isRefused: boolean): object {
  const id = request.member('safety_identifier').optionalText() ?? request.member('user').optionalText();
  if (id === null) return {};
  if (!isRefused) return { user: id };
  transforms.add('user-omitted');
  return {};
}

function serviceTier(tier: Place, transforms: Set<Transform>, isRefused: boolean): object {
  const word = tier.optionalText();
  if (word === null) return {};
  if (!isRefused) return { service_tier: word };
  transforms.add('service-tier-omitted');
  return {};
}
