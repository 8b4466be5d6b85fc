/**
 * P10: an issuer has signed a price that contradicts itself, or the price list that it says itself the price is from. Source:
 * spec/misbehaviour.md, "P10", and spec/price.md for how a price is reckoned.
 *
 * Why an honest issuer cannot be accused so. Everything that the price depends on stands in the same signed receipt: the upstream, the models,
 * the tokens as they were told, what else was in the exchange. The list is the one whose digest the receipt names, so that a list of another day is
 * another list and proves nothing. Nothing is rounded, so that whoever reckons gets the same digits. What the receipt shows to nobody is not guessed.
 * Whether the upstream has counted right is no matter here: that is a recount's, and only ever a claim.
 */
import * as v from 'valibot';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import {
  type Envelope,
  EnvelopeSchema,
  envelopeIsSignedBy,
  envelopeJson,
  readEnvelope,
} from '../../receipt/envelope.js';
import { formatAmount } from '../../receipt/price/money.js';
import { PriceBook } from '../../receipt/price/price-book.js';
import { lineFault, priceByList, samePrice } from '../../receipt/price/price-check.js';
import { totalOf } from '../../receipt/price/price-lines.js';
import {
  doubleName,
  type PriceList,
  PriceListSchema,
  priceListDigest,
} from '../../receipt/price/price-list.js';
import { type Price, RECEIPT, type Receipt } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import { checkAnswersFor, type KnownKey, keysWithLabel } from './known-keys.js';
import { type ProofType, provenAgainst } from './proof-type.js';

const TYPE = 'urn:countersign:misbehaviour:p10:v1';

const Schema = v.strictObject({
  /** The price list that the receipt names; null where the lines contradict themselves. */
  list: v.nullable(PriceListSchema),
  receipt: EnvelopeSchema,
  type: v.literal(TYPE),
});
export type WrongBillJson = v.InferOutput<typeof Schema>;

interface Stated {
  readonly envelope: Envelope;
  readonly receipt: Receipt;
  readonly list: PriceList | null;
}

export const WRONG_BILL: ProofType<typeof Schema, Stated> = {
  type: TYPE,
  schema: Schema,
  read: value => {
    const envelope = readEnvelope(value.receipt);
    const receipt = readStatement(RECEIPT, envelope).predicate;
    if (receipt.issuer !== envelope.keyId)
      throw new Failure('envelope/issuer-mismatch', { field: 'predicate.issuer' });
    const double = value.list === null ? null : doubleName(value.list);
    if (double !== null)
      throw new Failure('misbehaviour/malformed', { field: 'list', detail: `two prices for ${double}` });
    return { envelope, receipt, list: value.list };
  },
  check: async ({ envelope, receipt, list }, known) => {
    const contradiction = list === null ? checkLines(receipt) : checkByList(receipt, list);
    const { key } = await checkSignedBy(envelope, known.issuers);
    return provenAgainst(
      key,
      'misbehaviour/wrong-bill',
      `The issuer ${keyLabel(key)} has signed a price of ${inWords(receipt.price)} for exchange ${receipt.exchange}, ${contradiction}.`,
    );
  },
};

/** What is wrong with the lines by themselves, in words. Throws `misbehaviour/price-absent` or `misbehaviour/price-agrees`. */
function checkLines({ price }: Receipt): string {
  if (price.lines === null) throw new Failure('misbehaviour/price-absent');
  const fault = lineFault(price);
  if (fault === null) throw new Failure('misbehaviour/price-agrees');
  return `whose lines contradict themselves (${fault})`;
}

/**
 * What the list says instead, in words. Throws `misbehaviour/price-absent`, `misbehaviour/list-mismatch`, `misbehaviour/price-hidden` or
 * `misbehaviour/price-agrees`.
 */
function checkByList(receipt: Receipt, list: PriceList): string {
  const { price } = receipt;
  if (price.lines === null) throw new Failure('misbehaviour/price-absent');
  const digest = priceListDigest(list);
  if (price.list?.digest !== digest) throw new Failure('misbehaviour/list-mismatch', { detail: digest });
  const operator = operatorOf(receipt);
  const right = operator === null ? null : priceByList(receipt, new PriceBook(list, operator), digest);
  if (right === null) throw new Failure('misbehaviour/price-hidden');
  if (samePrice(right, price)) throw new Failure('misbehaviour/price-agrees');
  const instead =
    right.lines === null
      ? `gives it no price (${right.reason})`
      : totalOf(right) === totalOf(price) && right.currency === price.currency
        ? 'has other lines'
        : `says ${inWords(right)}`;
  return `where the price list ${digest} that it names ${instead}`;
}

/** Under which name the operator's share is paid; null where the receipt names no operator. */
export function operatorOf({ responsibility }: Receipt): string | null {
  return responsibility.find(({ role }) => role === 'operator')?.party ?? null;
}

function inWords(price: Price): string {
  return price.lines === null ? price.reason : `${formatAmount(totalOf(price) ?? 0n)} ${price.currency}`;
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

/** The evidence that a receipt makes with its price list, or by itself where `list` is null. Nothing is judged here. */
export function makeWrongBill(receipt: Envelope, list: PriceList | null): WrongBillJson {
  return { list, receipt: envelopeJson(receipt), type: TYPE } as WrongBillJson;
}
