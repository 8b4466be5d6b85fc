/** The names of the members that a schema has somewhere. */
import type * as v from 'valibot';

/** What valibot's schemas say of themselves. */
interface Shape {
  readonly type: string;
  readonly pipe?: readonly Shape[];
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly item?: Shape;
  readonly value?: Shape;
  readonly wrapped?: Shape;
  readonly options?: readonly unknown[];
}

/** The names that an object may have at a path, or null where the path leads to none; of several forms, the first that has any. */
export function namesIn(
  schema: v.GenericSchema,
  path: readonly (string | number)[],
): readonly string[] | null {
  return search(schema as unknown as Shape, path);
}

function search(given: Shape, path: readonly (string | number)[]): readonly string[] | null {
  const shape = innerOf(given);
  if (shape.type === 'union' || shape.type === 'variant') {
    for (const form of shape.options ?? []) {
      const found = search(form as Shape, path);
      if (found !== null) return found;
    }
    return null;
  }
  const [name, ...rest] = path;
  if (name === undefined) return shape.entries === undefined ? null : Object.keys(shape.entries);
  const { entries = {} } = shape;
  const next = Object.hasOwn(entries, name) ? entries[name] : (shape.item ?? shape.value);
  return next === undefined ? null : search(next, rest);
}

/** What an optional member is when it is there, without what it has to meet beyond. */
function innerOf(shape: Shape): Shape {
  if (shape.pipe?.[0] !== undefined && shape.pipe[0] !== shape) return innerOf(shape.pipe[0]);
  return shape.wrapped === undefined ? shape : innerOf(shape.wrapped);
}
