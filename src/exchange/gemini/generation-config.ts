/** The parameters of a request to Gemini, which stand in an object of their own, under Google's names. */
import * as v from 'valibot';
import { Failure } from '../../reason.js';
import type { Members } from '../members.js';
import { between, type ParameterName, type Parameters, parameterSet, zeroTo } from '../parameters.js';
import { STOP_AT_FIRST } from '../request-object.js';
import { member, numberOf } from './proto-json.js';

/** Under which name a receipt has each. */
const NAMES: Readonly<Record<string, ParameterName>> = {
  candidateCount: 'n',
  frequencyPenalty: 'frequency_penalty',
  logprobs: 'top_logprobs',
  maxOutputTokens: 'max_output_tokens',
  presencePenalty: 'presence_penalty',
  responseLogprobs: 'logprobs',
  seed: 'seed',
  temperature: 'temperature',
  topK: 'top_k',
  topP: 'top_p',
};
export const CONFIG_NAMES = Object.keys(NAMES);

const { schema } = parameterSet(
  [
    'max_output_tokens',
    'n',
    'presence_penalty',
    'frequency_penalty',
    'seed',
    'temperature',
    'top_logprobs',
    'top_p',
  ],
  { logprobs: v.boolean(), top_k: zeroTo(2 ** 31) },
);
const Dimensions = v.pipe(between(1, 2 ** 31), v.safeInteger());

/** Those that are set; the parser takes `null` for one that is not. Throws `request/parameter-invalid`, naming it as Google does. */
export function readGenerationConfig(config: Members): Parameters {
  const set: Record<string, unknown> = {};
  for (const [name, known] of Object.entries(NAMES)) {
    const value = numberOf(member(config, name) ?? null);
    if (value !== null) set[known] = value;
  }
  const result = v.safeParse(schema, set, STOP_AT_FIRST);
  if (result.success) return result.output;
  const wrong = v.getDotPath(result.issues[0]);
  const [field = 'generationConfig'] = CONFIG_NAMES.filter(name => NAMES[name] === wrong);
  throw new Failure('request/parameter-invalid', { field });
}

/** How long an embedding is to be. Throws `request/parameter-invalid`. */
export function readDimensions(request: Members): Parameters {
  const value = numberOf(member(request, 'outputDimensionality') ?? null);
  if (value === null) return {};
  if (!v.is(Dimensions, value))
    throw new Failure('request/parameter-invalid', { field: 'outputDimensionality' });
  return { dimensions: value };
}
