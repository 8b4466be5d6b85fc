/** What a witness shows of a log. Source: C2SP tlog-witness, "Monitor Retrieval Mechanism". The witness is not trusted. */
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { ask } from '../http/client.js';

const MAX_NOTE_BYTES = 1 << 20;
const PATIENCE = 10_000;

/**
 * The checkpoint of a log that a witness has cosigned last, as a note; null when it has cosigned none. Throws `peer/…`.
 *
 * @param url the witness's monitoring prefix
 */
export async function askWitness(
  url: string,
  origin: string,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  const address = `${url.replace(/\/+$/, '')}/${toHex(sha256(utf8(origin)))}/checkpoint`;
  const answer = await ask(address, { limit: MAX_NOTE_BYTES, timeout: PATIENCE, signal });
  if (answer.status === 404) return null;
  if (answer.status !== 200)
    throw new Failure('peer/answer-unexpected', { field: address, detail: `HTTP ${answer.status}` });
  return answer.body;
}
