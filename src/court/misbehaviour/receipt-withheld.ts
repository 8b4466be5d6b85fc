/**
 * P6: an issuer has closed an epoch without an exchange that it had accepted, or without the receipt that it had given. Source:
 * spec/misbehaviour.md, "P6".
 *
 * Why an honest issuer cannot be accused so. It notes every number when it gives it, and closes an epoch once, from its notes. What it may have
 * lost when its process died is what it was given from `through` on, by the epoch's own clock: everything before had been made durable when
 * `through` was written down. In a closing that is complete nothing can have been lost, so that a missing number counts whenever it was given;
 * but an exchange that still ran has its receipt later, so that a missing receipt counts only where it states an earlier end.
 */
import * as v from 'valibot';
import { toHex } from '../../bytes/hex.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { ACCEPTANCE } from '../../receipt/acceptance.js';
import { CLOSING, type Closing, checkClosing } from '../../receipt/closing.js';
import type { ClosingLeaf } from '../../receipt/closing-leaf.js';
import {
  LeafProofSchema,
  leafProofJson,
  type ProvenLeaf,
  provenLeaf,
  readLeafProof,
} from '../../receipt/closing-proof.js';
import {
  type Envelope,
  EnvelopeSchema,
  envelopeIsSignedBy,
  envelopeJson,
  payloadDigest,
  readEnvelope,
} from '../../receipt/envelope.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import { checkAnswersFor, type KnownKey, keysWithLabel } from './known-keys.js';
import { type ProofType, provenAgainst } from './proof-type.js';
import { type NumberedStatement, readNumbered } from './receipt-fork.js';

const TYPE = 'urn:countersign:misbehaviour:p6:v1';

const Schema = v.strictObject({
  closing: EnvelopeSchema,
  /** What somebody outside holds: the acceptance, or the receipt. */
  held: EnvelopeSchema,
  /** What the closing says of its number. */
  leaf: LeafProofSchema,
  type: v.literal(TYPE),
});
export type ReceiptWithheldJson = v.InferOutput<typeof Schema>;

interface Stated {
  readonly envelope: Envelope;
  readonly closing: Closing;
  readonly held: NumberedStatement;
  readonly leaf: readonly ProvenLeaf[];
}

export const RECEIPT_WITHHELD: ProofType<typeof Schema, Stated> = {
  type: TYPE,
  schema: Schema,
  read: value => {
    const envelope = readEnvelope(value.closing);
    const { closing, issuer } = readStatement(CLOSING, envelope).predicate;
    if (issuer !== envelope.keyId)
      throw new Failure('envelope/issuer-mismatch', { field: 'predicate.issuer' });
    checkClosing(closing);
    return {
      envelope,
      closing,
      held: readNumbered(readEnvelope(value.held)),
      leaf: readLeafProof(value.leaf),
    };
  },
  check: async ({ envelope, closing, held, leaf }, known) => {
    if (closing.issuer !== held.issuer || closing.epoch !== held.epoch)
      throw new Failure('misbehaviour/epochs-differ');
    const proven = provenLeaf(closing, held.client, held.counter, leaf);
    const comparison = compareWithClosing(closing, heldFacts(held), proven);
    if (comparison === 'agrees') throw new Failure('misbehaviour/closing-agrees');
    if (comparison === 'loss-stated') throw new Failure('misbehaviour/loss-stated');
    await checkSignedBy(held.envelope, known.issuers);
    const { key } = await checkSignedBy(envelope, known.issuers);
    return provenAgainst(
      key,
      'misbehaviour/receipt-withheld',
      `The issuer ${keyLabel(key)} has closed epoch ${held.epoch} ${IN_WORDS[comparison]}, number ${held.counter} of client ${held.client}.`,
    );
  },
};

/** What an acceptance or a receipt says that a closing can be compared with. */
export interface HeldFacts {
  readonly received: number;
  /** When the exchange ended, in milliseconds; null for an acceptance. */
  readonly completed: number | null;
  /** The digest of the receipt, hexadecimal; null for an acceptance. */
  readonly receipt: string | null;
}

/** `agrees`: nothing is left out. `loss-stated`: what is left out is what the closing says itself that it may leave out. */
export type Comparison = 'agrees' | 'loss-stated' | 'exchange-missing' | 'receipt-missing' | 'other-receipt';

/** Compares what is held with what the closing says of its number; `leaf` null where it says nothing. */
export function compareWithClosing(
  closing: Pick<Closing, 'ending' | 'through'>,
  held: HeldFacts,
  leaf: Pick<ClosingLeaf, 'receipt'> | null,
): Comparison {
  if (leaf === null) {
    const canBeLost = closing.ending === 'cut-off' && held.received >= closing.through;
    return canBeLost ? 'loss-stated' : 'exchange-missing';
  }
  if (held.receipt === null || held.completed === null || leaf.receipt === held.receipt) return 'agrees';
  if (leaf.receipt !== null) return 'other-receipt';
  return held.completed >= closing.through ? 'loss-stated' : 'receipt-missing';
}

export function heldFacts({ envelope, kind }: NumberedStatement): HeldFacts {
  if (kind === 'acceptance') {
    const { received } = readStatement(ACCEPTANCE, envelope).predicate;
    return { received, completed: null, receipt: null };
  }
  const { received, completed } = readStatement(RECEIPT, envelope).predicate.time;
  return { received, completed, receipt: toHex(payloadDigest(envelope)) };
}

const IN_WORDS: Record<Exclude<Comparison, 'agrees' | 'loss-stated'>, string> = {
  'exchange-missing': 'without an exchange that it had accepted',
  'receipt-missing': 'without the receipt that it had given',
  'other-receipt': 'with another receipt than the one that it had given',
};

/** Throws `misbehaviour/key-unknown`, `misbehaviour/key-retired` or `envelope/signature-invalid`. */
async function checkSignedBy(envelope: Envelope, issuers: readonly KnownKey[]): Promise<KnownKey> {
  for (const candidate of keysWithLabel(envelope.keyId, issuers)) {
    if (!(await envelopeIsSignedBy(envelope, candidate.key.publicKey))) continue;
    checkAnswersFor(candidate, null);
    return candidate;
  }
  throw new Failure('envelope/signature-invalid', { field: envelope.keyId });
}

export interface ReceiptWithheldParts {
  readonly closing: Envelope;
  /** The acceptance or the receipt. */
  readonly held: Envelope;
  readonly leaf: readonly ProvenLeaf[];
}

/** The evidence that these make. Nothing is judged here. */
export function makeReceiptWithheld({ closing, held, leaf }: ReceiptWithheldParts): ReceiptWithheldJson {
  return {
    closing: envelopeJson(closing),
    held: envelopeJson(held),
    leaf: leafProofJson(leaf),
    type: TYPE,
  } as ReceiptWithheldJson;
}
