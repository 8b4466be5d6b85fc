/**
 * Comparing what different people hold of one number: the client its receipt or acceptance, the issuer's closing its leaf, the log its receipts.
 * What contradicts is named with what proves it; whether it does is for a judge to say.
 */
import type { ReasonCode } from '../../reason.js';
import type { Closing } from '../../receipt/closing.js';
import type { ClosingStatus } from '../../receipt/closing-leaf.js';
import { compareWithClosing, type HeldFacts } from '../misbehaviour/receipt-withheld.js';

/** The number of a client's exchange in an epoch. */
export interface ExchangeNumber {
  /** The key under which the epoch began, as `<name>+<key id>`. */
  readonly issuer: string;
  readonly epoch: string;
  readonly client: string;
  readonly counter: number;
}

export interface HeldExchange extends HeldFacts {
  readonly exchange: string;
  /** When the client sent the request, by its own clock, in milliseconds. */
  readonly sentAt: number;
  /** By when the receipt has to be in the log, in milliseconds; null for an acceptance. */
  readonly deadline: number | null;
}

export interface ListedExchange {
  readonly status: ClosingStatus;
  readonly receipt: string | null;
}

export interface LoggedExchange extends HeldFacts {
  readonly exchange: string;
  readonly receipt: string;
  readonly completed: number;
  readonly index: number;
}

export interface KnownOfNumber {
  readonly held: HeldExchange | null;
  /** Null where the closing has no such number, or there is none to look into. */
  readonly listed: ListedExchange | null;
  /** All receipts of that number in the log, in its order. */
  readonly logged: readonly LoggedExchange[];
}

export interface Circumstances {
  /** The closing of the epoch; null where there is none, or none that can be relied on. */
  readonly closing: Pick<Closing, 'ending' | 'through'> | null;
  /** Whether all of a log was read. */
  readonly isLogKnown: boolean;
  /** Whether a client's store was read, and this client is one of its. */
  readonly isOurs: boolean;
  /** The time, in milliseconds. */
  readonly asOf: number;
}

/** How far the client's clock and the issuer's may be apart, in milliseconds. */
const CLOCK_TOLERANCE = 60_000;

/**
 * `matched`: everybody who can be asked has the same. `missing`: somebody does not have what another has. `extra`: there is one of which its
 * client holds nothing, or there are two where there can be one. `not-checkable`: there is nothing yet to compare with.
 */
export type Verdict = 'matched' | 'missing' | 'extra' | 'not-checkable';

/** Two statements of the issuer's that may prove that it has cheated: the one is in the client's store, or in the log at an index. */
export type Proof =
  | { readonly kind: 'receipt-withheld'; readonly by: StatementPlace }
  | { readonly kind: 'receipt-forked'; readonly by: readonly [StatementPlace, StatementPlace] };
export type StatementPlace = 'store' | { readonly index: number };

export interface NumberVerdict {
  readonly verdict: Verdict;
  /** Null for what matches. */
  readonly code: ReasonCode | null;
  /** What may prove it to others; null for what proves nothing. */
  readonly proof: Proof | null;
}

const MATCHED: NumberVerdict = { verdict: 'matched', code: null, proof: null };

/** What is known of a number comes to this. The first that is wrong decides. */
export function compareNumber(known: KnownOfNumber, circumstances: Circumstances): NumberVerdict {
  return forked(known) ?? withheld(known, circumstances) ?? beyondProof(known, circumstances) ?? MATCHED;
}

/** Two receipts of one number, or an acceptance and a receipt of another exchange. */
function forked({ held, logged }: KnownOfNumber): NumberVerdict | null {
  const [first, ...others] = logged;
  if (first === undefined) return null;
  const proven = (by: readonly [StatementPlace, StatementPlace], verdict: Verdict): NumberVerdict => ({
    verdict,
    code: 'misbehaviour/receipt-forked',
    proof: { kind: 'receipt-forked', by },
  });
  const second = others.find(other => other.receipt !== first.receipt);
  if (second !== undefined) return proven([{ index: first.index }, { index: second.index }], 'extra');
  if (held === null) return null;
  const isOther = held.receipt === null ? held.exchange !== first.exchange : held.receipt !== first.receipt;
  return isOther ? proven(['store', { index: first.index }], 'missing') : null;
}

/** What the closing should have, and has not. */
function withheld({ held, listed, logged }: KnownOfNumber, { closing }: Circumstances): NumberVerdict | null {
  if (closing === null) return null;
  const [first] = logged;
  const statement = held ?? first;
  if (statement === undefined) return null;
  const comparison = compareWithClosing(closing, statement, listed);
  if (comparison === 'agrees') return null;
  // An exchange that still ran, or whose receipt came back into the log from its holder.
  if (comparison === 'loss-stated') {
    return first !== undefined ? null : { verdict: 'missing', code: 'misbehaviour/loss-stated', proof: null };
  }
  const by = held === null ? { index: (first as LoggedExchange).index } : 'store';
  return {
    verdict: 'missing',
    code: 'misbehaviour/receipt-withheld',
    proof: { kind: 'receipt-withheld', by },
  };
}

function beyondProof(known: KnownOfNumber, circumstances: Circumstances): NumberVerdict | null {
  const { held, listed, logged } = known;
  const { closing, isLogKnown, isOurs, asOf } = circumstances;
  const plain = (verdict: Verdict, code: ReasonCode): NumberVerdict => ({ verdict, code, proof: null });
  if (held === null && isOurs) return plain('extra', 'reconcile/not-held');
  if (held !== null && held.received < held.sentAt - CLOCK_TOLERANCE)
    return plain('missing', 'reconcile/back-dated');
  const receipt = held?.receipt ?? listed?.receipt ?? null;
  if (isLogKnown && receipt !== null && logged.length === 0) {
    // Whatever a closing names stands before it in the log.
    const isDue = listed?.receipt === receipt || (held?.deadline ?? 0) < asOf;
    return isDue
      ? plain('missing', 'reconcile/not-logged')
      : plain('not-checkable', 'reconcile/not-yet-logged');
  }
  const isCompared = closing !== null || (held !== null && logged.length > 0);
  if (!isCompared) return plain('not-checkable', 'reconcile/epoch-open');
  return null;
}
