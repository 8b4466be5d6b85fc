/** What an answer says piece by piece, by the places that the pieces have in it. */

/** The values in the order of their places, whatever the order in which they came. */
export function inOrder<Value>(places: ReadonlyMap<number, Value>): Value[] {
  return [...places.entries()].sort(([a], [b]) => a - b).map(([, value]) => value);
}
