/** Judging evidence offline: the front door of this room. Nothing in evidence is trusted but the signatures of keys that the reader knows. */
import { advice, Failure, type ReasonCode, says } from '../../reason.js';
import { parseEvidence, type StatedEvidence } from './evidence.js';
import type { KnownKeys } from './known-keys.js';
import type { LogCopy } from './log-copy.js';

/**
 * `proven`: whoever holds the accused key has misbehaved. `not-proven`: this is no proof of it, and nothing can make it one. `inconclusive`:
 * something that the reader did not give is missing. `malformed`: this is not evidence.
 */
export type Outcome = 'proven' | 'not-proven' | 'inconclusive' | 'malformed';

export interface Judgement {
  readonly outcome: Outcome;
  /** What was proven, or why nothing was. */
  readonly code: ReasonCode;
  /** The type that the evidence states; null when it could not be read. */
  readonly type: string | null;
  /** The accused key, as `<name>+<key id>`; null unless something was proven. */
  readonly accused: string | null;
  /** In words. */
  readonly says: string;
  /** What the reader can do. */
  readonly advice: string;
  /** The offending member, and what was found. */
  readonly field: string | null;
  readonly detail: string | null;
}

/** What another trust file, another mirror, another copy of the log or another version of this software can change. */
const MISSING: ReadonlySet<ReasonCode> = new Set([
  'misbehaviour/key-unknown',
  'misbehaviour/checker-unknown',
  'misbehaviour/log-data-missing',
  'misbehaviour/log-data-mismatch',
  'stamp/stamper-unknown',
]);

/**
 * Judges an evidence file. Never throws for anything that it can hold.
 *
 * @param copy the log's entries, which P3 takes; null when they are not at hand
 */
export async function judgeEvidence(
  bytes: Uint8Array,
  known: KnownKeys,
  copy: LogCopy | null = null,
): Promise<Judgement> {
  let evidence: StatedEvidence;
  try {
    evidence = parseEvidence(bytes);
  } catch (error) {
    return refused('malformed', null, error);
  }
  try {
    const proven = await evidence.check(known, copy);
    return {
      outcome: 'proven',
      type: evidence.type,
      ...proven,
      advice: advice(proven.code),
      field: null,
      detail: null,
    };
  } catch (error) {
    const isMissing = error instanceof Failure && MISSING.has(error.code);
    return refused(isMissing ? 'inconclusive' : 'not-proven', evidence.type, error);
  }
}

function refused(outcome: Outcome, type: string | null, error: unknown): Judgement {
  if (!(error instanceof Failure)) throw error;
  const { code, field, detail } = error;
  return {
    outcome,
    code,
    type,
    accused: null,
    says: says(code),
    advice: advice(code),
    field: field ?? null,
    detail: detail ?? null,
  };
}
