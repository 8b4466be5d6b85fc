/**
 * What Intel says of a level of security versions, and how several such words become one. Source: Intel's Provisioning Certification Service, API
 * documentation, "TCB info" and "Enclave identity"; Intel SGX and TDX DCAP Quote Verification Library, §4.1.2.4.17.
 */
export const TCB_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const;

/** What Intel publishes for a platform. */
export type PlatformStatus = (typeof TCB_STATUSES)[number];

/** What Intel publishes for a quoting enclave or a TDX module. */
export const PART_STATUSES = ['UpToDate', 'OutOfDate', 'Revoked'] as const;
export type PartStatus = (typeof PART_STATUSES)[number];

/**
 * The words for the whole. `TDRelaunchAdvised`: the platform has been brought up to date while the trust domain ran, which would be up to date if
 * it were started again.
 */
export type TcbStatus = PlatformStatus | 'TDRelaunchAdvised' | 'TDRelaunchAdvisedConfigurationNeeded';

/** One level that was reached: what Intel says of it. */
export interface TcbLevel<Status extends TcbStatus = TcbStatus> {
  readonly status: Status;
  /** Since when this is the level to have: fixes published later are missing. Unix seconds; null in {@link BELOW_ALL}. */
  readonly date: number | null;
  /** Known weaknesses of this level: `INTEL-SA-00837`. */
  readonly advisories: readonly string[];
}

/**
 * What is older than every level that Intel still lists. It is out of date, as the lowest of those are, and nobody says which weaknesses it has: a
 * check of its own refuses it, whatever a policy thinks of `OutOfDate`.
 */
export const BELOW_ALL: TcbLevel<'OutOfDate'> = { status: 'OutOfDate', date: null, advisories: [] };

/** The status of a whole with one part more: it is as bad as its worst part. */
export function converge(whole: TcbStatus, part: PartStatus): TcbStatus {
  if (whole === 'Revoked' || part === 'Revoked') return 'Revoked';
  if (part === 'UpToDate') return whole;
  return needsConfiguration(whole) ? 'OutOfDateConfigurationNeeded' : 'OutOfDate';
}

export function needsConfiguration(status: TcbStatus): boolean {
  return status.startsWith('Configuration') || status.endsWith('ConfigurationNeeded');
}

export function isOutOfDate(status: TcbStatus): boolean {
  return status === 'OutOfDate' || status === 'OutOfDateConfigurationNeeded';
}
