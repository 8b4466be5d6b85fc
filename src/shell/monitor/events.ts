/** What a monitor has to tell. */
import type { Failure, ReasonCode } from '../../reason.js';

export type MonitorEvent =
  /** Evidence that anyone can check has been written, now or earlier. */
  | {
      readonly kind: 'misbehaviour';
      readonly code: ReasonCode;
      readonly says: string;
      readonly accused: string | null;
      readonly file: string;
    }
  /** A rule is broken, but nothing about it would convince a stranger. */
  | {
      readonly kind: 'finding';
      readonly code: ReasonCode;
      /** The entry that it is about; null when it is about none. */
      readonly index: number | null;
      readonly detail: string | null;
    }
  /** How a promise stands that was given to the monitor to watch. */
  | { readonly kind: 'promise'; readonly code: ReasonCode; readonly says: string }
  /** Something could not be checked this time. */
  | { readonly kind: 'unchecked'; readonly code: ReasonCode; readonly message: string }
  /** The entries up to this size have been checked, as far as they were to be read. */
  | ({ readonly kind: 'checked' } & Checked);

export interface Checked {
  readonly origin: string;
  readonly size: number;
  /** Hexadecimal. */
  readonly root: string;
  readonly receipts: number;
  readonly epochs: number;
  /** Epochs that are closed. */
  readonly closings: number;
  /** Where numbers are missing in the log, counted once however many are missing there: not yet logged, or never. */
  readonly openNumbers: number;
  /** Entries that the log does not serve, of which only the hash is known. */
  readonly withheld: number;
  /** Checkpoints that are larger than anything the log has shown so far. */
  readonly pending: number;
}

export function unchecked({ code, message }: Failure): MonitorEvent {
  return { kind: 'unchecked', code, message };
}
