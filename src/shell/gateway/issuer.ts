/**
 * The issuer: who signs, under which epoch, and which number each client's exchange gets.
 *
 * Clients are not trusted, and anybody can pretend to be many of them. Numbers live in memory only: a crash ends the epoch, so no number
 * can be given twice. When an epoch has seen too many clients to remember, or has become old, the next one begins.
 */
import { toBase32 } from '../../bytes/base32.js';
import { toBase64 } from '../../bytes/base64.js';
import { hmacSha256, type Signer, sha256 } from '../../bytes/cryptography.js';
import { utf8 } from '../../bytes/octets.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import { type Envelope, envelopeBytes, seal } from '../../receipt/envelope.js';
import { epochStatement } from '../../receipt/epoch.js';
import type { TransparencyLog } from '../../tree/log.js';
import { randomBytes } from '../random.js';
import type { EpochBook } from './epochs/epoch-book.js';
import type { EpochRun } from './epochs/epoch-run.js';

const MAX_CLIENTS = 100_000;
/** One day, in milliseconds: no client can be followed for longer by the name that the log has for it. */
const MAX_AGE = 86_400_000;

/** What an issuer remembers of one client in one epoch. */
export interface ClientThread {
  /** The client's name in this epoch: 128 bits of a keyed hash. */
  readonly client: string;
  readonly epoch: string;
  /** Where its numbers are noted. */
  readonly run: EpochRun;
  /** The number last given; the first is 1. */
  counter: number;
  /** The digest of the receipt before the next one, hexadecimal: of the last that is logged or on its way there. */
  previous: string | null;
  /** The digest of the last that is logged. */
  logged: string | null;
}

export interface IssuerOptions {
  readonly key: VerifierKey;
  readonly signer: Signer;
  readonly log: TransparencyLog;
  readonly epochs: EpochBook;
  /** 32 secret bytes from which clients' names are derived. */
  readonly clientSecret: Uint8Array;
  readonly now: () => number;
}

export class Issuer {
  /** The issuer's name in receipts and envelopes. */
  readonly label: string;
  readonly #options: IssuerOptions;
  readonly #threads = new Map<string, ClientThread>();
  #run: EpochRun;
  #epochIndex = 0;
  #started: number;

  /**
   * Begins a run: the epoch is in the log, after the policy, which the caller has named there. Rejects with `log/unavailable`.
   */
  static async open(options: IssuerOptions): Promise<Issuer> {
    const label = keyLabel(options.key);
    const { run, started, included } = beginEpoch(options, label);
    const issuer = new Issuer(options, label, run, started);
    issuer.#epochIndex = await included;
    return issuer;
  }

  private constructor(options: IssuerOptions, label: string, run: EpochRun, started: number) {
    this.#options = options;
    this.label = label;
    this.#run = run;
    this.#started = started;
  }

  /** The run that receipts name now. */
  get epoch(): string {
    return this.#run.epoch;
  }

  /** Where in the log the epoch stands that this run began with. */
  get firstEpochIndex(): number {
    return this.#epochIndex;
  }

  /**
   * The thread of the client with these credentials (an Authorization header, or the empty string for all without one). Throws
   * `epoch/journal-unavailable` or `log/unavailable` where an epoch has to begin and cannot.
   */
  thread(credentials: string): ClientThread {
    const age = this.#options.now() - this.#started;
    if (this.#threads.size >= MAX_CLIENTS || age >= MAX_AGE) {
      // An exchange of the epoch before still ends under the thread that it began with.
      const { run, started, included } = beginEpoch(this.#options, this.label);
      // Whatever follows in the log comes after it; that it could not be logged, the log itself says, and then takes no receipts either.
      included.catch(() => undefined);
      this.#run = run;
      this.#started = started;
      this.#threads.clear();
    }
    // Found again by a plain digest, which takes a quarter of the time of the name; neither is kept beyond the epoch.
    const key = toBase64(sha256(utf8(`${this.#run.epoch}\n${credentials}`)));
    let thread = this.#threads.get(key);
    if (thread === undefined) {
      const client = this.#clientName(credentials);
      thread = { client, epoch: this.#run.epoch, run: this.#run, counter: 0, previous: null, logged: null };
      this.#threads.set(key, thread);
    }
    return thread;
  }

  sign(payload: Uint8Array): Envelope {
    return seal(payload, this.label, this.#options.signer);
  }

  #clientName(credentials: string): string {
    const mac = hmacSha256(this.#options.clientSecret, utf8(`${this.#run.epoch}\n${credentials}`));
    return toBase32(mac.subarray(0, 16));
  }
}

/** Its journal first: no number may be given that is noted nowhere. */
function beginEpoch(
  { epochs, key, log, now, signer }: IssuerOptions,
  label: string,
): { readonly run: EpochRun; readonly started: number; readonly included: Promise<number> } {
  const epoch = toBase32(randomBytes(16));
  const started = now();
  const entry = envelopeBytes(seal(epochStatement(key, epoch, started), label, signer));
  const run = epochs.begin(label, epoch, entry);
  return { run, started, included: log.include(entry) };
}
