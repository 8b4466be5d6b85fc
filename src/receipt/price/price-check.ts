/** Whether the price that a receipt states can be right: by itself, and by the price list that it refers to. */
import type { ReasonCode } from '../../reason.js';
import type { Price, Receipt } from '../receipt.js';
import { parseAmount } from './money.js';
import type { PriceBook } from './price-book.js';
import { PROTOCOL_LINE, type PricedExchange, priceOf, tierOf } from './price-lines.js';

/** What is wrong with the lines themselves; null when each is its quantity times its price, and the protocol gets nothing. */
export function lineFault(price: Price): ReasonCode | null {
  if (price.lines === null) return null;
  for (const { amount, quantity, unitPrice, payee, what } of price.lines) {
    const [stated, unit] = [parseAmount(amount), parseAmount(unitPrice)];
    if (stated === null || unit === null || stated !== BigInt(quantity) * unit) return 'price/sum-wrong';
    if (stated < 0n) return 'price/amount-negative';
    const isProtocol = what === PROTOCOL_LINE.what || payee === PROTOCOL_LINE.payee;
    if (isProtocol && stated !== 0n) return 'price/protocol-fee';
  }
  return null;
}

export type ListComparison = 'matches' | 'price/list-contradicted' | 'not-checkable';

/**
 * Compares a receipt's price with what the list says that it should be. Not checkable are a receipt that refers to another list or to none, and one whose
 * models stand in it as commitments alone. `digest`: that of the book's list.
 */
export function compareWithList(receipt: Receipt, book: PriceBook, digest: string): ListComparison {
  const right = priceByList(receipt, book, digest);
  if (right === null) return 'not-checkable';
  return samePrice(right, receipt.price) ? 'matches' : 'price/list-contradicted';
}

/**
 * What the list says that the price should be; null where the receipt has no price, refers to another list or to none, or does not show what its
 * price depends on.
 */
export function priceByList(receipt: Receipt, book: PriceBook, digest: string): Price | null {
  const { price } = receipt;
  if (price.lines === null || price.list?.digest !== digest) return null;
  const exchange = pricedExchangeOf(receipt);
  return exchange === null ? null : priceOf(book, price.list, exchange);
}

/** What a receipt says of all that its price depends on; null where it says it to nobody. */
function pricedExchangeOf({ attempts, model, request, response }: Receipt): PricedExchange | null {
  const last = attempts.at(-1);
  const named = last?.model ?? model.requested;
  const isHidden = [named, model.served].some(name => name !== null && !('name' in name));
  if (last === undefined || isHidden) return null;
  return {
    surface: request.surface ?? 'chat/completions',
    upstream: last.upstream,
    asked: nameOf(named),
    served: nameOf(model.served),
    usage: response.usage,
    wasServed: request.sent !== null && response.status !== 'refused',
    hasAttachments: !('commitments' in request.attachments) || request.attachments.commitments.length > 0,
    hasImages: response.images !== undefined,
    serviceTier: tierOf(request),
  };
}

function nameOf(name: Receipt['model']['served']): string | null {
  return name !== null && 'name' in name ? name.name : null;
}

/** Whether two prices have the same lines in the same currency. */
export function samePrice(one: Price, other: Price): boolean {
  if (one.lines === null || other.lines === null) return false;
  const written = ({ currency, lines }: Extract<Price, { currency: string }>) =>
    JSON.stringify([
      currency,
      lines.map(line => [line.what, line.payee, line.quantity, line.unitPrice, line.amount]),
    ]);
  return written(one) === written(other);
}
