/** Who signs receipts, keeps what they are about, and has them logged. */
import type { Failure } from '../reason.js';
import type { ExchangeContent } from './content-vault.js';

/** The statement of a receipt, as it was written. */
export interface ReceiptPayload {
  /** Canonical JSON. */
  readonly statement: Uint8Array;
  /** SHA-256 of that. */
  readonly digest: Uint8Array;
}

/** A receipt that is on its way into the log. */
export interface Sealed {
  /** The canonical bytes of its envelope. */
  readonly entry: Uint8Array;
  /** Its place in the log, fixed from now on, though it is not durable before it is included. */
  readonly index: number;
}

export interface Sealer {
  /** Signs a statement, and then calls `done` with the canonical bytes of the envelope, unless something goes wrong. Nothing is kept. */
  sign(statement: Uint8Array, done: (envelope: Uint8Array) => void): void;
  /**
   * Ends an exchange: keeps its content, signs its receipt and appends that to the log, and then calls `done`, in the order of the calls: when
   * content and entry survive the death of this process, or with what has gone wrong
   * (`vault/unavailable`, `log/unavailable`, `log/entry-too-large`). Where one fails, so do all that have been given and not done, at once: none
   * may be logged that refers to one that was not.
   */
  seal(
    exchange: string,
    payload: ReceiptPayload,
    content: ExchangeContent,
    done: (result: Sealed | Failure) => void,
  ): void;
}
