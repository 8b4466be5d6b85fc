/** The parameters of a request to Gemini, which stand in an object of their own, under Google's names. */
import * as v from 'valibot';
import { Failure } from '../../reason.js';
import { type Members, membersOf } from '../members.js';
import { between, type ParameterName, type Parameters, parameterSet, zeroTo } from '../parameters.js';
import { malformed, STOP_AT_FIRST } from '../request-object.js';
import { member, memberText, numberOf, refuseAmbiguous } from './proto-json.js';

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
const THINKING = 'thinkingConfig';
/** In an object of their own within that one. */
const THINKING_NAMES: Readonly<Record<string, ParameterName>> = {
  thinkingBudget: 'thinking_budget',
  thinkingLevel: 'reasoning_effort',
};
/** Google's words for how much to think; null for the one that says nothing. */
const LEVELS: ReadonlyMap<unknown, string | null> = new Map([
  ['THINKING_LEVEL_UNSPECIFIED', null],
  ['MINIMAL', 'minimal'],
  ['LOW', 'low'],
  ['MEDIUM', 'medium'],
  ['HIGH', 'high'],
]);

const { schema } = parameterSet(
  [
    'max_output_tokens',
    'n',
    'presence_penalty',
    'frequency_penalty',
    'reasoning_effort',
    'seed',
    'temperature',
    'thinking_budget',
    'top_logprobs',
    'top_p',
  ],
  { logprobs: v.boolean(), top_k: zeroTo(2 ** 31) },
);
const Dimensions = v.pipe(between(1, 2 ** 31), v.safeInteger());

/**
 * Those that are set; the parser takes `null` for one that is not. `text`: the object's JSON. Throws `request/parameter-invalid`, naming it as
 * Google does, and `request/malformed` for members that another reader might take otherwise.
 */
export function readGenerationConfig(text: string, config: Members): Parameters {
  refuseAmbiguous(text, [...Object.keys(NAMES), THINKING]);
  const set: Record<string, unknown> = readThinking(text, config);
  for (const [name, known] of Object.entries(NAMES)) {
    const value = numberOf(member(config, name) ?? null);
    if (value !== null) set[known] = value;
  }
  const result = v.safeParse(schema, set, STOP_AT_FIRST);
  if (result.success) return result.output;
  const wrong = v.getDotPath(result.issues[0]);
  const [field = 'generationConfig'] = Object.entries({ ...NAMES, ...THINKING_NAMES })
    .filter(([, known]) => known === wrong)
    .map(([name]) => (Object.hasOwn(THINKING_NAMES, name) ? `${THINKING}.${name}` : name));
  throw new Failure('request/parameter-invalid', { field });
}

function readThinking(text: string, config: Members): Record<string, unknown> {
  const value = member(config, THINKING) ?? null;
  if (value === null) return {};
  const members = membersOf(value);
  if (members === null) throw malformed(THINKING);
  refuseAmbiguous(memberText(text, THINKING), Object.keys(THINKING_NAMES));
  const budget = numberOf(member(members, 'thinkingBudget') ?? null);
  const level = member(members, 'thinkingLevel') ?? null;
  if (level !== null && !LEVELS.has(level))
    throw new Failure('request/parameter-invalid', { field: `${THINKING}.thinkingLevel` });
  const effort = LEVELS.get(level) ?? null;
  return {
    ...(budget === null ? {} : { thinking_budget: budget }),
    ...(effort === null ? {} : { reasoning_effort: effort }),
  };
}

/** How long an embedding is to be. Throws `request/parameter-invalid`. */
export function readDimensions(request: Members): Parameters {
  const value = numberOf(member(request, 'outputDimensionality') ?? null);
  if (value === null) return {};
  if (!v.is(Dimensions, value))
    throw new Failure('request/parameter-invalid', { field: 'outputDimensionality' });
  return { dimensions: value };
}
