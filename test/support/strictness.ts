/** Every small way in which a signed JSON value can be wrong: a member too many, one too few, one of another kind. */
import type { Json } from '../../src/bytes/json.js';
import { pathsOf, removed, replaced, valueAt } from './edit.js';

export interface Wrong {
  readonly what: string;
  /** The path of the member that is wrong. */
  readonly path: string;
  readonly value: Json;
}

export interface Freedom {
  /** Paths of members that may be left out. */
  readonly optional?: readonly string[];
  /** Paths of members that may be null. */
  readonly nullable?: readonly string[];
  /** Paths of arrays that may be empty, or hold one element less. */
  readonly lists?: readonly string[];
}

/** One value of each kind of JSON. An array is no object, although JavaScript says that it is. */
const KINDS: readonly [kind: string, value: Json][] = [
  ['null', null],
  ['a boolean', true],
  ['a number', 1.5],
  ['a string', '\u0000'],
  ['an array', []],
  ['an object', {}],
];

/** All of them for one sample, in which no string may be U+0000 and no number one and a half. */
export function* wrongs(
  sample: Json,
  { optional = [], nullable = [], lists = [] }: Freedom = {},
): Generator<Wrong> {
  for (const path of ['', ...pathsOf(sample)]) {
    const here = valueAt(sample, path);
    const parent = path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '';
    if (path !== '' && !optional.includes(path) && !lists.includes(parent))
      yield { what: `no ${path}`, path, value: removed(sample, path) };
    for (const [kind, other] of KINDS) {
      if (path === '' || kindOf(other) === kindOf(here)) continue;
      if (other === null && nullable.includes(path)) continue;
      yield { what: `${path} is ${kind}`, path, value: replaced(sample, path, other) };
    }
    if (kindOf(here) !== 'object') continue;
    for (const name of ['surplus', '__proto__', 'constructor', 'toString']) {
      const at = path === '' ? name : `${path}.${name}`;
      yield { what: `a member ${at}`, path: at, value: withMember(sample, path, name) };
    }
  }
}

/**
 * Whether a message about one path is about the other too: the same member, one inside it, or one around it, as the whole payload is
 * around everything.
 */
export function isAbout(field: string | undefined, path: string): boolean {
  if (field === 'payload') return true;
  return field !== undefined && (`${path}.`.startsWith(`${field}.`) || `${field}.`.startsWith(`${path}.`));
}

/** A member set as JSON sets it: a name is only a name, `__proto__` too. */
function withMember(sample: Json, path: string, name: string): Json {
  const copy = structuredClone(sample) as Json;
  Object.defineProperty(valueAt(copy, path), name, {
    value: '',
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

function kindOf(value: Json): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}
