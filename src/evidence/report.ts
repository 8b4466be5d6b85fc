/**
 * What checking a piece of evidence found. Evidence is what others have signed about their own software and hardware; this room parses it and
 * checks it up to pinned roots, and judges nothing: policies are of the room `appraise`.
 */
import { Failure, type ReasonCode, says } from '../reason.js';

export type EvidenceKind = 'nitro' | 'sev-snp' | 'tdx' | 'sgx' | 'nvidia' | 'nras';

/** One check of a piece of evidence. Names are of the kind's own list; a check that was not made says why, and is never reported as made. */
export type EvidenceCheck<Name extends string = string> =
  | { readonly name: Name; readonly status: 'pass'; readonly says: string }
  | {
      readonly name: Name;
      readonly status: 'fail' | 'not-checked';
      readonly code: ReasonCode;
      readonly says: string;
      /** Where: a certificate of the chain, a measurement, a member. */
      readonly field: string | null;
      /** What was found. */
      readonly detail: string | null;
      /** Set by a policy that does without this check where it could not be made. It stays unmade, and is reported as that. */
      readonly waived?: true;
    };

/** From before `from` on, up to before `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
  /** What stands there. */
  readonly what: string;
}

export interface EvidenceReport<
  Kind extends EvidenceKind = EvidenceKind,
  Fields = unknown,
  Name extends string = string,
> {
  readonly kind: Kind;
  /** SHA-256 of what the hardware's signature covers: what evidence is identified by, because all other bytes can be changed by anybody. */
  readonly signedRegion: Uint8Array;
  /** SHA-256 of the document as it was received. */
  readonly whole: Uint8Array;
  /** The ranges of the document that no signature covers, in order, which nothing may be concluded from. */
  readonly uncovered: readonly ByteRange[];
  /** In the order in which they were made; the first that failed is the reason. Once one has failed, later ones may be missing. */
  readonly checks: readonly EvidenceCheck<Name>[];
  /** What the document states. Believe it only if every check has passed. */
  readonly fields: Fields;
  /** The root that the chain leads to, or null. */
  readonly root: { readonly name: string; readonly simulated: boolean } | null;
}

export type EvidenceStatus = 'accepted' | 'refused' | 'inconclusive';

/** What counts of a check, also of one that was kept without its sentence. */
interface Judged {
  readonly status: EvidenceCheck['status'];
  readonly code?: ReasonCode;
  readonly waived?: boolean;
}

/** Refused as soon as one check failed; inconclusive when none failed and one could not be made that the policy does not waive. */
export function statusOf(checks: readonly Judged[]): EvidenceStatus {
  if (checks.some(({ status }) => status === 'fail')) return 'refused';
  return checks.some(isMissing) ? 'inconclusive' : 'accepted';
}

/** The code of the first failed check, or of the first that was not made and is not waived, or null. */
export function decidingCode(checks: readonly Judged[]): ReasonCode | null {
  const failed = checks.find(({ status }) => status === 'fail');
  return (failed ?? checks.find(isMissing))?.code ?? null;
}

/**
 * The checks with those waived that were not made and that `optional` names. A check that failed cannot be waived.
 */
export function waive<Name extends string>(
  checks: readonly EvidenceCheck<Name>[],
  optional: readonly Name[],
): readonly EvidenceCheck<Name>[] {
  return checks.map(check =>
    check.status === 'not-checked' && optional.includes(check.name) ? { ...check, waived: true } : check,
  );
}

function isMissing(check: Judged): boolean {
  return check.status === 'not-checked' && check.waived !== true;
}

export function passed<Name extends string>(name: Name, what: string): EvidenceCheck<Name> {
  return { name, status: 'pass', says: what };
}

/** `field`: for which part it was not made. */
export function notMade<Name extends string>(
  name: Name,
  code: ReasonCode,
  field: string | null = null,
): EvidenceCheck<Name> {
  return { name, status: 'not-checked', code, says: says(code), field, detail: null };
}

/** The outcome of `attempt`: passed, or failed with the code of the {@link Failure} that it threw. Anything else is a fault of ours, thrown on. */
export async function made<Name extends string>(
  name: Name,
  what: string,
  attempt: () => void | Promise<void>,
): Promise<EvidenceCheck<Name>> {
  try {
    await attempt();
    return passed(name, what);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return failed(name, error);
  }
}

export function failed<Name extends string>(name: Name, failure: Failure): EvidenceCheck<Name> {
  const { code, field = null, detail = null } = failure;
  return { name, status: 'fail', code, says: says(code), field, detail };
}

/**
 * The check, where what it relies on is `sound`. Otherwise it does not pass: then it is one that was not made (`evidence/prerequisite-failed`).
 */
export function relying<Name extends string>(
  sound: boolean,
  check: EvidenceCheck<Name>,
): EvidenceCheck<Name> {
  return sound || check.status !== 'pass' ? check : notMade(check.name, 'evidence/prerequisite-failed');
}

/** Whether all of these checks are among those that passed. */
export function arePassed<Name extends string>(
  checks: readonly EvidenceCheck<Name>[],
  ...names: readonly Name[]
): boolean {
  return names.every(name => checks.some(check => check.name === name && check.status === 'pass'));
}
