/** What can be done with a gateway's virtual keys, whoever asks for it: the command line, or the admin API. */
import { toBase32 } from '../../bytes/base32.js';
import { withNewKey, withNewSecret, withoutKey } from '../../economy/key-changes.js';
import { formatLimit, type Limit } from '../../economy/limit.js';
import {
  formatSecret,
  type KeyFile,
  SECRET_BYTES,
  secretDigest,
  type VirtualKey,
} from '../../economy/virtual-key.js';
import { Failure } from '../../reason.js';
import { changeKeyFile } from '../access/key-file.js';
import { randomBytes } from '../random.js';

export interface KeyWish {
  readonly name: string;
  readonly team: string | null;
  /** All where there is none. */
  readonly models: readonly string[];
  readonly limits: readonly Limit[];
  /** Milliseconds since 1970; null for never. */
  readonly expires: number | null;
}

/** A file of keys as it was left, and the secret that was made for one of them: the only time that it is seen. */
export interface NewSecret {
  readonly file: KeyFile;
  readonly secret: string;
}

/** `folder`: that of the keys. Throws `access/name-taken`, or as `changeKeyFile` does. */
export async function createKey(folder: string, wish: KeyWish): Promise<NewSecret> {
  const { secret, digest } = newSecret();
  const models = wish.models.length === 0 ? ['*'] : wish.models;
  const made = { ...wish, models, id: toBase32(randomBytes(16)), digest };
  const file = await changeKeyFile(folder, present => withNewKey(present, made, Date.now()));
  if (file === null) throw new Failure('access/name-taken', { field: 'name' });
  return { file, secret };
}

/** Both secrets are taken for `overlap` milliseconds. Throws `access/name-unknown`, or as `changeKeyFile` does. */
export async function rotateKey(folder: string, which: string, overlap: number): Promise<NewSecret> {
  const { secret, digest } = newSecret();
  const change = (present: KeyFile) => withNewSecret(present, which, digest, overlap, Date.now());
  return { file: known(await changeKeyFile(folder, change)), secret };
}

/** Throws `access/name-unknown`, or as `changeKeyFile` does. */
export async function revokeKey(folder: string, which: string): Promise<KeyFile> {
  return known(await changeKeyFile(folder, present => withoutKey(present, which, Date.now())));
}

function known(file: KeyFile | null): KeyFile {
  if (file === null) throw new Failure('access/name-unknown');
  return file;
}

function newSecret(): { readonly secret: string; readonly digest: string } {
  const secret = formatSecret(randomBytes(SECRET_BYTES));
  return { secret, digest: secretDigest(secret) as string };
}

/** All of a file that may be shown: never the keys themselves, nor their digests. */
export function fileSummary({ keys, teams, models }: KeyFile) {
  const shared = (list: KeyFile['teams' | 'models']) =>
    list.map(({ name, limits }) => ({ name, limits: limits.map(formatLimit) }));
  return { keys: keys.map(keySummary), teams: shared(teams), models: shared(models) };
}

export function keySummary({
  created,
  expires,
  id,
  limits,
  models,
  name,
  revoked,
  secrets,
  team,
}: VirtualKey) {
  const formerUntil = secrets[1]?.until ?? null;
  return { id, name, team, models, limits: limits.map(formatLimit), created, expires, revoked, formerUntil };
}
