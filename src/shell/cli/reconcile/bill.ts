/**
 * Comparing a bill with receipts: which exchanges are on it, how many tokens it counts, and what it asks. A bill is signed by nobody, so that what is
 * found proves nothing to others; where a receipt itself is wrong, `price-lists.ts` finds it.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { sha256 } from '../../../bytes/cryptography.js';
import { fromHex, toHex } from '../../../bytes/hex.js';
import { fromU64be, fromUtf8, u64be, utf8 } from '../../../bytes/octets.js';
import type { Verdict } from '../../../court/reconcile/compare-number.js';
import type { ReasonCode } from '../../../reason.js';
import { type Amount, formatAmount, parseAmount } from '../../../receipt/price/money.js';
import { totalOf } from '../../../receipt/price/price-lines.js';
import type { Price, Receipt } from '../../../receipt/receipt.js';
import { Count, Currency, Decimal, Identifier } from '../../../receipt/shapes.js';
import { RecordSorter } from '../../files/record-sorter.js';

/** What else is on a line is not compared. */
const BillLine = v.object({
  amount: v.optional(v.nullable(Decimal), null),
  currency: v.optional(v.nullable(Currency), null),
  exchange: Identifier,
  prompt_tokens: v.optional(v.nullable(Count), null),
  completion_tokens: v.optional(v.nullable(Count), null),
});

export interface BilledExchange {
  readonly exchange: string;
  readonly verdict: Verdict;
  readonly code: ReasonCode | null;
}

/** What somebody says of an exchange; null where nothing is said. */
interface Stated {
  readonly tokens: readonly [prompt: number | null, completion: number | null];
  /** Stands for the amount and its currency; of no amount, for that alone. */
  readonly cost: string | null;
}

const EXCHANGE = 26;
const KIND = EXCHANGE;
const TOKENS = KIND + 1;
const COST = TOKENS + 16;
const COST_BYTES = 16;
const RECORD = { length: COST + COST_BYTES, keyLength: KIND + 1 } as const;
const [OURS, BILLED] = [0, 1];

export class BillComparison {
  readonly #sorter: RecordSorter;

  constructor(folder: string) {
    this.#sorter = new RecordSorter(join(folder, 'bill'), RECORD);
  }

  /** An exchange that is known; `receipt` null where there is only an acceptance. */
  known(exchange: string, receipt: Pick<Receipt, 'price' | 'response'> | null): void {
    const usage = receipt?.response.usage;
    this.#add(OURS, exchange, {
      tokens: [usage?.prompt_tokens ?? null, usage?.completion_tokens ?? null],
      cost: receipt === null ? null : costOf(receipt.price),
    });
  }

  /** Reads a bill of one JSON object a line, and says how many lines are none. */
  async read(path: string): Promise<number> {
    let malformed = 0;
    for await (const line of createInterface({
      input: createReadStream(path),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      if (line.trim() === '') continue;
      const billed = parse(line);
      if (billed === null) malformed++;
      else {
        const { exchange, prompt_tokens, completion_tokens } = billed;
        this.#add(BILLED, exchange, { tokens: [prompt_tokens, completion_tokens], cost: costBilled(billed) });
      }
    }
    return malformed;
  }

  *compare(): Generator<BilledExchange> {
    let exchange: string | null = null;
    let ours: Stated | null = null;
    let billed: Stated[] = [];
    for (const record of this.#sorter.sorted()) {
      const next = fromUtf8(record.subarray(0, EXCHANGE)) as string;
      if (next !== exchange) {
        if (exchange !== null) yield* lineOf(exchange, ours, billed);
        [exchange, ours, billed] = [next, null, []];
      }
      const stated: Stated = {
        tokens: [countAt(record, TOKENS), countAt(record, TOKENS + 8)],
        cost: costAt(record),
      };
      if (record[KIND] === OURS) ours = stated;
      else if (billed.length < 2) billed.push(stated);
    }
    if (exchange !== null) yield* lineOf(exchange, ours, billed);
  }

  #add(kind: number, exchange: string, { tokens: [prompt, completion], cost }: Stated): void {
    const record = new Uint8Array(RECORD.length);
    record.set(utf8(exchange));
    record[KIND] = kind;
    record.set(u64be(prompt === null ? 0 : prompt + 1), TOKENS);
    record.set(u64be(completion === null ? 0 : completion + 1), TOKENS + 8);
    if (cost !== null) record.set(fromHex(cost) as Uint8Array, COST);
    this.#sorter.add(record);
  }
}

/** Nothing for what is neither billed nor counted: a refusal, for instance. */
function* lineOf(
  exchange: string,
  ours: Stated | null,
  billed: readonly Stated[],
): Generator<BilledExchange> {
  const isCounted = ours?.tokens.some(count => count !== null) === true;
  if (billed.length > 0 || isCounted) yield { exchange, ...judge(ours, billed) };
}

function judge(ours: Stated | null, billed: readonly Stated[]): Pick<BilledExchange, 'verdict' | 'code'> {
  const [first, second] = billed;
  if (first === undefined) return { verdict: 'not-checkable', code: 'reconcile/not-billed' };
  if (ours === null) return { verdict: 'extra', code: 'reconcile/billed-not-held' };
  if (second !== undefined) return { verdict: 'extra', code: 'reconcile/billed-twice' };
  // What one of them does not count is not compared.
  const differs = (one: unknown, other: unknown) => one !== null && other !== null && one !== other;
  if (first.tokens.some((count, at) => differs(count, ours.tokens[at])))
    return { verdict: 'extra', code: 'reconcile/usage-differs' };
  if (differs(first.cost, ours.cost)) return { verdict: 'extra', code: 'reconcile/amount-differs' };
  return { verdict: 'matched', code: null };
}

/** What a receipt says that the exchange has cost; null where it does not say. */
function costOf(price: Price): string | null {
  const isNothing = price.lines === null && (price.reason === 'free' || price.reason === 'nothing-served');
  if (isNothing) return costMark(0n, '');
  const total = totalOf(price);
  return price.lines === null || total === null ? null : costMark(total, price.currency);
}

/** An amount without a currency says nothing, unless it is none. */
function costBilled({ amount, currency }: v.InferOutput<typeof BillLine>): string | null {
  const billed = amount === null ? null : parseAmount(amount);
  if (billed === null || (billed !== 0n && currency === null)) return null;
  return costMark(billed, currency ?? '');
}

/** Records are of one length, and only whether two amounts are the same is asked. Nothing is the same in every currency. */
function costMark(amount: Amount, currency: string): string {
  const text = amount === 0n ? '0' : `${formatAmount(amount)} ${currency}`;
  return toHex(sha256(utf8(text)).slice(0, COST_BYTES));
}

function costAt(record: Uint8Array): string | null {
  const mark = record.subarray(COST, COST + COST_BYTES);
  return mark.every(byte => byte === 0) ? null : toHex(mark);
}

function parse(line: string): v.InferOutput<typeof BillLine> | null {
  try {
    const result = v.safeParse(BillLine, JSON.parse(line));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}

function countAt(record: Uint8Array, at: number): number | null {
  const more = fromU64be(record.subarray(at, at + 8)) ?? 0;
  return more === 0 ? null : more - 1;
}
