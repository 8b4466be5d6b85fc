/**
 * The revocations of a house's log: all that it holds, found by their numbers; another one, logged; and those that concern a receipt, for its bundle.
 *
 * Log, archive and data folder are trusted. The log comes first: what it does not hold was never revoked, and whoever has to hear of one finds it there.
 */

import { type Fact, receiptFacts } from '../../../appraise/kept/facts.js';
import type { EvidenceTrust } from '../../../appraise/kept/material.js';
import { inForce, revokedOf } from '../../../appraise/revocations.js';
import type { KnownRevocation, Trust, TrustFile } from '../../../appraise/trust.js';
import { keyLabel } from '../../../note/key.js';
import { Failure } from '../../../reason.js';
import type { CarriedRevocation } from '../../../receipt/bundle.js';
import { readEntry, revocationKey } from '../../../receipt/entry.js';
import { envelopeBytes, seal } from '../../../receipt/envelope.js';
import type { Receipt } from '../../../receipt/receipt.js';
import { REVOCATION, type Revocation, revocationStatement } from '../../../receipt/revocation.js';
import { MAX_REVOCATIONS, REVOCATION_FIELDS } from '../../../receipt/revocation-words.js';
import { readStatement } from '../../../receipt/statement.js';
import type { TransparencyLog } from '../../../tree/log.js';
import type { EvidenceRecords } from '../../archive/evidence-records.js';
import { factsIn } from '../../archive/index-log.js';
import type { SigningKey } from '../../files/keys.js';
import { Recent } from '../../tiles/recent.js';

/** A revocation as its entry says it. */
export interface LoggedRevocation extends KnownRevocation {
  readonly sequence: number;
  readonly entry: number;
  /** Whether the key that has signed it counts there: a thief's number stays taken, and his word does not count. */
  readonly counts: boolean;
}

/** Whether an issuer's key counts at an index of the log. */
export type IssuerStanding = (label: string, index: number) => boolean;

export interface BookOptions {
  readonly log: Pick<TransparencyLog, 'find' | 'entry' | 'include' | 'prove'>;
  readonly issuer: SigningKey;
  readonly archive: EvidenceRecords;
  /** Roots other than the makers' own: for whoever has hardware of his own, and for tests. */
  readonly trust?: EvidenceTrust;
  readonly standing: IssuerStanding;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of all there are after each that is logged, before it is answered for. */
  readonly onLogged?: (all: readonly LoggedRevocation[]) => Promise<void>;
}

/** Pieces of evidence whose facts are remembered: that many exchanges go on under few. */
const REMEMBERED = 1024;

export class RevocationBook {
  readonly #options: BookOptions;
  /** With how many records of it the archive had. */
  readonly #facts = new Recent<{ readonly facts: readonly Fact[]; readonly records: number }>(REMEMBERED);
  #all: readonly LoggedRevocation[];
  /** One at a time, so that no number is given twice. */
  #running: Promise<unknown> = Promise.resolve();

  private constructor(options: BookOptions, all: readonly LoggedRevocation[]) {
    this.#options = options;
    this.#all = all;
  }

  /** Throws as the log does. */
  static async open(options: BookOptions): Promise<RevocationBook> {
    return new RevocationBook(options, await readRevocations(options.log, options.standing));
  }

  /** In the order of their numbers, also those that do not count. */
  get all(): readonly LoggedRevocation[] {
    return this.#all;
  }

  get counting(): readonly LoggedRevocation[] {
    return this.#all.filter(({ counts }) => counts);
  }

  /**
   * Logs it, and resolves when it is included. Throws, logging nothing, `revocation/since-future`, `revocation/repeated` or `revocation/full`; or
   * `log/unavailable`.
   */
  revoke(revocation: Revocation): Promise<LoggedRevocation> {
    const turn = this.#running.then(() => this.#revoke(revocation));
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  /** Under a number whose first entry is this one: by the first of each they are found, and another issuer of the log, or a thief, may have taken it. */
  async #revoke(revocation: Revocation): Promise<LoggedRevocation> {
    for (;;) {
      await this.#readOn();
      const logged = await this.#logged(revocation);
      if ((await this.#options.log.find(revocationKey(logged.sequence))) !== logged.entry) continue;
      this.#all = [...this.#all, logged];
      await this.#options.onLogged?.(this.#all);
      return logged;
    }
  }

  /** What others have revoked since. */
  async #readOn(): Promise<void> {
    const { log, standing } = this.#options;
    const more = await readRevocations(log, standing, this.#all.length);
    if (more.length > 0) this.#all = [...this.#all, ...more];
  }

  async #logged(revocation: Revocation): Promise<LoggedRevocation> {
    const { log, issuer, now } = this.#options;
    const decided = now();
    checkNews(revocation, this.counting, decided);
    const sequence = this.#all.length;
    // Those that do not count have used up their numbers as well, and no witness signs a log with a larger one.
    if (sequence >= MAX_REVOCATIONS) throw new Failure('revocation/full');
    const label = keyLabel(issuer.key);
    const statement = revocationStatement(revocation, label, decided, sequence);
    const entry = await log.include(envelopeBytes(seal(statement, label, issuer.signer)));
    return { revocation, decided, sequence, entry, counts: true };
  }

  /** What a bundle of that receipt carries: of each field the first of the log that concerns it. Throws as log and archive do. */
  async carriedBy(receipt: Receipt): Promise<readonly CarriedRevocation[]> {
    const { log, now } = this.#options;
    const known = inForce(this.counting, receipt, now());
    // Most receipts need no look at their evidence: nothing was revoked that could be behind it.
    if (known.length === 0) return [];
    const facts = await this.#factsOf(receipt, known);
    const carried: CarriedRevocation[] = [];
    for (const field of REVOCATION_FIELDS) {
      const found = revokedOf(
        facts,
        known.filter(({ revocation }) => revocation.field === field),
      );
      const proof = found?.entry == null ? null : await log.prove(found.entry);
      if (found?.entry != null && proof !== null)
        carried.push({ envelope: readEntry(await log.entry(found.entry)), proof });
    }
    return carried;
  }

  async #factsOf(receipt: Receipt, known: readonly KnownRevocation[]): Promise<readonly Fact[]> {
    const isOfEvidence = known.some(({ revocation }) => revocation.field !== 'model');
    const ofEvidence = new Map<string, readonly Fact[]>();
    for (const { signedDigest } of isOfEvidence ? receipt.evidence : [])
      ofEvidence.set(signedDigest, await this.#factsIn(signedDigest));
    return receiptFacts(receipt, digest => ofEvidence.get(digest) ?? []);
  }

  async #factsIn(signedDigest: string): Promise<readonly Fact[]> {
    const known = this.#facts.get(signedDigest);
    if (known !== undefined && known.facts.length > 0) return known.facts;
    const { archive, trust } = this.#options;
    // Evidence that is not in the archive yet may come; what was refused is not judged again for everybody who asks.
    const records = (await archive.find(signedDigest)).records.length;
    if (known?.records === records) return known.facts;
    const facts = await factsIn(archive, signedDigest, trust);
    this.#facts.set(signedDigest, { facts, records });
    return facts;
  }
}

/** Whether something can be revoked, given all that is. Throws `revocation/since-future`, `revocation/repeated` or `revocation/full`. */
export function checkNews(revocation: Revocation, all: readonly KnownRevocation[], now: number): void {
  const { field, value, since } = revocation;
  if ((since ?? 0) > now) throw new Failure('revocation/since-future');
  const known = all.find(
    ({ revocation: other }) =>
      other.field === field &&
      other.value === value &&
      (other.since === null || (since !== null && other.since <= since)),
  );
  if (known !== undefined) throw new Failure('revocation/repeated', { detail: `entry ${known.entry}` });
  if (all.length >= MAX_REVOCATIONS) throw new Failure('revocation/full');
}

/** All that the log holds from a number on, in the order of their numbers. */
export async function readRevocations(
  log: Pick<TransparencyLog, 'find' | 'entry'>,
  standing: IssuerStanding,
  from = 0,
): Promise<readonly LoggedRevocation[]> {
  const all: LoggedRevocation[] = [];
  for (;;) {
    const entry = await log.find(revocationKey(from + all.length));
    if (entry === null) return all;
    const { predicate } = readStatement(REVOCATION, readEntry(await log.entry(entry)));
    const { revocation, decided, sequence, issuer } = predicate;
    all.push({ revocation, decided, sequence, entry, counts: standing(issuer, entry) });
  }
}

/** How issuers' keys stand, as a trust file has it. */
export function standingIn({ issuers, retired }: Trust): IssuerStanding {
  const ends = new Map(
    retired.flatMap(({ role, key, until }) => (role === 'issuer' ? [[keyLabel(key), until] as const] : [])),
  );
  const labels = new Set(issuers.map(keyLabel));
  return (label, index) => labels.has(label) || index < (ends.get(label) ?? 0);
}

/** As a trust file lists them: those that count. */
export function listedRevocations(all: readonly LoggedRevocation[]): NonNullable<TrustFile['revocations']> {
  return all
    .filter(({ counts }) => counts)
    .map(({ revocation: { field, value, reason, since }, decided, entry }) => ({
      ...{ field, value, reason, decided },
      ...(since === null ? {} : { since }),
      entry,
    }));
}
