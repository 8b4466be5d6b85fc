/**
 * The content of one exchange as the vault keeps it: encrypted under a data key of its own, which the vault key wraps. Both are bound to the
 * exchange's id, so that neither can pass for another's.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import { OPENING_BYTES } from '../../receipt/opening.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The length of a wrapped data key. */
export const WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
/** Stands for the length of a response that does not exist. */
const NO_RESPONSE = 0xffffffff;

export interface SealedContent {
  /** The data key, wrapped: whoever destroys it has destroyed the content. */
  readonly wrapped: Buffer;
  readonly sealed: Buffer;
}

/** `key`: the vault key, 32 bytes. */
export function sealContent(key: Uint8Array, exchange: string, content: ExchangeContent): SealedContent {
  const dataKey = randomBytes(KEY_BYTES);
  const wrapped = encrypt(key, [dataKey], exchange);
  const sealed = encrypt(dataKey, frame(content), exchange);
  dataKey.fill(0);
  return { wrapped, sealed };
}

/** Throws when anything of it is not what {@link sealContent} wrote for this exchange under this key. */
export function openContent(
  key: Uint8Array,
  exchange: string,
  { wrapped, sealed }: SealedContent,
): ExchangeContent {
  return unframe(decrypt(decrypt(key, wrapped, exchange), sealed, exchange));
}

/** `nonce ‖ ciphertext ‖ tag`, bound to the exchange. A data key encrypts once, and a random nonce cannot repeat for the vault key. */
function encrypt(key: Uint8Array, parts: readonly Uint8Array[], exchange: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(`countersign-vault-v1 ${exchange}`));
  return Buffer.concat([
    nonce,
    ...parts.map(part => cipher.update(part)),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

function decrypt(key: Uint8Array, sealed: Buffer, exchange: string): Buffer {
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(`countersign-vault-v1 ${exchange}`));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const body = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  return Buffer.concat([body, decipher.final()]);
}

/** `opening ‖ u32be request length ‖ u32be response length ‖ request ‖ response ‖ what the upstream sent, if that is another`. */
function frame({ opening, request, response, received }: ExchangeContent): Uint8Array[] {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(request.length, 0);
  lengths.writeUInt32BE(response?.length ?? NO_RESPONSE, 4);
  return [opening, lengths, request, response ?? new Uint8Array(), received ?? new Uint8Array()];
}

function unframe(bytes: Buffer): ExchangeContent {
  const requestStart = OPENING_BYTES + 8;
  const responseStart = requestStart + bytes.readUInt32BE(OPENING_BYTES);
  const length = bytes.readUInt32BE(OPENING_BYTES + 4);
  const responseEnd = responseStart + (length === NO_RESPONSE ? 0 : length);
  return {
    opening: bytes.subarray(0, OPENING_BYTES),
    request: bytes.subarray(requestStart, responseStart),
    response: length === NO_RESPONSE ? null : bytes.subarray(responseStart, responseEnd),
    received: bytes.length === responseEnd ? null : bytes.subarray(responseEnd),
  };
}
