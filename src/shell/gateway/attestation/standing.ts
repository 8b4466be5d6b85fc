/** What is known of an upstream that has to show by evidence what it is, as routing and policies need it. */
import type { AttestationFinding, Upstream } from '../../../exchange/upstream.js';

export type Unattested = Extract<AttestationFinding, { status: 'unattested' }>;

/** False for one that nobody asks for evidence, and for one that has failed to give it; true as long as it is not known. */
export function mayBeAttested({ attestation }: Upstream): boolean {
  return attestation != null && attestation.finding?.status !== 'unattested';
}

/** What keeps an upstream from being sent anything; null where nothing does that is known. */
export function unattested({ attestation }: Upstream): Unattested | null {
  const finding = attestation?.finding ?? null;
  return finding?.status === 'unattested' ? finding : null;
}
