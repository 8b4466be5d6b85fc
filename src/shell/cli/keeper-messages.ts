/** What a house and the thread that keeps its log and vault say to each other. Orders to seal, and reports on them, are bare memory. */
import type { LogAnswer, LogState, NumberedCall, SpokenFailure } from '../log/log-calls.js';

/** What the thread is started with. */
export interface KeeperWorkerData {
  /** The data folder. */
  readonly data: string;
  readonly operator: string;
}

export type ToKeeper = Uint8Array<ArrayBuffer> | { readonly calls: readonly NumberedCall[] } | 'close';

export type FromKeeper =
  | Uint8Array<ArrayBuffer>
  | { readonly answers: readonly LogAnswer[] }
  | { readonly changes: Partial<LogState> }
  /** The next statement of an order could not be sealed. */
  | { readonly unsealed: SpokenFailure }
  | { readonly problem: string }
  /** The log may be read from now on. */
  | { readonly readable: Readable | null }
  | { readonly opened: Opened }
  /** It could not be opened; nothing follows. */
  | { readonly refused: SpokenFailure };

/** A log as it is when it may be read. */
export interface Readable {
  readonly origin: string;
  readonly state: LogState;
}

export interface Opened {
  /** The verifier keys whose entries the log takes. */
  readonly issuers: readonly string[];
  readonly validators: readonly string[];
  /** As `HouseLog` has it. */
  readonly mustBeWitnessed: number;
}
