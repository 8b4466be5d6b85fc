/**
 * Money, exactly: a whole number of the smallest part of a currency that a receipt can write, 10^-18 of it. Prices per token, shares in hundredths of a
 * percent and sums of millions of exchanges all come out without rounding, so that two who reckon the same lines get the same digits.
 */

/** In 10^-18 of the currency's unit. */
export type Amount = bigint;

const FRACTION_DIGITS = 18;
export const ONE: Amount = 10n ** BigInt(FRACTION_DIGITS);

/** As receipts and price lists write it (`Decimal` in `receipt/shapes.ts`). */
const DECIMAL = /^(-?)(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,18}))?$/;

/** Reads a decimal number; null for any other text, and for more digits than a receipt may have. */
export function parseAmount(text: string): Amount | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = ''] = match;
  const amount = BigInt(whole + fraction.padEnd(FRACTION_DIGITS, '0'));
  return sign === '-' ? -amount : amount;
}

/** The shortest decimal number that stands for the amount. */
export function formatAmount(amount: Amount): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(FRACTION_DIGITS + 1, '0');
  const whole = digits.slice(0, -FRACTION_DIGITS);
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, '');
  return `${amount < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
