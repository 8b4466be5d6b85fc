/** Looking into JSON that an upstream wrote, where any member may be missing or of another kind than the API says. */

export type Members = Readonly<Record<string, unknown>>;

/** What a text stands for, if that is a JSON object; else null. */
export function parsedMembers(text: string | null): Members | null {
  try {
    return membersOf(JSON.parse(text ?? ''));
  } catch {
    return null;
  }
}

/** The value, if it is a JSON object; else null. */
export function membersOf(value: unknown): Members | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null;
}

/** The value, if it is a text; else the empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
