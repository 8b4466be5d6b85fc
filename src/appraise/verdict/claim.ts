/**
 * The vocabulary of claims: each statement with where it comes from and what could take it back. Status and source are ACI's words; a claim that nobody has checked is
 * `asserted`, and stays that however often it is repeated. Sources: ACI draft (`aci/1`), typed claims; 4-trust.
 */
import type { FactName } from '../../receipt/policy-words.js';
import type { Lowered } from '../facts.js';

export type ClaimStatus = 'asserted' | 'verified' | 'refuted' | 'unknown' | 'not-applicable';
export const CLAIM_SOURCES = [
  'hardware-proven',
  'verifier-derived',
  'provider-asserted',
  'operator-asserted',
] as const;
export type ClaimSource = (typeof CLAIM_SOURCES)[number];

/** Whose later word can take a claim back. */
export const REVOKERS = ['issuer', 'log', 'witnesses', 'vendor', 'provider'] as const;
export type Revoker = (typeof REVOKERS)[number];

export interface Claim {
  readonly about: FactName;
  readonly status: ClaimStatus;
  readonly source: ClaimSource;
  /** The grade of the fact; `none` where not even the weakest could be established. */
  readonly strength: string;
  /** What it is about: this exchange, or everything that one run of a machine has done. */
  readonly coverage: 'exchange' | 'run';
  /** Milliseconds since 1970: when it held. */
  readonly asOf: number;
  /** Whose later word can take it back. */
  readonly revocableBy: readonly Revoker[];
  /** What it was, where something has taken it back by `asOf`. */
  readonly revoked?: Lowered;
}

/** Every claim that can come out today and is neither unknown nor refuted: what a policy can ask for. */
export const POSSIBLE_CLAIMS: readonly Omit<Claim, 'asOf' | 'revoked' | 'strength'>[] = [
  {
    about: 'model',
    status: 'asserted',
    source: 'operator-asserted',
    coverage: 'exchange',
    revocableBy: ['issuer'],
  },
  {
    about: 'model',
    status: 'asserted',
    source: 'provider-asserted',
    coverage: 'exchange',
    revocableBy: ['issuer', 'provider'],
  },
  {
    about: 'place',
    status: 'asserted',
    source: 'operator-asserted',
    coverage: 'exchange',
    revocableBy: ['issuer'],
  },
  {
    about: 'place',
    status: 'verified',
    source: 'hardware-proven',
    coverage: 'run',
    revocableBy: ['issuer', 'vendor'],
  },
  {
    about: 'record',
    status: 'verified',
    source: 'verifier-derived',
    coverage: 'exchange',
    revocableBy: ['issuer', 'log'],
  },
  {
    about: 'record',
    status: 'verified',
    source: 'verifier-derived',
    coverage: 'exchange',
    revocableBy: ['issuer', 'log', 'witnesses'],
  },
  {
    about: 'answer',
    status: 'asserted',
    source: 'verifier-derived',
    coverage: 'exchange',
    revocableBy: ['issuer'],
  },
];
