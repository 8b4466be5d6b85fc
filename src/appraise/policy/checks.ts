/** The checks that a rule can ask for: when each can be made, what it asks, and the code of its failure. */
import { isSubstitution } from '../../exchange/substitution.js';
import type { ReasonCode } from '../../reason.js';
import type { ClauseName, PolicyCheckName, Stage } from '../../receipt/policy-words.js';

/** What is known of an attempt when a check is made. What is not known yet, or never, is null or false, and never passes. */
export interface AttemptFacts {
  /** The model that the upstream is asked for. */
  readonly asked: string | null;
  /** The model that it says has answered. */
  readonly served: string | null;
  /** The digest of that model's files, or of the one asked for as long as none has answered. */
  readonly digest: string | null;
  /** Whether there is a price for the exchange. */
  readonly isPriced: boolean;
  /** Whether the upstream has answered, and not refused or failed. */
  readonly isAnswer: boolean;
  /** Whether the answer has come to its end. */
  readonly isWhole: boolean;
  readonly hasFinish: boolean;
  readonly hasUsage: boolean;
  /** Whether the upstream has given a receipt of its own for this exchange, signed by whom its trust file names, for this answer. */
  readonly hasReceipt: boolean;
  /** Whether the upstream has shown by evidence what it is, as its configuration asks it to. */
  readonly isAttested: boolean;
}

export const NOTHING_KNOWN: AttemptFacts = {
  asked: null,
  served: null,
  digest: null,
  isPriced: false,
  isAnswer: false,
  isWhole: false,
  hasFinish: false,
  hasUsage: false,
  hasReceipt: false,
  isAttested: false,
};

export interface CheckKind {
  readonly stages: readonly Stage[];
  readonly code: ReasonCode;
  /** For a person: that … */
  readonly asks: string;
  readonly holds: (facts: AttemptFacts, digests: ReadonlySet<string>) => boolean;
}

/** Whether the upstream says that the model it was asked for has answered: that, or a dated version of it. */
export function isAsAsked({ asked, served }: AttemptFacts): boolean {
  return asked !== null && served !== null && !isSubstitution(asked, served);
}

export const CHECKS: Readonly<Record<PolicyCheckName, CheckKind>> = {
  'answer-whole': {
    stages: ['final'],
    code: 'clause/answer-cut',
    asks: 'the answer came to its end',
    holds: ({ isWhole }) => isWhole,
  },
  'finish-known': {
    stages: ['final'],
    code: 'clause/finish-missing',
    asks: 'the upstream said why the model stopped',
    holds: ({ hasFinish }) => hasFinish,
  },
  'model-as-asked': {
    stages: ['first-byte', 'final'],
    code: 'clause/model-substituted',
    asks: 'the upstream says that the model it was asked for has answered',
    holds: isAsAsked,
  },
  'model-pinned': {
    stages: ['before', 'final'],
    code: 'clause/model-unpinned',
    asks: "the model's files have one of the digests that are listed",
    holds: ({ digest }, digests) => digest !== null && digests.has(digest),
  },
  'price-known': {
    stages: ['before', 'final'],
    code: 'clause/price-unknown',
    asks: 'the exchange has a price',
    holds: ({ isPriced }) => isPriced,
  },
  'upstream-answered': {
    stages: ['first-byte'],
    code: 'clause/upstream-failed',
    asks: 'the upstream answers, and neither refuses nor fails',
    holds: ({ isAnswer }) => isAnswer,
  },
  'upstream-attested': {
    stages: ['before'],
    code: 'clause/attestation-missing',
    asks: 'the upstream has shown, by evidence of its hardware that was judged before, what takes the request',
    holds: ({ isAttested }) => isAttested,
  },
  'upstream-receipt': {
    stages: ['final'],
    code: 'clause/receipt-missing',
    asks: 'the upstream gave a receipt of its own for this answer, signed by whom its trust file names',
    holds: ({ hasReceipt }) => hasReceipt,
  },
  'usage-known': {
    stages: ['final'],
    code: 'clause/usage-missing',
    asks: 'the upstream said how many tokens it used',
    holds: ({ hasUsage }) => hasUsage,
  },
};

/** The codes of what follows from a rule's other clauses. */
export const CLAUSE_CODES: Readonly<Record<ClauseName, ReasonCode>> = {
  diversity: 'clause/diversity-exceeded',
  grades: 'clause/grade-missed',
  'upstream-allowed': 'clause/upstream-refused',
};

export function codeOf(check: PolicyCheckName | ClauseName): ReasonCode {
  return check in CLAUSE_CODES ? CLAUSE_CODES[check as ClauseName] : CHECKS[check as PolicyCheckName].code;
}
