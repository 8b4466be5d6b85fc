/** Series of one metric by the values of their labels, bounded: what comes beyond is counted together, so that no stranger can fill the memory. */

const MOST_SERIES = 1000;
const OTHER = 'other';

export interface Series<Value> {
  readonly labels: readonly string[];
  value: Value;
}

export class SeriesByLabels<Value> {
  readonly #begin: () => Value;
  readonly #all: Series<Value>[] = [];
  readonly #root = new Branch<Value>();

  constructor(begin: () => Value) {
    this.#begin = begin;
  }

  of(labels: readonly string[]): Series<Value> {
    const known = this.#root.find(labels);
    if (known !== null) return known;
    if (this.#all.length >= MOST_SERIES && !labels.every(label => label === OTHER))
      return this.of(labels.map(() => OTHER));
    const series = { labels, value: this.#begin() };
    this.#all.push(series);
    this.#root.put(labels, series);
    return series;
  }

  get all(): readonly Series<Value>[] {
    return this.#all;
  }
}

/**
 * The series whose first labels are the same, by the next one. Each label is looked up as it is: on the path of every request, a text put together of all of
 * them would cost more than what is counted.
 */
class Branch<Value> {
  readonly #next = new Map<string, Branch<Value>>();
  #series: Series<Value> | null = null;

  find(labels: readonly string[]): Series<Value> | null {
    let branch: Branch<Value> | undefined = this;
    for (let at = 0; at < labels.length && branch !== undefined; at++)
      branch = branch.#next.get(labels[at] as string);
    return branch === undefined ? null : branch.#series;
  }

  put(labels: readonly string[], series: Series<Value>): void {
    let branch: Branch<Value> = this;
    for (const label of labels) {
      let next = branch.#next.get(label);
      if (next === undefined) {
        next = new Branch();
        branch.#next.set(label, next);
      }
      branch = next;
    }
    branch.#series = series;
  }
}
