/** The receipts of a gateway's log, read as a stranger does: every signature checked, and the whole under the log's own root. */
import type { Logged } from './accounts.js';
import {
  bundleEntries,
  ed25519Key,
  merkleRootOf,
  openCheckpoint,
  openEnvelope,
  sha256,
} from './receipt-arithmetic.js';

/** C2SP tlog-tiles. */
const BUNDLE_WIDTH = 256;

/** In the log's order. `trust`: the text of the trust file. Throws for a signature or a root that is wrong. */
export async function readReceipts(address: string, trust: string): Promise<Logged[]> {
  const { log, issuers } = JSON.parse(trust) as { log: string; issuers: [string] };
  const get = async (path: string) => {
    const response = await fetch(`${address}/log/${path}`);
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  const { size, root } = openCheckpoint((await get('checkpoint')).toString(), ed25519Key(log));
  const entries: Buffer[] = [];
  for (let index = 0; index * BUNDLE_WIDTH < size; index++) {
    const width = Math.min(BUNDLE_WIDTH, size - index * BUNDLE_WIDTH);
    const partial = width < BUNDLE_WIDTH ? `.p/${width}` : '';
    entries.push(...bundleEntries(await get(`tile/entries/${tileIndex(index)}${partial}`)));
  }
  if (merkleRootOf(entries) !== root) throw new Error('the entries have another root');
  const issuer = ed25519Key(issuers[0]);
  return entries.flatMap(entry => {
    const payload = openEnvelope(entry.toString(), issuer);
    const { predicateType, subject, predicate } = JSON.parse(payload.toString());
    if (predicateType !== 'urn:countersign:receipt:v1') return [];
    return { digest: sha256(payload).toString('hex'), envelope: entry.toString(), subject, predicate };
  });
}

/** In groups of three digits, all but the last with an `x` in front. */
function tileIndex(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  return padded.replace(/\d{3}(?=\d)/g, 'x$&/');
}
