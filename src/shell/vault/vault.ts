/**
 * The vault: what was asked and answered, and the openings, each exchange encrypted by itself.
 *
 * The folder's contents are not trusted: whoever can write there can destroy content but not change or swap it, since all of it is
 * authenticated together with its exchange's id. The vault key is trusted; whoever reads it can read everything. Each exchange has a data
 * key of its own, wrapped by the vault key and kept in the exchange's slot, so that overwriting those sixty bytes erases the content, backups
 * aside.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fromBase32 } from '../../bytes/base32.js';
import { Failure } from '../../reason.js';
import type { ContentVault, ExchangeContent } from '../../receipt/content-vault.js';
import { OPENING_BYTES } from '../../receipt/opening.js';
import { type Disk, errorCode, nodeDisk } from '../files/disk.js';
import {
  findSlot,
  ID_BYTES,
  SEGMENT_LIMITS,
  type SegmentLimits,
  SegmentWriter,
  type Slot,
} from './segments.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Stands for the length of a response that does not exist. */
const NO_RESPONSE = 0xffffffff;

export class Vault implements ContentVault {
  readonly #folder: string;
  readonly #key: Uint8Array;
  readonly #writer: SegmentWriter;

  /** `key`: 32 bytes that wrap every data key. Nothing is made in the folder before something is put there. */
  constructor(
    folder: string,
    key: Uint8Array,
    disk: Disk = nodeDisk,
    limits: SegmentLimits = SEGMENT_LIMITS,
  ) {
    this.#folder = folder;
    this.#key = key;
    this.#writer = new SegmentWriter(folder, disk, limits);
  }

  /** Ids are drawn at random, so that none comes twice; were one put again, either content would be what comes out. */
  put(exchange: string, content: ExchangeContent): void {
    const id = idOf(exchange);
    // The data key, and a nonce for either use of a key: drawing costs by the call.
    const random = randomBytes(KEY_BYTES + 2 * NONCE_BYTES);
    const dataKey = random.subarray(0, KEY_BYTES);
    const nonce = random.subarray(KEY_BYTES, KEY_BYTES + NONCE_BYTES);
    const wrapped = encrypt(this.#key, nonce, dataKey, exchange);
    const plain = Buffer.concat(frame(content));
    const sealed = encrypt(dataKey, random.subarray(KEY_BYTES + NONCE_BYTES), plain, exchange);
    dataKey.fill(0);
    try {
      this.#writer.append(id, wrapped, sealed);
    } catch (error) {
      throw unavailable(error);
    }
  }

  get(exchange: string): ExchangeContent {
    const id = idOf(exchange);
    try {
      const slot = findSlot(this.#folder, id);
      if (slot === null) throw new Failure('vault/unknown');
      const sealed = read(slot);
      return unframe(open(this.#key, slot.wrapped, sealed, exchange));
    } catch (error) {
      throw error instanceof Failure ? error : unavailable(error);
    }
  }

  close(): void {
    this.#writer.close();
  }
}

function idOf(exchange: string): Uint8Array {
  const id = fromBase32(exchange);
  if (id?.length !== ID_BYTES) throw new Failure('vault/unknown');
  return id;
}

function unavailable(error: unknown): Failure {
  return new Failure('vault/unavailable', { detail: errorCode(error) ?? 'unknown' });
}

/** What a slot points to. Throws `vault/corrupt` when that is not there. */
function read({ path, start, length }: Slot): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new Failure('vault/corrupt');
    throw error;
  }
  try {
    if (start + length > fstatSync(file).size) throw new Failure('vault/corrupt');
    const sealed = Buffer.allocUnsafe(length);
    for (let got = 0; got < length; ) {
      const count = readSync(file, sealed, got, length - got, start + got);
      if (count === 0) throw new Failure('vault/corrupt');
      got += count;
    }
    return sealed;
  } finally {
    closeSync(file);
  }
}

/** Throws `vault/corrupt`. */
function open(key: Uint8Array, wrapped: Uint8Array, sealed: Uint8Array, exchange: string): Buffer {
  try {
    return decrypt(decrypt(key, wrapped, exchange), sealed, exchange);
  } catch {
    throw new Failure('vault/corrupt');
  }
}

/** `nonce ‖ ciphertext ‖ tag`, bound to the exchange. A data key encrypts once, and a random nonce cannot repeat for the vault key. */
function encrypt(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, exchange: string): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(`countersign-vault-v1 ${exchange}`));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, sealed: Uint8Array, exchange: string): Buffer {
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(`countersign-vault-v1 ${exchange}`));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const body = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  return Buffer.concat([body, decipher.final()]);
}

/** `opening ‖ u32be request length ‖ u32be response length ‖ request ‖ response`. */
function frame({ opening, request, response }: ExchangeContent): Uint8Array[] {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(request.length, 0);
  lengths.writeUInt32BE(response?.length ?? NO_RESPONSE, 4);
  return [opening, lengths, request, response ?? new Uint8Array()];
}

function unframe(bytes: Buffer): ExchangeContent {
  const requestStart = OPENING_BYTES + 8;
  const responseStart = requestStart + bytes.readUInt32BE(OPENING_BYTES);
  const none = bytes.readUInt32BE(OPENING_BYTES + 4) === NO_RESPONSE;
  return {
    opening: bytes.subarray(0, OPENING_BYTES),
    request: bytes.subarray(requestStart, responseStart),
    response: none ? null : bytes.subarray(responseStart),
  };
}
