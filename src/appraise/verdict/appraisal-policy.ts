/**
 * The policy by which receipts are appraised. What is left out is not asked for, and stands in no verdict. It is the appraiser's own, and he is accountable for it:
 * verdicts name it by its digest.
 */
import * as v from 'valibot';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { dcapPolicyOf, nitroPolicyOf, nvidiaPolicyOf, snpPolicyOf } from '../evidence/policy-form.js';
import { type PolicyOf, USUAL_POLICY } from '../kept/policy-text.js';
import { type AppraisalPolicyForm, AppraisalPolicySchema } from './appraisal-policy-schema.js';
import { lintAppraisal } from './lint-appraisal.js';
import type { Vendor } from './vendors.js';

export interface AppraisalPolicy extends Omit<AppraisalPolicyForm, 'providers' | 'evidence'> {
  /** SHA-256 of the canonical JSON of what its author wrote, hexadecimal. */
  readonly digest: string;
  readonly providers: readonly VerifierKey[];
  /** The kinds that count; null for all. */
  readonly kinds: ReadonlySet<string> | null;
  /** The vendors whose hardware counts; null for all. */
  readonly vendors: ReadonlySet<Vendor> | null;
  /** How old evidence of a machine may be, in seconds; null for any age. */
  readonly maximumEvidenceAge: number | null;
  readonly evidence: PolicyOf;
}

/** What of a policy says which evidence counts, and for which software; all else is asked of the receipt. */
export type EvidenceMeasure = Pick<
  AppraisalPolicy,
  'evidence' | 'kinds' | 'maximumEvidenceAge' | 'providers' | 'releases' | 'vendors'
>;

/** Canonical JSON of a policy may be this long, in bytes. */
export const MAX_APPRAISAL_POLICY_BYTES = 256 * 1024;

/**
 * Reads a policy that was parsed from YAML or JSON. Throws `appraisal/policy-malformed` with the member, or the code of the first refusal of {@link lintAppraisal}:
 * a policy that no receipt can ever pass, or that says less than its author believes.
 */
export function appraisalPolicyOf(value: Json): AppraisalPolicy {
  const canonical = canonicalize(value);
  if (canonical.length > MAX_APPRAISAL_POLICY_BYTES)
    throw new Failure('appraisal/policy-malformed', { detail: 'over 256 KiB' });
  const result = v.safeParse(AppraisalPolicySchema, value, { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    throw new Failure('appraisal/policy-malformed', {
      field: v.getDotPath(issue) ?? 'policy',
      detail: issue.message,
    });
  }
  const { evidence, providers, ...form } = result.output;
  const measures = measuresOf(evidence);
  const keys = providers.map(parseProvider);
  const refusal = lintAppraisal(result.output, measures).find(({ weight }) => weight === 'refusal');
  if (refusal !== undefined)
    throw new Failure(refusal.code, {
      field: refusal.path.join('.'),
      ...(refusal.detail === null ? {} : { detail: refusal.detail }),
    });
  return {
    ...form,
    digest: toHex(sha256(canonical)),
    providers: keys,
    kinds: evidence.kinds === undefined ? null : new Set(evidence.kinds),
    vendors: evidence.vendors === undefined ? null : new Set(evidence.vendors),
    maximumEvidenceAge: evidence.maximumAgeSeconds ?? null,
    evidence: measures,
  };
}

/** The measure of each kind, what is left out filled in. */
export function measuresOf(evidence: AppraisalPolicyForm['evidence']): PolicyOf {
  return {
    ...USUAL_POLICY,
    nitro: nitroPolicyOf(evidence.nitro),
    'sev-snp': snpPolicyOf(evidence['sev-snp']),
    tdx: dcapPolicyOf(evidence.tdx),
    sgx: dcapPolicyOf(evidence.sgx),
    nvidia: nvidiaPolicyOf(evidence.nvidia),
  };
}

function parseProvider(text: string, at: number): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('appraisal/policy-malformed', { field: `providers.${at}`, detail: error.code });
  }
}
