/**
 * Virtual keys: what an operator gives to those who may ask his gateway, in place of his own keys at the providers.
 *
 * A key is 256 random bits, shown once. What is kept of it is its SHA-256, by which it is found: of a value that nobody can choose or guess there is
 * nothing to learn from how long the search takes.
 */
import * as v from 'valibot';
import { fromBase64Url, toBase64Url } from '../bytes/base64.js';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { Hash, Identifier, Time } from '../receipt/shapes.js';
import { LimitSchema } from './limit.js';

export const SECRET_BYTES = 32;
/** Those who look for leaked secrets know a key by how it begins. */
const PREFIX = 'csk-';

/** A name for people: of a key or a team. */
export const HolderName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$/));
/** A model as clients name it, in which `*` stands for anything. */
export const ModelPattern = v.pipe(v.string(), v.regex(/^[A-Za-z0-9*][A-Za-z0-9._:/@*-]{0,127}$/));

/** No two of one measure and period: they would be the same count. */
const Limits = v.pipe(
  v.array(LimitSchema),
  v.maxLength(12),
  v.check(limits => isEachOnce(limits.map(({ measure, per }) => `${measure}/${per}`))),
);

const VirtualKeySchema = v.strictObject({
  created: Time,
  /** When it stops to be taken; null for never. */
  expires: v.nullable(Time),
  id: Identifier,
  limits: Limits,
  models: v.pipe(v.array(ModelPattern), v.minLength(1), v.maxLength(100)),
  name: HolderName,
  revoked: v.nullable(Time),
  /** The newest first; an older one is taken until its time is over. */
  secrets: v.pipe(
    v.array(v.strictObject({ digest: Hash, until: v.nullable(Time) })),
    v.minLength(1),
    v.maxLength(2),
  ),
  team: v.nullable(HolderName),
});
export type VirtualKey = v.InferOutput<typeof VirtualKeySchema>;

const KeyFile = v.strictObject({
  keys: v.pipe(
    v.array(VirtualKeySchema),
    v.maxLength(100_000),
    v.check(list => isEachOnce(list.map(({ name }) => name))),
    v.check(keys => isEachOnce(keys.map(({ id }) => id))),
    v.check(keys => isEachOnce(keys.flatMap(({ secrets }) => secrets.map(({ digest }) => digest)))),
  ),
  /** What all keys together may have of the models that a pattern matches. */
  models: v.pipe(
    v.array(v.strictObject({ limits: Limits, name: ModelPattern })),
    v.maxLength(1000),
    v.check(list => isEachOnce(list.map(({ name }) => name))),
  ),
  /** What all keys of a team together may have. */
  teams: v.pipe(
    v.array(v.strictObject({ limits: Limits, name: HolderName })),
    v.maxLength(10_000),
    v.check(list => isEachOnce(list.map(({ name }) => name))),
  ),
});
export type KeyFile = v.InferOutput<typeof KeyFile>;

export const NO_KEYS: KeyFile = { keys: [], models: [], teams: [] };

export function formatKeyFile(file: KeyFile): Uint8Array {
  return canonicalize(file as Json);
}

/** Reads what {@link formatKeyFile} writes, and nothing else. Throws `access/file-malformed`, naming the member. */
export function parseKeyFile(bytes: Uint8Array): KeyFile {
  let value: Json;
  try {
    value = parseCanonical(bytes);
  } catch (error) {
    throw new Failure('access/file-malformed', {
      detail: error instanceof Failure ? error.code : 'unreadable',
    });
  }
  const parsed = v.safeParse(KeyFile, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  throw new Failure('access/file-malformed', { field: v.getDotPath(parsed.issues[0]) ?? 'the file' });
}

/** The text of a key with these 32 random bytes: the only time that it is seen. */
export function formatSecret(bytes: Uint8Array): string {
  return PREFIX + toBase64Url(bytes);
}

/** Under which a key is kept; null for a text that is none. */
export function secretDigest(text: string): string | null {
  if (text.length > 64 || !text.startsWith(PREFIX)) return null;
  if (fromBase64Url(text.slice(PREFIX.length))?.length !== SECRET_BYTES) return null;
  return toHex(sha256(utf8(text)));
}

function isEachOnce(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
