/**
 * The archive: evidence in files named by the digest of their bytes.
 *
 * The folder's contents are not trusted: what is read is hashed again, so that whoever can write there can lose evidence but not change it.
 */
import { hash } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../reason.js';
import type { EvidenceArchive } from '../../receipt/evidence-archive.js';

export class Archive implements EvidenceArchive {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  put(digest: string, bytes: Uint8Array): void {
    const { folder, path } = this.#place(digest);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Renamed into its place, so that what a crash has cut off is never found there.
      const draft = `${path}.new`;
      writeFileSync(draft, bytes, { mode: 0o600 });
      renameSync(draft, path);
    } catch (error) {
      throw new Failure('archive/unavailable', {
        detail: (error as NodeJS.ErrnoException).code ?? 'unknown',
      });
    }
  }

  /** @param limit the most bytes that there can be under this digest; more are not read */
  get(digest: string, limit = Number.POSITIVE_INFINITY): Uint8Array {
    const { path } = this.#place(digest);
    let bytes: Uint8Array | null;
    try {
      bytes = readBounded(path, limit);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') throw new Failure('archive/unknown');
      throw new Failure('archive/unavailable', { detail: code ?? 'unknown' });
    }
    if (bytes === null || hash('sha256', bytes, 'hex') !== digest) throw new Failure('archive/corrupt');
    return bytes;
  }

  /** The first two digits spread the files over 256 folders. */
  #place(digest: string): { readonly folder: string; readonly path: string } {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new Failure('archive/unknown');
    const folder = join(this.#folder, digest.slice(0, 2));
    return { folder, path: join(folder, digest) };
  }
}

/** What is in a file, or null where that is more than `limit` bytes. Throws what the file system does. */
export function readBounded(path: string, limit: number): Uint8Array | null {
  const file = openSync(path, 'r');
  try {
    return fstatSync(file).size > limit ? null : readFileSync(file);
  } finally {
    closeSync(file);
  }
}
