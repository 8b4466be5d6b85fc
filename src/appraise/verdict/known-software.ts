/**
 * Which software evidence is of, and whether a policy says which may be. Evidence of a machine whose software nobody has named shows no place: whoever runs
 * the machine can have software of his own in it that lets genuine hardware state any key, also one that he holds elsewhere.
 */
import { toHex } from '../../bytes/hex.js';
import type { ReasonCode } from '../../reason.js';
import type { HardwareReport } from '../evidence/appraised.js';
import type { PolicyOf } from '../kept/policy-text.js';
import { type EvidenceKindName, VENDOR_OF, type Vendor } from './vendors.js';

export type MachineReport = Exclude<HardwareReport, { kind: 'nvidia' | 'nras' }>;
export type MachineKind = MachineReport['kind'];

/** Of software: hexadecimal. */
export interface Release {
  readonly measurements: readonly string[];
}

/** All that a release has to name, in hexadecimal: in a trust domain the firmware, and the kernel and what it starts with, which the firmware has measured. */
export function measurementsOf(report: MachineReport): readonly string[] {
  switch (report.kind) {
    case 'nitro': {
      const image = report.fields.pcrs.get(0);
      return image === undefined ? [] : [toHex(image)];
    }
    case 'sev-snp':
      return [toHex(report.fields.measurement)];
    case 'tdx':
    case 'sgx': {
      const { body } = report.fields;
      if (body.kind !== 'td') return [toHex(body.mrEnclave)];
      const [, kernel, start] = body.rtMr;
      return [body.mrTd, kernel, start].map(toHex);
    }
  }
}

/** Whether the measurements are those of one of the releases. */
export function isReleased(report: MachineReport, releases: readonly Release[]): boolean {
  const measured = measurementsOf(report);
  return (
    measured.length > 0 &&
    releases.some(({ measurements }) => measured.every(each => measurements.includes(each)))
  );
}

/** Whether evidence of that kind counts for software that the policy names alone: by releases, or by the policy of the kind. */
export function namesSoftware(
  kind: MachineKind,
  releases: readonly Release[],
  evidence: Pick<PolicyOf, MachineKind>,
): boolean {
  return releases.length > 0 || NAMED[kind](evidence);
}

const NAMED: Readonly<Record<MachineKind, (evidence: Pick<PolicyOf, MachineKind>) => boolean>> = {
  nitro: ({ nitro }) => nitro.pcrs.has(0),
  'sev-snp': evidence => evidence['sev-snp'].measurements !== null,
  tdx: ({ tdx: { measurements } }) =>
    (['mrTd', 'rtMr1', 'rtMr2'] as const).every(name => measurements[name] !== undefined),
  sgx: ({ sgx }) => sgx.measurements.mrEnclave !== undefined,
};

/** Which evidence counts under a policy. */
export interface Counting {
  /** The kinds that do; null for all. */
  readonly kinds: ReadonlySet<string> | null;
  /** The makers whose evidence does; null for all. */
  readonly vendors: ReadonlySet<Vendor> | null;
  readonly releases: readonly Release[];
}

/** Why evidence that is good does not count under this policy. */
export function exclusionOf(
  kind: EvidenceKindName,
  report: HardwareReport,
  { kinds, vendors, releases }: Counting,
): ReasonCode | null {
  if (kinds !== null && !kinds.has(kind)) return 'appraisal/kind-excluded';
  if (vendors !== null && !vendors.has(VENDOR_OF[kind])) return 'appraisal/vendor-excluded';
  if (releases.length === 0 || report.kind === 'nvidia' || report.kind === 'nras') return null;
  return isReleased(report, releases) ? null : 'appraisal/release-unknown';
}
