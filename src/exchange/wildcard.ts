/** Patterns in which `*` stands for anything, whatever the case. They take time in proportion to the text, whoever has written them. */

/** What answers whether the pattern matches a text. */
export function wildcard(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const last = rest.pop();
  if (last === undefined) return text => text.toLowerCase() === first;
  return given => {
    const text = given.toLowerCase();
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}

/** Whether all that `narrow` matches is matched by `wide` as well. */
export function covers(wide: string, narrow: string): boolean {
  // A star of the narrow one can only be matched by one of the wide one, which then matches whatever it stands for.
  return wildcard(wide)(narrow);
}
