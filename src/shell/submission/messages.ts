/** What the pool and its workers say to each other. */
import type { ReasonCode } from '../../reason.js';

export interface AdmissionWorkerData {
  readonly origin: string;
  /** Verifier keys as text. */
  readonly issuers: readonly string[];
  readonly validators: readonly string[];
}

/** Entries to look at, in order. All of them are in one buffer, which moves to the worker: many small ones would cost more to hand over. */
export interface AdmissionOrder {
  /** One entry after another. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Each entry's length. */
  readonly lengths: readonly number[];
  /** For each entry an index below which it will not stand. */
  readonly indexes: readonly number[];
}

/** What was found of an entry: how many keys it is filed under, or why it is refused. */
export type Finding =
  | number
  | { readonly code: ReasonCode; readonly field?: string; readonly detail?: string };

/** One finding for each entry of the order, in the same order. */
export interface AdmissionReport {
  readonly findings: readonly Finding[];
  /** The keys of all that were taken, 16 bytes each, one after another. */
  readonly keys: Uint8Array<ArrayBuffer>;
}
