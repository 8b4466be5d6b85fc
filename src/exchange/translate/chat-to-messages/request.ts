/** A request of OpenAI's chat completions as one of Anthropic's messages. */
import { readRequest } from '../json.js';
import type { Place } from '../place.js';
import { DEFAULT_MAX_TOKENS, type Transform } from '../transforms.js';
import { type Asked, thinkingOf } from './thinking.js';
import { toolChoiceOf, toolsOf } from './tools.js';
import { conversationOf } from './turns.js';

export interface ChatTranslated {
  readonly body: object;
  readonly transforms: ReadonlySet<Transform>;
  /** Whether the client wants a stream to end with what was used. */
  readonly wantsUsage: boolean;
}

/** Members that change no answer: what is kept of it and for how long, what is guessed of it, who may be told apart by it. */
const WITHOUT_EFFECT = [
  'metadata',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'store',
];
const TRANSLATED = [
  'max_completion_tokens',
  'max_tokens',
  'messages',
  'model',
  'parallel_tool_calls',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'service_tier',
  'stop',
  'stream',
  'stream_options',
  'temperature',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
  'user',
];
/** Members without a counterpart, each with the values that ask for nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  frequency_penalty: [0],
  logprobs: [false],
  n: [1],
  presence_penalty: [0],
  top_logprobs: [0],
  verbosity: ['medium'],
};

/** Throws `request/untranslatable`, naming the member. */
export function chatToMessages(body: Uint8Array): ChatTranslated {
  const chat = readRequest(body);
  const transforms = new Set<Transform>();
  chat.knows(
    ...TRANSLATED,
    ...WITHOUT_EFFECT,
    ...Object.keys(NEUTRAL),
    'logit_bias',
    'modalities',
    'functions',
  );
  for (const [name, values] of Object.entries(NEUTRAL)) chat.member(name).mayBe(...values);
  checkEmpty(chat);
  const { system, messages, isUnthought } = conversationOf(chat.member('messages'), transforms);
  const { tools } = toolsOf(chat.member('tools'));
  const options = chat.member('stream_options');
  if (options.isSet) options.knows('include_usage', 'include_obfuscation');
  const model = chat.member('model').text();
  const limit = maxTokens(chat, transforms);
  const choice = toolChoiceOf(
    chat.member('tool_choice'),
    chat.member('parallel_tool_calls'),
    tools !== undefined,
  );
  const mustCall = choice.tool_choice?.type === 'any' || choice.tool_choice?.type === 'tool';
  return {
    body: {
      model,
      max_tokens: limit,
      ...(system === null ? {} : { system }),
      messages,
      ...(tools === undefined ? {} : { tools }),
      ...choice,
      ...stopSequences(chat.member('stop')),
      ...number(chat, 'temperature', value => value <= 1),
      ...number(chat, 'top_p'),
      ...number(chat, 'top_k'),
      ...thinking(chat, { model, limit, mustCall, isUnthought }, transforms),
      ...user(chat),
      ...serviceTier(chat.member('service_tier'), transforms),
      ...(chat.member('stream').optionalBoolean() === true ? { stream: true } : {}),
    },
    transforms,
    wantsUsage: options.member('include_usage').optionalBoolean() === true,
  };
}

/** Members of which an empty list or object asks for nothing. */
function checkEmpty(chat: Place): void {
  const [bias, modalities, functions] = ['logit_bias', 'modalities', 'functions'].map(name =>
    chat.member(name),
  ) as [Place, Place, Place];
  if (bias.isSet && Object.keys(bias.members()).length > 0) throw bias.untranslatable();
  for (const modality of modalities.elements()) modality.mayBe('text');
  if (functions.elements().length > 0) throw functions.untranslatable();
}

function maxTokens(chat: Place, transforms: Set<Transform>): number {
  const [most, older] = [chat.member('max_completion_tokens'), chat.member('max_tokens')];
  const limit = most.optionalNumber() ?? older.optionalNumber();
  if (limit !== null && older.isSet && older.value !== limit) throw older.untranslatable();
  // Less than one means something else to each host: that there is no limit, or that nothing is to come.
  if (limit !== null && limit < 1) throw (most.isSet ? most : older).untranslatable();
  if (limit === null) transforms.add('max-tokens-default');
  return limit ?? DEFAULT_MAX_TOKENS;
}

function number(chat: Place, name: string, isInRange: (value: number) => boolean = () => true): object {
  const place = chat.member(name);
  const value = place.optionalNumber();
  if (value !== null && !isInRange(value)) throw place.untranslatable();
  return value === null ? {} : { [name]: value };
}

function stopSequences(stop: Place): object {
  if (typeof stop.value === 'string') return { stop_sequences: [stop.value] };
  const sequences = stop.elements().map(sequence => sequence.text());
  return sequences.length === 0 ? {} : { stop_sequences: sequences };
}

/** How much to think, and in which form to answer: both have the same place there. */
function thinking(chat: Place, asked: Asked, transforms: Set<Transform>): object {
  const { thinking: thought, effort } = thinkingOf(chat.member('reasoning_effort'), asked, transforms);
  const format = formatOf(chat.member('response_format'));
  const config = { ...(effort === undefined ? {} : { effort }), ...(format === null ? {} : { format }) };
  return {
    ...(thought === undefined ? {} : { thinking: thought }),
    ...(Object.keys(config).length === 0 ? {} : { output_config: config }),
  };
}

/** A schema's own description says there what OpenAI's dialect says beside the schema; its name is but a label. */
function formatOf(format: Place): object | null {
  if (!format.isSet || format.member('type').value === 'text') return null;
  if (format.member('type').value !== 'json_schema') throw format.member('type').untranslatable();
  const named = format
    .knows('type', 'json_schema')
    .member('json_schema')
    .knows('name', 'description', 'schema', 'strict');
  const schema = named.member('schema').carried();
  const description = named.member('description');
  const text = description.optionalText();
  if (text === null) return { type: 'json_schema', schema };
  if (Object.hasOwn(schema, 'description')) throw description.untranslatable();
  return { type: 'json_schema', schema: { ...schema, description: text } };
}

/** By what a host tells a client's own users apart, under either of its names. */
function user(chat: Place): object {
  const id = chat.member('safety_identifier').optionalText() ?? chat.member('user').optionalText();
  return id === null ? {} : { metadata: { user_id: id } };
}

function serviceTier(tier: Place, transforms: Set<Transform>): object {
  const word = tier.optionalText();
  if (word === null) return {};
  if (word === 'auto') return { service_tier: 'auto' };
  if (word === 'default') return { service_tier: 'standard_only' };
  transforms.add('service-tier-omitted');
  return {};
}
