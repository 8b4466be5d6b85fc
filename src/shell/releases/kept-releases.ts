/** Signed bundles, and what they were verified with, in a folder: each under its digest, so that what a policy names is found and cannot be another. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SignedOff } from '../../appraise/verdict/appraisal-policy-schema.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import type { SignedRelease } from '../../evidence/release/release.js';
import { MAX_BUNDLE_BYTES } from '../../evidence/sigstore/bundle.js';
import { Failure } from '../../reason.js';
import { trustIn } from './trust-in.js';
import { verifyRelease } from './verify-release.js';

/** Of a file with at most `limit` bytes. Throws where there is none. */
export type ReadFile = (path: string, limit: number) => Promise<Uint8Array>;

/** Under the name of its digest. */
export async function keepRelease(folder: string, bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(pathOf(folder, toHex(sha256(bytes))), bytes);
}

/**
 * What a signature says that a policy names, verified again from what was kept. Throws `release/bundle-missing` for a file that is not there or is another, what
 * `verifyRelease` throws, and `release/source-refused` where the statement says another source than the policy.
 */
export async function keptRelease(
  folder: string,
  signed: SignedOff,
  asOf: number,
  read: ReadFile,
): Promise<SignedRelease> {
  const [bundle, root] = await Promise.all(
    [signed.bundle, signed.root].map(digest => kept(folder, digest, read)),
  );
  const trust = trustIn(root as Uint8Array, { ...signed, asOf });
  const release = await verifyRelease(bundle as Uint8Array, trust, {
    predicateType: signed.predicateType,
    measured: signed.measured ?? [],
    subject: null,
    builder: null,
    source: null,
  });
  const { identity, issuer } = release.signer;
  if (identity !== signed.identity)
    throw new Failure('sigstore/identity-refused', { detail: identity ?? 'none' });
  if (issuer !== signed.issuer) throw new Failure('sigstore/issuer-refused', { detail: issuer ?? 'none' });
  const source = release.provenance?.source ?? null;
  if (source !== signed.source) throw new Failure('release/source-refused', { detail: source ?? 'none' });
  return release;
}

async function kept(folder: string, digest: string, read: ReadFile): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await read(pathOf(folder, digest), MAX_BUNDLE_BYTES);
  } catch {
    throw new Failure('release/bundle-missing', { detail: digest });
  }
  if (toHex(sha256(bytes)) !== digest) throw new Failure('release/bundle-missing', { detail: digest });
  return bytes;
}

function pathOf(folder: string, digest: string): string {
  return join(folder, digest);
}
