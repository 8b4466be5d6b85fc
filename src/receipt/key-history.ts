/**
 * Which keys of a log's parties count where: a function of the keys with which they began and of the key changes in the log.
 *
 * The rules (spec/keys.md) are made against a thief. Whoever holds a stolen key can only end what it signs from now on: no entry by that
 * key reaches back, so nobody can make an older receipt fail. What a thief makes of the key (a successor of his own) falls with it when
 * the recovery key names the index of the theft. A key that has ended never comes back, in no role.
 */
import { equal } from '../bytes/octets.js';
import { keyLabel, sameKey, type VerifierKey } from '../note/key.js';
import { Failure } from '../reason-core.js';
import { envelopeIsSignedBy, parseEnvelope } from './envelope.js';
import { checkProofs, type KeyChange, type KeyRole, readKeyChange } from './key-change.js';

/**
 * Far more changes than any log has; it bounds what a hostile log can make a reader do. The recovery key may make as many again, so that
 * a thief who uses them up cannot lock the owner out.
 */
export const MAX_KEY_CHANGES = 1000;

export interface KeyInRole {
  readonly role: KeyRole;
  readonly key: VerifierKey;
}

export interface LoggedKeyChange extends KeyChange {
  /** Where it stands in the log. */
  readonly index: number;
}

/** How long a key counts. */
export interface Tenure extends KeyInRole {
  /** The first index at which it counts. */
  readonly since: number;
  /**
   * The index from which on it does not: what it signed counts for entries below it, and for checkpoints up to this size. 0 for a key
   * that a thief put in place. Null while it is in force.
   */
  readonly until: number | null;
  /** How it ended; null while it is in force. */
  readonly why: 'rotated' | 'revoked' | null;
  /**
   * The index from which on everybody could know that it had ended. Between `until` and this lies what was logged in good faith before
   * the theft was noticed. Null while it is in force.
   */
  readonly announced: number | null;
  /** The key in its place, null where there is none. */
  readonly successor: VerifierKey | null;
}

/** A tenure, and what decides whether it falls with the key that it followed. */
interface Link extends Tenure {
  readonly predecessor: VerifierKey | null;
  /** The issuer whose word let it in, where it followed no other. */
  readonly introducer: VerifierKey | null;
  /** Whether the recovery key put it in place. */
  readonly byRecovery: boolean;
}

export class KeyHistory {
  /** The log's origin. */
  readonly origin: string;
  /** In the order of the log. */
  readonly changes: readonly LoggedKeyChange[];
  readonly #links: readonly Link[];

  private constructor(origin: string, changes: readonly LoggedKeyChange[], links: readonly Link[]) {
    this.origin = origin;
    this.changes = changes;
    this.#links = links;
  }

  /** The history of a log in which no key has changed yet. */
  static begin(origin: string, initial: readonly KeyInRole[]): KeyHistory {
    const links = initial.map(({ role, key }) => newLink(role, key, 0, null, false));
    return new KeyHistory(origin, [], links);
  }

  /**
   * The history after an entry that is a key change, as whoever follows the log meets it. Everything about the entry is checked.
   *
   * Throws `json/…`, `envelope/…`, `key/change-malformed`, `key/proof-invalid`, `key/change-out-of-order` (a second entry with a
   * sequence number that has been used, above all), `key/signer-unknown`, `key/unknown`, `key/reused` or
   * `key/change-forbidden`. Then the entry changes nothing.
   */
  async after(index: number, entry: Uint8Array): Promise<KeyHistory> {
    const envelope = parseEnvelope(entry);
    const change = { ...readKeyChange(envelope), index };
    const signer = this.#check(change);
    if (!(await envelopeIsSignedBy(envelope, signer.publicKey)))
      throw new Failure('envelope/signature-invalid');
    await checkProofs(change);
    return new KeyHistory(this.origin, [...this.changes, change], applied(this.#links, change));
  }

  /** What the next key change has to say of its place in the chain. */
  get next(): { readonly sequence: number; readonly previous: string | null } {
    return { sequence: this.changes.length, previous: this.changes.at(-1)?.digest ?? null };
  }

  /** All keys that there are or were, in the order in which they came. */
  get tenures(): readonly Tenure[] {
    return this.#links;
  }

  /** The keys of a role that have not ended. */
  inForce(role: KeyRole): VerifierKey[] {
    return this.#links.flatMap(link => (link.role === role && link.until === null ? [link.key] : []));
  }

  /** The keys of a role whose word counts at an index of the log, as far as this history goes. */
  at(role: KeyRole, index: number): VerifierKey[] {
    return this.#links.flatMap(link => (link.role === role && counts(link, index) ? [link.key] : []));
  }

  /** The tenure of the key with that label, or null when the history does not know it. */
  tenure(label: string): Tenure | null {
    return this.#links.find(({ key }) => keyLabel(key) === label) ?? null;
  }

  /** Whether the change may follow; returns the key that has to have signed it. */
  #check(change: LoggedKeyChange): VerifierKey {
    const { sequence, previous, index, origin } = change;
    const last = this.changes.at(-1);
    if (origin !== this.origin) throw new Failure('key/change-malformed', { field: 'predicate.origin' });
    if (sequence !== this.next.sequence || previous !== this.next.previous || index <= (last?.index ?? -1))
      throw new Failure('key/change-out-of-order', { field: 'predicate.sequence' });
    const signer = this.#links.find(
      ({ role, key, until }) =>
        (role === 'issuer' || role === 'recovery') && until === null && keyLabel(key) === change.signer,
    );
    if (signer === undefined) throw new Failure('key/signer-unknown', { field: 'predicate.signer' });
    const most = signer.role === 'recovery' ? 2 * MAX_KEY_CHANGES : MAX_KEY_CHANGES;
    if (sequence >= most) throw new Failure('key/change-out-of-order', { detail: `more than ${most}` });
    this.#checkAction(change, signer.role === 'recovery');
    return signer.key;
  }

  #checkAction(change: LoggedKeyChange, byRecovery: boolean): void {
    const { action, role, key, successor, from, proofs, index } = change;
    if (action === 'add') {
      // There is one recovery key at a time; validators may be many.
      if (role === 'recovery' && this.#links.some(link => link.role === role))
        throw new Failure('key/change-forbidden', { field: role });
      this.#checkNew(key, 'predicate.key');
      return;
    }
    const link = this.#links.find(known => known.role === role && sameKey(known.key, key));
    if (link === undefined) throw new Failure('key/unknown', { field: 'predicate.key' });
    // Only the recovery key may look back, choose for others, or decide about a key that says nothing itself.
    const needsRecovery = from !== null || role === 'recovery' || (action === 'revoke' && successor !== null);
    if (!byRecovery && (needsRecovery || proofs.key === null)) throw new Failure('key/change-forbidden');
    if (role === 'recovery' && proofs.key === null) throw new Failure('key/change-forbidden');
    if (from !== null && from > index) throw new Failure('key/change-forbidden', { field: 'predicate.from' });
    if (link.until !== null && (action === 'rotate' || !byRecovery))
      throw new Failure('key/unknown', { field: 'predicate.key', detail: 'it has ended' });
    if (successor === null) return;
    this.#checkNew(successor, 'predicate.successor');
    const without = applied(this.#links, { ...change, successor: null });
    if (without.some(other => other.until === null && isDescendant(other, key, without)))
      throw new Failure('key/change-forbidden', { field: 'predicate.successor', detail: 'there is one' });
  }

  /** A public key comes once, whatever it was called: one that has ended cannot come back, and none has two roles. */
  #checkNew(key: VerifierKey, field: string): void {
    const label = keyLabel(key);
    if (this.#links.some(known => equal(known.key.publicKey, key.publicKey) || keyLabel(known.key) === label))
      throw new Failure('key/reused', { field });
  }
}

/** An entry of the log and its place. */
export interface LoggedEntry {
  readonly index: number;
  readonly entry: Uint8Array;
}

/**
 * The history of a log, from a way to find its key changes by their sequence (an entry is filed under `keyChangeKey(sequence)`). Throws
 * what {@link KeyHistory.after} throws: a log that keeps a key change which changes nothing is not one of ours.
 */
export async function readKeyHistory(
  beginning: KeyHistory,
  find: (sequence: number) => Promise<LoggedEntry | null>,
): Promise<KeyHistory> {
  let history = beginning;
  for (;;) {
    const found = await find(history.next.sequence);
    if (found === null) return history;
    history = await history.after(found.index, found.entry);
  }
}

/** The state after a change that may follow. */
function applied(links: readonly Link[], change: LoggedKeyChange): readonly Link[] {
  const { action, role, key, successor, from, index, signer } = change;
  const byRecovery = links.some(link => link.role === 'recovery' && keyLabel(link.key) === signer);
  if (action === 'add') {
    const introducer = links.find(link => link.role === 'issuer' && keyLabel(link.key) === signer)?.key;
    const added = newLink(role, key, index + 1, null, byRecovery);
    return [...links, role === 'validator' ? { ...added, introducer: introducer ?? null } : added];
  }
  const until = Math.min(from ?? index + 1, index + 1);
  const why = action === 'rotate' ? 'rotated' : 'revoked';
  const ended = links.map(link => (sameKey(link.key, key) ? end(link, until, why, index) : link));
  const standing = withoutFallen(ended, index);
  if (successor === null) return standing;
  const named = standing.map(link => (sameKey(link.key, key) ? { ...link, successor } : link));
  return [...named, newLink(role, successor, index + 1, key, byRecovery)];
}

/** A second end can only be an earlier one. */
function end(link: Link, until: number, why: 'rotated' | 'revoked', index: number): Link {
  if (link.until !== null && link.until <= until) return link;
  return { ...link, until, why, announced: link.announced ?? index + 1 };
}

/**
 * Ends, as if they had never been, the keys that were put in place by a key that no longer counted by then. Who puts a key in place comes
 * before it, so that one pass is enough.
 */
function withoutFallen(links: readonly Link[], index: number): readonly Link[] {
  const fallen: Link[] = [];
  for (const link of links) {
    const placedBy = link.predecessor ?? link.introducer;
    const before = fallen.find(({ key }) => placedBy !== null && sameKey(key, placedBy));
    const falls = before?.until != null && !link.byRecovery && link.since > before.until;
    fallen.push(falls ? { ...end(link, 0, 'revoked', index), successor: null } : link);
  }
  return fallen.map(link => {
    const next = fallen.find(({ key }) => link.successor !== null && sameKey(key, link.successor));
    return next?.until === 0 ? { ...link, successor: null } : link;
  });
}

function isDescendant(link: Link, ancestor: VerifierKey, links: readonly Link[]): boolean {
  for (let at: Link | undefined = link; at?.predecessor != null; ) {
    const { predecessor }: Link = at;
    if (sameKey(predecessor, ancestor)) return true;
    at = links.find(({ key }) => sameKey(key, predecessor));
  }
  return false;
}

function counts({ since, until }: Tenure, index: number): boolean {
  return since <= index && (until === null || index < until);
}

function newLink(
  role: KeyRole,
  key: VerifierKey,
  since: number,
  predecessor: VerifierKey | null,
  byRecovery: boolean,
): Link {
  return {
    role,
    key,
    since,
    until: null,
    why: null,
    announced: null,
    successor: null,
    predecessor,
    introducer: null,
    byRecovery,
  };
}

/**
 * The keys with which a log began, when only keys of some later time are known: those that no change has put in place. For the log's own
 * house, whose log holds no change that it did not accept; a stranger would have to know the first keys from elsewhere.
 */
export function initialKeys(known: readonly KeyInRole[], changes: readonly KeyChange[]): KeyInRole[] {
  const all = [...changes.map(({ role, key }) => ({ role, key })), ...known];
  const placed = changes.map(({ action, key, successor }) => (action === 'add' ? key : successor));
  return all.filter(
    ({ key }, at) =>
      !placed.some(other => other !== null && sameKey(other, key)) &&
      all.findIndex(other => sameKey(other.key, key)) === at,
  );
}
