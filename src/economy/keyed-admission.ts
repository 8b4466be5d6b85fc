/** Admission by virtual keys, within their limits. */
import { Failure, type ReasonCode } from '../reason.js';
import { formatAmount } from '../receipt/price/money.js';
import type { Admission, Holder, Outcome, Request, Ticket } from './admission.js';
import { Refusal } from './admission.js';
import { type Account, type Budgets, isShortage, type Needs, type Shortage } from './budgets.js';
import { KeyRing, mayAsk } from './key-ring.js';
import type { Measure } from './limit.js';
import { remainingHeaders, secondsUntil } from './remaining-headers.js';
import type { KeyFile, VirtualKey } from './virtual-key.js';

interface KeyHolder extends Holder {
  readonly key: VirtualKey;
}

const EXHAUSTED: Readonly<Record<Measure, ReasonCode>> = {
  requests: 'access/requests-exhausted',
  tokens: 'access/tokens-exhausted',
  money: 'access/money-exhausted',
};

/** A client that would have to wait longer, in seconds, is told not to try again by itself. */
const LONGEST_WAIT = 60;

export class KeyedAdmission implements Admission {
  readonly #budgets: Budgets;
  readonly #onProblem: (message: string) => void;
  #ring: KeyRing;

  constructor(file: KeyFile, budgets: Budgets, onProblem: (message: string) => void) {
    this.#ring = new KeyRing(file);
    this.#budgets = budgets;
    this.#onProblem = onProblem;
  }

  /** From now on these are the keys. What was admitted by those before still ends. */
  exchangeKeys(file: KeyFile): void {
    this.#ring = new KeyRing(file);
  }

  get needsKeys(): boolean {
    return this.#ring.isNeeded;
  }

  identify(shown: string | null, now: number): KeyHolder | null {
    if (!this.#ring.isNeeded) return null;
    const key = this.#ring.find(shown, now);
    // What no header can hold, so that nobody's key is ever taken for this.
    return { client: `\n${key.id}`, name: key.name, team: key.team, key };
  }

  admit(holder: Holder, request: Request, now: number): Ticket {
    const { key } = holder as KeyHolder;
    const { model, targets } = request;
    const isAllowed = mayAsk(key, model ?? '') || targets.every(target => mayAsk(key, target));
    if (!isAllowed) throw new Failure('access/model-refused', { field: 'model' });
    const bare = targets.map(target => target.slice(target.indexOf('/') + 1));
    const accounts = this.#ring.accounts(key, [model ?? '', ...targets, ...bare]);
    const isMoneyLimited = accounts.some(({ limit }) => limit.measure === 'money');
    if (isMoneyLimited && request.cost === null)
      throw new Failure('access/money-unpriced', { field: 'model' });
    const needs: Needs = {
      requests: 1n,
      tokens: BigInt(request.promptTokens + request.completionTokens),
      money: request.cost ?? 0n,
    };
    const reservation = this.#budgets.reserve(accounts, needs, now);
    if (isShortage(reservation)) throw this.#refusal(reservation, accounts, now);
    return {
      headers: remainingHeaders(this.#budgets, accounts, now),
      settle: (outcome: Outcome) => {
        const money = outcome.cost ?? needs.money;
        const tokens = outcome.tokens === null ? needs.tokens : BigInt(outcome.tokens);
        try {
          this.#budgets.settle(reservation, { requests: 1n, tokens, money });
        } catch (error) {
          // It counts here all the same; only a crash now would not know of it.
          this.#onProblem(error instanceof Error ? error.message : 'what was spent could not be recorded');
        }
      },
    };
  }

  #refusal(
    { account, most, left, needed, ends }: Shortage,
    accounts: readonly Account[],
    now: number,
  ): Refusal {
    const { limit, owner } = account;
    const written = (count: bigint) => (limit.measure === 'money' ? formatAmount(count) : count.toString());
    const kind = owner.slice(0, owner.indexOf('/'));
    const detail = `this ${kind} may have ${limit.most} ${wordFor(limit.measure)} ${limit.per === 'total' ? 'in all' : `a ${limit.per}`}, ${written(left)} are left, and the request may take ${written(needed)}`;
    const headers = remainingHeaders(this.#budgets, accounts, now);
    if (needed > most) return new Refusal('access/request-over-limit', { detail }, headers);
    const wait = secondsUntil(ends, now);
    return new Refusal(
      EXHAUSTED[limit.measure],
      { detail },
      {
        ...headers,
        ...(wait === null ? {} : { 'retry-after': String(wait) }),
        ...(wait === null || wait > LONGEST_WAIT ? { 'x-should-retry': 'false' } : {}),
      },
    );
  }
}

function wordFor(measure: Measure): string {
  return measure === 'money' ? 'of the currency' : measure;
}
