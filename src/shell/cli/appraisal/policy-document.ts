/** An appraisal policy as its author wrote it, with the place of everything in it, and what is wrong with it. */
import { measuresOf } from '../../../appraise/verdict/appraisal-policy.js';
import {
  type AppraisalPolicyForm,
  AppraisalPolicySchema,
} from '../../../appraise/verdict/appraisal-policy-schema.js';
import { type AppraisalFinding, lintAppraisal } from '../../../appraise/verdict/lint-appraisal.js';
import type { Json } from '../../../bytes/json.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { advice, type ReasonCode } from '../../../reason.js';
import { UsageError } from '../exit-code.js';
import { readInput } from '../files.js';
import { parseConfig } from '../settings/config-document.js';
import { readDocument } from '../settings/read-document.js';

const MAX_BYTES = 1 << 20;

/** One finding, for a person: `file:line:column`, and what to do. */
export interface PlacedFinding {
  readonly weight: AppraisalFinding['weight'];
  readonly code: ReasonCode;
  readonly where: string;
  readonly detail: string | null;
  readonly hint: string;
}

/** One that has the right form. */
export interface PolicyDocument {
  /** As it was written, without anything that is filled in. */
  readonly written: Json;
  readonly form: AppraisalPolicyForm;
  /** Refusals first. */
  readonly findings: readonly PlacedFinding[];
}

/** A policy without the right form: the first thing that is wrong with it. */
export interface MalformedPolicy {
  readonly written: null;
  readonly findings: readonly [PlacedFinding];
}

/** Throws a usage error where the file cannot be read. */
export async function readPolicyDocument(file: string): Promise<PolicyDocument | MalformedPolicy> {
  const bytes = await readInput(file, MAX_BYTES);
  try {
    const { value: form, place } = readDocument(file, bytes, AppraisalPolicySchema, 'member');
    const written = parseConfig(file, fromUtf8(bytes) as string).value as Json;
    const findings = lintAppraisal(form, measuresOf(form.evidence)).map(({ path, ...rest }) => ({
      ...rest,
      where: place(path),
      hint: advice(rest.code),
    }));
    return { written, form, findings };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const [, where = file, detail = error.message] = /^(.*?:\d+:\d+): (.*)$/s.exec(error.message) ?? [];
    const code = 'appraisal/policy-malformed';
    return { written: null, findings: [{ weight: 'refusal', code, where, detail, hint: advice(code) }] };
  }
}
