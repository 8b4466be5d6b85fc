/**
 * What a receipt can lose by a revocation: the grade of its model that the operator's or a provider's word gave, the grade of its place that evidence of
 * hardware could show. At most that: what it was graded depends on the policy and the evidence that were brought. Source: spec/revocation.md §3.
 */
import type { Receipt } from '../../receipt/receipt.js';
import type { RevocationField } from '../../receipt/revocation-words.js';

/** Weakest first, in an order that stays: the index of facts keeps their places in these lists. */
export const MODEL_STAKES = ['none', 'asserted', 'provider-signed'] as const;
export const PLACE_STAKES = ['none', 'handoff', 'hardware'] as const;

export interface Stakes {
  readonly exchange: string;
  /** Milliseconds since 1970. */
  readonly completed: number;
  readonly model: (typeof MODEL_STAKES)[number];
  readonly place: (typeof PLACE_STAKES)[number];
}

/** A grade that falls. */
export interface Loss {
  readonly fact: 'model' | 'place';
  readonly from: string;
  readonly to: 'none' | 'asserted';
}

export function stakesOf({ exchange, time, model, upstream, evidence }: Receipt): Stakes {
  const isLinked = evidence.some(({ type }) => type === 'countersign-receipt');
  // Evidence of the gateway's own machine shows who took the request, also where nobody was asked.
  const isOwn = evidence.some(({ type }) => type === 'gateway-attestation');
  const shown = upstream?.origin === 'built-in:' ? 'hardware' : 'handoff';
  return {
    exchange,
    completed: time.completed,
    model: model.served === null ? 'none' : isLinked ? 'provider-signed' : 'asserted',
    place: evidence.length === 0 || (upstream === null && !isOwn) ? 'none' : shown,
  };
}

/** What a revocation of that field takes from a receipt that is of its value; null where it has nothing to lose. */
export function lossOf(
  { model, place }: Pick<Stakes, 'model' | 'place'>,
  field: RevocationField,
): Loss | null {
  if (field === 'model') return model === 'none' ? null : { fact: 'model', from: model, to: 'none' };
  return place === 'none' ? null : { fact: 'place', from: place, to: 'asserted' };
}
