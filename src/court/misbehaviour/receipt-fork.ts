/**
 * P5: an issuer has given one number twice. It gives each exchange of a client in an epoch a number of its own, so that two statements with
 * one number must be about one exchange: its acceptance and its receipt, each of which it writes once. Source: spec/misbehaviour.md, "P5".
 */
import * as v from 'valibot';
import { equal } from '../../bytes/octets.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { ACCEPTANCE } from '../../receipt/acceptance.js';
import {
  type Envelope,
  EnvelopeSchema,
  envelopeIsSignedBy,
  envelopeJson,
  payloadDigest,
  readEnvelope,
} from '../../receipt/envelope.js';
import { RECEIPT, requestCommitment } from '../../receipt/receipt.js';
import { predicateTypeOf, readStatement } from '../../receipt/statement.js';
import { compareBytes } from './fork.js';
import { checkAnswersFor, type KnownKey, keysWithLabel } from './known-keys.js';
import { type ProofType, provenAgainst } from './proof-type.js';

const TYPE = 'urn:countersign:misbehaviour:p5:v1';

const Schema = v.strictObject({
  /** In the order of their payloads' digests. */
  envelopes: v.strictTuple([EnvelopeSchema, EnvelopeSchema]),
  type: v.literal(TYPE),
});
export type ReceiptForkJson = v.InferOutput<typeof Schema>;

/** What an acceptance and a receipt both say of an exchange. */
export interface NumberedStatement {
  readonly envelope: Envelope;
  readonly kind: 'acceptance' | 'receipt';
  readonly issuer: string;
  readonly epoch: string;
  readonly client: string;
  readonly counter: number;
  readonly exchange: string;
  /** The commitment to the request. */
  readonly request: string;
}

/**
 * Reads an acceptance or a receipt. Throws `receipt/malformed` or `acceptance/malformed`, `envelope/issuer-mismatch` when the envelope names
 * another key than the statement, or `misbehaviour/malformed` for a statement of another type.
 */
export function readNumbered(envelope: Envelope): NumberedStatement {
  const type = predicateTypeOf(envelope);
  if (type !== RECEIPT.predicateType && type !== ACCEPTANCE.predicateType)
    throw new Failure('misbehaviour/malformed', { detail: 'neither a receipt nor an acceptance' });
  const isReceipt = type === RECEIPT.predicateType;
  const { subject, predicate } = isReceipt
    ? readStatement(RECEIPT, envelope)
    : readStatement(ACCEPTANCE, envelope);
  const { issuer, epoch, client, counter, exchange } = predicate;
  if (issuer !== envelope.keyId) throw new Failure('envelope/issuer-mismatch', { field: 'predicate.issuer' });
  const request = isReceipt
    ? requestCommitment(readStatement(RECEIPT, envelope).subject)
    : subject[0].digest['countersign-commitment-v1'];
  const kind = isReceipt ? 'receipt' : 'acceptance';
  return { envelope, kind, issuer, epoch, client, counter, exchange, request };
}

export const RECEIPT_FORK: ProofType<typeof Schema, readonly [NumberedStatement, NumberedStatement]> = {
  type: TYPE,
  schema: Schema,
  read: ({ envelopes }) => {
    const [first, second] = envelopes.map(readEnvelope) as [Envelope, Envelope];
    if (compareBytes(payloadDigest(first), payloadDigest(second)) > 0)
      throw new Failure('misbehaviour/malformed', {
        field: 'envelopes',
        detail: 'not in the order of their digests',
      });
    return [readNumbered(first), readNumbered(second)];
  },
  check: async ([first, second], known) => {
    checkFork(first, second);
    const { key } = await checkSignedBoth([first, second], known.issuers);
    const { epoch, client, counter } = first;
    return provenAgainst(
      key,
      'misbehaviour/receipt-forked',
      `The issuer ${keyLabel(key)} has given the number ${counter} of client ${client} in epoch ${epoch} twice.`,
    );
  },
};

/** Throws the reason why the two contradict each other in nothing. */
function checkFork(a: NumberedStatement, b: NumberedStatement): void {
  const same = (['issuer', 'epoch', 'client', 'counter'] as const).every(member => a[member] === b[member]);
  if (!same) throw new Failure('misbehaviour/numbers-differ');
  if (equal(a.envelope.payload, b.envelope.payload)) throw new Failure('misbehaviour/payloads-equal');
  if (a.kind !== b.kind && a.exchange === b.exchange && a.request === b.request)
    throw new Failure('misbehaviour/exchanges-agree');
}

/** Throws `misbehaviour/key-unknown`, `misbehaviour/key-retired` or `envelope/signature-invalid`. */
async function checkSignedBoth(
  statements: readonly [NumberedStatement, NumberedStatement],
  issuers: readonly KnownKey[],
): Promise<KnownKey> {
  for (const candidate of keysWithLabel(statements[0].issuer, issuers)) {
    const { publicKey } = candidate.key;
    const signed = await Promise.all(
      statements.map(({ envelope }) => envelopeIsSignedBy(envelope, publicKey)),
    );
    if (signed.includes(false)) continue;
    checkAnswersFor(candidate, null);
    return candidate;
  }
  throw new Failure('envelope/signature-invalid', { field: statements[0].issuer });
}

/** The evidence that two envelopes make. Nothing is judged here. */
export function makeReceiptFork(envelopes: readonly [Envelope, Envelope]): ReceiptForkJson {
  const [first, second] = [...envelopes].sort((a, b) => compareBytes(payloadDigest(a), payloadDigest(b)));
  return {
    envelopes: [envelopeJson(first as Envelope), envelopeJson(second as Envelope)],
    type: TYPE,
  } as ReceiptForkJson;
}
