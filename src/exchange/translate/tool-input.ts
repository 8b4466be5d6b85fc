/**
 * What a tool is called with: a text of JSON in OpenAI's dialect, an object in Anthropic's. Where one becomes the other, a number that would not stay
 * what it is is refused.
 */
import { inexactNumbers } from '../../bytes/json-numbers.js';
import { membersOf } from '../members.js';
import type { Place } from './place.js';

/** The object that a text of arguments stands for; of no text, the empty one. Throws for a text that is no JSON object. */
export function inputOf(text: string, place: Place): object {
  const input = parsedInput(text, place);
  if (inexactNumbers(text).size > 0) throw place.inexact();
  return input;
}

/** Throws for a text of arguments, handed on as it is, that is no JSON object. */
export function checkArguments(text: string, place: Place): void {
  parsedInput(text, place);
}

/** The text that an input stands for. Throws for what is no object. */
export function argumentsOf(input: Place): string {
  if (membersOf(input.value) === null) throw input.untranslatable('no object');
  return JSON.stringify(input.carried());
}

/** What a text of arguments may be nested to; a value that was looked at before is nested no deeper. */
const MAX_DEPTH = 128;

function parsedInput(text: string, place: Place): object {
  if (text.trim() === '') return {};
  const input = membersOf(place.parsed(text));
  if (input === null) throw place.untranslatable('no object');
  checkDepth(input, MAX_DEPTH, place);
  return input;
}

function checkDepth(value: unknown, depth: number, place: Place): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw place.untranslatable(`nested deeper than ${MAX_DEPTH}`);
  for (const inner of Object.values(value)) checkDepth(inner, depth - 1, place);
}
