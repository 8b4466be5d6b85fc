/** The trust file that a checking command judges by. */
import { existsSync } from 'node:fs';
import { parseTrust, type Trust } from '../../appraise/trust.js';
import { dataFolder, defaultDataFolder } from './data-folder.js';
import { readInput } from './files.js';

/** Beyond this `parseTrust` refuses it, and says so better. */
const MAX_TRUST_BYTES = 1 << 21;

export interface Trusted {
  readonly path: string;
  readonly trust: Trust;
  /** The file's exact bytes. */
  readonly bytes: Uint8Array;
}

/** Where this machine's own gateway writes its trust file. */
export function ownTrustFile(): string {
  return dataFolder(defaultDataFolder()).trust;
}

/** What `trust.json` stands for in a command line for the receipts of a gateway that is not this machine's own. */
export const THEIR_TRUST_FILE =
  '  (trust.json: the trust file of that log, from its operator or from somebody who watches it)';

/** The trust file that was named, or else this machine's own gateway's, or else none. Throws `trust/malformed` or `policy/…`. */
export async function readTrust(named: string | undefined): Promise<Trusted | null> {
  const path = named ?? ownTrustFile();
  if (named === undefined && !existsSync(path)) return null;
  const bytes = await readInput(path, MAX_TRUST_BYTES);
  return { path, trust: parseTrust(bytes), bytes };
}
