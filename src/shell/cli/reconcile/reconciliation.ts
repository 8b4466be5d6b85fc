/**
 * Comparing everything that is known of everybody's numbers, in memory that does not grow with them: it is written to a folder, sorted there,
 * and read once.
 */
import { join } from 'node:path';
import { toHex } from '../../../bytes/hex.js';
import {
  type Circumstances,
  compareNumber,
  type ExchangeNumber,
  type NumberVerdict,
} from '../../../court/reconcile/compare-number.js';
import type { Closing } from '../../../receipt/closing.js';
import { RecordSorter } from '../../files/record-sorter.js';
import { gathered, issuerMark, type Knowledge, NUMBER_RECORD, numberRecord } from './number-record.js';

export interface ReconciliationOptions {
  /** For what does not fit into memory. */
  readonly folder: string;
  /** Whether a client's store is read; then only what is its, or under its names, is compared. */
  readonly hasStore: boolean;
  readonly isLogKnown: boolean;
  /** The time, in milliseconds. */
  readonly asOf: number;
}

/** What was found of one number. */
export interface Compared extends NumberVerdict {
  readonly number: ExchangeNumber;
  /** The id of the exchange, from whoever knows it; null where there is only a leaf. */
  readonly exchange: string | null;
}

export class Reconciliation {
  readonly #options: ReconciliationOptions;
  readonly #sorter: RecordSorter;
  readonly #closings = new Map<string, Closing>();
  readonly #issuers = new Map<string, Uint8Array>();
  readonly #names = new Map<string, string>();
  /** The clients, each in its epoch, of which the store holds something. */
  readonly #ours = new Set<string>();

  constructor(options: ReconciliationOptions) {
    this.#options = options;
    this.#sorter = new RecordSorter(join(options.folder, 'numbers'), NUMBER_RECORD);
  }

  /** A closing whose leaves are added as well. */
  closed(closing: Closing): void {
    this.#closings.set(closing.issuer + closing.epoch, closing);
  }

  add(number: ExchangeNumber, knowledge: Knowledge): void {
    this.#sorter.add(numberRecord(this.#markOf(number.issuer), number, knowledge));
    if (knowledge.kind === 'held') this.#ours.add(nameOf(number));
  }

  /** Whether anything about this number is compared: with a store, only what is its. Everything of the store has to be added before. */
  wants(number: ExchangeNumber): boolean {
    return !this.#options.hasStore || this.#ours.has(nameOf(number));
  }

  #markOf(issuer: string): Uint8Array {
    const known = this.#issuers.get(issuer);
    if (known !== undefined) return known;
    const mark = issuerMark(issuer);
    this.#issuers.set(issuer, mark);
    this.#names.set(toHex(mark), issuer);
    return mark;
  }

  /** Every number, with what it comes to, once. */
  *compare(): Generator<Compared> {
    const { hasStore, isLogKnown, asOf } = this.#options;
    for (const { issuer, number: bare, ...known } of gathered(this.#sorter.sorted())) {
      const number = { ...bare, issuer: this.#names.get(issuer) as string };
      // What belongs to others is theirs to compare.
      if (!this.wants(number)) continue;
      const closing = this.#closings.get(number.issuer + number.epoch) ?? null;
      const circumstances: Circumstances = { closing, isLogKnown, isOurs: hasStore, asOf };
      const exchange = known.held?.exchange ?? known.logged[0]?.exchange ?? null;
      yield { number, exchange, ...compareNumber(known, circumstances) };
    }
  }
}

function nameOf({ issuer, epoch, client }: ExchangeNumber): string {
  return issuer + epoch + client;
}
