/** A price list in force: prices found by name, and who gets which share. */
import { type ModelPrices, modelPrices, type PriceList } from './price-list.js';

/** The list as receipts refer to it. */
export interface LoggedList {
  readonly digest: string;
  /** Of the entry that names it. */
  readonly index: number;
}

/** A party that gets a share of what the upstream gets. */
export interface Share {
  readonly what: 'margin' | 'audit';
  readonly payee: string;
  readonly basisPoints: number;
}

export interface Priced {
  readonly prices: ModelPrices;
  readonly currency: string;
  readonly shares: readonly Share[];
}

export class PriceBook {
  readonly currency: string;
  readonly #byName: ReadonlyMap<string, ModelPrices>;
  readonly #shares: readonly Share[];

  /** `operator`: the published name under which the margin is paid. */
  constructor({ entries, currency, margin, audit }: PriceList, operator: string) {
    this.currency = currency;
    this.#byName = new Map(
      entries.flatMap(entry => {
        const prices = modelPrices(entry);
        return entry.models.map(model => [`${entry.upstream}/${model}`, prices] as const);
      }),
    );
    this.#shares = [
      ...(margin === undefined ? [] : [{ what: 'margin', payee: operator, ...margin } as const]),
      ...(audit === undefined ? [] : [{ what: 'audit', ...audit } as const]),
    ];
  }

  /**
   * By the model that the upstream is asked for, and where the list does not have that, by the one that it says it has served: a name that means
   * several models, as a router's, has no price. Null where neither has. Names are compared as they are: a dated version may cost otherwise.
   */
  find(upstream: string, asked: string | null, served: string | null): Priced | null {
    const prices = this.#named(upstream, asked) ?? this.#named(upstream, served);
    return prices === null ? null : { prices, currency: this.currency, shares: this.#shares };
  }

  #named(upstream: string, model: string | null): ModelPrices | null {
    return model === null ? null : (this.#byName.get(`${upstream}/${model}`) ?? null);
  }
}
