/**
 * JSON as Google's parser takes it: each member has two spellings, in camel case and with underscores, and a number may be written as a
 * text. Source: ProtoJSON, https://protobuf.dev/programming-guides/json/.
 */
import { topLevelNames, topLevelValue } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import type { Members } from '../members.js';
import { MAX_MEMBERS } from '../unambiguous.js';

const NUMBER = /^-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,17})?$/;

/** The member under either of its spellings, of which `name` is the one in camel case; undefined where it is not there. */
export function member(members: Members, name: string): unknown {
  if (Object.hasOwn(members, name)) return members[name];
  const other = withUnderscores(name);
  return Object.hasOwn(members, other) ? members[other] : undefined;
}

/** The JSON of a member's value, under either of its spellings; that of an empty object where it is not there. `text`: its object's JSON. */
export function memberText(text: string, name: string): string {
  return topLevelValue(text, name) ?? topLevelValue(text, withUnderscores(name)) ?? '{}';
}

/**
 * Throws `request/malformed` when two members of an object are one to some reader, or when one that is read stands there in letters that
 * only some readers take for it. `text`: the object's JSON; `read`: the members whose meaning a receipt states, in camel case.
 */
export function refuseAmbiguous(text: string, read: readonly string[]): void {
  const names = topLevelNames(text, MAX_MEMBERS);
  if (names === null) throw new Failure('request/malformed', { detail: `over ${MAX_MEMBERS} members` });
  const spellings = new Set(read.flatMap(name => [name, withUnderscores(name)]));
  const known = new Set(read.map(folded));
  const all = names.map(folded);
  if (new Set(all).size < names.length)
    throw new Failure('request/malformed', { detail: 'a member that is there twice' });
  if (names.some((name, at) => known.has(all[at] as string) && !spellings.has(name)))
    throw new Failure('request/malformed', { detail: 'a known member in other letters' });
}

/** The number that a text stands for; every other value as it is. */
export function numberOf(value: unknown): unknown {
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : value;
}

/** The elements of a list; of what is no list but a value, that value, which the parser takes for a list of one. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function withUnderscores(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

function folded(name: string): string {
  return name.replaceAll('_', '').toUpperCase().toLowerCase();
}
