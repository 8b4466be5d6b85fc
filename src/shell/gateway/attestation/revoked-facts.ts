/** What has been revoked that an upstream's evidence can rest on. It is told by whoever holds the log; until then nothing is revoked. */
import type { Fact } from '../../../appraise/kept/facts.js';
import { REVOKED } from '../../../appraise/revoked.js';
import type { KnownRevocation } from '../../../appraise/trust.js';
import type { ReasonCode } from '../../../reason.js';

export class RevokedFacts {
  #known: ReadonlyMap<string, KnownRevocation> = new Map();

  /** All there are from now on; what one of them says counts from the moment at which it is told. */
  replace(all: readonly KnownRevocation[]): void {
    const latestFirst = [...all].sort((a, b) => b.decided - a.decided);
    this.#known = new Map(
      latestFirst.map(each => [`${each.revocation.field} ${each.revocation.value}`, each]),
    );
  }

  /** The code of what was revoked first of these; null where nothing was. */
  of(facts: readonly Fact[]): ReasonCode | null {
    if (this.#known.size === 0) return null;
    const [first] = facts
      .flatMap(({ field, value }) => this.#known.get(`${field} ${value}`) ?? [])
      .sort((a, b) => a.decided - b.decided);
    return first === undefined ? null : REVOKED[first.revocation.field];
  }
}
