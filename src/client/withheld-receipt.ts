/**
 * Proving to others that an issuer has closed an epoch without an exchange that it had accepted: with the closing, and what it says of the
 * number. The gateway is not trusted: what it shows is judged as a stranger would. Source: spec/misbehaviour.md, "P6".
 */
import * as v from 'valibot';
import type { Trust } from '../appraise/trust.js';
import { parseCanonical } from '../bytes/json.js';
import { formatEvidence } from '../court/misbehaviour/evidence.js';
import { judgeEvidence } from '../court/misbehaviour/judge.js';
import { knownKeys } from '../court/misbehaviour/known-keys.js';
import { readNumbered } from '../court/misbehaviour/receipt-fork.js';
import { makeReceiptWithheld } from '../court/misbehaviour/receipt-withheld.js';
import { Failure } from '../reason.js';
import { LeafProofSchema, readLeafProof } from '../receipt/closing-proof.js';
import { type Envelope, EnvelopeSchema, readEnvelope } from '../receipt/envelope.js';
import { closingAddress } from './gateway-address.js';
import { type Ask, askPeer } from './peer.js';

/** A closing of some two thousand bytes, and two leaves with as many hashes as there can be. */
const MAX_ANSWER_BYTES = 1 << 16;

const Answer = v.strictObject({ closing: EnvelopeSchema, leaf: LeafProofSchema });

/**
 * The evidence, once a stranger would find it proven; null when the epoch is not closed yet, when the closing has what is held, or when the
 * gateway shows nothing that could be judged.
 *
 * @param held the acceptance, or the receipt
 */
export async function proveWithheldReceipt(
  held: Envelope,
  gateway: string,
  { trust, ask }: { readonly trust: Trust; readonly ask: Ask },
): Promise<Uint8Array | null> {
  try {
    const { epoch, client, counter } = readNumbered(held);
    const { status, bytes } = await askPeer(
      ask,
      closingAddress(gateway, epoch, client, counter),
      MAX_ANSWER_BYTES,
    );
    const answer = status === 200 ? v.safeParse(Answer, parseCanonical(bytes)) : null;
    if (answer?.success !== true) return null;
    const closing = readEnvelope(answer.output.closing);
    const leaf = readLeafProof(answer.output.leaf);
    const evidence = formatEvidence(makeReceiptWithheld({ closing, held, leaf }));
    return (await judgeEvidence(evidence, knownKeys(trust))).outcome === 'proven' ? evidence : null;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
