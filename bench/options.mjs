/** `--name value` words as an object; each benchmark says which names it knows and what they are when they are left out. */
export function readOptions(words, defaults) {
  const read = { ...defaults };
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at].replace(/^--/, '');
    const value = words[at + 1];
    if (!Object.hasOwn(defaults, name) || value === undefined)
      throw new Error(
        `${words[at]}: the options here are ${Object.keys(defaults)
          .map(known => `--${known}`)
          .join(', ')}, each with a value`,
      );
    read[name] = typeof defaults[name] === 'number' ? positive(words[at], value) : value;
  }
  return read;
}

function positive(name, text) {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} takes a number over 0`);
  return value;
}
