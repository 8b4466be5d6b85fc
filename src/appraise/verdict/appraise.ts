/**
 * Appraising a receipt: everything that was checked about it, held against a policy, clause by clause. The same bytes, policy, time and rules always give
 * the same verdict, byte for byte; that is what makes a wrong one provable.
 */
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import type { ReasonCode } from '../../reason.js';
import type { Bundle } from '../../receipt/bundle.js';
import { FACTS, type FactName, GRADES } from '../../receipt/policy-words.js';
import type { Receipt } from '../../receipt/receipt.js';
import { CLAUSES, type Clause, type ClauseName, outcomeOf, type Verdict } from '../../receipt/verdict.js';
import type { Check } from '../check.js';
import type { Attack } from '../concentration/concentration.js';
import type { EvidenceTrust } from '../kept/material.js';
import { REVOKED } from '../revoked.js';
import type { Trust } from '../trust.js';
import { type Verification, verify } from '../verify.js';
import type { AppraisalPolicy } from './appraisal-policy.js';
import type { Claim } from './claim.js';
import { claimsOf } from './claims.js';
import { evidenceClauses } from './evidence-clauses.js';
import { whyNotBefore } from './evidence-time.js';
import { whyUnmet } from './required-claims.js';
import { weighAll } from './weigh-all.js';
import type { WeighedEvidence } from './weighed.js';
import type { EvidenceArtefact } from './weighed-evidence.js';

/** What was asked and answered is nobody's but the parties'; a verdict is about the record. */
const NO_CONTENT = { opening: null, request: null, response: null };

/**
 * The rules of this file and of all that it calls. Whoever changes what comes out for any input gives them another name, also where a reader of evidence takes what
 * it did not take before: otherwise an older checker finds that an honest verdict is wrong.
 */
export const CHECKER = 'countersign-appraisal-3';

export interface AppraisalInput {
  /** The bundle's exact bytes. */
  readonly bundle: Uint8Array;
  /** What `parseBundle` reads in those bytes, from whoever has it already: they are not read again then. */
  readonly parsed?: Bundle;
  /** The trust file: as it was read, and its exact bytes. Null when the appraiser has none, and then nobody's signature counts. */
  readonly trust: { readonly trust: Trust; readonly bytes: Uint8Array } | null;
  readonly policy: AppraisalPolicy;
  /** What was handed in with it; at most `MAX_EVIDENCE`. */
  readonly evidence: readonly EvidenceArtefact[];
  /** The time asked about, in milliseconds since 1970. */
  readonly asOf: number;
  /** Roots other than the makers' own: for tests, and for whoever has hardware of his own. */
  readonly roots?: EvidenceTrust;
}

export interface Appraisal {
  readonly verdict: Verdict;
  readonly claims: readonly Claim[];
  readonly verification: Verification;
}

/**
 * Never throws for anything that a bundle can hold. Throws `appraisal/evidence-unreadable` for evidence that nobody could judge, naming it, and
 * `appraisal/evidence-excessive` for more of it than a verdict can name.
 */
export async function appraise(input: AppraisalInput): Promise<Appraisal> {
  const { bundle, parsed, trust, policy, asOf } = input;
  const verification = await verify({
    bundle,
    ...(parsed !== undefined && { parsed }),
    trust: trust?.trust ?? null,
    content: NO_CONTENT,
    asOf,
  });
  const evidence = await weighAll({ ...input, measure: policy, trust: trust?.trust ?? null }, verification);
  const claims = claimsOf(verification, evidence, asOf);
  const clauses = [
    ...checkClauses(verification.checks),
    ...ageClause(verification.receipt, policy, asOf),
    ...issuerClause(verification.receipt, policy),
    ...evidenceClauses(evidence, verification.receipt, policy, asOf),
    ...factClauses(claims, policy, verification.checks),
    ...stageClause(verification.receipt, evidence, policy),
    ...modelClause(verification, policy),
    ...claimClause(verification.receipt, policy),
    ...requiredClaims(claims, policy),
    ...quorumClauses(verification, policy),
  ];
  const verdict: Verdict = {
    asOf,
    bundle: toHex(sha256(bundle)),
    checker: CHECKER,
    clauses: inOrder(clauses),
    evidence: evidence.map(({ judged }) => judged),
    outcome: outcomeOf(clauses),
    policy: policy.digest,
    receipt: verification.receipt === null ? null : verification.digest,
    trust: trust === null ? null : trustDigest(trust),
  };
  return { verdict, claims, verification };
}

/** Of trust files that were read: who appraises a log hashes his once. */
const trustDigests = new WeakMap<NonNullable<AppraisalInput['trust']>, string>();

function trustDigest(trust: NonNullable<AppraisalInput['trust']>): string {
  const known = trustDigests.get(trust);
  if (known !== undefined) return known;
  const digest = toHex(sha256(trust.bytes));
  trustDigests.set(trust, digest);
  return digest;
}

/** The steps of `verify` that are clauses of their own. A proof that is missing, a quorum that is: nothing failed, and nothing is known. */
function checkClauses(checks: readonly Check[]): Clause[] {
  return checks.flatMap(check => {
    const clause = CLAUSES.find(name => name === check.name);
    if (clause === undefined) return [];
    if (check.status === 'pass') return [passed(clause, 'check')];
    // A policy of witnesses that asks for none has been met.
    if (check.code === 'witness/not-asked') return [];
    return [
      {
        clause,
        code: check.code,
        decidedBy: 'check',
        status: check.status === 'fail' ? 'fail' : 'inconclusive',
      } as const,
    ];
  });
}

const DAY = 86_400_000;

function ageClause(receipt: Receipt | null, { maximumAgeDays }: AppraisalPolicy, asOf: number): Clause[] {
  if (maximumAgeDays === undefined || receipt === null) return [];
  return asOf - receipt.time.completed <= maximumAgeDays * DAY
    ? [passed('age', 'receipt-time')]
    : [failed('age', 'appraisal/receipt-old', 'receipt-time')];
}

/** Which issuers count is the trust file's; a policy can ask for fewer. */
function issuerClause(receipt: Receipt | null, { issuers }: AppraisalPolicy): Clause[] {
  if (issuers === undefined || receipt === null || issuers.includes(receipt.issuer)) return [];
  return [failed('receipt', 'appraisal/issuer-excluded', 'receipt-issuer')];
}

/** Of a receipt whose signature nobody could judge no fact is known yet; one that is signed and does not say it never will. */
function factClauses(
  claims: readonly Claim[],
  { requires }: AppraisalPolicy,
  checks: readonly Check[],
): Clause[] {
  const signature = checks.find(({ name }) => name === 'signature');
  return FACTS.flatMap(fact => {
    const required = requires[fact];
    const claim = claims.find(({ about }) => about === fact);
    if (required === undefined || claim === undefined) return [];
    if (signature?.status === 'not-checked' && claim.status === 'unknown')
      return [
        { clause: fact, code: signature.code, decidedBy: 'signature', status: 'inconclusive' } as const,
      ];
    const decidedBy = claim.strength === 'none' ? 'no-grade' : `grade-${claim.strength}`;
    return [
      isEnough(fact, claim, required) ? passed(fact, decidedBy) : failed(fact, missed(claim), decidedBy),
    ];
  });
}

function missed({ status, revoked }: Claim): ReasonCode {
  if (revoked !== undefined && status !== 'refuted') return revoked.code;
  return status === 'unknown' ? 'appraisal/fact-unknown' : 'appraisal/grade-missed';
}

function isEnough(fact: FactName, { status, strength }: Claim, required: string): boolean {
  return (status === 'asserted' || status === 'verified') && isAtLeast(fact, strength, required);
}

function isAtLeast(fact: FactName, grade: string, required: string): boolean {
  const order: readonly string[] = GRADES[fact];
  return order.indexOf(grade) >= order.indexOf(required);
}

/** A place that has to be shown before the request came in. That it is shown at all is the fact's own clause. */
function stageClause(
  receipt: Receipt | null,
  evidence: readonly WeighedEvidence[],
  { requires: { place: required }, stages }: AppraisalPolicy,
): Clause[] {
  if (receipt === null || required === undefined || stages.place !== 'before') return [];
  const code = whyNotBefore(evidence, receipt, place => isAtLeast('place', place, required));
  if (code === null) return [];
  const status = code === 'appraisal/evidence-late' ? 'fail' : 'inconclusive';
  return [{ clause: 'place', code, decidedBy: 'evidence-time', status }];
}

/** Which model it was, by its files, the receipt alone says. One that does not say it leaves it open; weights that were taken back are on no list. */
function modelClause({ receipt, revocations }: Verification, { models }: AppraisalPolicy): Clause[] {
  if (receipt === null || models.length === 0) return [];
  const { digest } = receipt.model;
  if (digest === null)
    return [
      {
        clause: 'model',
        code: 'appraisal/model-undigested',
        decidedBy: 'model-digest',
        status: 'inconclusive',
      },
    ];
  if (revocations.some(({ revocation }) => revocation.field === 'model'))
    return [failed('model', REVOKED.model, 'model-digest')];
  return [
    models.some(model => model.digest === digest)
      ? passed('model', 'model-digest')
      : failed('model', 'appraisal/model-unlisted', 'model-digest'),
  ];
}

/** What must be so of the claims that come out. Of several that are not so the first of the policy's list decides; one that is refuted, or is of another kind, fails. */
function requiredClaims(claims: readonly Claim[], { claims: asked }: AppraisalPolicy): Clause[] {
  return (asked?.required ?? []).flatMap(required => {
    const claim = claims.find(({ about }) => about === required.about);
    const code = claim === undefined ? 'appraisal/claim-unknown' : whyUnmet(required, claim);
    const decidedBy = `claim-${required.about}`;
    if (code === null) return [passed('claims', decidedBy)];
    if (code === 'appraisal/claim-unknown')
      return [{ clause: 'claims', code, decidedBy, status: 'inconclusive' } as const];
    return [failed('claims', code, decidedBy)];
  });
}

/** What the issuer itself claims. */
function claimClause(receipt: Receipt | null, { claims: required }: AppraisalPolicy): Clause[] {
  if (required === undefined || receipt === null) return [];
  const { asserted = [], notSubstituted } = required;
  const missing = asserted.some(
    about => !receipt.claims.some(claim => claim.about === about && claim.status === 'asserted'),
  );
  if (missing) return [failed('claims', 'appraisal/claim-missing', 'issuer-claim')];
  const isSubstituted = receipt.claims.some(({ about }) => about === 'model/substituted');
  if (notSubstituted && isSubstituted)
    return [failed('claims', 'appraisal/model-substituted', 'issuer-claim')];
  return [passed('claims', 'issuer-claim')];
}

const NUMBERS = ['fabricate', 'split', 'block'] as const satisfies readonly Attack[];

/** By the worse end, in which all keys that are attributed to nobody are one adversary. */
function quorumClauses({ concentration }: Verification, { quorum }: AppraisalPolicy): Clause[] {
  if (quorum === undefined) return [];
  return NUMBERS.flatMap(attack => {
    const least = quorum[attack];
    if (least === undefined) return [];
    if (concentration === null)
      return [
        {
          clause: attack,
          code: 'trust/missing',
          decidedBy: 'fewest-parties',
          status: 'inconclusive',
        } as const,
      ];
    const { worst } = concentration[quorum.along][attack];
    return worst === null || worst.atLeast >= least
      ? [passed(attack, 'fewest-parties')]
      : [failed(attack, 'appraisal/parties-few', 'fewest-parties')];
  });
}

function passed(clause: ClauseName, decidedBy: string): Clause {
  return { clause, code: null, decidedBy, status: 'pass' };
}

function failed(clause: ClauseName, code: ReasonCode, decidedBy: string): Clause {
  return { clause, code, decidedBy, status: 'fail' };
}

/** In the order of the list, each once: where two say something about one clause, the worse word stands. */
function inOrder(clauses: readonly Clause[]): Clause[] {
  const worst = ['pass', 'inconclusive', 'fail'];
  return CLAUSES.flatMap(name => {
    const all = clauses.filter(({ clause }) => clause === name);
    return all.length === 0
      ? []
      : [all.reduce((a, b) => (worst.indexOf(b.status) > worst.indexOf(a.status) ? b : a))];
  });
}
