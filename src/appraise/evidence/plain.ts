/** What evidence states, as JSON has it: bytes in hexadecimal, large numbers as decimal text, maps as objects. */
import { toHex } from '../../bytes/hex.js';
import type { Json } from '../../bytes/json.js';

/** For what our own parsers make, which is neither deep nor circular. */
export function plain(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Map) return plainMembers([...value].map(([name, member]) => [`${name}`, member]));
  if (Array.isArray(value)) return value.map(plain);
  switch (typeof value) {
    case 'bigint':
      return `${value}`;
    case 'object':
      return value === null ? null : plainMembers(Object.entries(value));
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    default:
      throw new Error(`evidence states a ${typeof value}`);
  }
}

/** Without a prototype: names may come from evidence. */
function plainMembers(members: readonly (readonly [string, unknown])[]): Json {
  const object: { [name: string]: Json } = Object.create(null);
  for (const [name, value] of members) object[name] = plain(value);
  return object;
}
