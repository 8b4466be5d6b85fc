/**
 * What publishers of collateral have answered, in a folder, by address. It can be lost at any time and is then asked for again.
 *
 * Not trusted: the folder's contents. A damaged file is no answer, and what is in a whole one is signed by its publisher and checked by whoever uses it.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFolders, replaceFile } from '../files/durable.js';

export interface KeptAnswer {
  readonly body: Uint8Array;
  /** Those that its question has named, in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Unix seconds: when it came, and until when it counts as fresh. */
  readonly fetched: number;
  readonly expires: number;
}

/** A chip's certificate has an answer of its own, so that there can be many. */
const MAX_ANSWERS = 16_384;
const MAX_FILE_BYTES = 2 * 1024 * 1024;
/** The part that is removed when there are too many. */
const REMOVED = 1 / 4;

const Time = v.pipe(v.number(), v.safeInteger());
const Answer = v.strictObject({
  address: v.string(),
  body: v.string(),
  digest: v.string(),
  expires: Time,
  fetched: Time,
  headers: v.record(v.string(), v.string()),
});

export class KeptAnswers {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #limit: number;
  /** Files, as far as this process knows; null until it has looked. */
  #count: number | null = null;

  constructor(folder: string, disk: Disk = nodeDisk, limit = MAX_ANSWERS) {
    this.#folder = folder;
    this.#disk = disk;
    this.#limit = limit;
  }

  /** What is kept under an address, or null. Never rejects: what cannot be read is not there. */
  async get(address: string): Promise<KeptAnswer | null> {
    try {
      const path = this.#path(address);
      if ((await stat(path)).size > MAX_FILE_BYTES) return null;
      const bytes = await readFile(path);
      const kept = v.parse(Answer, parseCanonical(bytes));
      const body = fromBase64(kept.body);
      if (kept.address !== address || body === null || toHex(sha256(body)) !== kept.digest) return null;
      return { body, headers: kept.headers, fetched: kept.fetched, expires: kept.expires };
    } catch {
      return null;
    }
  }

  /** Keeps an answer. Rejects with `archive/unavailable`, and then what was kept before may be there or not. */
  async put(address: string, { body, headers, fetched, expires }: KeptAnswer): Promise<void> {
    const digest = toHex(sha256(body));
    const bytes = canonicalize({
      address,
      body: toBase64(body),
      digest,
      expires,
      fetched,
      headers: { ...headers },
    });
    try {
      makeFolders(this.#folder, this.#disk);
      await this.#makeRoom();
      replaceFile(this.#path(address), bytes, this.#disk);
    } catch (error) {
      throw new Failure('archive/unavailable', {
        field: 'collateral',
        detail: String((error as { code?: string }).code),
      });
    }
  }

  async #makeRoom(): Promise<void> {
    this.#count = this.#count === null ? (await readdir(this.#folder)).length : this.#count + 1;
    if (this.#count < this.#limit) return;
    const files = await Promise.all(
      (await readdir(this.#folder)).map(async name => {
        const path = join(this.#folder, name);
        return {
          path,
          written: await stat(path).then(
            ({ mtimeMs }) => mtimeMs,
            () => 0,
          ),
        };
      }),
    );
    files.sort((a, b) => a.written - b.written);
    for (const { path } of files.slice(0, Math.ceil(files.length * REMOVED))) this.#disk.remove(path);
    this.#count = (await readdir(this.#folder)).length;
  }

  #path(address: string): string {
    return join(this.#folder, `${toHex(sha256(utf8(address)))}.json`);
  }
}
