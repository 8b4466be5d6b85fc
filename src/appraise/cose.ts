/** Whether a COSE receipt (RFC 9942) shows that an entry is in the log of a trust file. */

import { fromUtf8 } from '../bytes/octets.js';
import { KEY_TYPE, keyLabel } from '../note/key.js';
import {
  type CoseOptions,
  type Proven,
  parseCoseReceipt,
  verifyCoseInclusion,
} from '../tree/cose-receipt.js';
import { leafHash } from '../tree/hash.js';
import { countingFor } from './standing.js';
import type { Trust } from './trust.js';

/**
 * Checks the receipt against the entry's exact bytes. Keys that the log has retired count for trees up to the size at which they ended.
 * Throws as `verifyCoseInclusion` does. No witness has signed such a receipt, so that it shows what the log says and no more.
 */
export function checkCose(
  receipt: Uint8Array,
  entry: Uint8Array,
  trust: Trust,
  options: CoseOptions = {},
): Promise<Proven> {
  const { keyId, proof } = parseCoseReceipt(receipt, options);
  const earlier = countingFor(trust, 'log', proof.size).filter(({ type }) => type === KEY_TYPE.ed25519);
  const label = keyId === null ? null : fromUtf8(keyId);
  const signer = [trust.log, ...earlier].find(key => keyLabel(key) === label) ?? trust.log;
  return verifyCoseInclusion(receipt, leafHash(entry), signer, options);
}
