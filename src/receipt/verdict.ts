/**
 * The verdict: what somebody has found about a receipt, under which policy, from which bytes, as of when. Signing one is an accountable act: whoever
 * has the same bytes can judge again, and every clause in which the result differs proves that one of two was wrong. A log takes one as an entry, and whole
 * batches of them (`verdict-batch.ts`). Source: 4-trust, "From evidence to
 * verdict"; normative: spec/verdict.md.
 */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize, type Json } from '../bytes/json.js';
import { isReasonCode, type ReasonCode } from '../reason.js';
import { Count, Hash, KeyLabel, Origin, Time, Word } from './shapes.js';
import { statementType, writeStatement } from './statement.js';

const Reason = v.custom<ReasonCode>(value => typeof value === 'string' && isReasonCode(value));

/** Clauses of a verdict, in the order in which they stand. A word is added, and never taken away. */
export const CLAUSES = [
  'bundle',
  'signature',
  'receipt',
  'time',
  'inclusion',
  'witnesses',
  'age',
  'evidence',
  'binding',
  'freshness',
  'model',
  'place',
  'record',
  'answer',
  'claims',
  'fabricate',
  'split',
  'block',
] as const;
export type ClauseName = (typeof CLAUSES)[number];

export type ClauseStatus = 'pass' | 'fail' | 'inconclusive';

/** Nothing unknown passes. */
export function outcomeOf(clauses: readonly { readonly status: ClauseStatus }[]): ClauseStatus {
  if (clauses.some(({ status }) => status === 'fail')) return 'fail';
  return clauses.every(({ status }) => status === 'pass') ? 'pass' : 'inconclusive';
}

const Clause = v.strictObject({
  clause: v.picklist(CLAUSES),
  /** Why it did not pass; null where it did. */
  code: v.nullable(Reason),
  /** The claim that decided it: a check, a grade, or a number, as a word. */
  decidedBy: Word,
  status: v.picklist(['pass', 'fail', 'inconclusive']),
});
export type Clause = v.InferOutput<typeof Clause>;

/** Pieces of one piece of evidence: none of the kinds has more. */
const MAX_PIECES = 80;

const Judged = v.strictObject({
  kind: v.picklist([
    'nitro',
    'sev-snp',
    'tdx',
    'sgx',
    'nvidia',
    'countersign-receipt',
    'upstream-attestation',
  ]),
  /** SHA-256 of every certificate, list and statement of the maker's that it was judged with, by role and digest. */
  pieces: v.pipe(v.array(v.strictObject({ digest: Hash, role: Word })), v.maxLength(MAX_PIECES)),
  /** SHA-256 of what the evidence's own signature covers. */
  signedRegion: Hash,
  /** SHA-256 of the statement that says what it is bound to; null where there was none. */
  statement: v.nullable(Hash),
  /** SHA-256 of the document. */
  whole: Hash,
});

/** Beyond these a bundle could not be appraised. */
export const MAX_EVIDENCE = 16;

const Members = v.strictObject({
  /** Milliseconds since 1970: the time that was asked about. */
  asOf: Time,
  /** SHA-256 of the bundle's bytes. */
  bundle: Hash,
  /** Which rules were applied: two that name the same must come to the same. */
  checker: Word,
  clauses: v.pipe(v.array(Clause), v.minLength(1), v.maxLength(CLAUSES.length)),
  /** Sorted by the digest of the document. */
  evidence: v.pipe(v.array(Judged), v.maxLength(MAX_EVIDENCE)),
  outcome: v.picklist(['pass', 'fail', 'inconclusive']),
  /** SHA-256 of the appraisal policy's canonical JSON. */
  policy: Hash,
  /** SHA-256 of the receipt's payload; null where there was none to be read. */
  receipt: v.nullable(Hash),
  /** SHA-256 of the trust file's bytes; null where there was none. */
  trust: v.nullable(Hash),
});

/** One that contradicts itself is none: otherwise an outcome could be a lie that no clause tells. */
export const Verdict = v.pipe(
  Members,
  v.check(({ clauses }) => isInOrder(clauses), 'its clauses are not in their order, each once'),
  v.check(({ clauses, outcome }) => outcome === outcomeOf(clauses), 'its clauses have another outcome'),
  v.check(
    ({ clauses }) => clauses.every(({ code, status }) => (code === null) === (status === 'pass')),
    'a clause has a code if it did not pass, and only then',
  ),
);

function isInOrder(clauses: readonly Clause[]): boolean {
  const places = clauses.map(({ clause }) => CLAUSES.indexOf(clause));
  return places.every((place, at) => at === 0 || place > (places[at - 1] as number));
}
export type Verdict = v.InferOutput<typeof Verdict>;
export type JudgedEvidence = v.InferOutput<typeof Judged>;

export const VERDICT = statementType({
  predicateType: 'urn:countersign:verdict:v1',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('verdict') }),
  ]),
  /**
   * `made`: when it was signed, in milliseconds, by the clock of `issuer`, who is the one that judges. `log`: the origin of the log that it is for, and
   * `policyIndex`: where that log has the policy; both are left out of a verdict that enters no log.
   */
  predicate: v.strictObject({
    issuer: KeyLabel,
    log: v.exactOptional(Origin),
    made: Time,
    policyIndex: v.exactOptional(Count),
    verdict: Verdict,
  }),
  malformed: 'verdict/malformed',
});

/** SHA-256 of a verdict's canonical JSON, hexadecimal: the statement's subject. The same inputs give the same. */
export function verdictDigest(verdict: Verdict): string {
  return toHex(sha256(canonicalize(verdict as Json)));
}

/** `issuer`: the label of the key that signs; `made` in milliseconds; `place`: where which log has the policy, null for a verdict that enters none. */
export function verdictStatement(
  verdict: Verdict,
  issuer: string,
  made: number,
  place: { readonly log: string; readonly policyIndex: number } | null = null,
): Uint8Array {
  return writeStatement(VERDICT, {
    subject: [{ digest: { sha256: verdictDigest(verdict) }, name: 'verdict' }],
    predicate: { issuer, made, ...place, verdict },
  });
}
