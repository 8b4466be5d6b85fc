/**
 * A receipt that an upstream has given for what it was sent: when a gateway stands behind a gateway, each answers for its part, and the
 * nearer one's receipt names the farther one's as evidence.
 */
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { parseEnvelope, payloadDigest } from './envelope.js';
import { commit } from './opening.js';
import { RECEIPT, type Receipt, requestCommitment } from './receipt.js';
import { readStatement } from './statement.js';

export type EvidenceItem = Receipt['evidence'][number];

/** DSSE's own media type. */
const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';

/**
 * What the receipt of an upstream is as evidence, or null for bytes that are no receipt, or none of this request: the upstream is hostile, and
 * nothing of its own choosing may be kept or named. Neither its signature nor what it says of the answer is checked: that is for verifiers,
 * who have a trust file for it. `opening`: the upstream's for this exchange; `sent`: the exact bytes that it was sent.
 */
export function linkedReceipt(bytes: Uint8Array, opening: Uint8Array, sent: Uint8Array): EvidenceItem | null {
  try {
    const envelope = parseEnvelope(bytes);
    const { subject } = readStatement(RECEIPT, envelope);
    if (requestCommitment(subject) !== toHex(commit(opening, 'request', sent))) return null;
    return {
      digest: toHex(sha256(bytes)),
      mediaType: ENVELOPE_TYPE,
      signedDigest: toHex(payloadDigest(envelope)),
      type: 'countersign-receipt',
    };
  } catch {
    return null;
  }
}
