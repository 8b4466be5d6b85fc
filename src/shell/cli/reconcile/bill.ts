/**
 * Comparing a bill with receipts: which exchanges are on it, and how many tokens it counts. What they cost is not compared: as long as receipts
 * have no price list, no bill can be proven wrong by them.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { fromU64be, fromUtf8, u64be, utf8 } from '../../../bytes/octets.js';
import type { Verdict } from '../../../court/reconcile/compare-number.js';
import type { Usage } from '../../../exchange/parameters.js';
import type { ReasonCode } from '../../../reason.js';
import { Count, Identifier } from '../../../receipt/shapes.js';
import { RecordSorter } from '../../files/record-sorter.js';

/** What else is on a line is not compared. */
const BillLine = v.object({
  exchange: Identifier,
  prompt_tokens: v.optional(v.nullable(Count), null),
  completion_tokens: v.optional(v.nullable(Count), null),
});

export interface BilledExchange {
  readonly exchange: string;
  readonly verdict: Verdict;
  readonly code: ReasonCode | null;
}

type Tokens = readonly [prompt: number | null, completion: number | null];

const EXCHANGE = 26;
const KIND = EXCHANGE;
const RECORD = { length: KIND + 1 + 16, keyLength: KIND + 1 } as const;
const [OURS, BILLED] = [0, 1];

export class BillComparison {
  readonly #sorter: RecordSorter;

  constructor(folder: string) {
    this.#sorter = new RecordSorter(join(folder, 'bill'), RECORD);
  }

  /** An exchange that is known; `usage` null where nobody has counted it. */
  known(exchange: string, usage: Usage | null): void {
    this.#add(OURS, exchange, [usage?.prompt_tokens ?? null, usage?.completion_tokens ?? null]);
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
      else this.#add(BILLED, billed.exchange, [billed.prompt_tokens, billed.completion_tokens]);
    }
    return malformed;
  }

  *compare(): Generator<BilledExchange> {
    let exchange: string | null = null;
    let ours: Tokens | null = null;
    let billed: Tokens[] = [];
    for (const record of this.#sorter.sorted()) {
      const next = fromUtf8(record.subarray(0, EXCHANGE)) as string;
      if (next !== exchange) {
        if (exchange !== null) yield* lineOf(exchange, ours, billed);
        [exchange, ours, billed] = [next, null, []];
      }
      const tokens: Tokens = [countAt(record, KIND + 1), countAt(record, KIND + 9)];
      if (record[KIND] === OURS) ours = tokens;
      else if (billed.length < 2) billed.push(tokens);
    }
    if (exchange !== null) yield* lineOf(exchange, ours, billed);
  }

  #add(kind: number, exchange: string, [prompt, completion]: Tokens): void {
    const record = new Uint8Array(RECORD.length);
    record.set(utf8(exchange));
    record[KIND] = kind;
    record.set(u64be(prompt === null ? 0 : prompt + 1), KIND + 1);
    record.set(u64be(completion === null ? 0 : completion + 1), KIND + 9);
    this.#sorter.add(record);
  }
}

/** Nothing for what is neither billed nor counted: a refusal, for instance. */
function* lineOf(
  exchange: string,
  ours: Tokens | null,
  billed: readonly Tokens[],
): Generator<BilledExchange> {
  const isCounted = ours?.some(count => count !== null) === true;
  if (billed.length > 0 || isCounted) yield { exchange, ...judge(ours, billed) };
}

function judge(ours: Tokens | null, billed: readonly Tokens[]): Pick<BilledExchange, 'verdict' | 'code'> {
  const [first, second] = billed;
  if (first === undefined) return { verdict: 'not-checkable', code: 'reconcile/not-billed' };
  if (ours === null) return { verdict: 'extra', code: 'reconcile/billed-not-held' };
  if (second !== undefined) return { verdict: 'extra', code: 'reconcile/billed-twice' };
  // What one of them does not count is not compared.
  const differs = first.some((count, at) => count !== null && ours[at] !== null && count !== ours[at]);
  return differs ? { verdict: 'extra', code: 'reconcile/usage-differs' } : { verdict: 'matched', code: null };
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
