/** A request of Anthropic's messages as one of OpenAI's chat completions. */
import { type ChatWords, OPENAI_WORDS } from '../../chat-words.js';
import { EFFORTS, effortOf } from '../effort.js';
import { readRequest } from '../json.js';
import type { Place } from '../place.js';
import type { Transform } from '../transforms.js';
import { toolChoiceOf, toolsOf } from './tools.js';
import { messagesOf } from './turns.js';

export interface MessagesTranslated {
  readonly body: object;
  readonly transforms: ReadonlySet<Transform>;
}

/** Members that change no answer: what is kept of a prompt, and what is told of that. */
const WITHOUT_EFFECT = ['cache_control', 'diagnostics'];
const TRANSLATED = [
  'context_management',
  'max_tokens',
  'mcp_servers',
  'messages',
  'metadata',
  'model',
  'output_config',
  'output_format',
  'service_tier',
  'speed',
  'stop_sequences',
  'stream',
  'system',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
];
/** The words of Anthropic's efforts, which are OpenAI's as well. */
const WORDS: ReadonlySet<unknown> = new Set(EFFORTS.values());
/** The characters that OpenAI's API takes of a user's name; more is an error there. */
const MAX_USER = 64;
/** A label that OpenAI's API needs of a schema, and that no client reads. */
const FORMAT_NAME = 'answer';

/** `words`: those in which the host can be asked. Throws `request/untranslatable`, naming the member. */
export function messagesToChat(body: Uint8Array, words: ChatWords = OPENAI_WORDS): MessagesTranslated {
  const { limit, refused } = words;
  const request = readRequest(body);
  const transforms = new Set<Transform>();
  request.knows(...TRANSLATED, ...WITHOUT_EFFECT);
  checkContext(request);
  const stream = request.member('stream').optionalBoolean() === true;
  return {
    body: {
      model: request.member('model').text(),
      messages: messagesOf(request, transforms, !refused.has('reasoning_content')),
      [limit]: maxTokens(request.member('max_tokens')),
      ...toolsOf(request.member('tools')),
      ...toolChoiceOf(request.member('tool_choice')),
      ...stop(request.member('stop_sequences')),
      ...number(request, 'temperature'),
      ...number(request, 'top_p'),
      ...number(request, 'top_k'),
      ...effort(request, transforms),
      ...format(request),
      ...user(request, transforms, refused.has('user')),
      ...serviceTier(request, transforms, refused.has('service_tier')),
      ...(stream ? { stream: true } : {}),
      // A client of messages always hears what was used.
      ...(stream && !refused.has('stream_options') ? { stream_options: { include_usage: true } } : {}),
    },
    transforms,
  };
}

/** What the host is to do with a prompt by itself. To forget earlier thinking is what other hosts do anyway. */
function checkContext(request: Place): void {
  const servers = request.member('mcp_servers');
  if (servers.elements().length > 0) throw servers.untranslatable();
  const context = request.member('context_management');
  if (!context.isSet) return;
  for (const edit of context.knows('edits').member('edits').elements()) {
    const type = edit.member('type');
    if (!type.text().startsWith('clear_thinking_')) throw type.untranslatable();
  }
}

/** With zero, a prompt is read and kept, and nothing is answered: there is nothing like it there. */
function maxTokens(limit: Place): number {
  const most = limit.optionalNumber();
  if (most === null || most < 1) throw limit.untranslatable();
  return most;
}

function number(request: Place, name: string): object {
  const value = request.member(name).optionalNumber();
  return value === null ? {} : { [name]: value };
}

function stop(sequences: Place): object {
  const texts = sequences.elements().map(sequence => sequence.text());
  return texts.length === 0 ? {} : { stop: texts };
}

function effort(request: Place, transforms: Set<Transform>): object {
  const config = request.member('output_config');
  const word = config.isSet ? config.knows('effort', 'format').member('effort') : config;
  if (word.isSet && !WORDS.has(word.value)) throw word.untranslatable();
  const thinking = request.member('thinking');
  const type = thinking.member('type');
  if (thinking.isSet) thinking.knows('type', 'budget_tokens', 'display');
  switch (type.value) {
    case 'disabled':
      if (word.isSet) transforms.add('effort-omitted');
      return { reasoning_effort: 'none' };
    case 'enabled': {
      const budget = thinking.member('budget_tokens');
      const tokens = budget.optionalNumber();
      if (tokens === null || tokens < 0) throw budget.untranslatable();
      return { reasoning_effort: word.isSet ? word.value : effortOf(tokens) };
    }
    case 'adaptive':
    case undefined:
      if (thinking.isSet && !type.isSet) throw thinking.untranslatable();
      return word.isSet ? { reasoning_effort: word.value } : {};
    default:
      throw type.untranslatable();
  }
}

/** Under its name, or the one that it had before. */
function format(request: Place): object {
  const config = request.member('output_config');
  const [own, older] = [config.member('format'), request.member('output_format')];
  if (own.isSet && older.isSet) throw older.untranslatable();
  const wanted = own.isSet ? own : older;
  if (!wanted.isSet) return {};
  wanted.knows('type', 'schema');
  if (wanted.member('type').value !== 'json_schema') throw wanted.member('type').untranslatable();
  const schema = wanted.member('schema').carried();
  return {
    response_format: { type: 'json_schema', json_schema: { name: FORMAT_NAME, schema, strict: true } },
  };
}

/** By what a host tells a client's own users apart. Anthropic's own clients write more there than OpenAI's API takes. */
function user(request: Place, transforms: Set<Transform>, isRefused: boolean): object {
  const id = request.member('metadata').member('user_id').optionalText();
  if (id === null) return {};
  if (!isRefused && id.length <= MAX_USER) return { user: id };
  transforms.add('user-omitted');
  return {};
}

function serviceTier(request: Place, transforms: Set<Transform>, isRefused: boolean): object {
  if (request.member('speed').optionalText() === 'fast') transforms.add('service-tier-omitted');
  const tier = request.member('service_tier');
  const word = tier.optionalText();
  if (isRefused && (word === 'auto' || word === 'standard_only')) {
    transforms.add('service-tier-omitted');
    return {};
  }
  switch (word) {
    case null:
      return {};
    case 'auto':
      return { service_tier: 'auto' };
    case 'standard_only':
      return { service_tier: 'default' };
    default:
      throw tier.untranslatable();
  }
}
