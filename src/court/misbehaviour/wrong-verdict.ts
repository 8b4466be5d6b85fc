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
import {
  type EvidenceArtefact,
  type NamedEvidence,
  namedEvidence,
} from '../../appraise/verdict/weighed-evidence.js';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { envelopeIsSignedBy } from '../../receipt/envelope.js';
import {
  CLAUSES,
  type ClauseName,
  MAX_EVIDENCE,
  type Verdict,
  verdictDigest,
} from '../../receipt/verdict.js';
import { checkAnswersFor, type KnownKeys, keysWithLabel } from './known-keys.js';
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
  // Whose it is comes first: nobody makes a reader judge again what nobody whom he knows has signed.
  check: async ({ stated, clause, artefacts }, known) => {
    const { verdict } = stated;
    const key = await signerOf(stated, known);
    const again = await judgeAgain(verdict, artefacts);
    const [theirs, right] = [clauseOf(verdict, clause), again === null ? null : clauseOf(again, clause)];
    if (isSameClause(theirs, right)) throw new Failure('misbehaviour/verdict-right', { field: clause });
    const said = theirs?.status ?? 'nothing';
    const comes =
      again === null ? 'no verdict, for its evidence cannot be read' : `"${right?.status ?? 'nothing'}"`;
    return provenAgainst(
      key,
      'misbehaviour/verdict-wrong',
      `${keyLabel(key)} has signed "${said}" for the clause ${clause}; from the same bytes comes ${comes}.`,
    );
  },
};

/**
 * Which verdict of whom a proof is about: the same for every proof against it, of which there are many. Null for bytes that are no such proof. Whether it proves
 * anything nobody has looked at.
 */
export function accusedVerdict(proof: Uint8Array): string | null {
  try {
    const { verdict: json } = v.parse(v.object({ verdict: StatedVerdictSchema }), parseCanonical(proof));
    const { envelope, verdict } = readStatedVerdict(json);
    return `${envelope.keyId} ${verdictDigest(verdict)}`;
  } catch (error) {
    if (error instanceof Failure || error instanceof v.ValiError) return null;
    throw error;
  }
}

async function signerOf({ envelope }: StatedVerdict, { validators }: KnownKeys): Promise<VerifierKey> {
  for (const candidate of keysWithLabel(envelope.keyId, validators)) {
    if (!(await envelopeIsSignedBy(envelope, candidate.key.publicKey))) continue;
    checkAnswersFor(candidate, null);
    return candidate.key;
  }
  throw new Failure('envelope/signature-invalid', { field: envelope.keyId });
}

/**
 * The verdict that these bytes give at its time; null where they give none, because the evidence that it names cannot be read: who appraises by these rules has
 * signed no such verdict. Throws `misbehaviour/checker-unknown` for a verdict by other rules than those of this software, `misbehaviour/artefact-mismatch` where a
 * byte that it was made from is missing or another, and what reading policy and trust file throws.
 */
export async function judgeAgain(verdict: Verdict, artefacts: VerdictArtefacts): Promise<Verdict | null> {
  if (verdict.checker !== CHECKER)
    throw new Failure('misbehaviour/checker-unknown', { detail: verdict.checker });
  checkNamed(verdict, artefacts);
  const { bundle, trust, evidence } = artefacts;
  const policy: AppraisalPolicy = appraisalPolicyOf(artefacts.policy);
  try {
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
  } catch (error) {
    if (error instanceof Failure && error.code === 'appraisal/evidence-unreadable') return null;
    throw error;
  }
}

/**
 * Whether every byte is the one that the verdict names, which takes digests alone. Nothing is judged of what somebody has put beside a verdict, and evidence
 * that cannot be read can only be that which its signer himself has named.
 */
function checkNamed(verdict: Verdict, { bundle, trust, policy, evidence }: VerdictArtefacts): void {
  const digest = (bytes: Uint8Array) => toHex(sha256(bytes));
  const mismatch = (field: string) => new Failure('misbehaviour/artefact-mismatch', { field });
  if (digest(bundle) !== verdict.bundle) throw mismatch('bundle');
  if ((trust === null ? null : digest(trust)) !== verdict.trust) throw mismatch('trust');
  if (digest(canonicalize(policy)) !== verdict.policy) throw mismatch('policy');
  const named = verdict.evidence.map(({ signedRegion: _, ...rest }) => sortable(rest));
  const given = evidence.map(artefact => sortable(namedEvidence(artefact)));
  if (named.sort().join() !== given.sort().join()) throw mismatch('evidence');
}

function sortable(evidence: NamedEvidence): string {
  return fromUtf8(canonicalize(evidence as unknown as Json)) ?? '';
}

/** The evidence against whoever signed a verdict. Throws what {@link judgeAgain} throws, or `misbehaviour/verdict-right` when nothing in it is wrong. */
export async function makeWrongVerdict(
  stated: StatedVerdict,
  artefacts: VerdictArtefacts,
): Promise<WrongVerdictJson> {
  const { verdict } = stated;
  const again = await judgeAgain(verdict, artefacts);
  const [wrong] = again === null ? verdict.clauses : compareVerdicts(verdict, again).clauses;
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
