/**
 * What is said of evidence that a simulated attester has made. It is never accepted: by itself it is refused, and who develops without the hardware can
 * have it called inconclusive in place of that, and ask whether it would be good if only it were of hardware.
 */
import { type EvidenceCheck, type EvidenceReport, failed, notMade, statusOf } from '../../evidence/report.js';
import { Failure } from '../../reason.js';

/** Of a policy: evidence under a simulated root is to be called inconclusive. A symbol, so that no JSON can have it. */
export const inDevelopment: unique symbol = Symbol('in development without the hardware');

export interface Development {
  readonly [inDevelopment]?: true;
}

/** Made where there is something to say: where the root is a simulated attester's. */
export type HardwareCheckName = 'hardware';

/** None for other roots. Otherwise one that failed with `evidence/simulated`, or in development one that was not made, for that reason. */
export function hardwareChecks(
  root: EvidenceReport['root'],
  policy: Development,
): readonly EvidenceCheck<HardwareCheckName>[] {
  if (root === null || !root.simulated) return [];
  const failure = new Failure('evidence/simulated', { field: 'root', detail: root.name });
  return [
    policy[inDevelopment] === true
      ? notMade('hardware', 'evidence/simulated', root.name)
      : failed('hardware', failure),
  ];
}

/** Whether these checks would be accepted if only the evidence were of hardware. False for evidence that is. */
export function isGoodSimulation(checks: readonly EvidenceCheck[]): boolean {
  const others = checks.filter(({ name }) => name !== 'hardware');
  return others.length < checks.length && statusOf(others) === 'accepted';
}
