/**
 * The manifest of a signed model: its files, each with its digest, and the digest of all, which is what receipts name a model by. Source: OpenSSF Model Signing 1.0, §5 and
 * §6.5.1. In which order the files stand is the signer's: the specification sorts whole paths, its first implementation name by name, and both are in use.
 */
import * as v from 'valibot';
import { sha256 } from '../../bytes/cryptography.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { concatAll } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { readMember } from '../foreign-json.js';
import type { ReleaseStatement } from './statement.js';

export const MODEL_PREDICATE = 'https://model_signing/signature/v1.0';

const MAX_RESOURCES = 16_384;
const DIGEST_BYTES = { sha256: 32, blake2b: 64, blake3: 32 } as const;
const Algorithm = v.picklist(['sha256', 'blake2b', 'blake3']);

const Manifest = v.object({
  resources: v.pipe(
    v.array(
      v.object({
        name: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
        digest: v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2}){32,64}$/)),
        algorithm: Algorithm,
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_RESOURCES),
  ),
  serialization: v.object({
    method: v.picklist(['files', 'shards']),
    hash_type: Algorithm,
    allow_symlinks: v.boolean(),
  }),
});

export interface SignedModel {
  /** As receipts have it in `model.digest`. */
  readonly digest: string;
  /** What its maker calls it: no more than a name. */
  readonly name: string;
  readonly files: number;
  /**
   * Whether each file was hashed whole with SHA-256. Otherwise the digest is another than that which a gateway of ours states of the very same files.
   */
  readonly asReceiptsHaveIt: boolean;
}

/**
 * Throws `release/manifest-malformed`, naming the member, or `release/manifest-differs` where the digest that is signed is not that of the files that are listed.
 */
export function readModelManifest({ subjects, predicate }: ReleaseStatement): SignedModel {
  const code = 'release/manifest-malformed';
  const [subject, ...more] = subjects;
  const stated = subject?.digest.get('sha256');
  if (subject === undefined || more.length > 0 || stated === undefined)
    throw new Failure(code, { field: 'subject', detail: 'it takes one, with a digest of SHA-256' });
  const { resources, serialization } = readMember(predicate, { code, schema: Manifest });
  const names = new Set(resources.map(({ name }) => name));
  if (names.size < resources.length) throw new Failure(code, { field: 'resources', detail: 'a name twice' });
  for (const [at, { name, digest, algorithm }] of resources.entries()) {
    const field = `resources.${at}`;
    if (algorithm !== serialization.hash_type || digest.length !== 2 * DIGEST_BYTES[algorithm])
      throw new Failure(code, { field, detail: `no digest of ${serialization.hash_type}` });
    if (!isRelative(name)) throw new Failure(code, { field, detail: 'no path below the model' });
  }
  const digest = toHex(sha256(concatAll(resources.map(each => fromHex(each.digest) as Uint8Array))));
  if (digest !== stated) throw new Failure('release/manifest-differs', { field: 'subject.0.digest.sha256' });
  return {
    digest,
    name: subject.name,
    files: resources.length,
    asReceiptsHaveIt: serialization.method === 'files' && serialization.hash_type === 'sha256',
  };
}

/** Whether a path stays below the folder that it is taken from, and is written in the one way. */
function isRelative(path: string): boolean {
  return path.split('/').every(part => part !== '' && part !== '.' && part !== '..');
}
