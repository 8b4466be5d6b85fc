/** The parameters of a request to Gemini, which stand in an object of their own, under Google's names. */
import { type Members, membersOf } from '../members.js';
import type { ParameterName } from '../parameters.js';
import { parametersOf, type SetParameters, UNREAD } from '../set-parameters.js';
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
/** The members of an object of their own within that one. */
const THINKING_NAMES = ['thinkingBudget', 'thinkingLevel'];
/** Google's words for how much to think, which it documents in capitals and in small letters; null for the one that says nothing. */
const LEVELS: ReadonlyMap<string, string | null> = new Map([
  ['THINKING_LEVEL_UNSPECIFIED', null],
  ['MINIMAL', 'minimal'],
  ['LOW', 'low'],
  ['MEDIUM', 'medium'],
  ['HIGH', 'high'],
]);
/** Some letters beyond these become one of these as capitals, and to Google's parser they are none. */
const WORD = /^[A-Za-z_]+$/;

/**
 * Those that are set; the parser takes `null` for one that is not. `text`: the object's JSON. Throws `request/parameter-invalid`, naming the place
 * as Google does, where the gateway would have to act on a value that it does not understand, and `request/malformed` for members that another
 * reader might take otherwise.
 */
export function readGenerationConfig(text: string, config: Members): SetParameters {
  refuseAmbiguous(text, [...Object.keys(NAMES), THINKING]);
  const set: Record<string, unknown> = readThinking(text, config);
  for (const [name, known] of Object.entries(NAMES)) {
    const value = numberOf(member(config, name) ?? null);
    if (value !== null) set[known] = value;
  }
  return parametersOf(set, nameAt);
}

/** Google's name of a parameter. */
function nameAt(known: ParameterName): string {
  const found = Object.entries(NAMES).find(([, name]) => name === known);
  return found?.[0] ?? 'generationConfig';
}

function readThinking(text: string, config: Members): Record<string, unknown> {
  const value = member(config, THINKING) ?? null;
  if (value === null) return {};
  const members = membersOf(value);
  if (members === null) return { reasoning_effort: UNREAD, thinking_budget: UNREAD };
  refuseAmbiguous(memberText(text, THINKING), THINKING_NAMES);
  const budget = numberOf(member(members, 'thinkingBudget') ?? null);
  const effort = effortOf(member(members, 'thinkingLevel') ?? null);
  return {
    ...(budget === null ? {} : { thinking_budget: budget }),
    ...(effort === null ? {} : { reasoning_effort: effort }),
  };
}

/** As a receipt says it; whatever is none of Google's words, {@link UNREAD}. */
function effortOf(level: unknown): unknown {
  if (level === null) return null;
  const word = typeof level === 'string' && WORD.test(level) ? level.toUpperCase() : '';
  const known = LEVELS.get(word);
  return known === undefined ? UNREAD : known;
}

/** How long an embedding is to be. */
export function readDimensions(request: Members): SetParameters {
  const value = numberOf(member(request, 'outputDimensionality') ?? null);
  return parametersOf(value === null ? {} : { dimensions: value }, () => 'outputDimensionality');
}
