/**
 * Where a client keeps what it needs to check later: small texts under names. Who can read the store can check content against receipts,
 * because openings are in it.
 */
export interface ReceiptStore {
  /** The text under a name, or null. */
  get(name: string): Promise<string | null>;
  /** Keeps a text in the place of what was under the name; once this resolves, a crash does not lose it. */
  put(name: string, text: string): Promise<void>;
  /** Does nothing where there is nothing. */
  delete(name: string): Promise<void>;
  /** The names that begin so, in no particular order. */
  names(prefix: string): Promise<readonly string[]>;
}

/** A name is of these letters only, so that it can be a file's as well. */
export function isStoreName(name: string): boolean {
  return /^[a-z0-9-]{1,100}$/.test(name);
}
