/** What receipts say that was paid: the lines of their prices, summed by who gets them, for which model, by which client and on which day. */

import { type Amount, formatAmount, parseAmount } from '../receipt/price/money.js';
import { totalOf } from '../receipt/price/price-lines.js';
import type { Receipt } from '../receipt/receipt.js';
import type { Refund } from '../receipt/refund.js';

export const GROUPINGS = ['payee', 'model', 'client', 'day'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface FeeRow {
  readonly name: string;
  readonly currency: string;
  /** A decimal number. */
  readonly amount: string;
  /** How many receipts have a part in it. */
  readonly receipts: number;
}

interface Sum {
  readonly name: string;
  readonly currency: string;
  amount: Amount;
  receipts: number;
}

export class Fees {
  readonly #sums = new Map(GROUPINGS.map(by => [by, new Map<string, Sum>()] as const));
  readonly #refunds = new Map<string, Sum>();
  readonly #unpriced = new Map<string, number>();
  readonly #seen = new Set<string>();
  #priced = 0;

  /** Counts a receipt, once however often it is given. `digest`: that of its payload. Whether it verifies is for the caller to know. */
  add(receipt: Receipt, digest: string): void {
    if (this.#seen.has(digest)) return;
    this.#seen.add(digest);
    const { price, client, time } = receipt;
    if (price.lines === null) {
      this.#unpriced.set(price.reason, (this.#unpriced.get(price.reason) ?? 0) + 1);
      return;
    }
    this.#priced++;
    const { currency } = price;
    const byPayee = new Map<string, Amount>();
    for (const { payee, amount } of price.lines)
      byPayee.set(payee, (byPayee.get(payee) ?? 0n) + (parseAmount(amount) ?? 0n));
    for (const [payee, amount] of byPayee) this.#add('payee', payee, currency, amount);
    const total = totalOf(price) ?? 0n;
    this.#add('model', modelOf(receipt), currency, total);
    this.#add('client', client, currency, total);
    this.#add('day', new Date(time.completed).toISOString().slice(0, 10), currency, total);
  }

  addRefund({ currency, amount }: Refund): void {
    addTo(this.#refunds, 'refunded', currency, parseAmount(amount) ?? 0n);
  }

  /** Receipts with a price. */
  get priced(): number {
    return this.#priced;
  }

  /** How many receipts have none, by the reason that they give. */
  get unpriced(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#unpriced].sort());
  }

  /** The largest first. */
  rows(by: Grouping): FeeRow[] {
    return sorted(this.#sums.get(by) as Map<string, Sum>);
  }

  get refunds(): FeeRow[] {
    return sorted(this.#refunds);
  }

  #add(by: Grouping, name: string, currency: string, amount: Amount): void {
    addTo(this.#sums.get(by) as Map<string, Sum>, name, currency, amount);
  }
}

function addTo(sums: Map<string, Sum>, name: string, currency: string, amount: Amount): void {
  const key = `${currency} ${name}`;
  const sum = sums.get(key) ?? { name, currency, amount: 0n, receipts: 0 };
  sum.amount += amount;
  sum.receipts++;
  sums.set(key, sum);
}

function sorted(sums: ReadonlyMap<string, Sum>): FeeRow[] {
  const order = (a: Sum, b: Sum) =>
    a.amount === b.amount ? (a.name < b.name ? -1 : 1) : a.amount > b.amount ? -1 : 1;
  return [...sums.values()].sort(order).map(({ name, currency, amount, receipts }) => ({
    name,
    currency,
    amount: formatAmount(amount),
    receipts,
  }));
}

/** The model that was asked for, by its name where it has a public one. */
function modelOf({ model: { requested } }: Receipt): string {
  if (requested === null) return '(none named)';
  return 'name' in requested ? requested.name : '(not public)';
}
