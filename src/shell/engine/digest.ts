/**
 * The digest that names a model in receipts: the subject digest of the OpenSSF model-signing
 * specification, for a model whose files are each hashed whole with SHA-256.
 */

import { createHash } from 'node:crypto';

/** A file's path below the model's folder, with `/` between names, and its bytes. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * SHA-256 over the files' raw SHA-256 digests, in the order of their paths, as hexadecimal.
 *
 * Paths are compared by code point, name by name, so `a/b` comes before `a.txt`. Paths do not enter the
 * digest itself: the in-toto statement lists them beside it.
 */
export function subjectDigest(files: readonly ModelFile[]): string {
  const inOrder = [...files].sort((one, other) => comparePaths(one.path, other.path));
  const total = createHash('sha256');
  for (const file of inOrder) total.update(createHash('sha256').update(file.bytes).digest());
  return total.digest('hex');
}

function comparePaths(one: string, other: string): number {
  const names = one.split('/');
  const otherNames = other.split('/');
  for (const [depth, name] of names.entries()) {
    const otherName = otherNames[depth];
    if (otherName === undefined) return 1;
    // UTF-8 bytes sort as code points do; comparing strings directly would sort UTF-16 units.
    const order = Buffer.compare(Buffer.from(name), Buffer.from(otherName));
    if (order !== 0) return order;
  }
  return names.length - otherNames.length;
}
