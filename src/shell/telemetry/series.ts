/** Series of one metric by the values of their labels, bounded: what comes beyond is counted together, so that no stranger can fill the memory. */

const MOST_SERIES = 1000;
const OTHER = 'other';

export interface Series<Value> {
  readonly labels: readonly string[];
  value: Value;
}

export class SeriesByLabels<Value> {
  readonly #begin: () => Value;
  readonly #all = new Map<string, Series<Value>>();

  constructor(begin: () => Value) {
    this.#begin = begin;
  }

  of(labels: readonly string[]): Series<Value> {
    const key = keyOf(labels);
    const known = this.#all.get(key);
    if (known !== undefined) return known;
    if (this.#all.size >= MOST_SERIES && !labels.every(label => label === OTHER))
      return this.of(labels.map(() => OTHER));
    const series = { labels, value: this.#begin() };
    this.#all.set(key, series);
    return series;
  }

  get all(): readonly Series<Value>[] {
    return [...this.#all.values()];
  }
}

/** What `join` would make of them; by a loop, because this is on the path of every request. */
function keyOf(labels: readonly string[]): string {
  let key = labels[0] ?? '';
  for (let at = 1; at < labels.length; at++) key += `\n${labels[at]}`;
  return key;
}
