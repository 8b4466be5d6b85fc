/** An issuer that notes its numbers in a real book and logs its receipts in a real log, without a gateway in front. */
import { toBase32 } from '../../src/bytes/base32.js';
import { sha256 } from '../../src/bytes/cryptography.js';
import { utf8 } from '../../src/bytes/octets.js';
import { keyLabel } from '../../src/note/key.js';
import { ACCEPTANCE } from '../../src/receipt/acceptance.js';
import { CLOSING, type Closing } from '../../src/receipt/closing.js';
import { readEntry } from '../../src/receipt/entry.js';
import { type Envelope, envelopeBytes, payloadDigest, seal } from '../../src/receipt/envelope.js';
import { epochStatement } from '../../src/receipt/epoch.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../src/receipt/receipt.js';
import { predicateTypeOf, readStatement, writeStatement } from '../../src/receipt/statement.js';
import { buildClosing } from '../../src/shell/gateway/epochs/build-closing.js';
import { EpochBook, type EpochBookOptions } from '../../src/shell/gateway/epochs/epoch-book.js';
import type { EpochRun } from '../../src/shell/gateway/epochs/epoch-run.js';
import type { Held } from '../../src/shell/gateway/epochs/horizon.js';
import type { WritableLog } from '../../src/tree/log.js';
import { ISSUER, identifier } from './monitored.js';
import { SAMPLE_RECEIPT } from './sample-receipt.js';

export type TestBook = Partial<EpochBookOptions> & Pick<EpochBookOptions, 'folder' | 'log' | 'now'>;

export function openBook(options: TestBook): Promise<EpochBook> {
  return EpochBook.open({
    key: ISSUER.key,
    signer: ISSUER.signer,
    build: async (journal, base) => buildClosing(journal, base),
    onProblem: message => {
      throw new Error(message);
    },
    // Marked by the tests alone.
    marking: 2 ** 30,
    ...options,
  });
}

const label = keyLabel(ISSUER.key);
const REQUEST = 'a'.repeat(64);

export interface Accepted {
  readonly client: string;
  readonly counter: number;
  readonly exchange: string;
  readonly received: number;
}

export class BookedIssuer {
  readonly #book: EpochBook;
  readonly #log: WritableLog;
  readonly #now: () => number;
  readonly #counters = new Map<string, number>();
  #run: EpochRun | null = null;
  #epochs = 0;

  constructor(book: EpochBook, log: WritableLog, now: () => number) {
    this.#book = book;
    this.#log = log;
    this.#now = now;
  }

  get run(): EpochRun {
    if (this.#run === null) throw new Error('no epoch has begun');
    return this.#run;
  }

  begin(name = `${Math.random()} ${this.#epochs++}`): string {
    const epoch = identifier(name);
    const entry = envelopeBytes(seal(epochStatement(ISSUER.key, epoch, this.#now()), label, ISSUER.signer));
    this.#run = this.#book.begin(label, epoch, entry);
    this.#log.append(entry).included.catch(() => undefined);
    this.#counters.clear();
    return epoch;
  }

  /** @param received when its request began to arrive */
  accept(name: string, received = this.#now()): Accepted {
    const client = identifier(name);
    const counter = (this.#counters.get(client) ?? 0) + 1;
    this.#counters.set(client, counter);
    this.run.accepted(client, counter);
    return { client, counter, exchange: identifier(`${this.run.epoch} ${name} ${counter}`), received };
  }

  acceptance({ client, counter, exchange, received }: Accepted): Envelope {
    const predicate = {
      client,
      counter,
      epoch: this.run.epoch,
      exchange,
      issuer: label,
      log: { origin: this.#log.origin },
      received,
    };
    const subject = { digest: { 'countersign-commitment-v1': REQUEST }, name: 'request' } as const;
    return by(writeStatement(ACCEPTANCE, { subject: [subject], predicate }));
  }

  /** Seals the receipt of an exchange, to be given to the log. */
  seal(
    { client, counter, exchange, received }: Accepted,
    change: Partial<Receipt> = {},
    run = this.run,
  ): { envelope: Envelope; log(): void; ending: Held } {
    const now = this.#now();
    const ending = run.ending(now);
    const predicate: Receipt = {
      ...SAMPLE_RECEIPT,
      attempts: [],
      issuer: label,
      epoch: run.epoch,
      client,
      counter,
      exchange,
      previous: null,
      log: { origin: this.#log.origin, deadline: now + 3_600_000 },
      time: { clock: 'issuer', received, firstByte: null, completed: now },
      ...change,
    };
    const envelope = by(writeStatement(RECEIPT, { subject: receiptSubject(REQUEST, null), predicate }));
    const log = () => {
      const appended = this.#log.append(envelopeBytes(envelope));
      const { status } = predicate.response;
      const included = appended.included.then(
        () => true,
        () => false,
      );
      const { index } = appended;
      run.logged(client, counter, { digest: payloadDigest(envelope), status, index, included }, ending);
    };
    return { envelope, log, ending };
  }

  /** Accepts an exchange, and ends it at once. */
  answer(name: string): Envelope {
    const sealed = this.seal(this.accept(name));
    sealed.log();
    return sealed.envelope;
  }
}

function by(payload: Uint8Array): Envelope {
  return seal(payload, label, ISSUER.signer);
}

/** A name for a client or an epoch of a test, as {@link identifier} makes it, from a number. */
export function numbered(kind: string, number: number): string {
  return toBase32(sha256(utf8(`${kind} ${number}`)).slice(0, 16));
}

/** The closings in a log, in its order. */
export async function closingsIn(log: WritableLog): Promise<{ envelope: Envelope; closing: Closing }[]> {
  const found: { envelope: Envelope; closing: Closing }[] = [];
  for (let index = 0; index < log.size; index++) {
    const envelope = readEntry(await log.entry(index));
    if (predicateTypeOf(envelope) === CLOSING.predicateType)
      found.push({ envelope, closing: readStatement(CLOSING, envelope).predicate.closing });
  }
  return found;
}
