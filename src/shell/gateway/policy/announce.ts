/** Naming a policy in the log before it is used. */

import type { Signer } from '../../../bytes/cryptography.js';
import { keyLabel, type VerifierKey } from '../../../note/key.js';
import { ENTRY_KEY_BYTES } from '../../../receipt/entry.js';
import { envelopeBytes, payloadDigest, seal } from '../../../receipt/envelope.js';
import type { TransparencyLog } from '../../../tree/log.js';

/** Where the log has the policy's entry: where it was before, or where it is now. `statement`: for the issuer's label. Rejects with `log/unavailable`. */
export async function announcePolicy(
  statement: (issuer: string) => Uint8Array,
  log: Pick<TransparencyLog, 'find' | 'include'>,
  { key, signer }: { readonly key: VerifierKey; readonly signer: Signer },
): Promise<number> {
  const label = keyLabel(key);
  const envelope = seal(statement(label), label, signer);
  const known = await log.find(payloadDigest(envelope).slice(0, ENTRY_KEY_BYTES));
  return known ?? log.include(envelopeBytes(envelope));
}
