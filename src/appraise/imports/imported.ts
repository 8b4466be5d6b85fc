/**
 * What somebody else's receipt comes to: every check that was made, and what follows from them in claims, each with what it rests on. What such a receipt cannot
 * show is said as well, because that is what readers take it for.
 */
import { decidingCode, type EvidenceCheck, type EvidenceStatus, statusOf } from '../../evidence/report.js';
import type { PinnedRoot } from '../../evidence/x509/chain.js';
import type { ReasonCode } from '../../reason.js';
import type { Appraised } from '../evidence/appraised.js';
import type { DcapPolicy } from '../evidence/dcap-policy.js';
import type { NitroPolicy } from '../evidence/nitro-policy.js';
import type { Facts } from '../facts.js';

export const IMPORT_FORMATS = ['opengradient', 'opengradient-batch', 'aci', 'near', 'air'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** In the words of the vocabulary: `unknown` never reads as a pass. */
export type ClaimStatus = 'verified' | 'refuted' | 'unknown' | 'asserted';

export interface ImportedClaim {
  /** A sentence, as if it were so. */
  readonly says: string;
  readonly status: ClaimStatus;
  /** That of the check that stands in the way; null for what is verified, and for what no check of this format could show. */
  readonly code: ReasonCode | null;
}

/** How far two of the four facts come; the other two an import never shows: the record is in nobody's log, and nothing was recomputed. */
export interface ImportedFacts {
  readonly model: Facts['model'];
  readonly place: Facts['place'];
}

export interface Imported {
  readonly format: ImportFormat;
  readonly status: EvidenceStatus;
  /** Why it is not accepted; null where it is. */
  readonly code: ReasonCode | null;
  readonly checks: readonly EvidenceCheck[];
  readonly claims: readonly ImportedClaim[];
  readonly facts: ImportedFacts;
  /** Evidence of hardware that came along. */
  readonly evidence: readonly Appraised[];
  /** What it states, which is to be believed only as far as the claims go. */
  readonly stated: Readonly<Record<string, unknown>>;
}

/** Whom to believe, and what to require of evidence. */
export interface ImportCircumstances {
  /** Unix seconds. */
  readonly asOf: number;
  readonly roots: { readonly nitro: readonly PinnedRoot[]; readonly dcap: readonly PinnedRoot[] };
  readonly policies: { readonly nitro: NitroPolicy; readonly dcap: DcapPolicy };
}

/** What a format can show: a sentence with the checks that it takes, all of them. None: no check can show it, and the word of somebody is all there is. */
export interface Statement<Name extends string> {
  readonly says: string;
  readonly needs: readonly Name[];
  /** Whose word it is where `needs` is empty: somebody's (`asserted`), or nobody's (`unknown`). */
  readonly otherwise?: 'asserted' | 'unknown';
}

/**
 * Claims out of statements: verified where all that it needs has passed, refuted as soon as one has failed, unknown otherwise. One that needs a check which there was no
 * reason to make is about something that is not there, and left out.
 */
export function claimsOf<Name extends string>(
  statements: readonly Statement<Name>[],
  checks: readonly EvidenceCheck[],
): readonly ImportedClaim[] {
  return statements.flatMap(({ says, needs, otherwise = 'unknown' }): readonly ImportedClaim[] => {
    if (needs.length === 0) return [{ says, status: otherwise, code: null }];
    const needed = needs.flatMap(name => checks.filter(check => check.name === name));
    if (needed.length < needs.length) return [];
    // One that a policy waives is as little made as any other.
    const decisive =
      needed.find(({ status }) => status === 'fail') ?? needed.find(({ status }) => status !== 'pass');
    if (decisive === undefined || decisive.status === 'pass')
      return [{ says, status: 'verified', code: null }];
    return [{ says, status: decisive.status === 'fail' ? 'refuted' : 'unknown', code: decisive.code }];
  });
}

export function imported<Name extends string>(
  parts: Omit<Imported, 'status' | 'code' | 'claims'> & { readonly statements: readonly Statement<Name>[] },
): Imported {
  const { statements, ...rest } = parts;
  const { checks } = rest;
  return {
    ...rest,
    status: statusOf(checks),
    code: decidingCode(checks),
    claims: claimsOf(statements, checks),
  };
}

/** What came along and was appraised, as one check among the others: whether it is genuine and good enough. */
export function hardwareCheck<Name extends string>(
  name: Name,
  { status, checks, code }: Appraised,
): EvidenceCheck<Name> {
  const decisive = checks.find(
    check => check.status !== 'pass' && check.code === code && check.waived !== true,
  );
  if (status === 'accepted' || decisive === undefined || decisive.status === 'pass')
    return {
      name,
      status: 'pass',
      says: 'The evidence of hardware is genuine, and good enough for the policy.',
    };
  return { ...decisive, name, status: status === 'refused' ? 'fail' : 'not-checked' };
}

/** What a receipt's signature alone makes of the place where it was made. */
export function placeFact(
  checks: readonly EvidenceCheck[],
  handoff: readonly string[],
  because: { handoff: string; asserted: string },
): Facts['place'] {
  const isShown = handoff.every(name => checks.some(check => check.name === name && check.status === 'pass'));
  if (isShown) return { grade: 'handoff', because: because.handoff };
  if (statusOf(checks) === 'refused') return { grade: 'none', because: 'a check has failed' };
  return { grade: 'asserted', because: because.asserted };
}
