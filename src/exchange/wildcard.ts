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

/** What answers whether all that another pattern matches is matched by this one as well. */
export function covers(pattern: string): (narrower: string) => boolean {
  // A star of the narrower one can only be matched by one of this, which then matches whatever it stands for.
  return wildcard(pattern);
}
