/** Changing one member of a JSON value, named by its path, and nothing else. */
import type { Json } from '../../src/bytes/json.js';

type Members = Record<string, Json>;

/** A copy in which the member at `path` (such as `subject.0.name`) is `value`; members on the way must be there. */
export function replaced(whole: Json, path: string, value: Json): Json {
  return changed(whole, path, (members, name) => {
    members[name] = value;
  });
}

/** A copy without the member at `path`. */
export function removed(whole: Json, path: string): Json {
  return changed(whole, path, (members, name) => {
    if (Array.isArray(members)) members.splice(Number(name), 1);
    else delete members[name];
  });
}

/** The value at `path`; the whole for the empty path. */
export function valueAt(whole: Json, path: string): Json {
  let value = whole;
  for (const name of path === '' ? [] : path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      throw new Error(`the test names a member that is not there: ${path}`);
    value = (value as Members)[name] as Json;
  }
  return value;
}

/** The paths of all members, at every depth, in the order in which they stand. */
export function* pathsOf(whole: Json, path = ''): Generator<string> {
  if (typeof whole !== 'object' || whole === null) return;
  for (const [name, value] of Object.entries(whole)) {
    const at = path === '' ? name : `${path}.${name}`;
    yield at;
    yield* pathsOf(value, at);
  }
}

function changed(whole: Json, path: string, change: (members: Members, name: string) => void): Json {
  const copy = structuredClone(whole) as Json;
  const parts = path.split('.');
  const name = parts.pop() ?? '';
  change(valueAt(copy, parts.join('.')) as Members, name);
  return copy;
}
