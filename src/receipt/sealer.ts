/** Who signs receipts, and keeps what they are about. */
import type { Failure } from '../reason.js';
import type { ExchangeContent } from './content-vault.js';

export interface Sealer {
  /** Signs a statement, and then calls `done` with the canonical bytes of the envelope, unless something goes wrong. Nothing is kept. */
  sign(statement: Uint8Array, done: (envelope: Uint8Array) => void): void;
  /**
   * Signs the statement of an exchange that has ended and keeps the exchange's content, and then calls `done`, in the order of the calls: with the
   * canonical bytes of the envelope, when the content survives the death of this process, or with what has gone wrong (`vault/unavailable`).
   * Where one fails, so do all that have been given and not done, at once: no statement may be kept that refers to one that was not.
   */
  seal(
    exchange: string,
    statement: Uint8Array,
    content: ExchangeContent,
    done: (result: Uint8Array | Failure) => void,
  ): void;
}
