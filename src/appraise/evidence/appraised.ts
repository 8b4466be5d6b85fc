/** One piece of evidence of whatever kind, verified and judged: the same answer about all of them. */
import { type DcapInput, type DcapReport, verifyDcap } from '../../evidence/dcap/verify.js';
import { type NitroInput, type NitroReport, verifyNitro } from '../../evidence/nitro/verify.js';
import { type NrasInput, type NrasReport, verifyNras } from '../../evidence/nvidia/nras/verify.js';
import { type NvidiaInput, type NvidiaReport, verifyNvidia } from '../../evidence/nvidia/verify.js';
import {
  decidingCode,
  type EvidenceCheck,
  type EvidenceStatus,
  passed,
  statusOf,
} from '../../evidence/report.js';
import { type SnpInput, type SnpReport, verifySnp } from '../../evidence/snp/verify.js';
import type { ReasonCode } from '../../reason.js';
import { checkDcapPolicy, type DcapPolicy } from './dcap-policy.js';
import { appraiseNitro, type NitroPolicy } from './nitro-policy.js';
import { appraiseNras, type NrasPolicy } from './nras-policy.js';
import { appraiseNvidia, type NvidiaPolicy } from './nvidia-policy.js';
import { appraiseSnp, type SnpPolicy } from './snp-policy.js';

/** Of hardware, or of what the maker's service says of it. */
export type HardwareReport = NitroReport | SnpReport | DcapReport | NvidiaReport | NrasReport;

/** What is handed in. `dcap` is a quote of SGX or TDX: which one, it says itself. */
export type EvidencePart =
  | { readonly kind: 'nitro'; readonly input: NitroInput; readonly policy: NitroPolicy }
  | { readonly kind: 'sev-snp'; readonly input: SnpInput; readonly policy: SnpPolicy }
  | { readonly kind: 'dcap'; readonly input: DcapInput; readonly policy: DcapPolicy }
  | { readonly kind: 'nvidia'; readonly input: NvidiaInput; readonly policy: NvidiaPolicy }
  | { readonly kind: 'nras'; readonly input: NrasInput; readonly policy: NrasPolicy };

export interface Appraised {
  readonly report: HardwareReport;
  /** The verifier's, the policy's, and `hardware`. */
  readonly checks: readonly EvidenceCheck[];
  readonly status: EvidenceStatus;
  /** Why it is not accepted; null where it is. */
  readonly code: ReasonCode | null;
}

/**
 * Verifies it and judges it by its policy. Throws what the verifier of the kind throws for what cannot be read. What a simulated attester has
 * signed is refused with `evidence/simulated`, under every policy.
 */
export async function appraiseEvidence(part: EvidencePart): Promise<Appraised> {
  const { report, checks } = await judged(part);
  const all = [...checks, ...hardwareCheck(report)];
  return { report, checks: all, status: statusOf(all), code: decidingCode(all) };
}

async function judged(part: EvidencePart): Promise<Pick<Appraised, 'report' | 'checks'>> {
  switch (part.kind) {
    case 'nitro': {
      const report = await verifyNitro(part.input);
      return { report, checks: await appraiseNitro(report, part.input.asOf, part.policy) };
    }
    case 'sev-snp': {
      const report = await verifySnp(part.input);
      return { report, checks: await appraiseSnp(report, part.policy) };
    }
    case 'dcap': {
      const report = await verifyDcap(part.input);
      return { report, checks: [...report.checks, ...(await checkDcapPolicy(report, part.policy))] };
    }
    case 'nvidia': {
      const report = await verifyNvidia(part.input);
      return { report, checks: await appraiseNvidia(report, part.policy) };
    }
    case 'nras': {
      const report = await verifyNras(part.input);
      return { report, checks: await appraiseNras(report, part.policy) };
    }
  }
}

/**
 * Where the chain leads to no root at all, the check of the chain has failed; under a simulated one the policy has made this check. The keys of a service
 * are no hardware's, and who vouches for them says whoever asks.
 */
function hardwareCheck({ kind, root }: HardwareReport): readonly EvidenceCheck<'hardware'>[] {
  if (root === null || root.simulated || kind === 'nras') return [];
  return [passed('hardware', 'The root is that of a maker of hardware.')];
}
