/** What the pool and its workers say to each other. */
import type { ReasonCode } from '../../reason.js';

export interface AdmissionWorkerData {
  readonly origin: string;
  /** Verifier keys as text. */
  readonly issuers: readonly string[];
}

/** Entries to look at, in order, each with an index below which it will not stand. */
export interface AdmissionOrder {
  readonly entries: readonly { readonly bytes: Uint8Array; readonly index: number }[];
}

export type Finding =
  | { readonly keys: readonly Uint8Array[] }
  | { readonly code: ReasonCode; readonly field?: string; readonly detail?: string };

/** One finding for each entry of the oldest order that has none, in the same order. */
export interface AdmissionReport {
  readonly findings: readonly Finding[];
}
