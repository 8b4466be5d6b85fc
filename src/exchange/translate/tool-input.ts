/**
 * What a tool is called with: a text of JSON in OpenAI's dialect, an object in Anthropic's. Both are values to us, so that an integer which
 * a double cannot hold is refused instead of being rounded to another one.
 */
import { membersOf } from '../members.js';
import type { Place } from './place.js';

/** The object that a text of arguments stands for; of no text, the empty one. Throws for a text that is no JSON object. */
export function inputOf(text: string, place: Place): object {
  if (text.trim() === '') return {};
  return checkedInput(place.parsed(text), place);
}

/** The text that an input stands for. Throws for what is no object. */
export function argumentsOf(input: Place): string {
  return JSON.stringify(checkedInput(input.value, input));
}

/** What a text of arguments may be nested to; a value that was looked at before is nested no deeper. */
const MAX_DEPTH = 128;

function checkedInput(value: unknown, place: Place): object {
  const input = membersOf(value);
  if (input === null) throw place.untranslatable('no object');
  check(input, MAX_DEPTH, place);
  return input;
}

function check(value: unknown, depth: number, place: Place): void {
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw place.untranslatable('an integer over 2^53');
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    throw place.untranslatable('a number out of range');
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw place.untranslatable(`nested deeper than ${MAX_DEPTH}`);
  for (const inner of Object.values(value)) check(inner, depth - 1, place);
}
