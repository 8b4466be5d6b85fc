/**
 * The content of one exchange as the vault keeps it: encrypted under a data key of its own, which comes of the vault key and of a random seed.
 * Neither gives it away alone, so that whoever destroys the seed has destroyed the content, even for those who have the vault key.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { hmacSha256 } from '../../bytes/cryptography.js';
import { concat, utf8 } from '../../bytes/octets.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import { randomBytes } from '../random.js';
import { frame, framedBytes, frameParts, unframe } from './content-frame.js';

const CIPHER = 'aes-256-gcm';
/** The length of a seed. */
export const SEED_BYTES = 32;
/** A data key encrypts once, so that the nonce can be the same for all. */
const NONCE = new Uint8Array(12);
const TAG_BYTES = 16;
/** What a data key is for, so that the vault key makes no other keys by the same way. */
const PURPOSE = utf8('countersign-vault-v2 ');

/** As it is kept. */
export interface SealedContent {
  readonly seed: Uint8Array;
  /** `ciphertext ‖ tag`. */
  readonly sealed: Buffer;
}

/** A content on its way to where it is kept. */
export interface ContentToKeep {
  readonly seed: Uint8Array;
  /** Of what {@link parts} are together: `ciphertext ‖ tag`. */
  readonly length: number;
  /** Made one after another while they are read, once: a large content never stands in memory encrypted. */
  readonly parts: Iterable<Uint8Array>;
}

/** What is encrypted at a time. */
const PART_BYTES = 1 << 18;

/** `key`: the vault key, 32 bytes. */
export function sealContent(key: Uint8Array, exchange: string, content: ExchangeContent): ContentToKeep {
  const seed = randomBytes(SEED_BYTES);
  const length = framedBytes(content) + TAG_BYTES;
  return { seed, length, parts: encrypted(dataKeyOf(key, exchange, seed), content) };
}

function* encrypted(dataKey: Uint8Array, content: ExchangeContent): Generator<Uint8Array> {
  const cipher = createCipheriv(CIPHER, dataKey, NONCE, { authTagLength: TAG_BYTES });
  dataKey.fill(0);
  if (framedBytes(content) <= PART_BYTES) {
    const body = cipher.update(frame(content));
    cipher.final();
    yield Buffer.concat([body, cipher.getAuthTag()]);
    return;
  }
  for (const piece of frameParts(content))
    for (let at = 0; at < piece.length; at += PART_BYTES)
      yield cipher.update(piece.subarray(at, at + PART_BYTES));
  cipher.final();
  yield cipher.getAuthTag();
}

/** Throws when anything of it is not what {@link sealContent} wrote for this exchange under this key. */
export function openContent(
  key: Uint8Array,
  exchange: string,
  { seed, sealed }: SealedContent,
): ExchangeContent {
  const dataKey = dataKeyOf(key, exchange, seed);
  const decipher = createDecipheriv(CIPHER, dataKey, NONCE, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const body = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  decipher.final();
  dataKey.fill(0);
  return unframe(body);
}

/** `HMAC-SHA-256(vault key, purpose ‖ exchange ‖ seed)`: another for every exchange, so that no content can pass for another's. */
function dataKeyOf(key: Uint8Array, exchange: string, seed: Uint8Array): Uint8Array {
  return hmacSha256(key, concat(PURPOSE, utf8(exchange), seed));
}
