/**
 * P11: a verdict is wrong. It names, by digest, every byte that it was made from, the time that was asked about and the rules: whoever has those bytes judges
 * again, and where a clause comes out otherwise, its signer has signed a falsehood. Clauses are deterministic; what became known later (a revocation) is no byte
 * that the verdict names, and never counts. Source: spec/misbehaviour.md, "P11".
 */
import * as v from 'valibot';
import { parseTrust } from '../../appraise/trust.js';
import { type AppraisalPolicy, appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { appraise, CHECKER } from '../../appraise/verdict/appraise.js';
import { clauseOf, compareVerdicts, isSameClause } from '../../appraise/verdict/compare.js';
import { artefactOf, EvidenceJsonSchema, evidenceJson } from '../../appraise/verdict/evidence-json.js';
import type { EvidenceArtefact } from '../../appraise/verdict/weighed-evidence.js';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import type { Json } from '../../bytes/json.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { envelopeIsSignedBy } from '../../receipt/envelope.js';
import { CLAUSES, type ClauseName, MAX_EVIDENCE, type Verdict } from '../../receipt/verdict.js';
import { checkAnswersFor, keysWithLabel } from './known-keys.js';
import { type ProofType, provenAgainst } from './proof-type.js';
import {
  readStatedVerdict,
  type StatedVerdict,
  StatedVerdictSchema,
  statedVerdictJson,
} from './stated-verdict.js';

const TYPE = 'urn:countersign:misbehaviour:p11:v1';

const Base64 = v.pipe(
  v.string(),
  v.check(text => fromBase64(text) !== null),
);

const Schema = v.strictObject({
  /** Everything that the verdict was made from. */
  artefacts: v.strictObject({
    bundle: Base64,
    evidence: v.pipe(v.array(EvidenceJsonSchema), v.maxLength(MAX_EVIDENCE)),
    /** The appraisal policy, as its author wrote it. */
    policy: v.unknown(),
    trust: v.nullable(Base64),
  }),
  /** The clause that is wrong; the first of them, where several are. */
  clause: v.picklist(CLAUSES),
  type: v.literal(TYPE),
  verdict: StatedVerdictSchema,
});
export type WrongVerdictJson = v.InferOutput<typeof Schema>;

export interface VerdictArtefacts {
  readonly bundle: Uint8Array;
  readonly trust: Uint8Array | null;
  readonly policy: Json;
  readonly evidence: readonly EvidenceArtefact[];
}

interface WrongVerdict {
  readonly stated: StatedVerdict;
  readonly clause: ClauseName;
  readonly artefacts: VerdictArtefacts;
}

export const WRONG_VERDICT: ProofType<typeof Schema, WrongVerdict> = {
  type: TYPE,
  schema: Schema,
  read: ({ artefacts, clause, verdict }) => ({
    stated: readStatedVerdict(verdict),
    clause,
    artefacts: {
      bundle: octets(artefacts.bundle),
      trust: artefacts.trust === null ? null : octets(artefacts.trust),
      policy: artefacts.policy as Json,
      evidence: artefacts.evidence.map(artefactOf),
    },
  }),
  check: async ({ stated, clause, artefacts }, known) => {
    const { envelope, verdict } = stated;
    const again = await judgeAgain(verdict, artefacts);
    const [theirs, right] = [clauseOf(verdict, clause), clauseOf(again, clause)];
    if (isSameClause(theirs, right)) throw new Failure('misbehaviour/verdict-right', { field: clause });
    for (const candidate of keysWithLabel(envelope.keyId, known.validators)) {
      if (!(await envelopeIsSignedBy(envelope, candidate.key.publicKey))) continue;
      checkAnswersFor(candidate, null);
      const said = theirs?.status ?? 'nothing';
      const is = right?.status ?? 'nothing';
      return provenAgainst(
        candidate.key,
        'misbehaviour/verdict-wrong',
        `${keyLabel(candidate.key)} has signed "${said}" for the clause ${clause}; from the same bytes comes "${is}".`,
      );
    }
    throw new Failure('envelope/signature-invalid', { field: envelope.keyId });
  },
};

/**
 * The verdict that these bytes give at its time. Throws `misbehaviour/checker-unknown` for a verdict by other rules than those of this software,
 * `misbehaviour/artefact-mismatch` where a byte that it was made from is missing or another, and what reading the artefacts throws.
 */
export async function judgeAgain(verdict: Verdict, artefacts: VerdictArtefacts): Promise<Verdict> {
  if (verdict.checker !== CHECKER)
    throw new Failure('misbehaviour/checker-unknown', { detail: verdict.checker });
  const { bundle, trust, evidence } = artefacts;
  const policy: AppraisalPolicy = appraisalPolicyOf(artefacts.policy);
  const { verdict: again } = await appraise({
    bundle,
    trust: trust === null ? null : { trust: parseTrust(trust), bytes: trust },
    policy,
    evidence,
    asOf: verdict.asOf,
  });
  const [other] = compareVerdicts(verdict, again).inputs;
  if (other !== undefined) throw new Failure('misbehaviour/artefact-mismatch', { field: other });
  return again;
}

/** The evidence against whoever signed a verdict. Throws what {@link judgeAgain} throws, or `misbehaviour/verdict-right` when nothing in it is wrong. */
export async function makeWrongVerdict(
  stated: StatedVerdict,
  artefacts: VerdictArtefacts,
): Promise<WrongVerdictJson> {
  const { verdict } = stated;
  const again = await judgeAgain(verdict, artefacts);
  const [wrong] = compareVerdicts(verdict, again).clauses;
  if (wrong === undefined) throw new Failure('misbehaviour/verdict-right');
  return {
    artefacts: {
      bundle: toBase64(artefacts.bundle),
      evidence: artefacts.evidence.map(evidenceJson),
      policy: artefacts.policy,
      trust: artefacts.trust === null ? null : toBase64(artefacts.trust),
    },
    clause: wrong.clause,
    type: TYPE,
    verdict: statedVerdictJson(stated),
  } as WrongVerdictJson;
}

/** The schema has seen that it is base64. */
function octets(text: string): Uint8Array {
  return fromBase64(text) as Uint8Array;
}
