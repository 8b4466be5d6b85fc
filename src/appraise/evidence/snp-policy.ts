/**
 * What somebody requires of an attestation report of AMD SEV-SNP, beyond that it is genuine. A guest that may be debugged is always refused: its host
 * can change what is in it, so that no other requirement would mean anything.
 */
import { equal } from '../../bytes/octets.js';
import { type EvidenceCheck, made, notMade, waive } from '../../evidence/report.js';
import { type SnpProduct, type SnpTcb, tcbOf } from '../../evidence/snp/product.js';
import type { SnpCheckName, SnpFields, SnpReport } from '../../evidence/snp/verify.js';
import { Failure } from '../../reason.js';
import { type Development, type HardwareCheckName, hardwareChecks } from './simulation.js';

export interface SnpPolicy extends Development {
  /** Whether the guest may have a migration agent, which is other software that sees what is in it. */
  readonly migrationAgent: boolean;
  /** Privilege levels from which the report may have been asked for. */
  readonly vmpls: readonly number[];
  /**
   * The least TCB for each product line, which the platform's current, committed, reported and launch TCB must all have; lines that are not named
   * are refused. Null for any.
   */
  readonly minimumTcb: Readonly<Partial<Record<SnpProduct, SnpTcb>>> | null;
  /** Measurements (48 bytes) that are accepted; null for any. */
  readonly measurements: readonly Uint8Array[] | null;
  /** What the report data must be; up to 64 bytes, after which only zeros may follow. Null for anything. */
  readonly reportData: Uint8Array | null;
  /** The same of the 32 bytes that the host put in at the launch. */
  readonly hostData: Uint8Array | null;
  /** Whether the chip's id may be hidden. The signature is that of the certificate's chip all the same. */
  readonly maskedChip: boolean;
  /** Whether a revocation list must be there. One that is there counts in any case. */
  readonly revocation: 'required' | 'if-given';
}

/**
 * Closed to everybody, asked for by the most privileged software. Without a revocation list: it could only name the authorities that are built in here,
 * never a chip. Which software it is, and how old firmware may be, remains to be said: the least TCB changes with every advisory of AMD's.
 */
export const SAFE_SNP_POLICY: SnpPolicy = {
  migrationAgent: false,
  vmpls: [0],
  minimumTcb: null,
  measurements: null,
  reportData: null,
  hostData: null,
  maskedChip: false,
  revocation: 'if-given',
};

/** The last three are made where the policy has something to compare with; `minimum-tcb` says so where it has not. */
export type SnpPolicyCheckName =
  | HardwareCheckName
  | 'debug'
  | 'migration'
  | 'vmpl'
  | 'minimum-tcb'
  | 'measurement'
  | 'report-data'
  | 'host-data';

/**
 * The report's checks, with those waived that the policy does without, and the policy's own behind them. Codes of those that fail: `evidence/simulated`, `snp/debug`,
 * `snp/migration-agent`, `snp/vmpl-refused`, `snp/product-refused`, `snp/tcb-refused`, `snp/measurement-refused`, `snp/report-data-mismatch`,
 * `snp/host-data-mismatch`. Nothing is judged that nobody has signed: without a good chain and signature none is made
 * (`evidence/prerequisite-failed`).
 */
export async function appraiseSnp(
  { checks, fields, root }: SnpReport,
  policy: SnpPolicy = SAFE_SNP_POLICY,
): Promise<readonly EvidenceCheck<SnpCheckName | SnpPolicyCheckName>[]> {
  const { minimumTcb, measurements, reportData, hostData } = policy;
  const attempts: [SnpPolicyCheckName, string, () => void][] = [
    ['debug', 'Nobody can debug the guest.', () => checkDebug(fields)],
  ];
  if (!policy.migrationAgent)
    attempts.push(['migration', 'The guest has no migration agent.', () => checkMigration(fields)]);
  attempts.push(['vmpl', 'The policy accepts this privilege level.', () => checkVmpl(fields, policy)]);
  if (minimumTcb !== null)
    attempts.push(['minimum-tcb', 'The TCB is recent enough.', () => checkMinimumTcb(fields, minimumTcb)]);
  if (measurements !== null)
    attempts.push([
      'measurement',
      'The policy accepts what was measured.',
      () => checkMeasurement(fields, measurements),
    ]);
  if (reportData !== null)
    attempts.push([
      'report-data',
      'It is what was expected.',
      () => checkPadded(fields.reportData, reportData, 'snp/report-data-mismatch'),
    ]);
  if (hostData !== null)
    attempts.push([
      'host-data',
      'It is what was expected.',
      () => checkPadded(fields.hostData, hostData, 'snp/host-data-mismatch'),
    ]);
  const isSigned = checks.every(({ name, status }) => !SIGNED.includes(name) || status === 'pass');
  const own = await Promise.all(
    attempts.map(([name, what, attempt]) =>
      isSigned ? made(name, what, attempt) : notMade(name, 'evidence/prerequisite-failed'),
    ),
  );
  // That nobody has judged the firmware's age is said, and not passed over.
  const unjudged = waive<SnpPolicyCheckName>(
    minimumTcb === null ? [notMade('minimum-tcb', 'snp/minimum-tcb-not-given')] : [],
    ['minimum-tcb'],
  );
  const optional: SnpCheckName[] = policy.maskedChip ? ['chip'] : [];
  if (policy.revocation === 'if-given') optional.push('revocation');
  return [
    ...(isSigned ? waive(checks, optional) : checks),
    ...hardwareChecks(root, policy),
    ...own,
    ...unjudged,
  ];
}

/** What says that the report is a chip's; the others say which. */
const SIGNED: readonly SnpCheckName[] = ['chain', 'signature'];

function checkDebug({ policy }: SnpFields): void {
  if (policy.debug) throw new Failure('snp/debug', { field: 'POLICY' });
}

function checkMigration({ policy, reportIdOfMigrationAgent }: SnpFields): void {
  if (policy.migrationAgent) throw new Failure('snp/migration-agent', { field: 'POLICY' });
  if (reportIdOfMigrationAgent.some(octet => octet !== 0xff))
    throw new Failure('snp/migration-agent', { field: 'REPORT_ID_MA' });
}

function checkVmpl({ vmpl }: SnpFields, { vmpls }: SnpPolicy): void {
  if (!vmpls.includes(vmpl)) throw new Failure('snp/vmpl-refused', { field: 'VMPL', detail: `${vmpl}` });
}

function checkMinimumTcb(fields: SnpFields, minimums: NonNullable<SnpPolicy['minimumTcb']>): void {
  const { product } = fields;
  const least = product === null ? undefined : minimums[product];
  if (product === null || least === undefined)
    throw new Failure('snp/product-refused', { detail: product ?? 'none' });
  const versions = {
    REPORTED_TCB: fields.reportedTcb,
    CURRENT_TCB: fields.currentTcb,
    COMMITTED_TCB: fields.committedTcb,
    LAUNCH_TCB: fields.launchTcb,
  };
  for (const [field, octets] of Object.entries(versions)) {
    const found = tcbOf(octets, product);
    // Turned round, so that what is no number passes as none.
    for (const part of ['fmc', 'bootLoader', 'tee', 'snp', 'microcode'] as const)
      if (!((found[part] ?? 0) >= (least[part] ?? 0)))
        throw new Failure('snp/tcb-refused', { field, detail: `${part} ${found[part] ?? 0}` });
  }
}

function checkMeasurement({ measurement }: SnpFields, accepted: readonly Uint8Array[]): void {
  if (!accepted.some(each => equal(each, measurement)))
    throw new Failure('snp/measurement-refused', { field: 'MEASUREMENT' });
}

function checkPadded(
  found: Uint8Array,
  expected: Uint8Array,
  code: 'snp/report-data-mismatch' | 'snp/host-data-mismatch',
): void {
  const padded = new Uint8Array(found.length);
  if (expected.length <= padded.length) padded.set(expected);
  if (expected.length > padded.length || !equal(padded, found)) throw new Failure(code);
}
