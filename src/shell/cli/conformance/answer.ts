/** What a conformance verb answers: one JSON object, whose members are the same for all of them. Source: spec/conformance.md. */
import { Failure, type ReasonCode, says } from '../../../reason.js';
import { EXIT } from '../exit-code.js';

export type ConformanceStatus = 'accepted' | 'refused' | 'inconclusive' | 'unsupported' | 'malformed';

export interface ConformanceAnswer {
  readonly status: ConformanceStatus;
  /** Why it is not accepted; null where it is. */
  readonly code: ReasonCode | null;
  /** The same in a sentence. */
  readonly reason: string | null;
  /** SHA-256, hexadecimal, of what identifies the evidence: its signed region, or the signed payload; null where nothing was read. */
  readonly evidenceDigest: string | null;
  /** What was found out. Believe it only where the status is `accepted`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export const EXIT_CODES: Readonly<Record<ConformanceStatus, number>> = {
  accepted: EXIT.pass,
  refused: EXIT.fail,
  inconclusive: EXIT.inconclusive,
  unsupported: EXIT.inconclusive,
  malformed: EXIT.malformed,
};

export function accepted(
  evidenceDigest: string | null,
  claims: ConformanceAnswer['claims'],
): ConformanceAnswer {
  return { status: 'accepted', code: null, reason: null, evidenceDigest, claims };
}

export function answerWith(
  status: Exclude<ConformanceStatus, 'accepted'>,
  code: ReasonCode,
  evidenceDigest: string | null = null,
  claims: ConformanceAnswer['claims'] = {},
): ConformanceAnswer {
  return { status, code, reason: says(code), evidenceDigest, claims };
}

/** What a thrown failure comes to: one of `malformed` says that something is not what it should be, all others that it is not true. */
export function answerOf(error: unknown, malformed: readonly ReasonCode[]): ConformanceAnswer {
  if (!(error instanceof Failure)) throw error;
  const status = malformed.includes(error.code) ? 'malformed' : 'refused';
  return { ...answerWith(status, error.code), reason: error.message };
}
