/** What a gateway and the thread that seals for it say to each other. Bytes are handed over, not copied. */
import type { ReasonCode } from '../../reason.js';

/** What the thread is started with. */
export interface SealingWorkerData {
  /** The folder of the vault. */
  readonly vault: string;
  /** 32 bytes. */
  readonly vaultKey: Uint8Array;
  /** The file that holds the issuer's private key. */
  readonly issuerPath: string;
  /** The verifier key that the file must be of. */
  readonly issuerKey: string;
}

/** Exchanges to seal, in order. */
export interface SealingOrder {
  readonly exchanges: readonly {
    readonly id: string;
    /** The lengths of its statement and of its framed content. */
    readonly statement: number;
    readonly content: number;
  }[];
  /** Of each exchange the statement and the framed content, one after another. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The next exchanges that have been sealed, or what has kept the next one from being; then all others of the same order are not tried. */
export type SealingReport =
  | {
      /** The lengths of their envelopes. */
      readonly lengths: readonly number[];
      /** Their envelopes, one after another. */
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly failure: ReasonCode; readonly detail: string | null };
