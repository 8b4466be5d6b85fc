/** Looking into JSON that an upstream wrote, where any member may be missing or of another kind than the API says. */
import { ANSWER_EXTENT, isWithinExtent } from '../bytes/json-extent.js';
import { Failure } from '../reason.js';

export type Members = Readonly<Record<string, unknown>>;

/** What a text stands for, if that is a JSON object; else null. Throws `upstream/oversized`. */
export function parsedMembers(text: string | null): Members | null {
  return membersOf(parsedAnswer(text ?? ''));
}

/** What a text stands for; undefined when it is no JSON. Throws `upstream/oversized` for one that stands for too much. */
export function parsedAnswer(text: string): unknown {
  if (!isWithinExtent(text, ANSWER_EXTENT))
    throw new Failure('upstream/oversized', { detail: 'too many values' });
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value, if it is a JSON object; else null. */
export function membersOf(value: unknown): Members | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null;
}

/** Whether a value is a text, a list or an object that is not empty. */
export function isFilled(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return textOf(value) !== '';
  for (const _ in value) return true;
  return false;
}

/** The value, if it is a text; else the empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
