/** What an operator does with virtual keys: each makes another file of the one before. Times are milliseconds. */
import type { Limit } from './limit.js';
import type { KeyFile, VirtualKey } from './virtual-key.js';

/** What a new key is to be. */
export interface NewKey {
  /** 128 random bits in base32. */
  readonly id: string;
  readonly name: string;
  readonly team: string | null;
  readonly models: readonly string[];
  readonly limits: readonly Limit[];
  readonly expires: number | null;
  /** The digest of its secret. */
  readonly digest: string;
}

/** Null when there is a key of that name. */
export function withNewKey(file: KeyFile, { digest, ...key }: NewKey, now: number): KeyFile | null {
  if (file.keys.some(({ name }) => name === key.name)) return null;
  const made: VirtualKey = {
    ...{ ...key, models: [...key.models], limits: [...key.limits] },
    ...{ created: now, revoked: null, secrets: [{ digest, until: null }] },
  };
  return { ...file, keys: [...file.keys, made] };
}

/** Gives a key another secret; the one before is taken for `overlap` longer, and any before that no more. Null when there is no such key. */
export function withNewSecret(
  file: KeyFile,
  which: string,
  digest: string,
  overlap: number,
  now: number,
): KeyFile | null {
  return changed(file, which, key => {
    const [latest] = key.secrets;
    const former = latest === undefined || overlap === 0 ? [] : [{ ...latest, until: now + overlap }];
    return { ...key, secrets: [{ digest, until: null }, ...former] };
  });
}

/** Null when there is no such key. One that is revoked stays so, since when it was. */
export function withoutKey(file: KeyFile, which: string, now: number): KeyFile | null {
  return changed(file, which, key => ({ ...key, revoked: key.revoked ?? now }));
}

/** Puts limits in the place of those that there are; none takes them all away. Null when there is no such key. */
export function withKeyLimits(file: KeyFile, which: string, limits: readonly Limit[]): KeyFile | null {
  return changed(file, which, key => ({ ...key, limits: [...limits] }));
}

/** The same for a team, or for the models that a pattern matches. */
export function withSharedLimits(
  file: KeyFile,
  kind: 'teams' | 'models',
  name: string,
  limits: readonly Limit[],
): KeyFile {
  const others = file[kind].filter(shared => shared.name !== name);
  return { ...file, [kind]: limits.length === 0 ? others : [...others, { limits: [...limits], name }] };
}

/** By its name or its id; null where there is none. */
export function findKey({ keys }: KeyFile, which: string): VirtualKey | null {
  return keys.find(({ name, id }) => name === which || id === which) ?? null;
}

function changed(file: KeyFile, which: string, change: (key: VirtualKey) => VirtualKey): KeyFile | null {
  const found = findKey(file, which);
  if (found === null) return null;
  return { ...file, keys: file.keys.map(key => (key === found ? change(key) : key)) };
}
