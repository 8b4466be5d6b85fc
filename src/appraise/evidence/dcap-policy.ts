/**
 * What a relying party demands of a quote that was verified: how well the platform is kept, that nobody can look into it, what it runs, and whom it
 * speaks to. The verifier says what is so; here is said what is good enough.
 */
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import type { EnclaveReport, TdReport } from '../../evidence/dcap/body.js';
import type { TcbStatus } from '../../evidence/dcap/tcb-status.js';
import type { DcapReport } from '../../evidence/dcap/verify.js';
import { type EvidenceCheck, made, notMade, statusOf } from '../../evidence/report.js';
import { Failure } from '../../reason.js';
import { type Development, type HardwareCheckName, hardwareChecks } from './simulation.js';

export interface DcapPolicy extends Development {
  /** Which statuses are good enough. A revoked platform never is. */
  readonly statuses: readonly Exclude<TcbStatus, 'Revoked'>[];
  /** Intel's advisories that may be open where the status is not `UpToDate`, because somebody has looked into them; null for any. */
  readonly advisories: readonly string[] | null;
  /** The platform must have all fixes up to this time (Unix seconds); null for whatever its status stands for. */
  readonly minimumTcbDate: number | null;
  /** Whether a trust domain may be moved to another machine, by a service that the operator chooses. */
  readonly migration: boolean;
  /** Whether a trust domain may be shown exceptions about its memory by the host; a guest that does not expect them can be attacked so. */
  readonly memoryExceptions: boolean;
  /** For each measurement those that are allowed. One that is not named may be any; one that the quote does not have is not allowed. */
  readonly measurements: Readonly<Partial<Record<DcapMeasurement, readonly Uint8Array[]>>>;
  /** What the report data must be; up to 64 bytes, after which only zeros may follow. Null for anything. */
  readonly reportData: Uint8Array | null;
}

export type DcapMeasurement =
  | 'mrTd'
  | 'rtMr0'
  | 'rtMr1'
  | 'rtMr2'
  | 'rtMr3'
  | 'mrSeam'
  | 'mrConfigId'
  | 'mrOwner'
  | 'mrOwnerConfig'
  | 'mrEnclave'
  | 'mrSigner';

/** Up to date, closed to everybody; which software it is remains to be said. */
export const SAFE_DCAP_POLICY: DcapPolicy = {
  statuses: ['UpToDate'],
  advisories: [],
  minimumTcbDate: null,
  migration: false,
  memoryExceptions: false,
  measurements: {},
  reportData: null,
};

export type DcapPolicyCheckName =
  | HardwareCheckName
  | 'tcb-status'
  | 'tcb-advisories'
  | 'tcb-date'
  | 'debug'
  | 'migration'
  | 'memory-exceptions'
  | 'measurements'
  | 'report-data';

/** Bits of the attributes of a trust domain. Source: Intel TDX Module Base Architecture Specification, "TD attributes". */
const TD_UNDER_DEBUG = 0xff;
const MIGRATABLE = { byte: 3, bit: 0x20 };
const SEPT_VE_DISABLE = { byte: 3, bit: 0x10 };
/** Of an enclave. Source: Intel SDM, volume 3D, "ATTRIBUTES". */
const ENCLAVE_DEBUG = 0x02;

/**
 * The checks of a policy, after those of the verifier. Nothing is judged of a quote that was refused: then they are all `not-checked` with
 * `evidence/prerequisite-failed`. Without collateral those of the TCB are, with `collateral/missing`. A simulated root is `evidence/simulated`.
 */
export async function checkDcapPolicy(
  report: DcapReport,
  policy: DcapPolicy,
): Promise<readonly EvidenceCheck<DcapPolicyCheckName>[]> {
  const { body, tcb } = report.fields;
  const attempts: [DcapPolicyCheckName, string, () => void][] = [
    ['debug', 'Nobody can look into it.', () => checkDebug(body)],
  ];
  if (body.kind === 'td') {
    if (!policy.migration)
      attempts.push(['migration', 'It cannot be moved to another machine.', () => checkMigration(body)]);
    if (!policy.memoryExceptions)
      attempts.push([
        'memory-exceptions',
        'The host cannot make its memory fault.',
        () => checkExceptions(body),
      ]);
  }
  if (Object.keys(policy.measurements).length > 0)
    attempts.push(['measurements', 'It is software that is allowed.', () => checkMeasurements(body, policy)]);
  const { reportData } = policy;
  if (reportData !== null)
    attempts.push(['report-data', 'It speaks to whom it should.', () => checkReportData(body, reportData)]);

  const ofTcb: [DcapPolicyCheckName, string, () => void][] = [
    ['tcb-status', 'The platform is kept well enough.', () => checkStatus(tcb?.status ?? null, policy)],
    ['tcb-advisories', 'No open advisory counts here.', () => checkAdvisories(report, policy)],
  ];
  if (policy.minimumTcbDate !== null)
    ofTcb.push(['tcb-date', 'The platform has the fixes of that day.', () => checkDate(report, policy)]);

  const isRefused = statusOf(report.checks) === 'refused';
  const checks: EvidenceCheck<DcapPolicyCheckName>[] = [...hardwareChecks(report.root, policy)];
  for (const [name, what, attempt] of ofTcb)
    checks.push(
      isRefused || tcb === null
        ? notMade(name, isRefused ? 'evidence/prerequisite-failed' : 'collateral/missing')
        : await made(name, what, attempt),
    );
  for (const [name, what, attempt] of attempts)
    checks.push(isRefused ? notMade(name, 'evidence/prerequisite-failed') : await made(name, what, attempt));
  return checks;
}

function checkStatus(status: TcbStatus | null, { statuses }: DcapPolicy): void {
  // A policy may come from JSON, where the type does not hold.
  if (status === 'Revoked' || !statuses.some(accepted => accepted === status))
    throw new Failure('quote/tcb-status-refused', { detail: status ?? 'none' });
}

function checkAdvisories({ fields: { tcb } }: DcapReport, { advisories }: DcapPolicy): void {
  if (advisories === null || tcb?.status === 'UpToDate') return;
  const open = tcb?.advisories.filter(advisory => !advisories.includes(advisory)) ?? [];
  if (open.length > 0) throw new Failure('quote/advisory-open', { detail: open.join(' ') });
}

function checkDate({ fields: { tcb } }: DcapReport, { minimumTcbDate }: DcapPolicy): void {
  const date = tcb?.date ?? null;
  if (date === null || (minimumTcbDate !== null && date < minimumTcbDate))
    throw new Failure('quote/tcb-date-early', { detail: `${date}` });
}

function checkDebug(body: EnclaveReport | TdReport): void {
  const [first = 0] = body.kind === 'td' ? body.tdAttributes : body.attributes;
  if ((first & (body.kind === 'td' ? TD_UNDER_DEBUG : ENCLAVE_DEBUG)) !== 0)
    throw new Failure('quote/debug', { detail: toHex(Uint8Array.of(first)) });
}

function checkMigration({ tdAttributes, mrServiceTd }: TdReport): void {
  if (((tdAttributes[MIGRATABLE.byte] ?? 0) & MIGRATABLE.bit) !== 0)
    throw new Failure('tdx/migration-possible', { field: 'attributes' });
  if (mrServiceTd?.some(byte => byte !== 0))
    throw new Failure('tdx/migration-possible', { field: 'mrServiceTd', detail: toHex(mrServiceTd) });
}

function checkExceptions({ tdAttributes }: TdReport): void {
  if (((tdAttributes[SEPT_VE_DISABLE.byte] ?? 0) & SEPT_VE_DISABLE.bit) === 0)
    throw new Failure('tdx/memory-exceptions-possible', { field: 'attributes' });
}

function checkMeasurements(body: EnclaveReport | TdReport, { measurements }: DcapPolicy): void {
  const own = measurementsOf(body);
  for (const [name, allowed] of Object.entries(measurements) as [DcapMeasurement, readonly Uint8Array[]][]) {
    const measured = own[name];
    if (measured === undefined || !allowed.some(one => equal(one, measured)))
      throw new Failure('quote/measurement-refused', {
        field: name,
        detail: measured === undefined ? 'none' : toHex(measured),
      });
  }
}

function measurementsOf(body: EnclaveReport | TdReport): Partial<Record<DcapMeasurement, Uint8Array>> {
  if (body.kind === 'enclave') return { mrEnclave: body.mrEnclave, mrSigner: body.mrSigner };
  const { mrTd, rtMr, mrSeam, mrConfigId, mrOwner, mrOwnerConfig } = body;
  const [rtMr0, rtMr1, rtMr2, rtMr3] = rtMr;
  return { mrTd, rtMr0, rtMr1, rtMr2, rtMr3, mrSeam, mrConfigId, mrOwner, mrOwnerConfig };
}

function checkReportData({ reportData }: EnclaveReport | TdReport, demanded: Uint8Array): void {
  const padded = new Uint8Array(reportData.length);
  if (demanded.length <= padded.length) padded.set(demanded);
  if (demanded.length > padded.length || !equal(reportData, padded))
    throw new Failure('quote/report-data-mismatch', { detail: toHex(reportData) });
}
