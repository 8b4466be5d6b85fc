/** The closed lists of words that policies are made of, and that receipts say what came of one with. */

/**
 * The grades of each of the four facts. One that is required is reached by itself and by those behind it. Source: 4-trust; a word is added, and never
 * taken away.
 */
export const GRADES = {
  answer: ['not-recomputed', 'recomputed', 'zk'],
  model: ['asserted', 'provider-signed', 'statistical', 'recomputed', 'zk', 'hardware-measured'],
  place: ['asserted', 'handoff', 'hardware'],
  record: ['signed', 'included', 'witnessed'],
} as const;

export const FACTS = ['model', 'place', 'record', 'answer'] as const;
export type FactName = (typeof FACTS)[number];

/** When a check is made: before anything is sent, before anything is passed on, when the answer is there. */
export const STAGES = ['before', 'first-byte', 'final'] as const;
export type Stage = (typeof STAGES)[number];

/** What happens when one fails. Each is said in the receipt. */
export const CONSEQUENCES = ['block', 'reroute', 'refund', 'flag'] as const;
export type Consequence = (typeof CONSEQUENCES)[number];

/** The checks that a rule can name. */
export const CHECK_NAMES = [
  'answer-whole',
  'finish-known',
  'model-as-asked',
  'model-pinned',
  'price-known',
  'upstream-answered',
  'upstream-attested',
  'upstream-receipt',
  'usage-known',
] as const;
export type PolicyCheckName = (typeof CHECK_NAMES)[number];

/** What follows from the other clauses of a rule. */
export const CLAUSE_NAMES = ['diversity', 'grades', 'upstream-allowed'] as const;
export type ClauseName = (typeof CLAUSE_NAMES)[number];

/** By what an upstream is counted with others. */
export const SHARED_BY = ['cloud', 'controller'] as const;
export type SharedBy = (typeof SHARED_BY)[number];

export const REDACTION_KINDS = ['card', 'email', 'iban', 'national-id', 'phone'] as const;
export type RedactionKind = (typeof REDACTION_KINDS)[number];

/** Who may answer for an exchange beside its operator and the host, whom the gateway names itself. */
export const STATED_ROLES = ['human-gate', 'model-publisher', 'policy-author'] as const;
export type StatedRole = (typeof STATED_ROLES)[number];
