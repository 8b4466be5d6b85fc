import type { Failure } from '../../reason.js';

/** What both forms of an answer have in common. Each method may throw a `Failure` for what the upstream got wrong. */
export interface Relay {
  /** Whether the answer has begun: its first event with content has come, or the first byte of its body. */
  readonly begun: boolean;
  data(chunk: Uint8Array): void;
  end(): void;
  /** The upstream failed, or answered with what cannot be passed on. */
  fail(failure: Failure): void;
  /** The answer has broken off after a part of it had passed. */
  appraiseCut(): void;
  /** The client went away, or the gateway is closing. */
  abort(reason: 'client/aborted' | 'gateway/closing'): void;
}
