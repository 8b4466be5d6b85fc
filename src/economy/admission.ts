/**
 * Whether a request may be made, and what it comes to: the gateway asks before an upstream does anything, and tells when the exchange is over. Whoever
 * answers is given to it.
 */
import { Failure, type FailureContext, type ReasonCode } from '../reason.js';
import type { Amount } from '../receipt/price/money.js';

/** Somebody with a key. */
export interface Holder {
  /** By which the issuer tells this client from others; another secret of the same key is the same client. */
  readonly client: string;
  /** Of the key, and of the team it belongs to; null where it belongs to none. */
  readonly name: string;
  readonly team: string | null;
}

/** What is asked for. */
export interface Request {
  /** As the client named it; null where it named none. */
  readonly model: string | null;
  /** What it may be answered by, each as `upstream/model`; at least one. */
  readonly targets: readonly [string, ...string[]];
  /** The most tokens of each kind that it may come to. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The most that it may cost; null where some part of it has no price. */
  readonly cost: Amount | null;
}

/** What an exchange has used. Null where that is not known: then it counts as much as it could have been. */
export interface Outcome {
  readonly tokens: number | null;
  readonly cost: Amount | null;
}

/** A request that was admitted. */
export interface Ticket {
  /** What the client is told of what is left. */
  readonly headers: Readonly<Record<string, string>>;
  /** Once, when the exchange is over. */
  settle(outcome: Outcome): void;
}

export interface Admission {
  /** Whether whoever asks needs a key. */
  readonly needsKeys: boolean;
  /**
   * Who asks, by the key shown; null where none is needed. Throws `access/key-missing`, `access/key-unknown`, `access/key-expired` or
   * `access/key-revoked`.
   */
  identify(shown: string | null, now: number): Holder | null;
  /**
   * Throws `access/model-refused`, `access/money-unpriced`, `access/ledger-unavailable`, and as a {@link Refusal} `access/requests-exhausted`, `access/tokens-exhausted`,
   * `access/money-exhausted` or `access/request-over-limit`.
   */
  admit(holder: Holder, request: Request, now: number): Ticket;
}

/** A failure that has something to say in headers. */
export class Refusal extends Failure {
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ReasonCode, context: FailureContext, headers: Readonly<Record<string, string>>) {
    super(code, context);
    this.headers = headers;
  }
}

/** Everybody may ask, with a key of his own at the upstream or without. */
export const OPEN: Admission = {
  needsKeys: false,
  identify: () => null,
  admit: () => ({ headers: {}, settle: () => undefined }),
};
