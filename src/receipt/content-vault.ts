/** What the gateway needs of the vault, where content and openings are kept apart from the public log. */

export interface ExchangeContent {
  /** The exchange's 32-byte opening. */
  readonly opening: Uint8Array;
  /** The exact bytes that the client sent. */
  readonly request: Uint8Array;
  /** The exact bytes of the answer; null when none was sent. */
  readonly response: Uint8Array | null;
  /** The exact bytes of the upstream's answer, where the client got a translation of it; null where it got them as they are. */
  readonly received: Uint8Array | null;
}

export interface ContentVault {
  /**
   * Keeps an exchange's content under a data key of its own. When this returns, the content survives the death of this process. Throws
   * `vault/unavailable`.
   */
  put(exchange: string, content: ExchangeContent): void;
  /** Throws `vault/unknown`, `vault/erased` or `vault/corrupt`. */
  get(exchange: string): ExchangeContent;
}
