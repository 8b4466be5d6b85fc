/** A list in random order, so that no contender always comes after the same other one. */
export function shuffled(list) {
  return list
    .map(value => ({ value, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
