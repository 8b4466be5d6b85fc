/**
 * What has been spent of each limit. An exchange reserves the most that it may need when it is admitted, in one step with the look at what is left, so
 * that any number of them at once cannot be admitted to the same remainder; when it ends, what it really needed takes the place of the reservation.
 *
 * Of each count a mark is recorded elsewhere, ahead of it by a step: a process that dies goes on from the mark, and so may count up to a step and
 * what was reserved at that moment too much, and never gives back what was spent.
 */
import { type Limit, type Measure, mostAllowed, periodEnd, periodStart } from './limit.js';

/** One limit of one key, team or model. */
export interface Account {
  /** Whose limit it is, such as `team/research`. */
  readonly owner: string;
  readonly limit: Limit;
}

/** What an exchange takes of each measure. `money`: an amount. */
export type Needs = Readonly<Record<Measure, bigint>>;

/** The most that a count can have reached when its record was made. */
export interface Mark {
  /** Owner, measure and period: what the count is of. */
  readonly name: string;
  /** The start of its period, in milliseconds. */
  readonly start: number;
  readonly reached: bigint;
}

export interface BudgetsOptions {
  /** The latest mark of each count. */
  readonly marks: Iterable<Mark>;
  /** Records a mark before it is needed; what it throws keeps an exchange from being admitted. */
  readonly record: (mark: Mark) => void;
}

/** Why something cannot be reserved. */
export interface Shortage {
  readonly account: Account;
  /** What there may be in all, what is left of it, and what would be needed. */
  readonly most: bigint;
  readonly left: bigint;
  readonly needed: bigint;
  /** When the period ends, in milliseconds; infinity for never. */
  readonly ends: number;
}

export interface Remainder {
  readonly most: bigint;
  readonly left: bigint;
  /** In milliseconds; infinity for never. */
  readonly ends: number;
}

interface Count {
  readonly name: string;
  readonly start: number;
  used: bigint;
  /** What is recorded: at least what is used, but for what has just been found to have been needed beyond all reservations. */
  mark: bigint;
}

/** What has been reserved, until it is settled. */
export interface Reservation {
  readonly needs: Needs;
  readonly parts: readonly { readonly account: Account; readonly count: Count }[];
}

/** Of each limit, so many steps are recorded one after another. */
const STEPS = 128n;

export class Budgets {
  readonly #counts = new Map<string, Count>();
  readonly #record: BudgetsOptions['record'];

  constructor({ marks, record }: BudgetsOptions) {
    this.#record = record;
    for (const { name, start, reached } of marks)
      this.#counts.set(name, { name, start, used: reached, mark: reached });
  }

  /** Reserves everything or nothing. `now`: milliseconds. Throws what recording throws, and has then reserved nothing. */
  reserve(accounts: readonly Account[], needs: Needs, now: number): Reservation | Shortage {
    const parts = accounts.map(account => ({ account, count: this.#count(account, now) }));
    for (const { account, count } of parts) {
      const most = mostAllowed(account.limit);
      const left = most > count.used ? most - count.used : 0n;
      const needed = needs[account.limit.measure];
      if (needed > left) return { account, most, left, needed, ends: endOf(account, count) };
    }
    for (const { account, count } of parts) this.#recordAhead(account, count, needs[account.limit.measure]);
    for (const { account, count } of parts) count.used += needs[account.limit.measure];
    return { needs, parts };
  }

  /**
   * Puts what was really needed in the place of what was reserved. It counts in the period in which it was reserved, and nowhere where that has passed.
   * More than was reserved is counted too, beyond the limit if need be. Throws what recording throws, and has then settled all the same.
   */
  settle({ needs, parts }: Reservation, needed: Needs): void {
    const present = parts.filter(({ count }) => this.#counts.get(count.name) === count);
    for (const { account, count } of present) {
      const { measure } = account.limit;
      count.used += needed[measure] - needs[measure];
    }
    for (const { account, count } of present) this.#recordAhead(account, count, 0n);
  }

  /** The least that is left of all limits of a measure; null where there are none. */
  remainder(accounts: readonly Account[], measure: Measure, now: number): Remainder | null {
    let least: Remainder | null = null;
    for (const account of accounts) {
      if (account.limit.measure !== measure) continue;
      const count = this.#count(account, now);
      const most = mostAllowed(account.limit);
      const left = most > count.used ? most - count.used : 0n;
      if (least === null || left < least.left) least = { most, left, ends: endOf(account, count) };
    }
    return least;
  }

  /** What has been used of a limit, with what is reserved. */
  used(account: Account, now: number): bigint {
    return this.#count(account, now).used;
  }

  /** The marks that would be right if nothing more came: for a process that ends in good order. */
  *exactly(): Generator<Mark> {
    for (const { name, start, used } of this.#counts.values()) yield { name, start, reached: used };
  }

  /** A clock that was set back begins no earlier period anew: what was spent in it may have been forgotten. */
  #count({ owner, limit }: Account, now: number): Count {
    const name = `${owner} ${limit.measure}/${limit.per}`;
    const start = periodStart(limit.per, now);
    const known = this.#counts.get(name);
    if (known !== undefined && known.start >= start) return known;
    // Another one, so that what was reserved in the period before is not settled in this.
    const count = { name, start, used: 0n, mark: 0n };
    this.#counts.set(name, count);
    return count;
  }

  #recordAhead({ limit }: Account, count: Count, more: bigint): void {
    const used = count.used + more;
    if (used <= count.mark) return;
    const step = mostAllowed(limit) / STEPS || 1n;
    const { name, start } = count;
    this.#record({ name, start, reached: used + step });
    count.mark = used + step;
  }
}

export function isShortage(result: Reservation | Shortage): result is Shortage {
  return 'left' in result;
}

function endOf({ limit }: Account, { start }: Count): number {
  return periodEnd(limit.per, start);
}
