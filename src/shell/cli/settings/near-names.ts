/** What somebody may have meant who has written a name that there is not. */

/** The first of the names that differs by no more than a letter or two: a slip of the finger, or another spelling. Null where none does. */
export function nearestOf(name: string, names: readonly string[]): string | null {
  return names.find(candidate => isNear(candidate, name)) ?? null;
}

function isNear(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase().replaceAll(/[-_]/g, ''), other.toLowerCase().replaceAll(/[-_]/g, '')];
  // Whoever writes a long name has not meant a short one.
  if (Math.abs(a.length - b.length) > 2) return false;
  return distance(a, b) <= (a.length > 3 ? 2 : 1);
}

/** How many letters have to be put in, taken out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
