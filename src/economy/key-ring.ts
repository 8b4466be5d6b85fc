/** The virtual keys in force: who holds the key that a client has shown, and which limits bind it. */
import { wildcard } from '../exchange/wildcard.js';
import { Failure } from '../reason.js';
import type { Account } from './budgets.js';
import { type KeyFile, secretDigest, type VirtualKey } from './virtual-key.js';

export class KeyRing {
  readonly #file: KeyFile;
  readonly #bySecret = new Map<string, { readonly key: VirtualKey; readonly until: number | null }>();
  readonly #teams: ReadonlyMap<string, KeyFile['teams'][number]>;

  constructor(file: KeyFile) {
    this.#file = file;
    for (const key of file.keys)
      for (const { digest, until } of key.secrets) this.#bySecret.set(digest, { key, until });
    this.#teams = new Map(file.teams.map(team => [team.name, team]));
  }

  /** Whether there has ever been a key: from then on requests need one. */
  get isNeeded(): boolean {
    return this.#file.keys.length > 0;
  }

  /**
   * The key that a client has shown. Throws `access/key-missing`, `access/key-unknown`, `access/key-expired` or `access/key-revoked`. `now`: milliseconds.
   */
  find(shown: string | null, now: number): VirtualKey {
    if (shown === null || shown === '') throw new Failure('access/key-missing');
    const digest = secretDigest(shown);
    const found = digest === null ? undefined : this.#bySecret.get(digest);
    if (found === undefined) throw new Failure('access/key-unknown');
    const { key, until } = found;
    if (key.revoked !== null) throw new Failure('access/key-revoked');
    const ends = Math.min(key.expires ?? Number.POSITIVE_INFINITY, until ?? Number.POSITIVE_INFINITY);
    if (now >= ends) throw new Failure('access/key-expired');
    return key;
  }

  /**
   * All limits that bind a request of this key, for a model by all its names: as the client named it, and as each upstream may be asked for it, with
   * the upstream in front and without. No limit of a model is passed by another name of it.
   */
  accounts({ id, limits, team }: VirtualKey, names: readonly string[]): Account[] {
    const teamLimits = team === null ? [] : (this.#teams.get(team)?.limits ?? []);
    return [
      ...limits.map(limit => ({ owner: `key/${id}`, limit })),
      ...teamLimits.map(limit => ({ owner: `team/${team}`, limit })),
      ...this.#file.models
        .filter(({ name: pattern }) => names.some(wildcard(pattern)))
        .flatMap(({ name, limits }) => limits.map(limit => ({ owner: `model/${name}`, limit }))),
    ];
  }
}

/** Whether a key may ask for a model, as the client names it; the empty string where it names none. */
export function mayAsk({ models }: VirtualKey, model: string): boolean {
  return models.some(pattern => wildcard(pattern)(model));
}
