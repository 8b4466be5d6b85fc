/**
 * Stamping what is handed in for a log, and keeping it until the log has taken it. Source: spec/mirror.md.
 *
 * Trusted: the mirror's clock, for what its stamps say, and its disk. Not trusted: who hands something in, which is why only what a
 * registered issuer of that log has signed is stamped; and the log, which may refuse or claim never to have seen it: that is what the
 * stamp is for. The key signs stamps alone: it can never be made to cosign a tree.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signer } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { checkEntry } from '../../receipt/entry-rules.js';
import {
  type Envelope,
  envelopeBytes,
  envelopeJson,
  payloadDigest,
  readEnvelope,
  seal,
} from '../../receipt/envelope.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { stampStatement, verifyStamp } from '../../receipt/stamp.js';
import { readStatement } from '../../receipt/statement.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, syncFolder, writeDurably } from '../files/durable.js';
import { InTurn } from './in-turn.js';

/** Submissions that are kept: some 4 KiB each. */
const MAX_KEPT = 50_000;

export interface StampsOptions {
  /** Where submissions are kept; made when it is missing. */
  readonly folder: string;
  readonly origin: string;
  /** Whose entries the log takes. */
  readonly issuers: readonly VerifierKey[];
  /** A plain Ed25519 key that signs nothing else. */
  readonly key: VerifierKey;
  readonly signer: Signer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly disk?: Disk;
  readonly limit?: number;
}

/** `waiting` until the log has taken it. */
type State = 'waiting' | 'delivered';

export class Stamps {
  readonly key: VerifierKey;
  readonly #options: StampsOptions & { readonly disk: Disk; readonly limit: number };
  /** By the hexadecimal digest of the payload, the oldest first. */
  readonly #kept: Map<string, State>;
  readonly #turns = new InTurn();
  #onWaiting: () => void = () => undefined;

  private constructor(
    options: StampsOptions & { readonly disk: Disk; readonly limit: number },
    kept: Map<string, State>,
  ) {
    this.key = options.key;
    this.#options = options;
    this.#kept = kept;
  }

  static async open(options: StampsOptions): Promise<Stamps> {
    const { folder, disk = nodeDisk, limit = MAX_KEPT } = options;
    const kept = new Map<string, State>();
    for (const state of ['delivered', 'waiting'] as const) {
      await makeFoldersDurably(join(folder, state), disk);
      for (const name of await readdir(join(folder, state)))
        if (/^[0-9a-f]{64}$/.test(name)) kept.set(name, state);
    }
    return new Stamps({ ...options, disk, limit }, kept);
  }

  /** What the log has not taken yet. */
  get waiting(): readonly string[] {
    return [...this.#kept].flatMap(([digest, state]) => (state === 'waiting' ? [digest] : []));
  }

  /** Calls back whenever something new waits. */
  onWaiting(call: () => void): void {
    this.#onWaiting = call;
  }

  /**
   * The stamp of an entry, as the bytes of its envelope: the same whenever the same payload is handed in. Throws what
   * {@link checkEntry} throws, `receipt/log-mismatch` for a receipt of another log, or `stamp/store-full`.
   */
  async stamp(entry: Uint8Array): Promise<{ readonly stamp: Uint8Array; readonly isNew: boolean }> {
    const { issuers, origin } = this.#options;
    const { envelope, predicateType } = await checkEntry(entry, issuers);
    if (
      predicateType === RECEIPT.predicateType &&
      readStatement(RECEIPT, envelope).predicate.log.origin !== origin
    )
      throw new Failure('receipt/log-mismatch', { field: 'predicate.log.origin' });
    const digest = toHex(payloadDigest(envelope));
    return this.#turns.take(async () => {
      const known = await this.#read(digest);
      if (known !== null) return { stamp: envelopeBytes(known.stamp), isNew: false };
      const stamp = await this.#keep(digest, envelope);
      this.#onWaiting();
      return { stamp: envelopeBytes(stamp), isNew: true };
    });
  }

  /** The bytes of an entry that waits, or null. */
  async entry(digest: string): Promise<Uint8Array | null> {
    const kept = await this.#read(digest);
    return kept === null ? null : envelopeBytes(kept.entry);
  }

  /** Remembers that the log has taken it. */
  async delivered(digest: string): Promise<void> {
    const { folder, disk } = this.#options;
    await this.#turns.take(async () => {
      if (this.#kept.get(digest) !== 'waiting') return;
      disk.rename(this.#path(digest, 'waiting'), this.#path(digest, 'delivered'));
      this.#kept.set(digest, 'delivered');
      for (const state of ['waiting', 'delivered']) await syncFolder(join(folder, state), disk);
    });
  }

  ended(): Promise<void> {
    return this.#turns.ended();
  }

  /** Durable before the stamp leaves: a stamp that its stamper has forgotten would let two stand for one payload. */
  async #keep(digest: string, entry: Envelope): Promise<Envelope> {
    const { origin, key, signer, now, disk } = this.#options;
    await this.#makeRoom();
    const stamp = seal(stampStatement(payloadDigest(entry), origin, now(), key), keyLabel(key), signer);
    const bytes = canonicalize({ entry: envelopeJson(entry), stamp: envelopeJson(stamp) });
    await writeDurably(this.#path(digest, 'waiting'), bytes, 0o644, disk);
    this.#kept.set(digest, 'waiting');
    return stamp;
  }

  /** What the log has taken is kept by the log, and by every mirror with it. */
  async #makeRoom(): Promise<void> {
    const { disk, limit } = this.#options;
    if (this.#kept.size < limit) return;
    const oldest = [...this.#kept].find(([, state]) => state === 'delivered')?.[0];
    if (oldest === undefined) throw new Failure('stamp/store-full');
    disk.remove(this.#path(oldest, 'delivered'));
    this.#kept.delete(oldest);
  }

  /** What is kept, or null. A file that this mirror has not written counts as none, and is written anew. */
  async #read(digest: string): Promise<{ readonly entry: Envelope; readonly stamp: Envelope } | null> {
    const state = this.#kept.get(digest);
    const bytes = state === undefined ? null : await readIfPresent(this.#path(digest, state));
    if (bytes === null) return null;
    try {
      const { entry, stamp } = parseCanonical(bytes) as { readonly [name: string]: Json };
      const read = { entry: readEnvelope(entry ?? null), stamp: readEnvelope(stamp ?? null) };
      const stated = await verifyStamp(read.stamp, [this.key]);
      return stated.digest === digest && toHex(payloadDigest(read.entry)) === digest ? read : null;
    } catch (error) {
      if (error instanceof Failure || error instanceof TypeError) return null;
      throw error;
    }
  }

  #path(digest: string, state: State): string {
    return join(this.#options.folder, state, digest);
  }
}
