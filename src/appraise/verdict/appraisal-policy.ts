/**
 * The policy by which receipts are appraised: which grade of each fact is enough, which evidence counts, how old a receipt may be, and how few parties must
 * not be able to fake it. What is left out is not asked for, and stands in no verdict.
 *
 * It is the appraiser's own, and he is accountable for it: verdicts name it by its digest. `spec/verdict.md` says what each member means.
 */
import * as v from 'valibot';
import { sha256 } from '../../bytes/cryptography.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { GRADES } from '../../receipt/policy-words.js';
import { KeyLabel, PublicName } from '../../receipt/shapes.js';
import {
  DcapPolicyForm,
  dcapPolicyOf,
  NitroPolicyForm,
  NvidiaPolicyForm,
  nitroPolicyOf,
  nvidiaPolicyOf,
  SnpPolicyForm,
  snpPolicyOf,
} from '../evidence/policy-form.js';
import { type PolicyOf, USUAL_POLICY } from '../kept/policy-text.js';
import { namesSoftware } from './known-software.js';

const oneOf = <const Words extends readonly string[]>(words: Words) =>
  v.picklist(words, `it takes one of: ${words.join(', ')}`);
const whole = (least: number, most: number) => {
  const message = `it takes a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(message),
    v.safeInteger(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
};
const PARTIES = whole(1, 1000);
const DAYS_100_YEARS = 36_525;

const Measurement = v.pipe(
  v.string(),
  v.check(
    text => fromHex(text) !== null && text === text.toLowerCase() && text.length >= 64 && text.length <= 128,
    'it takes 32 to 64 bytes in small hexadecimal',
  ),
);

/** The source of `spec/schemas/appraisal-policy.json`. */
export const AppraisalPolicySchema = v.strictObject({
  name: PublicName,
  /** The grade of each fact that is enough; those behind it in the list of grades are as well. */
  requires: v.optional(
    v.strictObject({
      answer: v.exactOptional(oneOf(GRADES.answer)),
      model: v.exactOptional(oneOf(GRADES.model)),
      place: v.exactOptional(oneOf(GRADES.place)),
      record: v.exactOptional(oneOf(GRADES.record)),
    }),
    {},
  ),
  /** Which evidence counts, and by what measure; a kind that is not named is judged by the safe policy of that kind. */
  evidence: v.optional(
    v.strictObject({
      kinds: v.exactOptional(
        v.pipe(v.array(oneOf(['nitro', 'sev-snp', 'tdx', 'sgx', 'nvidia'])), v.minLength(1), v.maxLength(5)),
      ),
      nitro: v.exactOptional(NitroPolicyForm),
      'sev-snp': v.exactOptional(SnpPolicyForm),
      tdx: v.exactOptional(DcapPolicyForm),
      sgx: v.exactOptional(DcapPolicyForm),
      nvidia: v.exactOptional(NvidiaPolicyForm),
    }),
    {},
  ),
  /**
   * What measurements stand for. Where there are releases, evidence of a machine has to be of one of them: of a trust domain MRTD, RTMR1 and RTMR2 are
   * all in its list, of others PCR0, the launch measurement, or MRENCLAVE. Without them, and without such measurements in `evidence`, no place is shown.
   */
  releases: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          name: PublicName,
          measurements: v.pipe(v.array(Measurement), v.minLength(1), v.maxLength(64)),
        }),
      ),
      v.maxLength(256),
    ),
    [],
  ),
  /** Whose receipts of their own count as evidence of which model answered, where a receipt names them as its evidence: verifier keys. */
  providers: v.optional(v.pipe(v.array(v.string()), v.maxLength(64)), []),
  /** How many days after it was completed a receipt may be appraised. */
  maximumAgeDays: v.exactOptional(whole(1, DAYS_100_YEARS)),
  /** How many parties it must take, all of them told apart by `along`. */
  quorum: v.exactOptional(
    v.strictObject({
      along: v.optional(oneOf(['controller', 'cloud', 'jurisdiction', 'hardware']), 'controller'),
      fabricate: v.exactOptional(PARTIES),
      split: v.exactOptional(PARTIES),
      block: v.exactOptional(PARTIES),
    }),
  ),
  /** What the issuer must have claimed, and what he must not. `unknown` and `not-applicable` never pass. */
  claims: v.exactOptional(
    v.strictObject({
      asserted: v.optional(
        v.pipe(v.array(oneOf(['model', 'place', 'answer'])), v.minLength(1), v.maxLength(3)),
      ),
      notSubstituted: v.optional(v.boolean(), false),
    }),
  ),
  /** The issuers whose receipts may pass, where not all of the trust file's are to. */
  issuers: v.exactOptional(v.pipe(v.array(KeyLabel), v.minLength(1), v.maxLength(1000))),
});
type Form = v.InferOutput<typeof AppraisalPolicySchema>;
export type AppraisalPolicyInput = v.InferInput<typeof AppraisalPolicySchema>;

export interface AppraisalPolicy extends Omit<Form, 'providers' | 'evidence'> {
  /** SHA-256 of the canonical JSON of what its author wrote, hexadecimal. */
  readonly digest: string;
  readonly providers: readonly VerifierKey[];
  /** The kinds that count; null for all. */
  readonly kinds: ReadonlySet<string> | null;
  readonly evidence: PolicyOf;
}

/** Canonical JSON of a policy may be this long, in bytes. */
export const MAX_APPRAISAL_POLICY_BYTES = 256 * 1024;

/**
 * Reads a policy that was parsed from YAML or JSON. Throws `appraisal/policy-malformed` with the member, or `appraisal/policy-useless` for one that no
 * receipt can ever pass.
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
  const { kinds, nitro, 'sev-snp': snp, tdx, sgx, nvidia } = evidence;
  const measures: PolicyOf = {
    ...USUAL_POLICY,
    nitro: nitroPolicyOf(nitro),
    'sev-snp': snpPolicyOf(snp),
    tdx: dcapPolicyOf(tdx),
    sgx: dcapPolicyOf(sgx),
    nvidia: nvidiaPolicyOf(nvidia),
  };
  checkUse(result.output, measures);
  return {
    ...form,
    digest: toHex(sha256(canonical)),
    providers: providers.map(parseProvider),
    kinds: kinds === undefined ? null : new Set(kinds),
    evidence: measures,
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

const MACHINES = ['nitro', 'sev-snp', 'tdx', 'sgx'] as const;

/** What no receipt of today can show is refused when the policy is read, and not with the first receipt. */
function checkUse({ requires, providers, evidence, releases }: Form, measures: PolicyOf): void {
  const useless = (field: string, detail: string) =>
    new Failure('appraisal/policy-useless', { field, detail });
  const { model, place, answer } = requires;
  if (model !== undefined && GRADES.model.indexOf(model) > GRADES.model.indexOf('provider-signed'))
    throw useless('requires.model', `no receipt is graded ${model} today`);
  if (model === 'provider-signed' && providers.length === 0)
    throw useless('requires.model', 'without providers nobody’s receipts count as a provider’s');
  if (answer !== undefined && answer !== 'not-recomputed')
    throw useless('requires.answer', `no receipt is graded ${answer} today`);
  const machines = MACHINES.filter(kind => evidence.kinds?.includes(kind) ?? true);
  const isOfMachine = machines.length > 0;
  const isPlaceShown = place === 'hardware' || place === 'handoff';
  if (isPlaceShown && !isOfMachine) throw useless('evidence.kinds', 'a GPU alone shows no place');
  if (isPlaceShown && !machines.some(kind => namesSoftware(kind, releases, measures)))
    throw useless('requires.place', 'without releases, or measurements of a kind, any software would do');
  if (releases.length > 0 && !isOfMachine)
    throw useless('releases', 'no kind of evidence that counts has a measurement');
}
