/** A request of Anthropic's messages as one of OpenAI's chat completions. */

import type { LimitMember } from '../../upstream.js';
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
/** A label that OpenAI's API needs of a schema, and that no client reads. */
const FORMAT_NAME = 'answer';

/** `limitMember`: where the host takes the limit to the answer's tokens. Throws `request/untranslatable`, naming the member. */
export function messagesToChat(body: Uint8Array, limitMember: LimitMember): MessagesTranslated {
  const request = readRequest(body);
  const transforms = new Set<Transform>();
  request.knows(...TRANSLATED, ...WITHOUT_EFFECT);
  checkContext(request);
  const user = request.member('metadata').member('user_id').optionalText();
  const stream = request.member('stream').optionalBoolean() === true;
  return {
    body: {
      model: request.member('model').text(),
      messages: messagesOf(request.member('system'), request.member('messages'), transforms),
      [limitMember]: maxTokens(request.member('max_tokens')),
      ...toolsOf(request.member('tools')),
      ...toolChoiceOf(request.member('tool_choice')),
      ...stop(request.member('stop_sequences')),
      ...number(request, 'temperature'),
      ...number(request, 'top_p'),
      ...number(request, 'top_k'),
      ...effort(request, transforms),
      ...format(request),
      ...(user === null ? {} : { user }),
      ...serviceTier(request, transforms),
      // A client of messages always hears what was used.
      ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
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
      if (tokens === null) throw budget.untranslatable();
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
  const schema = wanted.member('schema').members();
  return {
    response_format: { type: 'json_schema', json_schema: { name: FORMAT_NAME, schema, strict: true } },
  };
}

function serviceTier(request: Place, transforms: Set<Transform>): object {
  if (request.member('speed').optionalText() === 'fast') transforms.add('service-tier-omitted');
  const tier = request.member('service_tier');
  switch (tier.optionalText()) {
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
