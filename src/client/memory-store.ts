/** A store that lasts as long as the process: for tests, and for who checks again before it ends. */
import { SETTLED } from './kept-exchanges.js';
import { isStoreName, type ReceiptStore } from './receipt-store.js';

/** @param maxSettled how many exchanges are kept of which nothing is left to check; the oldest go first */
export function memoryStore(maxSettled = 10_000): ReceiptStore {
  const texts = new Map<string, string>();
  /** In the order in which they were settled. */
  const settled = new Set<string>();
  const forget = (name: string) => {
    texts.delete(name);
    settled.delete(name);
  };
  return {
    get: async name => texts.get(name) ?? null,
    put: async (name, text) => {
      if (!isStoreName(name)) throw new RangeError(`not a name that a store takes: ${name}`);
      texts.set(name, text);
      if (!name.startsWith(SETTLED)) return;
      settled.add(name);
      const [oldest] = settled;
      if (settled.size > maxSettled && oldest !== undefined) forget(oldest);
    },
    delete: async name => forget(name),
    names: async prefix => [...texts.keys()].filter(name => name.startsWith(prefix)),
  };
}
