/**
 * A faster answer, where it is yes, to whether a schema accepts a value of JSON as it is. Schemas make a new value of what they read, and a
 * note of every step; receipts are read so often that this costs a log more than all else but their signatures.
 *
 * What is not known here is never accepted: `false` says that the schema itself has to be asked.
 */
import type * as v from 'valibot';
import type { Json } from '../bytes/json.js';

type Accepts = (value: Json) => boolean;

/** What valibot's schemas and actions say of themselves. */
interface Shape {
  readonly kind: string;
  readonly type: string;
  readonly pipe?: readonly Shape[];
  readonly entries?: { readonly [name: string]: Shape };
  readonly item?: Shape;
  readonly items?: readonly Shape[];
  readonly wrapped?: Shape;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly check?: (value: unknown) => boolean;
  readonly requirement?: unknown;
  readonly default?: unknown;
  readonly fallback?: unknown;
}

/** What answers for a schema: true only when the schema accepts the value, and makes the same of it. */
export function surelyValid(schema: v.GenericSchema): Accepts {
  return accepts(schema as unknown as Shape, false);
}

const NEVER: Accepts = () => false;

/**
 * @param inUnion within one of several schemas of which the first that accepts decides. Then none may accept what it would make something
 *   else of: an object without required members accepts an empty array.
 */
function accepts(shape: Shape, inUnion: boolean): Accepts {
  // Each of them puts another value in the place of one.
  if (shape.fallback !== undefined || shape.default !== undefined) return NEVER;
  if (shape.pipe !== undefined) return piped(shape.pipe, inUnion);
  switch (shape.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return value => typeof value === shape.type;
    case 'null':
      return value => value === null;
    case 'literal':
      return value => value === shape.literal;
    case 'picklist': {
      const options = new Set(shape.options);
      return value => options.has(value);
    }
    case 'custom':
      return value => shape.check?.(value) === true;
    case 'nullable':
      return nullable(shape, inUnion);
    case 'optional':
    case 'exact_optional':
      return shape.wrapped === undefined ? NEVER : accepts(shape.wrapped, inUnion);
    case 'union': {
      const options = ((shape.options ?? []) as Shape[]).map(option => accepts(option, true));
      return value => options.some(option => option(value));
    }
    case 'array':
      return array(shape, inUnion);
    case 'strict_tuple':
      return tuple(shape, inUnion);
    case 'strict_object':
      return object(shape.entries ?? {}, inUnion);
    default:
      return NEVER;
  }
}

/** A pipe may begin with another. */
function piped([schema, ...actions]: readonly Shape[], inUnion: boolean): Accepts {
  if (schema === undefined) return NEVER;
  const steps = [accepts(schema, inUnion), ...actions.map(meets)];
  return value => {
    for (const step of steps) if (!step(value)) return false;
    return true;
  };
}

/** Whether a value that has the type of a pipe's schema meets one of its requirements. */
function meets({ kind, type, requirement }: Shape): Accepts {
  if (kind !== 'validation') return NEVER;
  if (type === 'safe_integer') return Number.isSafeInteger;
  // One that remembers where it was would answer otherwise the next time.
  if (type === 'regex' && requirement instanceof RegExp && !requirement.global && !requirement.sticky)
    return value => requirement.test(value as string);
  if (type === 'check' && typeof requirement === 'function') return value => requirement(value) === true;
  if (typeof requirement !== 'number') return NEVER;
  switch (type) {
    case 'min_value':
      return value => (value as number) >= requirement;
    case 'max_value':
      return value => (value as number) <= requirement;
    case 'min_length':
      return value => (value as string | readonly Json[]).length >= requirement;
    case 'max_length':
      return value => (value as string | readonly Json[]).length <= requirement;
    default:
      return NEVER;
  }
}

function nullable({ wrapped }: Shape, inUnion: boolean): Accepts {
  if (wrapped === undefined) return NEVER;
  const accept = accepts(wrapped, inUnion);
  return value => value === null || accept(value);
}

function array({ item }: Shape, inUnion: boolean): Accepts {
  if (item === undefined) return NEVER;
  const accept = accepts(item, inUnion);
  return value => {
    if (!Array.isArray(value)) return false;
    for (const element of value) if (!accept(element)) return false;
    return true;
  };
}

function tuple({ items = [] }: Shape, inUnion: boolean): Accepts {
  const all = items.map(item => accepts(item, inUnion));
  return value =>
    Array.isArray(value) && value.length === all.length && all.every((accept, at) => accept(value[at]));
}

function object(entries: { readonly [name: string]: Shape }, inUnion: boolean): Accepts {
  const members = new Map(Object.entries(entries).map(([name, shape]) => [name, accepts(shape, inUnion)]));
  const isOptional = ({ type }: Shape) => type === 'optional' || type === 'exact_optional';
  const required = Object.keys(entries).filter(name => !isOptional(entries[name] as Shape));
  if (inUnion && required.length === 0) return NEVER;
  return value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const given = value as { readonly [name: string]: Json };
    for (const name in given) if (members.get(name)?.(given[name] as Json) !== true) return false;
    for (const name of required) if (!Object.hasOwn(given, name)) return false;
    return true;
  };
}
