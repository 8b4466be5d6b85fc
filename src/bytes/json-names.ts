/** Whether somebody could read a stranger's JSON otherwise than we do: of two members with one name, some readers take the first. */

/** Whether some object in it has two members of one name. `text` must be JSON. It may be long and hostile, so it is walked once. */
export function hasDoubledName(text: string): boolean {
  /** The names of each object that is open; null for an array. */
  const open: (Set<string> | null)[] = [];
  let isName = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null);
      isName = character === '{';
    } else if (character === '}' || character === ']') open.pop();
    else if (character === ',') isName = open.at(-1) instanceof Set;
    else if (character === '"') {
      const end = endOfString(text, at);
      const names = open.at(-1);
      if (isName && names instanceof Set) {
        const name = JSON.parse(text.slice(at, end + 1)) as string;
        if (names.has(name)) return true;
        names.add(name);
      }
      isName = false;
      at = end;
    }
  }
  return false;
}

/** Where the string ends that begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end;
}
