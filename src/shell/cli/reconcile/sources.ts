/** Reading what a client, an operator, a log and a bill have, and finding out where they differ. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trust } from '../../../appraise/trust.js';
import { toHex } from '../../../bytes/hex.js';
import { type EvidenceJson, evidenceName, formatEvidence } from '../../../court/misbehaviour/evidence.js';
import { judgeEvidence } from '../../../court/misbehaviour/judge.js';
import { type KnownKeys, knownKeys } from '../../../court/misbehaviour/known-keys.js';
import { makeReceiptFork, readNumbered } from '../../../court/misbehaviour/receipt-fork.js';
import { heldFacts, makeReceiptWithheld } from '../../../court/misbehaviour/receipt-withheld.js';
import type { LoggedExchange, StatementPlace } from '../../../court/reconcile/compare-number.js';
import { Failure } from '../../../reason.js';
import { CLOSING } from '../../../receipt/closing.js';
import { type Envelope, payloadDigest } from '../../../receipt/envelope.js';
import { RECEIPT } from '../../../receipt/receipt.js';
import { predicateTypeOf, readStatement } from '../../../receipt/statement.js';
import { BillComparison, type BilledExchange } from './bill.js';
import { ClosingsSource } from './closings-source.js';
import { heldIn, heldStatement } from './held-exchanges.js';
import { entryAt, envelopesOf, openLogAt, type ReadLog } from './log-reading.js';
import { type Mispriced, PriceComparison, type PriceSums } from './price-lists.js';
import { type Compared, Reconciliation } from './reconciliation.js';

export interface Sources {
  readonly trust: Trust;
  /** The folder of a client's store; null for none. */
  readonly store: string | null;
  /** The address of a gateway, or a folder with closings; null for none. */
  readonly closings: string | null;
  /** The address of a log or of a copy, or a folder with tiles; null for none. */
  readonly log: string | null;
  readonly bill: string | null;
  /** Price lists beside the one that comes with the package. */
  readonly prices: readonly string[];
  /** For what does not fit into memory; of no worth afterwards. */
  readonly work: string;
  /** Where evidence goes. */
  readonly evidence: string;
  /** The time, in milliseconds. */
  readonly asOf: number;
  /** Told how many entries of how many of the log have been read. */
  readonly onProgress: (done: number, all: number) => void;
}

export interface Reconciled extends Compared {
  /** The file that proves it to anybody; null where nothing does. */
  readonly evidence: string | null;
}

/** An epoch, or a source, that could not be compared, and why. */
export interface Uncompared {
  readonly what: string;
  readonly failure: Failure;
}

export class SourceReader {
  readonly #sources: Sources;
  readonly #known: KnownKeys;
  readonly #reconciliation: Reconciliation;
  readonly #bill: BillComparison;
  readonly #prices: PriceComparison;
  readonly #closings: ClosingsSource | null;
  readonly #epochs = new Set<string>();
  /** The digests of the closings in the log, by issuer and epoch. */
  readonly #logged = new Map<string, string>();
  readonly #envelopes = new Map<string, Envelope>();
  #log: ReadLog | null = null;
  readonly uncompared: Uncompared[] = [];

  private constructor(sources: Sources, prices: PriceComparison) {
    this.#sources = sources;
    this.#prices = prices;
    this.#known = knownKeys(sources.trust);
    this.#reconciliation = new Reconciliation({
      folder: sources.work,
      hasStore: sources.store !== null,
      isLogKnown: sources.log !== null,
      asOf: sources.asOf,
    });
    this.#bill = new BillComparison(sources.work);
    this.#closings =
      sources.closings === null
        ? null
        : new ClosingsSource(sources.closings, join(sources.work, 'closings'), this.#known.issuers);
  }

  /** Throws a usage error for a price list that is none. */
  static async open(sources: Sources): Promise<SourceReader> {
    const known = knownKeys(sources.trust);
    const prices = await PriceComparison.open(sources.prices, sources.work, made =>
      writeProof(made, known, sources.evidence),
    );
    return new SourceReader(sources, prices);
  }

  /** Reads everything. Throws `client/…`, `peer/…`, `checkpoint/…` or `misbehaviour/log-data-mismatch` where a source as a whole cannot be relied on. */
  async read(): Promise<void> {
    // What is the store's decides what of the others is looked at.
    if (this.#sources.store !== null) await this.#readStore(this.#sources.store);
    if (this.#sources.log !== null) await this.#readLog(this.#sources.log);
    if (this.#closings !== null) await this.#readClosings(this.#closings);
    if (this.#sources.bill === null) return;
    const malformed = await this.#bill.read(this.#sources.bill);
    if (malformed > 0)
      this.uncompared.push({
        what: this.#sources.bill,
        failure: new Failure('reconcile/bill-malformed', { detail: `${malformed} lines` }),
      });
  }

  /** Every number, with what it comes to; what can be proven has been written down. */
  async *compared(): AsyncGenerator<Reconciled> {
    for (const compared of this.#reconciliation.compare())
      yield { ...compared, evidence: await this.#prove(compared) };
  }

  /** Every exchange of the bill or of the receipts; nothing where there is no bill. */
  *billed(): Generator<BilledExchange> {
    if (this.#sources.bill !== null) yield* this.#bill.compare();
  }

  /** Every exchange whose receipt states a price that is wrong. */
  mispriced(): Generator<Mispriced> {
    return this.#prices.found(this.#sources.evidence);
  }

  /** Of the receipts that state a price. */
  get prices(): PriceSums {
    return this.#prices.sums;
  }

  async #readStore(folder: string): Promise<void> {
    for await (const { number, held, receipt } of heldIn(folder)) {
      this.#reconciliation.add(number, { kind: 'held', is: held });
      this.#epochs.add(number.epoch);
      this.#bill.known(held.exchange, receipt?.receipt ?? null);
      if (receipt !== null) await this.#prices.take(receipt.envelope, receipt.receipt);
    }
  }

  async #readLog(place: string): Promise<void> {
    this.#log = await openLogAt(place, this.#sources.trust);
    for await (const { index, envelope } of envelopesOf(this.#log)) {
      if (index % 1000 === 0) this.#sources.onProgress(index, this.#log.checkpoint.size);
      try {
        await this.#takeLogged(envelope, index);
      } catch (error) {
        // What is no statement is for monitors to tell; it is nobody's receipt.
        if (!(error instanceof Failure)) throw error;
      }
    }
  }

  async #takeLogged(envelope: Envelope, index: number): Promise<void> {
    const type = predicateTypeOf(envelope);
    if (type === CLOSING.predicateType) {
      const { issuer, epoch } = readStatement(CLOSING, envelope).predicate.closing;
      const key = issuer + epoch;
      if (!this.#logged.has(key)) this.#logged.set(key, toHex(payloadDigest(envelope)));
      if (this.#sources.store === null) this.#epochs.add(epoch);
    }
    if (type !== RECEIPT.predicateType) return;
    const statement = readNumbered(envelope);
    if (!this.#reconciliation.wants(statement)) return;
    const receipt = readStatement(RECEIPT, envelope).predicate;
    const { exchange } = statement;
    const is = { ...heldFacts(statement), exchange, index } as LoggedExchange;
    this.#reconciliation.add(statement, { kind: 'logged', is });
    if (this.#sources.store !== null) return;
    this.#bill.known(exchange, receipt);
    await this.#prices.take(envelope, receipt);
  }

  async #readClosings(source: ClosingsSource): Promise<void> {
    const own = this.#sources.store === null ? await source.epochs() : [];
    for (const epoch of new Set([...this.#epochs, ...own])) {
      try {
        await this.#readClosing(source, epoch);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        this.uncompared.push({ what: `epoch ${epoch}`, failure: error });
      }
    }
  }

  async #readClosing(source: ClosingsSource, epoch: string): Promise<void> {
    const envelope = await source.closing(epoch);
    // An epoch that is not over has none, and its numbers are told one by one.
    if (envelope === null) return;
    const { closing } = readStatement(CLOSING, envelope).predicate;
    const { issuer } = closing;
    const isLogged = this.#logged.get(issuer + epoch) === toHex(payloadDigest(envelope));
    if (this.#log !== null && !isLogged) throw new Failure('closing/not-logged');
    for (const { client, counter, status, receipt } of await source.leaves(closing)) {
      const number = { issuer, epoch, client, counter };
      if (this.#reconciliation.wants(number))
        this.#reconciliation.add(number, { kind: 'listed', is: { status, receipt } });
    }
    this.#reconciliation.closed(closing);
    this.#envelopes.set(issuer + epoch, envelope);
  }

  async #prove({ proof, exchange, number }: Compared): Promise<string | null> {
    if (proof === null || exchange === null) return null;
    const statement = (place: StatementPlace) => this.#statement(place, exchange);
    let made: EvidenceJson;
    if (proof.kind === 'receipt-forked')
      made = makeReceiptFork([await statement(proof.by[0]), await statement(proof.by[1])]);
    else {
      const { issuer, epoch, client, counter } = number;
      const closing = this.#envelopes.get(issuer + epoch) as Envelope;
      const kept = await (this.#closings as ClosingsSource).kept(epoch);
      const leaf = await kept.prove(client, counter);
      made = makeReceiptWithheld({ closing, held: await statement(proof.by), leaf });
    }
    const name = await writeProof(made, this.#known, this.#sources.evidence);
    return name === null ? null : join(this.#sources.evidence, `${name}.json`);
  }

  async #statement(place: StatementPlace, exchange: string): Promise<Envelope> {
    if (place !== 'store') return entryAt(this.#log as ReadLog, place.index);
    return (await heldStatement(this.#sources.store as string, exchange)) as Envelope;
  }
}

/** Writes evidence into a folder, where it proves something to whoever knows these keys, and says under which name; null where it does not. */
async function writeProof(made: EvidenceJson, known: KnownKeys, folder: string): Promise<string | null> {
  const bytes = formatEvidence(made);
  if ((await judgeEvidence(bytes, known)).outcome !== 'proven') return null;
  const name = evidenceName(bytes, made.type);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), bytes);
  return name;
}
