/**
 * Who keeps what a house must not lose: its log, with the witnesses, and the contents of its vault. On a machine with more than one processor
 * that is a thread beside the gateway, so that what a receipt costs is paid while the gateway goes on with other requests.
 */
import type { VerifierKey } from '../../note/key.js';
import type { Sealer } from '../../receipt/sealer.js';
import type { DataFolder } from './data-folder.js';
import type { ShownLog } from './house-front.js';
import type { HouseKeys } from './house-keys.js';

export interface Keeper extends ShownLog {
  readonly keys: HouseKeys;
  /** It alone writes to the vault; whoever erases opens the vault for that, and adds nothing. */
  readonly sealer: Sealer;
  /** The keys whose entries the log takes: receipts and the like of the first, verdicts of the second. */
  readonly issuers: readonly VerifierKey[];
  readonly validators: readonly VerifierKey[];
  /** As `HouseLog` has it. */
  readonly mustBeWitnessed: number;
  /** How many statements wait to be signed and kept. */
  readonly waiting: () => number;
  close(): Promise<void>;
}

export interface KeeperOptions {
  readonly folder: DataFolder;
  readonly operator: string;
  readonly onProblem: (message: string) => void;
  /** Told of the log as soon as it may be read, and of null when it may not be any more. */
  readonly onReadable: (readable: ShownLog | null) => void;
}
