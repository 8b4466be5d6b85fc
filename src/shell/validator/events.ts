/** What a validator tells while it works. */
import type { Failure, ReasonCode } from '../../reason.js';
import type { VerdictBatch } from '../../receipt/verdict-batch.js';

export type ValidatorEvent =
  /** `index`: where the log has it; null where it was not handed in. */
  | { readonly kind: 'policy'; readonly digest: string; readonly index: number | null }
  | {
      readonly kind: 'batch';
      readonly sequence: number;
      readonly start: number;
      readonly end: number;
      readonly counts: VerdictBatch['counts'];
      readonly overturned: number;
    }
  | { readonly kind: 'unchecked'; readonly code: ReasonCode; readonly message: string }
  /** How it stands at the end of a look. */
  | {
      readonly kind: 'appraised';
      readonly origin: string;
      readonly size: number;
      readonly batches: number;
      readonly overturned: number;
    };

export function unchecked({ code, message }: Failure): ValidatorEvent {
  return { kind: 'unchecked', code, message };
}
