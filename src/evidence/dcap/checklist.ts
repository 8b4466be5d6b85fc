/** The checks of a quote and its collateral, by name, and how one rests on others. */
import type { ReasonCode } from '../../reason.js';
import { type EvidenceCheck, made, notMade } from '../report.js';

/** In the order in which they are made; `docs/evidence/tdx.md` says what each means. */
export const DCAP_CHECKS = [
  'vendor',
  'quote-signature',
  'attestation-key',
  'pck-chain',
  'qe-report-signature',
  'pck-certificate',
  'tcb-info-chain',
  'tcb-info-signature',
  'tcb-info-content',
  'tcb-info-time',
  'qe-identity-chain',
  'qe-identity-signature',
  'qe-identity-content',
  'qe-identity-time',
  'revocation-chain',
  'pck-revocation',
  'authority-revocation',
  'signer-revocation',
  'tcb-info-platform',
  'quoting-enclave',
  'tcb-level',
  'qe-level',
  'tdx-module',
  'tdx-module-level',
] as const;
export type DcapCheckName = (typeof DCAP_CHECKS)[number];

export class Checklist {
  readonly checks: EvidenceCheck<DcapCheckName>[] = [];

  /**
   * Makes a check and gives what it found out, or null where it did not pass. An `attempt` of null is one that has nothing to rest on: the check
   * is not made, for the reason `without`.
   */
  async make<Found>(
    name: DcapCheckName,
    what: string,
    attempt: (() => Found | Promise<Found>) | null,
    without: ReasonCode = 'evidence/prerequisite-failed',
  ): Promise<Found | null> {
    if (attempt === null) {
      this.checks.push(notMade(name, without));
      return null;
    }
    let found: Found | null = null;
    this.checks.push(
      await made(name, what, async () => {
        found = await attempt();
      }),
    );
    return found;
  }
}
