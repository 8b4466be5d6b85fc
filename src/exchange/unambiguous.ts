/** Objects of a stranger's that every reader takes for the same one. */
import { Failure } from '../reason.js';

/** What a stranger may make us look at: the members of one object. */
export const MAX_MEMBERS = 1000;

/** Throws `request/malformed`, naming `field`, when a name is there twice, or a known one in other letters. */
export function refuseAmbiguous(
  names: readonly string[],
  read: ReadonlySet<string>,
  field: string | null = null,
): void {
  const place = field === null ? {} : { field };
  // Of two members with one name we would read the last, and the upstream perhaps the first: the receipt could say what was not so.
  // Some readers also take `Model` for `model`, so that is refused too.
  const folded = names.map(name => name.toUpperCase().toLowerCase());
  if (new Set(folded).size < names.length)
    throw new Failure('request/malformed', { ...place, detail: 'a member that is there twice' });
  if (folded.some((name, at) => read.has(name) && name !== names[at])) {
    throw new Failure('request/malformed', { ...place, detail: 'a known member in other letters' });
  }
}
