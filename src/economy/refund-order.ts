/** Whether so much of an exchange's price can be given back. */
import { Failure } from '../reason.js';
import { formatAmount, parseAmount } from '../receipt/price/money.js';
import { totalOf } from '../receipt/price/price-lines.js';
import type { Receipt } from '../receipt/receipt.js';
import type { Refund } from '../receipt/refund.js';

/**
 * The order to give back `amount` (a decimal number; null for all of the price) of a receipt. `digest`: that of its payload, hexadecimal. Throws `refund/unpriced`, or
 * `refund/amount-refused` for what is nothing, or more than was paid.
 */
export function refundOf(
  { exchange, price }: Receipt,
  digest: string,
  amount: string | null,
  reason: Refund['reason'],
): Refund {
  const total = totalOf(price);
  if (price.lines === null || total === null || total <= 0n) throw new Failure('refund/unpriced');
  const asked = amount === null ? total : parseAmount(amount);
  if (asked === null || asked <= 0n || asked > total)
    throw new Failure('refund/amount-refused', {
      detail: `${formatAmount(total)} ${price.currency} was paid`,
    });
  return { amount: formatAmount(asked), currency: price.currency, exchange, reason, receipt: digest };
}
