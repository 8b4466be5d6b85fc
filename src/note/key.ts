/** Verifier keys of signed notes: `<name>+<hex key id>+base64(<type> ‖ <key>)`. Source: C2SP signed-note, "Verifier keys". */
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { ML_DSA_44, sha256 } from '../bytes/cryptography.js';
import { isSoundPublicKey } from '../bytes/ed25519.js';
import { toHex } from '../bytes/hex.js';
import { concat, equal, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';

/** What a key signs. The byte is part of the key, so a key can never serve two purposes. */
export const KEY_TYPE = {
  /** Plain Ed25519 over the note's text. */
  ed25519: 0x01,
  /** Timestamped Ed25519 cosignature of a checkpoint (C2SP tlog-cosignature). */
  cosignature: 0x04,
  /** Timestamped ML-DSA-44 cosignature of a checkpoint or a part of its tree (C2SP tlog-cosignature). */
  mlDsaCosignature: 0x06,
} as const;

export type KeyType = (typeof KEY_TYPE)[keyof typeof KEY_TYPE];

export interface VerifierKey {
  readonly name: string;
  readonly type: KeyType;
  /** Four bytes that help to find the key; a hint, never proof of anything. */
  readonly id: Uint8Array;
  /** The raw public key: 32 bytes of Ed25519, 1,312 of ML-DSA-44. */
  readonly publicKey: Uint8Array;
}

const KEY_TYPES: readonly KeyType[] = Object.values(KEY_TYPE);

/** Whether a key signs checkpoints together with the time at which it did, as witnesses do. */
export function isCosignerType(type: KeyType): boolean {
  return type !== KEY_TYPE.ed25519;
}

/** A key name: not empty, no Unicode white space, no `+`, and no control character, which no note may hold. */
export function isKeyName(name: string): boolean {
  return name.length > 0 && name.isWellFormed() && !/[\p{White_Space}+\x00-\x1f]/u.test(name);
}

/** `SHA-256(name ‖ 0A ‖ type ‖ key)[:4]`. */
export function keyId(name: string, type: KeyType, publicKey: Uint8Array): Uint8Array {
  return sha256(concat(utf8(name), Uint8Array.of(0x0a, type), publicKey)).slice(0, 4);
}

export function verifierKey(name: string, type: KeyType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw new Failure('note/key-malformed', { field: 'name' });
  if (!isPublicKey(type, publicKey)) throw new Failure('note/key-malformed', { field: 'key' });
  return { name, type, id: keyId(name, type, publicKey), publicKey };
}

export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${toHex(key.id)}+${toBase64(concat(Uint8Array.of(key.type), key.publicKey))}`;
}

/** Throws `note/key-malformed` for anything that {@link formatVerifierKey} would not write, a wrong key id included. */
export function parseVerifierKey(text: string): VerifierKey {
  const [name, id, encoded] = splitKey(text);
  const bytes = fromBase64(encoded);
  const type = KEY_TYPES.find(known => known === bytes?.[0]);
  if (!bytes || type === undefined) throw new Failure('note/key-malformed', { field: 'key' });
  const publicKey = bytes.slice(1);
  // The cheap look first: judging the key itself takes a millisecond.
  if (toHex(keyId(name, type, publicKey)) !== id)
    throw new Failure('note/key-malformed', { field: 'key id' });
  return verifierKey(name, type, publicKey);
}

/** `<name>+<hex key id>`: how people and receipts refer to a key. */
export function keyLabel(key: VerifierKey): string {
  return `${key.name}+${toHex(key.id)}`;
}

export function sameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.name === b.name && a.type === b.type && equal(a.publicKey, b.publicKey);
}

/** The base64 part may itself contain `+`, so only the first two separate. */
function splitKey(text: string): [string, string, string] {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  if (first < 0 || second < 0) throw new Failure('note/key-malformed');
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

/** Any 1,312 bytes encode an ML-DSA-44 public key (FIPS 204, algorithm 23); of Ed25519's 32 bytes not all do. */
function isPublicKey(type: KeyType, publicKey: Uint8Array): boolean {
  return type === KEY_TYPE.mlDsaCosignature
    ? publicKey.length === ML_DSA_44.publicKeyBytes
    : isSoundPublicKey(publicKey);
}
