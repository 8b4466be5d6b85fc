/** What a later check has found to be wrong. */
import type { ReasonCode } from '../reason.js';

export interface Finding {
  readonly code: ReasonCode;
  readonly says: string;
  /** The exchange that it is about; null when it is about the log. */
  readonly exchange: string | null;
  /** A file that proves it to anybody (`countersign verify-misbehaviour`); null when what is there proves nothing to others. */
  readonly evidence: Uint8Array | null;
}
