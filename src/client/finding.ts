/** What a later check has found, and what it comes to. */
import type { ReasonCode } from '../reason.js';

/**
 * `omission`: a log or an issuer has answered, and has left out what it had promised. `fork`: there are two of what there can be one of, a
 * history of the log or a receipt of an exchange. `unresolved`: something could not be checked, which shows nothing yet.
 */
export type FindingKind = 'omission' | 'fork' | 'unresolved';

export interface Finding {
  readonly kind: FindingKind;
  readonly code: ReasonCode;
  readonly says: string;
  /** The exchange that it is about; null when it is about the log. */
  readonly exchange: string | null;
  /** A file that proves it to anybody (`countersign verify-misbehaviour`); null when what is there proves nothing to others. */
  readonly evidence: Uint8Array | null;
  /** The envelope that the issuer signed for that exchange, receipt or acceptance: what the client holds in any case. */
  readonly held: Uint8Array | null;
}

export interface LaterCheck {
  /**
   * `settled`: every exchange whose answer has ended is in the log and witnessed. `open`: of some that cannot be said yet. `alarm`: something
   * was left out, or there are two of what there can be one of.
   */
  readonly outcome: 'settled' | 'open' | 'alarm';
  /** Exchanges that are witnessed now and were not known to be. */
  readonly witnessed: readonly string[];
  /** Exchanges of which something is still to be checked. */
  readonly open: readonly string[];
  readonly findings: readonly Finding[];
}

/** What `check()` rejects with when it has found an omission or a fork and nobody else is told of findings. */
export class Alarm extends Error {
  override readonly name = 'Alarm';
  readonly result: LaterCheck;

  constructor(result: LaterCheck) {
    const said = result.findings.filter(isAlarming).map(describe);
    super(`Countersign: a promise was broken. ${said.join(' ')}`);
    this.result = result;
  }
}

export function isAlarming({ kind }: Finding): boolean {
  return kind !== 'unresolved';
}

function describe({ code, says, exchange, evidence }: Finding): string {
  const about = exchange === null ? '' : ` (exchange ${exchange})`;
  return `${code}${about}: ${says}${evidence === null ? '' : ' There is a file that proves it.'}`;
}
