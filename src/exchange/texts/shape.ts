/**
 * Where a JSON of some API holds text that people or models have written, as opposed to names, ids, settings and files. The elements of a list
 * have the shape of the list.
 */
import type { Members } from '../members.js';

export interface Shape {
  /** What a string is here: text, text that is JSON itself, or null for one that is no text. */
  readonly string: 'text' | 'json' | null;
  /** Whether the names of members and numbers are as good as text: data for tools, and their results. */
  readonly isData: boolean;
  /** Whether a number here is a token, which stands for text that nobody here can read. */
  readonly hasTokens: boolean;
  /** Whether what stands here goes on in the same place of the next part of an answer. */
  readonly continues: boolean;
  /** The shape of a member; null where there is no text in it. `siblings`: the object that it is a member of. */
  member(name: string, siblings: Members): Shape | null;
}

type Named = Readonly<Record<string, Shape>>;

const NO_TEXT = { string: null, isData: false, hasTokens: false, continues: false } as const;
const ANY_TEXT = { ...NO_TEXT, string: 'text' } as const;

/** All that is in it: strings, numbers, and the names of members. */
export const DATA: Shape = { ...ANY_TEXT, isData: true, member: () => DATA };

/** A string, or a list of them. */
export const TEXT: Shape = { ...ANY_TEXT, member: () => null };

/** A text, or what a host has made of it before. */
export const TEXT_OR_TOKENS: Shape = { ...TEXT, hasTokens: true };

/** A string that is the JSON of what a tool is given. */
export const JSON_TEXT: Shape = { ...ANY_TEXT, string: 'json', member: () => DATA };

/** An object with text in these members alone. Some readers take other letters for the same name. */
export function only(members: Named): Shape {
  const known = new Map(Object.entries(members));
  return { ...NO_TEXT, member: name => known.get(name) ?? known.get(name.toLowerCase()) ?? null };
}

/** A text, or an object at any depth of which every string is text but for those under these names; some members have shapes of their own. */
export function textBut(names: readonly string[], members: Named = {}): Shape {
  const [excepted, known] = [new Set(names), new Map(Object.entries(members))];
  const shape: Shape = {
    ...ANY_TEXT,
    member: name => (excepted.has(name) ? null : (known.get(name) ?? shape)),
  };
  return shape;
}

/** An object of which only the strings right under these names are text, at any depth. */
export function under(...names: readonly string[]): Shape {
  const named = new Set(names);
  const shape: Shape = { ...NO_TEXT, member: name => (named.has(name) ? text : shape) };
  const text: Shape = { ...ANY_TEXT, member: name => shape.member(name, {}) };
  return shape;
}

/** A part of an answer, whose texts go on in the next part. What is data comes whole. */
export function continued(shape: Shape): Shape {
  if (shape.isData) return shape;
  const going: Shape = {
    ...shape,
    continues: true,
    member: (name, siblings) => {
      const inner = shape.member(name, siblings);
      if (inner === null) return null;
      return inner === shape ? going : continued(inner);
    },
  };
  return going;
}

/** An object of which one member's shape depends on the others; null where that is then no text. */
export function depending(name: string, choose: (siblings: Members) => Shape | null, shape: Shape): Shape {
  const depends: Shape = {
    ...shape,
    member: (asked, siblings) => {
      if (asked === name) return choose(siblings);
      const inner = shape.member(asked, siblings);
      return inner === shape ? depends : inner;
    },
  };
  return depends;
}
