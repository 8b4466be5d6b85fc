/** For an option that may be repeated: all that was given, in that order. */
export function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
