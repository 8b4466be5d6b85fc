/**
 * Orders to give back what exchanges have cost whose checks failed.
 *
 * The receipt itself says that its price is to be given back, and it is in the log before the answer has left: the log is the list of what is owed. Beside
 * it is only kept up to where in the log everything owed has been ordered, so that a gateway that starts again reads the rest, and no order is lost in a
 * crash. Log and data folder are trusted.
 */
import { join } from 'node:path';
import type { Signer } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { refundOf } from '../../../economy/refund-order.js';
import { keyLabel, type VerifierKey } from '../../../note/key.js';
import { Failure } from '../../../reason.js';
import { readEntry, refundKey } from '../../../receipt/entry.js';
import { type Envelope, envelopeBytes, payloadDigest, seal } from '../../../receipt/envelope.js';
import { RECEIPT } from '../../../receipt/receipt.js';
import { refundStatement } from '../../../receipt/refund.js';
import { predicateTypeOf, readStatement } from '../../../receipt/statement.js';
import type { TransparencyLog } from '../../../tree/log.js';
import { type Disk, nodeDisk } from '../../files/disk.js';
import { makeFoldersDurably, readIfPresent, writeDurably } from '../../files/durable.js';

export interface RefundsOptions {
  /** Where it is kept up to where everything has been ordered. */
  readonly folder: string;
  readonly log: TransparencyLog;
  readonly issuer: { readonly key: VerifierKey; readonly signer: Signer };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onProblem: (message: string) => void;
  readonly disk?: Disk;
}

/** An exchange whose receipt is about to be logged, and whose price is to be given back. */
export interface Expected {
  /** Its receipt is logged; `entry`: the canonical bytes of its envelope. */
  order(entry: Uint8Array): void;
  /** There is no receipt, and nothing to give back. */
  cancel(): void;
}

/** Entries after which it is kept again up to where everything has been ordered: as many as a start reads in a second. */
const STRIDE = 10_000;
/** How often it is looked whether there have been so many, in milliseconds. */
const LOOK = 10_000;

export class Refunds {
  readonly #options: RefundsOptions;
  /** For each exchange that is expected or not yet ordered: an index below that of its receipt. */
  readonly #open = new Map<object, number>();
  readonly #running = new Set<Promise<void>>();
  #kept: number;
  readonly #look: NodeJS.Timeout;

  private constructor(options: RefundsOptions, kept: number) {
    this.#options = options;
    this.#kept = kept;
    this.#look = setInterval(() => void this.#advance(), LOOK).unref();
  }

  /** Orders what is still owed. The caller holds the data folder's lock. Throws `data/refunds-malformed`, or as the log does. */
  static async open(options: RefundsOptions): Promise<Refunds> {
    const { folder, log, disk = nodeDisk } = options;
    await makeFoldersDurably(folder, disk);
    const kept = await readPosition(folder);
    // Nothing was ever owed before there was such a file.
    const refunds = new Refunds(options, kept ?? log.size);
    for (let index = refunds.#kept; index < log.size; index++) {
      const entry = await log.entry(index);
      if (isOwed(readEntry(entry))) await refunds.#orderOf(entry);
    }
    await refunds.#keep(log.size);
    return refunds;
  }

  expect(): Expected {
    const token = {};
    this.#open.set(token, this.#options.log.size);
    return {
      order: entry => {
        const running = this.#orderOf(entry).then(
          () => void this.#open.delete(token),
          // It stays owed, and the next start orders it.
          (error: unknown) => this.#options.onProblem(messageOf(error)),
        );
        const done = running.then(() => this.#advance()).finally(() => this.#running.delete(done));
        this.#running.add(done);
      },
      cancel: () => void this.#open.delete(token),
    };
  }

  /** Waits for what is being ordered, and keeps how far that is. The log must still be open. */
  async close(): Promise<void> {
    clearInterval(this.#look);
    await Promise.all(this.#running);
    await this.#keep(this.#position);
  }

  /** Below it, everything that is owed has been ordered. */
  get #position(): number {
    return Math.min(this.#options.log.size, ...this.#open.values());
  }

  async #advance(): Promise<void> {
    if (this.#position < this.#kept + STRIDE) return;
    await this.#keep(this.#position).catch((error: unknown) => this.#options.onProblem(messageOf(error)));
  }

  async #keep(position: number): Promise<void> {
    const { folder, disk = nodeDisk } = this.#options;
    this.#kept = position;
    await writeDurably(pathIn(folder), utf8(`${position}\n`), 0o600, disk);
  }

  async #orderOf(entry: Uint8Array): Promise<void> {
    const { log, issuer, now } = this.#options;
    const envelope = readEntry(entry);
    const receipt = readStatement(RECEIPT, envelope).predicate;
    const key = refundKey(receipt.exchange);
    if (key === null || (await log.find(key)) !== null) return;
    try {
      const refund = refundOf(receipt, toHex(payloadDigest(envelope)), null, 'check-failed');
      const label = keyLabel(issuer.key);
      const statement = refundStatement(refund, label, now());
      await log.include(envelopeBytes(seal(statement, label, issuer.signer)));
    } catch (error) {
      // What has cost nothing has nothing to give back.
      if (!(error instanceof Failure && error.code === 'refund/unpriced')) throw error;
    }
  }
}

function isOwed(envelope: Envelope): boolean {
  if (predicateTypeOf(envelope) !== RECEIPT.predicateType) return false;
  const { findings = [] } = readStatement(RECEIPT, envelope).predicate.policy;
  return findings.some(({ done }) => done === 'refund');
}

/** Null where it was never kept. */
async function readPosition(folder: string): Promise<number | null> {
  const path = pathIn(folder);
  const bytes = await readIfPresent(path);
  if (bytes === null) return null;
  const text = fromUtf8(bytes) ?? '';
  if (/^(?:0|[1-9][0-9]{0,15})\n$/.test(text)) return Number(text);
  throw new Failure('data/refunds-malformed', { field: path });
}

function pathIn(folder: string): string {
  return join(folder, 'ordered');
}

function messageOf(error: unknown): string {
  return `a refund is not ordered yet: ${error instanceof Error ? error.message : 'unknown'}`;
}
