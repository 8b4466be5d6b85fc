/** What somebody requires of evidence of NVIDIA's, beyond that it is genuine. */
import type { NvidiaArchitecture } from '../../evidence/nvidia/device.js';
import type { NvidiaFields, NvidiaMode } from '../../evidence/nvidia/stated.js';
import type { NvidiaCheckName, NvidiaReport } from '../../evidence/nvidia/verify.js';
import { arePassed, type EvidenceCheck, made, relying, waive } from '../../evidence/report.js';
import { Failure } from '../../reason.js';
import { type Development, type HardwareCheckName, hardwareChecks } from './simulation.js';

export interface NvidiaPolicy extends Development {
  /** Checks without which nothing is accepted; the others may be left unmade for want of what they need, and never be failed. */
  readonly required: readonly (typeof NVIDIA_OPTIONAL_CHECKS)[number][];
  readonly architectures: readonly NvidiaArchitecture[];
  /** Exactly these versions; null for any. A switch has no driver, and is not asked for its version. */
  readonly driverVersions: readonly string[] | null;
  /** Exactly these versions of VBIOS or switch BIOS; null for any. */
  readonly biosVersions: readonly string[] | null;
  /** How several GPUs are protected together, where the device says it; devices that cannot say it are refused only by a list. */
  readonly modes: readonly NvidiaMode[] | null;
}

/** What needs more than the evidence itself, or what older devices do not have. */
export const NVIDIA_OPTIONAL_CHECKS = [
  'firmware-id',
  'nonce',
  'revocation',
  'driver-manifest',
  'firmware-manifest',
  'manifest-revocation',
  'measurements',
] as const satisfies readonly NvidiaCheckName[];

/** Genuine devices that do not say that they are open for debugging. That they run what NVIDIA has published, only the strict policy requires. */
export const DEFAULT_NVIDIA_POLICY: NvidiaPolicy = {
  required: [],
  architectures: ['hopper', 'blackwell', 'nvswitch'],
  driverVersions: null,
  biosVersions: null,
  modes: null,
};

/** Also fresh, not revoked, and measuring as driver and firmware must. Older firmware and switches do not say their firmware's id, so that is left. */
export const STRICT_NVIDIA_POLICY: NvidiaPolicy = {
  ...DEFAULT_NVIDIA_POLICY,
  required: NVIDIA_OPTIONAL_CHECKS.filter(name => name !== 'firmware-id'),
};

export type NvidiaPolicyCheckName = HardwareCheckName | 'architecture' | 'driver' | 'bios' | 'mode' | 'debug';

/**
 * The report's checks, with those waived that the policy does without, and the policy's own behind them. Codes of those that fail:
 * `evidence/simulated`, `nvidia/architecture-refused`, `nvidia/driver-refused`, `nvidia/bios-refused`, `nvidia/mode-refused`, `nvidia/debug-enabled`.
 */
export async function appraiseNvidia(
  { checks, fields, root }: NvidiaReport,
  policy: NvidiaPolicy = DEFAULT_NVIDIA_POLICY,
): Promise<readonly EvidenceCheck<NvidiaCheckName | NvidiaPolicyCheckName>[]> {
  const optional = NVIDIA_OPTIONAL_CHECKS.filter(name => !policy.required.includes(name));
  const own: readonly EvidenceCheck<NvidiaPolicyCheckName>[] = [
    await made('architecture', 'The policy accepts devices of this architecture.', () => {
      const { architecture, model } = fields.device;
      if (architecture === null || !policy.architectures.includes(architecture))
        throw new Failure('nvidia/architecture-refused', model === null ? {} : { detail: model });
    }),
    await made('driver', 'The policy accepts this version of the driver.', () => checkDriver(fields, policy)),
    await made('bios', 'The policy accepts this version of the firmware.', () => {
      if (!accepts(policy.biosVersions, fields.biosVersion))
        throw new Failure('nvidia/bios-refused', { detail: fields.biosVersion ?? 'none' });
    }),
    await made('mode', 'The policy accepts how the device protects its connections.', () => {
      if (fields.mode === 'unknown' || !accepts(policy.modes, fields.mode))
        throw new Failure('nvidia/mode-refused', { detail: fields.mode ?? 'none' });
    }),
    await made('debug', 'The device does not say that it is open for debugging.', () => {
      if (fields.device.debug === true) throw new Failure('nvidia/debug-enabled');
    }),
  ];
  // What nobody known has signed is not judged.
  const isSigned = arePassed(checks, 'chain', 'device', 'signature');
  return [
    ...waive(checks, optional),
    ...hardwareChecks(root, policy),
    ...own.map(check => relying(isSigned, check)),
  ];
}

function checkDriver({ device, driverVersion }: NvidiaFields, { driverVersions }: NvidiaPolicy): void {
  if (device.architecture !== 'nvswitch' && !accepts(driverVersions, driverVersion))
    throw new Failure('nvidia/driver-refused', { detail: driverVersion ?? 'none' });
}

function accepts<Value>(list: readonly Value[] | null, value: Value | null): boolean {
  return list === null || (value !== null && list.includes(value));
}
