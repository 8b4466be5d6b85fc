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
    const fault = contradiction(closing, held, provenLeaf(closing, held.client, held.counter, leaf));
    await checkSignedBy(held.envelope, known.issuers);
    const { key } = await checkSignedBy(envelope, known.issuers);
    return provenAgainst(
      key,
      'misbehaviour/receipt-withheld',
      `The issuer ${keyLabel(key)} has closed epoch ${held.epoch} ${fault}, number ${held.counter} of client ${held.client}.`,
    );
  },
};

/**
 * What the closing leaves out, in words. Throws `misbehaviour/closing-agrees`, or `misbehaviour/loss-stated` where the closing itself says that
 * this may be missing.
 */
export function contradiction(
  closing: Pick<Closing, 'ending' | 'through'>,
  held: NumberedStatement,
  leaf: ClosingLeaf | null,
): string {
  const times = timesOf(held);
  if (leaf === null) {
    if (closing.ending === 'cut-off' && times.received >= closing.through) throw lossStated();
    return 'without an exchange that it had accepted';
  }
  if (held.kind === 'acceptance') throw new Failure('misbehaviour/closing-agrees');
  if (leaf.receipt === null) {
    if (times.completed >= closing.through) throw lossStated();
    return 'without the receipt that it had given';
  }
  if (leaf.receipt === toHex(payloadDigest(held.envelope))) throw new Failure('misbehaviour/closing-agrees');
  return 'with another receipt than the one that it had given';
}

function lossStated(): Failure {
  return new Failure('misbehaviour/loss-stated');
}

function timesOf({ envelope, kind }: NumberedStatement): { received: number; completed: number } {
  if (kind === 'receipt') return readStatement(RECEIPT, envelope).predicate.time;
  const { received } = readStatement(ACCEPTANCE, envelope).predicate;
  return { received, completed: Number.POSITIVE_INFINITY };
}

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
