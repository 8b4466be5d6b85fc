/**
 * What stands in the log of receipts before the first of them, as a gateway puts it there: the epoch of the issuer and the policy that
 * the receipts name. Server and load both make it from the same keys.
 */
import { toBase32 } from '../../dist/bytes/base32.js';
import { toHex } from '../../dist/bytes/hex.js';
import { keyLabel } from '../../dist/note/key.js';
import { envelopeBytes, seal } from '../../dist/receipt/envelope.js';
import { epochStatement } from '../../dist/receipt/epoch.js';
import { defaultPolicy, policyDigest, policyStatement } from '../../dist/receipt/policy.js';
import { leafHash, nodeHash } from '../../dist/tree/hash.js';
import { issuerKey, issuerSigner } from './keys.mjs';

const issuer = keyLabel(issuerKey);
const policy = defaultPolicy(['built-in']);

export const epoch = toBase32(new Uint8Array(16).fill(3));
export const firstEntries = [
  epochStatement(issuerKey, epoch, Date.UTC(2026, 0, 1)),
  policyStatement(policy, issuer),
].map(payload => envelopeBytes(seal(payload, issuer, issuerSigner)));

/** How receipts name the policy, and the tree that they have seen. */
export const namedPolicy = { digest: policyDigest(policy), index: 1 };
export const seen = { root: toHex(nodeHash(...firstEntries.map(leafHash))), size: firstEntries.length };
