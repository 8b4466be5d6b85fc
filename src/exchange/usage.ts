/** What an upstream says that an exchange has used, under the names that receipts have for it. */
import { type Usage, UsageSchema } from './parameters.js';

/** Where an API has each count: a member of the usage, or one of an object in it. */
export type UsageMembers = Readonly<
  Partial<Record<keyof Usage, readonly [string] | readonly [string, string]>>
>;

/** The counts that are there and are counts; whatever else an upstream writes there is not repeated. */
export function readUsage(usage: object, members: UsageMembers): Usage {
  const known: Record<string, number> = {};
  for (const name of NAMES) {
    const path = members[name];
    if (path === undefined) continue;
    const [outer, inner] = path;
    const count = inner === undefined ? memberOf(usage, outer) : memberOf(memberOf(usage, outer), inner);
    if (Number.isSafeInteger(count) && (count as number) >= 0) known[name] = count as number;
  }
  return known;
}

/** In the order in which a receipt has them. */
const NAMES = Object.keys(UsageSchema.entries).sort() as (keyof Usage)[];

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
