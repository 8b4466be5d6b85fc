/** What an upstream says that an exchange has used, under the names that receipts have for it. */
import type { Usage } from './parameters.js';

/** Where an API has each count: a member of the usage, or one of an object in it. */
export type UsageMembers = Readonly<
  Partial<Record<keyof Usage, readonly [string] | readonly [string, string]>>
>;

/** The counts that are there and are counts; whatever else an upstream writes there is not repeated. */
export function readUsage(usage: object, members: UsageMembers): Usage {
  const known: [string, number][] = [];
  for (const [name, path] of Object.entries(members)) {
    const count = path.reduce<unknown>(memberOf, usage);
    if (Number.isSafeInteger(count) && (count as number) >= 0) known.push([name, count as number]);
  }
  return Object.fromEntries(known);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
