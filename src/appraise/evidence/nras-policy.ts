/** What somebody requires of the claims of NVIDIA's attestation service, once its tokens are verified. */
import type { NrasCheckName, NrasDevice, NrasReport } from '../../evidence/nvidia/nras/verify.js';
import { arePassed, type EvidenceCheck, made, relying, waive } from '../../evidence/report.js';
import { Failure } from '../../reason.js';
import { type Development, type HardwareCheckName, hardwareChecks } from './simulation.js';

export interface NrasPolicy extends Development {
  /** Whether the nonce must have been checked. */
  readonly nonceRequired: boolean;
  /** Exactly these versions; null for any. */
  readonly driverVersions: readonly string[] | null;
  readonly biosVersions: readonly string[] | null;
}

/** All that the service can say must be good. A token says nothing of the occasion but by its nonce, so that must be known. */
export const DEFAULT_NRAS_POLICY: NrasPolicy = {
  nonceRequired: true,
  driverVersions: null,
  biosVersions: null,
};

export type NrasPolicyCheckName = HardwareCheckName | 'result' | 'claims' | 'driver' | 'bios';

/**
 * The report's checks, with that of the nonce waived where the policy does without, and the policy's own behind them. Codes of those that
 * fail: `evidence/simulated`, `nras/result-negative`, `nras/claim-refused`, `nvidia/driver-refused`, `nvidia/bios-refused`.
 */
export async function appraiseNras(
  { checks, fields, root }: NrasReport,
  policy: NrasPolicy = DEFAULT_NRAS_POLICY,
): Promise<readonly EvidenceCheck<NrasCheckName | NrasPolicyCheckName>[]> {
  const own: readonly EvidenceCheck<NrasPolicyCheckName>[] = [
    await made('result', 'The service says that all devices passed.', () => {
      if (!fields.result) throw new Failure('nras/result-negative');
    }),
    await made('claims', 'The service says nothing bad of any device.', () => {
      for (const device of fields.devices) checkClaims(device);
    }),
    await made('driver', 'The policy accepts the versions of all drivers.', () => {
      for (const { name, driverVersion } of fields.devices)
        if (isGpu(name) && !accepts(policy.driverVersions, driverVersion))
          throw new Failure('nvidia/driver-refused', { field: name, detail: driverVersion ?? 'none' });
    }),
    await made('bios', 'The policy accepts the versions of all firmware.', () => {
      for (const { name, biosVersion } of fields.devices)
        if (!accepts(policy.biosVersions, biosVersion))
          throw new Failure('nvidia/bios-refused', { field: name, detail: biosVersion ?? 'none' });
    }),
  ];
  // What nobody known has signed is not judged.
  const isSigned = arePassed(checks, 'key', 'signature', 'devices');
  return [
    ...waive(checks, policy.nonceRequired ? [] : ['nonce']),
    ...hardwareChecks(root, policy),
    ...own.map(check => relying(isSigned, check)),
  ];
}

/** What every device's token must say, in versions 2 and 3 of the claims. Source: `NVIDIA/attestation-sdk` and the service's answers. */
const REQUIRED: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['measres', 'success'],
  ['secboot', true],
  ['dbgstat', 'disabled'],
]);
const REQUIRED_OF_REPORT = ['parsed', 'signature-verified', 'nonce-match'];

function checkClaims({ name, claims }: NrasDevice): void {
  const kind = isGpu(name) ? 'gpu' : 'switch';
  const required = new Map(REQUIRED);
  for (const part of REQUIRED_OF_REPORT) required.set(`x-nvidia-${kind}-attestation-report-${part}`, true);
  const stated = new Map(Object.entries(claims));
  for (const [claim, value] of required) if (stated.get(claim) !== value) throw refused(name, claim);
  for (const [claim, value] of stated) {
    // Every answer of the service to a question of yes or no is named so that yes is good.
    if (value === false) throw refused(name, claim);
    if (claim.endsWith('-cert-chain')) checkChainClaim(name, claim, value);
    if (claim === 'x-nvidia-error-details' && value !== null) throw refused(name, claim);
  }
}

function checkChainClaim(name: string, claim: string, value: unknown): void {
  const stated = new Map(Object.entries(Object(value)));
  if (stated.get('x-nvidia-cert-status') !== 'valid' || stated.get('x-nvidia-cert-ocsp-status') !== 'good')
    throw refused(name, claim);
}

function refused(device: string, claim: string): Failure {
  return new Failure('nras/claim-refused', { field: device, detail: claim });
}

function isGpu(name: string): boolean {
  return name.startsWith('GPU-');
}

function accepts(list: readonly string[] | null, value: string | null): boolean {
  return list === null || (value !== null && list.includes(value));
}
