/**
 * Files that hold a private key: one line `PRIVATE+KEY+<name>+<hex key id>+base64(<type> ‖ <seed>)`, as Go's `note` package writes it,
 * readable by their owner alone. An existing key is never written over: whoever loses a log's key loses the log.
 *
 * Trusted: the owner of the file and the administrator. Not trusted: every other user of the machine.
 */
import { randomBytes } from 'node:crypto';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import type { Signer } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { concat } from '../../bytes/octets.js';
import { isKeyName, KEY_TYPE, type KeyType, type VerifierKey, verifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { mlDsaSignerFromSeed, signerFromSeed } from '../node.js';
import { createPrivate, readPrivate } from './private-file.js';

export interface SigningKey {
  readonly key: VerifierKey;
  readonly signer: Signer;
}

/** The name of a key, or how it follows from the public key. */
export type KeyNaming = string | ((publicKey: Uint8Array) => string);

/** Of Ed25519 (RFC 8032 §5.1.5) as of ML-DSA-44 (FIPS 204, algorithm 6). */
const SEED_BYTES = 32;
const PREFIX = 'PRIVATE+KEY';

/**
 * The key in a file, which is made, durably, when there is none. Its folder must exist.
 *
 * Throws `data/key-exposed` when others may read the file, and `data/key-malformed` for anything that this function would not have
 * written for that name and type.
 *
 * @param random gives that many random bytes; for tests
 */
export async function openSigningKey(
  path: string,
  naming: KeyNaming,
  type: KeyType,
  random: (count: number) => Uint8Array = randomBytes,
): Promise<SigningKey> {
  const existing = await readPrivate(path);
  if (existing !== null) return parsePrivateKey(existing, naming, type, path);
  const seed = random(SEED_BYTES);
  const made = signingKey(seed, naming, type);
  if (await createPrivate(path, formatPrivateKey(seed, made.key))) return made;
  // Somebody else made one in the meantime, and theirs counts.
  const theirs = await readPrivate(path);
  if (theirs === null) throw new Failure('data/key-malformed', { field: path, detail: 'a link to nothing' });
  return parsePrivateKey(theirs, naming, type, path);
}

/** The key in a file, under whichever name it has; null when there is no file. Throws as {@link openSigningKey} does. */
export async function readSigningKey(path: string, type: KeyType): Promise<SigningKey | null> {
  const text = await readPrivate(path);
  if (text === null) return null;
  const name = text.split('+')[2] ?? '';
  if (!isKeyName(name)) throw new Failure('data/key-malformed', { field: path });
  return parsePrivateKey(text, name, type, path);
}

function signingKey(seed: Uint8Array, naming: KeyNaming, type: KeyType): SigningKey {
  const signer = type === KEY_TYPE.mlDsaCosignature ? mlDsaSignerFromSeed(seed) : signerFromSeed(seed);
  const name = typeof naming === 'string' ? naming : naming(signer.publicKey);
  return { key: verifierKey(name, type, signer.publicKey), signer };
}

function formatPrivateKey(seed: Uint8Array, key: VerifierKey): string {
  return `${PREFIX}+${key.name}+${toHex(key.id)}+${toBase64(concat(Uint8Array.of(key.type), seed))}\n`;
}

/** Read by round trip: name, key id and type all have to be what they should. Failures never show what the file holds. */
function parsePrivateKey(text: string, naming: KeyNaming, type: KeyType, path: string): SigningKey {
  // The base64 part may itself contain `+`; a name may not, so the first four separate.
  const encoded = text.replace(/\n$/, '').split('+').slice(4).join('+');
  const bytes = fromBase64(encoded);
  if (bytes?.length !== 1 + SEED_BYTES) throw new Failure('data/key-malformed', { field: path });
  const seed = bytes.subarray(1);
  const result = signingKey(seed, naming, type);
  if (formatPrivateKey(seed, result.key) !== text) {
    throw new Failure('data/key-malformed', { field: path, detail: 'another name, key id or type' });
  }
  return result;
}
