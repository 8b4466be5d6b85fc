/** A histogram's series: how many measurements were in each of a row of buckets. */

export interface HistogramSample {
  readonly labels: readonly string[];
  /** Of each bucket by itself, the last being for what is over every bound. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

export class Buckets {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** `bounds`: the upper bounds, ascending; a measurement on a bound is in its bucket. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = [...bounds, 0].map(() => 0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += value;
    this.#count++;
  }

  sample(labels: readonly string[]): HistogramSample {
    return { labels, counts: [...this.#counts], sum: this.#sum, count: this.#count };
  }
}
