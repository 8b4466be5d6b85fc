/** Bringing the revocations in a house's trust file up to its log, while the house runs. Every start writes the whole file anew. */
import { readFile } from 'node:fs/promises';
import { formatTrust, parseTrust, type TrustFile } from '../../../appraise/trust.js';
import { utf8 } from '../../../bytes/octets.js';
import { writeDurably } from '../../files/durable.js';
import { type LoggedRevocation, listedRevocations } from './book.js';

/** `path`: of the file that the house itself has written. Throws `trust/malformed` for what somebody else has made of it. */
export async function listInTrust(path: string, all: readonly LoggedRevocation[]): Promise<void> {
  const bytes = await readFile(path);
  parseTrust(bytes);
  const file = JSON.parse(bytes.toString('utf8')) as TrustFile;
  await writeDurably(path, utf8(formatTrust({ ...file, revocations: listedRevocations(all) })), 0o644);
}
