/**
 * The four facts about an answer, each with a grade of its own. No fact lifts another, there is no total, and none of them says that
 * the answer is good.
 */
import { isSubstitution } from '../exchange/substitution.js';
import type { ReasonCode } from '../reason-core.js';
import type { GRADES } from '../receipt/policy-words.js';
import type { Receipt } from '../receipt/receipt.js';

export interface Fact<Grade extends string> {
  /** `none` when not even the weakest grade could be established. */
  readonly grade: Grade | 'none';
  /** For a person: what the grade rests on. */
  readonly because: string;
  /** What it was, where something has taken it back. */
  readonly revoked?: Lowered;
}

/** A grade that is no more. */
export interface Lowered {
  readonly code: ReasonCode;
  /** The grade that it had. */
  readonly was: string;
  /** Until then, in milliseconds since 1970, nobody could know. */
  readonly until: number;
}

export interface Facts {
  /** Which model answered. */
  readonly model: Fact<(typeof GRADES.model)[number]>;
  /** Where it ran. */
  readonly place: Fact<(typeof GRADES.place)[number]>;
  /** Whether the record is unchanged and logged. */
  readonly record: Fact<RecordGrade>;
  /** Whether the answer is what that model gives. */
  readonly answer: Fact<(typeof GRADES.answer)[number]>;
}

export type RecordGrade = (typeof GRADES.record)[number];

/** What could be established about the record, weakest first; null when the signature itself could not be. */
export interface RecordFinding {
  readonly grade: RecordGrade | null;
  readonly because: string;
}

/** Grades the facts of a receipt. Grades are computed from what was checked, never taken from what the receipt says of itself. */
export function gradeFacts(receipt: Receipt | null, record: RecordFinding): Facts {
  if (receipt === null || record.grade === null) {
    const because = 'no receipt by a known issuer stands behind it';
    const none = { grade: 'none', because } as const;
    return { model: none, place: none, record: { grade: 'none', because: record.because }, answer: none };
  }
  return {
    model: modelFact(receipt),
    place: placeFact(receipt),
    record: { grade: record.grade, because: record.because },
    answer: { grade: 'not-recomputed', because: 'nobody has recomputed it; verified does not mean right' },
  };
}

function modelFact({ model, upstream, claims }: Receipt): Facts['model'] {
  if (model.served === null) return { grade: 'none', because: 'no upstream said which model answered' };
  const name = 'name' in model.served ? model.served.name : 'a name that only the opening reveals';
  const digest = model.digest === null ? 'no digest of its weights' : `weights ${model.digest.slice(0, 16)}…`;
  return {
    grade: 'asserted',
    because: `${hostName(upstream)} said it was ${name}${otherwise(model, claims)}; ${digest}`,
  };
}

/** That another model was asked for: by the issuer's own claim, or by the names where both may be seen. */
function otherwise({ requested, served }: Receipt['model'], claims: Receipt['claims']): string {
  const asked = requested !== null && 'name' in requested ? requested.name : null;
  const got = served !== null && 'name' in served ? served.name : null;
  const told = claims.some(({ about }) => about === 'model/substituted');
  if (!told && (asked === null || got === null || !isSubstitution(asked, got))) return '';
  return `, not the ${asked ?? 'model'} that was asked for`;
}

function placeFact({ upstream }: Receipt): Facts['place'] {
  if (upstream === null) return { grade: 'none', because: 'nothing was sent to any upstream' };
  const key = upstream.tlsSpki === null ? 'no TLS key was seen' : `TLS key ${upstream.tlsSpki.slice(0, 16)}…`;
  return { grade: 'asserted', because: `the operator says it asked ${hostName(upstream)}; ${key}` };
}

function hostName(upstream: Receipt['upstream']): string {
  return upstream === null || upstream.origin === 'built-in:' ? 'the built-in engine' : upstream.origin;
}
