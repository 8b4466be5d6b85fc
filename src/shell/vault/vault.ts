/**
 * The vault: one encrypted file for each exchange.
 *
 * The folder's contents are not trusted: whoever can write there can destroy content but not change or swap it, since every file is
 * authenticated together with its exchange's id. The vault key is trusted; whoever reads it can read everything. Each exchange has a data
 * key of its own, wrapped by the vault key and kept in the file's first bytes, so that erasing those erases the content, backups aside.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../reason.js';
import type { ContentVault, ExchangeContent } from '../../receipt/content-vault.js';
import { OPENING_BYTES } from '../../receipt/opening.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The wrapped data key at the start of every file. */
const WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
/** All that is left of a file whose exchange was erased; shorter than anything that holds a key. */
const ERASED = Buffer.from('countersign-erased-v1\n');
/** As much as is overwritten at a time. */
const ZEROS = new Uint8Array(1 << 16);
/** Stands for the length of a response that does not exist. */
const NO_RESPONSE = 0xffffffff;

export class Vault implements ContentVault {
  readonly #folder: string;
  readonly #key: Uint8Array;
  readonly #madeFolders = new Set<string>();

  /** `key`: 32 bytes that wrap every data key. */
  constructor(folder: string, key: Uint8Array) {
    this.#folder = folder;
    this.#key = key;
  }

  put(exchange: string, content: ExchangeContent): void {
    const dataKey = randomBytes(KEY_BYTES);
    const wrapped = encrypt(this.#key, [dataKey], exchange);
    const sealed = encrypt(dataKey, frame(content), exchange);
    dataKey.fill(0);
    try {
      const path = this.#path(exchange);
      this.#makeFolder(dirname(path));
      const file = openSync(path, 'wx', 0o600);
      try {
        writeFully(file, Buffer.concat([wrapped, sealed]), 0);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw new Failure('vault/unavailable', { detail: (error as NodeJS.ErrnoException).code ?? 'unknown' });
    }
  }

  get(exchange: string): ExchangeContent {
    const path = this.#path(exchange);
    let file: Buffer;
    try {
      file = readFileSync(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') throw new Failure('vault/unknown');
      throw new Failure('vault/unavailable', { detail: code ?? 'unknown' });
    }
    if (file.equals(ERASED)) throw new Failure('vault/erased');
    try {
      const dataKey = decrypt(this.#key, file.subarray(0, WRAPPED_BYTES), exchange);
      return unframe(decrypt(dataKey, file.subarray(WRAPPED_BYTES), exchange));
    } catch {
      throw new Failure('vault/corrupt');
    }
  }

  /** What there is of an exchange. The content is not looked at: what is damaged can be erased as well. */
  state(exchange: string): 'kept' | 'erased' | 'unknown' {
    try {
      return readFileSync(this.#path(exchange)).equals(ERASED) ? 'erased' : 'kept';
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof Failure || code === 'ENOENT' || code === 'ENOTDIR') return 'unknown';
      throw new Failure('vault/unavailable', { detail: code ?? 'unknown' });
    }
  }

  /**
   * Destroys the data key of an exchange, and its content with it; erasing again changes nothing. When this returns, that survives a loss of power.
   * Every byte is overwritten before it is cut off, so that a file system that writes in place keeps none; what backups, snapshots or a disk's
   * own spare blocks hold is theirs. Throws `vault/unknown` or `vault/unavailable`.
   */
  erase(exchange: string): void {
    const path = this.#path(exchange);
    try {
      const file = openSync(path, 'r+');
      try {
        const { size } = fstatSync(file);
        for (let at = 0; at < size; at += ZEROS.length)
          writeFully(file, ZEROS.subarray(0, Math.min(ZEROS.length, size - at)), at);
        fsyncSync(file);
        ftruncateSync(file, 0);
        writeFully(file, ERASED, 0);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') throw new Failure('vault/unknown');
      throw new Failure('vault/unavailable', { detail: code ?? 'unknown' });
    }
  }

  /** Two characters of the id spread the files over 1,024 folders. */
  #path(exchange: string): string {
    if (!/^[a-z2-7]{26}$/.test(exchange)) throw new Failure('vault/unknown');
    return join(this.#folder, exchange.slice(0, 2), exchange);
  }

  #makeFolder(folder: string): void {
    if (this.#madeFolders.has(folder)) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#madeFolders.add(folder);
  }
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

function writeFully(file: number, bytes: Uint8Array, position: number): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(file, bytes, written, bytes.length - written, position + written);
}
