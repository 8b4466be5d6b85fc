/** What became of one answer. */
import type { Failure } from '../reason.js';
import type { Receipt } from '../receipt/receipt.js';

/** The answer is, byte for byte or event for event, the one that a trusted issuer has signed for this request. */
export interface Verified {
  readonly verified: true;
  readonly exchange: string;
  /** What the issuer says of the exchange; that it was refused, failed or was substituted is said here too. */
  readonly receipt: Receipt;
  /** SHA-256 of the signed payload, hexadecimal. */
  readonly digest: string;
}

/** It could not be shown to be; what of it has been passed on must not be relied on. */
export interface Unverified {
  readonly verified: false;
  /** Null where the answer does not say. */
  readonly exchange: string | null;
  readonly failure: Failure;
}

export type Outcome = Verified | Unverified;
