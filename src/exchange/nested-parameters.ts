/** Parameters that an API has in an object of their own, such as `reasoning.effort`; a receipt has all of them side by side. */
import { topLevelNames, topLevelValue } from '../bytes/json.js';
import { Failure } from '../reason.js';
import { membersOf } from './members.js';
import { type NestedParameters, UNREAD } from './set-parameters.js';
import { MAX_MEMBERS, refuseAmbiguous } from './unambiguous.js';

/**
 * What is set, under the receipt's names; of what is no object, each parameter is set to {@link UNREAD}. `text`: the request's JSON, whose own
 * members stand there once each; `request`: its value. Throws `request/malformed`, naming the object, for members that another reader might take
 * otherwise.
 */
export function readNested(
  text: string,
  request: Readonly<Record<string, unknown>>,
  nested: NestedParameters,
): Record<string, unknown> {
  const set: Record<string, unknown> = {};
  for (const [object, names] of Object.entries(nested)) {
    const value = Object.hasOwn(request, object) ? request[object] : null;
    if (value === null) continue;
    const members = membersOf(value);
    if (members === null) {
      for (const name of Object.values(names)) set[name] = UNREAD;
      continue;
    }
    refuseTwice(topLevelValue(text, object) ?? '{}', object, names);
    for (const [member, name] of Object.entries(names)) {
      const parameter = Object.hasOwn(members, member) ? members[member] : null;
      if (parameter !== null) set[name] = parameter;
    }
  }
  return set;
}

/** As its API writes the place of a parameter that a receipt has under this name, which may be one of an object's. */
export function placeOf(name: string, nested: NestedParameters): string {
  for (const [object, names] of Object.entries(nested)) {
    for (const [member, known] of Object.entries(names)) if (known === name) return `${object}.${member}`;
  }
  return name;
}

function refuseTwice(text: string, object: string, names: NestedParameters[string]): void {
  const written = topLevelNames(text, MAX_MEMBERS);
  if (written === null)
    throw new Failure('request/malformed', { field: object, detail: `over ${MAX_MEMBERS} members` });
  refuseAmbiguous(written, new Set(Object.keys(names)), object);
}
