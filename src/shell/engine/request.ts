/**
 * Parses a chat request. Every byte of it is hostile: it is checked here again, whatever was checked
 * before. What the model cannot honour is refused by name, never silently ignored.
 */

import { randomInt } from 'node:crypto';
import { type ChatMessage, parseMessages } from './messages.js';
import { Refusal } from './refusal.js';
import type { Sampling } from './sampler.js';

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** The most tokens that the answer may have. */
  readonly most: number;
  readonly sampling: Sampling;
  /** Texts that end the answer and do not appear in it. */
  readonly stop: readonly string[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** What a silent request gets. */
export const DEFAULTS = {
  temperature: 0,
  top_p: 1,
  max_completion_tokens: 256,
  n: 1,
  stream: false,
} as const;

/** Parameters that are honoured; each is read below. */
const HONOURED = new Set(
  'model messages max_tokens max_completion_tokens temperature top_p seed stop stream stream_options'.split(
    ' ',
  ),
);

const anything = (): boolean => true;
const exactly =
  (...allowed: unknown[]) =>
  (value: unknown): boolean =>
    allowed.includes(value);
const empty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
/** An object or array with one entry. */
const only =
  (name: string, wanted: string) =>
  (value: unknown): boolean => {
    const [entry, ...more] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return entry?.[0] === name && entry[1] === wanted && more.length === 0;
  };

/** Parameters that ask for nothing: labels, and values that mean what happens anyway. */
const HARMLESS = new Map<string, (value: unknown) => boolean>([
  ['user', anything],
  ['metadata', anything],
  ['safety_identifier', anything],
  ['prompt_cache_key', anything],
  ['store', exactly(false)],
  ['n', exactly(DEFAULTS.n)],
  ['presence_penalty', exactly(0)],
  ['frequency_penalty', exactly(0)],
  ['logprobs', exactly(false)],
  ['top_logprobs', exactly(0)],
  ['logit_bias', empty],
  ['tools', empty],
  ['tool_choice', exactly('none', 'auto')],
  ['parallel_tool_calls', exactly(true, false)],
  ['functions', empty],
  ['service_tier', exactly('auto', 'default')],
  ['response_format', only('type', 'text')],
  ['modalities', only('0', 'text')],
]);

const MOST_STOPS = 4;

/**
 * Parses the body of `POST /chat/completions`.
 * @param model the one model that is served
 * @throws Refusal
 */
export function parseChatRequest(body: Uint8Array, model: string): ChatRequest {
  const fields = parseFields(body);
  const requested = fields.get('model');
  if (requested === undefined) throw missing('model');
  if (typeof requested !== 'string') throw wrongType('model', 'a string');
  if (requested !== model) {
    throw new Refusal(
      'model_not_found',
      'model',
      `There is no model ${JSON.stringify(requested)} here; there is ${model}.`,
    );
  }
  for (const [name, value] of fields) {
    if (!HONOURED.has(name) && HARMLESS.get(name)?.(value) !== true) {
      throw new Refusal(
        'unsupported_parameter',
        name,
        `The model ${model} does not support this value of ${name}.`,
      );
    }
  }
  const stream = flag(fields, 'stream') ?? DEFAULTS.stream;
  return {
    messages: parseMessages(fields.get('messages')),
    most: mostTokens(fields),
    sampling: {
      temperature: within(fields, 'temperature', 0, 2) ?? DEFAULTS.temperature,
      topP: topP(fields),
      seed: wholeNumber(fields, 'seed', Number.MIN_SAFE_INTEGER) ?? randomInt(2 ** 47),
    },
    stop: stops(fields.get('stop')),
    stream,
    includeUsage: includeUsage(fields.get('stream_options'), stream),
  };
}

/** The body's fields. Those that are null count as absent, as clients send them so. */
function parseFields(body: Uint8Array): Map<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Refusal('invalid_json', null, 'The body is not JSON in UTF-8.');
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Refusal('invalid_type', null, 'The body must be a JSON object.');
  }
  return new Map(Object.entries(document).filter(([, value]) => value !== null));
}

function mostTokens(fields: Map<string, unknown>): number {
  const older = wholeNumber(fields, 'max_tokens', 1);
  const newer = wholeNumber(fields, 'max_completion_tokens', 1);
  if (older !== undefined && newer !== undefined && older !== newer) {
    throw new Refusal('invalid_value', 'max_tokens', 'max_tokens and max_completion_tokens must not differ.');
  }
  return newer ?? older ?? DEFAULTS.max_completion_tokens;
}

function topP(fields: Map<string, unknown>): number {
  const value = within(fields, 'top_p', 0, 1) ?? DEFAULTS.top_p;
  if (value === 0) throw new Refusal('invalid_value', 'top_p', 'top_p must be above 0.');
  return value;
}

function stops(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > MOST_STOPS)
    throw new Refusal('invalid_value', 'stop', `stop takes at most ${MOST_STOPS} texts.`);
  return list.map(entry => {
    if (typeof entry !== 'string') throw wrongType('stop', 'a string or an array of strings');
    if (entry === '') throw new Refusal('invalid_value', 'stop', 'A stop text must not be empty.');
    return entry;
  });
}

function includeUsage(value: unknown, stream: boolean): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'object' || value === null) throw wrongType('stream_options', 'an object');
  if (!stream) throw new Refusal('invalid_value', 'stream_options', 'stream_options needs stream: true.');
  const options = new Map<string, unknown>(Object.entries(value).filter(([, option]) => option !== null));
  for (const [name, option] of options) {
    if (name !== 'include_usage' && !(name === 'include_obfuscation' && option === false)) {
      throw new Refusal(
        'unsupported_parameter',
        `stream_options.${name}`,
        `stream_options.${name} is not supported.`,
      );
    }
  }
  return flag(options, 'include_usage', 'stream_options.include_usage') ?? false;
}

function flag(fields: Map<string, unknown>, name: string, path = name): boolean | undefined {
  const value = fields.get(name);
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(path, 'true or false');
  return value;
}

function within(fields: Map<string, unknown>, name: string, least: number, most: number): number | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw wrongType(name, 'a number');
  if (value < least || value > most) {
    throw new Refusal('invalid_value', name, `${name} must be at least ${least} and at most ${most}.`);
  }
  return value;
}

function wholeNumber(fields: Map<string, unknown>, name: string, least: number): number | undefined {
  const value = within(fields, name, least, Number.MAX_SAFE_INTEGER);
  if (value !== undefined && !Number.isSafeInteger(value)) throw wrongType(name, 'a whole number');
  return value;
}

function missing(param: string): Refusal {
  return new Refusal('missing_required_parameter', param, `${param} is missing.`);
}

function wrongType(param: string, wanted: string): Refusal {
  return new Refusal('invalid_type', param, `${param} must be ${wanted}.`);
}
