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

/** Statements to sign, in order. */
export interface SealingOrder {
  readonly statements: readonly {
    readonly length: number;
    /** What is to be kept with it; null where nothing is. */
    readonly content: { readonly exchange: string; readonly length: number } | null;
  }[];
  /** Of each the statement and, where there is one, the framed content, one after another. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What came of an order. */
export interface SealingReport {
  /** The lengths of the envelopes of its first statements, of all where nothing has failed. */
  readonly lengths: readonly number[];
  /** Their envelopes, one after another. */
  readonly envelopes: Uint8Array<ArrayBuffer>;
  /** What has kept the next one from being sealed; those after it have not been tried. */
  readonly failure: { readonly code: ReasonCode; readonly detail: string | null } | null;
}
