/**
 * Comparing the prices of receipts with themselves and with the price lists that are at hand: the one that comes with the package, and those
 * that were named. What is wrong is proven at once; what was found is sorted by exchange, in memory that does not grow with it.
 */
import { join } from 'node:path';
import { fromHex, toHex } from '../../../bytes/hex.js';
import { concat, fromUtf8, utf8 } from '../../../bytes/octets.js';
import type { EvidenceJson } from '../../../court/misbehaviour/evidence.js';
import { makeWrongBill, operatorOf } from '../../../court/misbehaviour/wrong-bill.js';
import type { Envelope } from '../../../receipt/envelope.js';
import { PriceBook } from '../../../receipt/price/price-book.js';
import { compareWithList, lineFault } from '../../../receipt/price/price-check.js';
import { type PriceList, priceListDigest } from '../../../receipt/price/price-list.js';
import type { Receipt } from '../../../receipt/receipt.js';
import { RecordSorter } from '../../files/record-sorter.js';
import { readPriceList } from '../price-list-file.js';

/** Every exchange that a receipt gives a price is in one of the three. */
export interface PriceSums {
  matched: number;
  wrong: number;
  /** Those whose list is not at hand, or which do not show what their price depends on. */
  notCheckable: number;
}

/** An exchange whose receipt states a price that is wrong. */
export interface Mispriced {
  readonly exchange: string;
  /** The file that proves it. */
  readonly evidence: string;
}

/** Writes evidence down, and says under which name; null for what proves nothing. */
export type Prove = (evidence: EvidenceJson) => Promise<string | null>;

const EXCHANGE = 26;
/** The hash in the evidence's name. */
const NAME = 16;
const RECORD = { length: EXCHANGE + NAME, keyLength: EXCHANGE + NAME } as const;
const NAMED = /^p10-([0-9a-f]{32})$/;

export class PriceComparison {
  readonly sums: PriceSums = { matched: 0, wrong: 0, notCheckable: 0 };
  readonly #lists: ReadonlyMap<string, PriceList>;
  readonly #books = new Map<string, PriceBook>();
  readonly #found: RecordSorter;
  readonly #prove: Prove;

  private constructor(lists: readonly PriceList[], folder: string, prove: Prove) {
    this.#lists = new Map(lists.map(list => [priceListDigest(list), list]));
    this.#found = new RecordSorter(join(folder, 'prices'), RECORD);
    this.#prove = prove;
  }

  /** @param paths of price lists beside the one that comes with the package. Throws a usage error for what is none. */
  static async open(paths: readonly string[], folder: string, prove: Prove): Promise<PriceComparison> {
    const lists = [await readPriceList()];
    for (const path of paths) lists.push(await readPriceList(path));
    return new PriceComparison(lists, folder, prove);
  }

  async take(envelope: Envelope, receipt: Receipt): Promise<void> {
    if (receipt.price.lines === null) return;
    const digest = receipt.price.list?.digest ?? '';
    const list = this.#lists.get(digest) ?? null;
    const isWrong = lineFault(receipt.price) !== null;
    const comparison = isWrong || list === null ? null : this.#compare(receipt, list, digest);
    if (comparison === 'matches') this.sums.matched++;
    else if (!isWrong && comparison !== 'price/list-contradicted') this.sums.notCheckable++;
    else await this.#accuse(envelope, receipt, isWrong ? null : list);
  }

  /** Each once, in the order of the exchanges' ids. `folder`: that of the evidence. */
  *found(folder: string): Generator<Mispriced> {
    let last = '';
    for (const record of this.#found.sorted()) {
      const name = toHex(record);
      if (name === last) continue;
      last = name;
      const exchange = fromUtf8(record.subarray(0, EXCHANGE)) as string;
      yield { exchange, evidence: join(folder, `p10-${toHex(record.subarray(EXCHANGE))}.json`) };
    }
  }

  #compare(receipt: Receipt, list: PriceList, digest: string): ReturnType<typeof compareWithList> {
    const operator = operatorOf(receipt);
    if (operator === null) return 'not-checkable';
    const key = `${digest} ${operator}`;
    const book = this.#books.get(key) ?? new PriceBook(list, operator);
    // An operator goes by one name, as a rule; whoever signs thousands is not remembered.
    if (this.#books.size < MOST_BOOKS) this.#books.set(key, book);
    return compareWithList(receipt, book, digest);
  }

  async #accuse(envelope: Envelope, { exchange }: Receipt, list: PriceList | null): Promise<void> {
    const name = await this.#prove(makeWrongBill(envelope, list));
    const [, hash] = NAMED.exec(name ?? '') ?? [];
    // What no issuer whom the reader knows has signed accuses nobody.
    if (hash === undefined) this.sums.notCheckable++;
    else {
      this.sums.wrong++;
      this.#found.add(concat(utf8(exchange), fromHex(hash) as Uint8Array));
    }
  }
}

const MOST_BOOKS = 16;
