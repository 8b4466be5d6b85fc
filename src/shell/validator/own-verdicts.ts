/** Finding one's own verdicts by the entries that they are about; the package that was looked at last is kept in memory. */
import type { VerdictPackage } from '../../appraise/verdict/verdict-package.js';
import type { Verdict } from '../../receipt/verdict.js';
import type { Packages } from './packages.js';

export class OwnVerdicts {
  readonly #packages: Packages;
  readonly #batches: number;
  #latest: VerdictPackage | null = null;

  /** @param batches how many there are */
  constructor(packages: Packages, batches: number) {
    this.#packages = packages;
    this.#batches = batches;
  }

  /** Null where there is none on that entry. */
  async on(index: number): Promise<Verdict | null> {
    const found = await this.#packageOf(index);
    return found?.verdicts.find(packed => packed.index === index)?.verdict ?? null;
  }

  /** The entries in a range on which there are verdicts. */
  async within(start: number, end: number): Promise<readonly number[]> {
    const found: number[] = [];
    for (let at = start; at < end; ) {
      const one = await this.#packageOf(at);
      if (one === null) break;
      found.push(...one.verdicts.map(({ index }) => index).filter(index => index >= start && index < end));
      at = Math.max(at + 1, one.batch.end);
    }
    return found;
  }

  /** The batch in whose range an entry is: ranges follow one another. */
  async #packageOf(index: number): Promise<VerdictPackage | null> {
    const isIn = (one: VerdictPackage | null) =>
      one !== null && index >= one.batch.start && index < one.batch.end;
    if (isIn(this.#latest)) return this.#latest;
    let [low, high] = [0, this.#batches];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const one = await this.#packages.read(middle);
      if (one === null) return null;
      this.#latest = one;
      if (isIn(one)) return one;
      if (index < one.batch.start) high = middle;
      else low = middle + 1;
    }
    return null;
  }
}
