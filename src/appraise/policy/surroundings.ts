/** What a policy is for: the gateway as it is, and what each of its upstreams can ever show. */
import { type FactName, GRADES } from '../../receipt/policy-words.js';
import type { Policy } from './language.js';

export interface KnownUpstream {
  /** As receipts name it. */
  readonly name: string;
  /** Whether it gives receipts of its own, as another gateway does. */
  readonly givesReceipts: boolean;
  /** Whether it tells the digest of a model's files. */
  readonly givesDigests: boolean;
  /** Whether it is asked for evidence of what it is before it is sent anything; left out where it is not. */
  readonly isAttested?: boolean;
}

export interface Surroundings {
  readonly upstreams: readonly KnownUpstream[];
  /** The names of virtual keys, and of teams; null where nobody has looked, and then none is unknown. */
  readonly keys: readonly string[] | null;
  readonly teams: readonly string[] | null;
  /** Whether exchanges have prices. */
  readonly hasPrices: boolean;
}

/** An upstream with what the policy says of it. */
export interface JudgedUpstream extends KnownUpstream {
  /** Null where nobody is stated: all such count as one. */
  readonly controller: string | null;
  readonly cloud: string | null;
  /** Whether its receipts can be judged. */
  readonly isTrusted: boolean;
}

export function judgedUpstreams(
  { upstreams: stated }: Policy,
  { upstreams }: Surroundings,
): JudgedUpstream[] {
  return upstreams.map(upstream => {
    const said = Object.hasOwn(stated, upstream.name) ? stated[upstream.name] : undefined;
    return {
      ...upstream,
      controller: said?.controller ?? null,
      cloud: said?.cloud ?? null,
      isTrusted: upstream.givesReceipts && said?.trust !== undefined,
    };
  });
}

/** The highest grade that an answer of this upstream can have when it leaves. */
export function reachable({
  isTrusted,
  isAttested = false,
}: Pick<JudgedUpstream, 'isTrusted' | 'isAttested'>): Readonly<Record<FactName, string>> {
  return {
    model: isTrusted ? 'provider-signed' : 'asserted',
    // Evidence is of what takes the request. Where the model runs, nobody's says yet.
    place: isAttested ? 'handoff' : 'asserted',
    // It is logged when it has left.
    record: 'signed',
    answer: 'not-recomputed',
  };
}

/** Whether a grade is the one that is required, or one behind it. `none` is no grade. */
export function isAtLeast(fact: FactName, grade: string, required: string): boolean {
  const order: readonly string[] = GRADES[fact];
  return order.indexOf(grade) >= order.indexOf(required);
}
