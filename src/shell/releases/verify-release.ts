/** A signed release from its bundle, by one of the three ways in which such bundles are signed. */

import { fromUtf8 } from '../../bytes/octets.js';
import { type ReleasePolicy, readRelease, type SignedRelease } from '../../evidence/release/release.js';
import { parseSigstoreBundle } from '../../evidence/sigstore/bundle.js';
import type { SignerIdentity } from '../../evidence/sigstore/identity.js';
import { verifyByAuthority, verifyByKey } from '../../evidence/sigstore/plain-signature.js';
import { certificatesFromPem, pemBlocks } from '../../evidence/x509/pem.js';
import { Failure } from '../../reason.js';
import { verifySigstore } from './sigstore.js';

/** Whom to believe. `bytes`: the file that it stands in, whose digest says later what was believed. */
export type ReleaseTrust =
  | {
      readonly by: 'sigstore';
      readonly bytes: Uint8Array;
      readonly issuer: string;
      readonly identity: string;
    }
  /** A public key in PEM. */
  | { readonly by: 'key'; readonly bytes: Uint8Array }
  /** Certificates of authorities in PEM, and whom they must name; `asOf` in milliseconds since 1970, for nobody has stamped the time. */
  | {
      readonly by: 'authority';
      readonly bytes: Uint8Array;
      readonly identity: string;
      readonly asOf: number;
    };

/** Throws a `Failure` for whatever keeps it from being one: `sigstore/…`, `release/…`, or `certificate/…`. */
export async function verifyRelease(
  bundle: Uint8Array,
  trust: ReleaseTrust,
  policy: ReleasePolicy,
): Promise<SignedRelease> {
  const parsed = parseSigstoreBundle(bundle);
  const signer = await signerOf(parsed, trust);
  const { payload, payloadType } = parsed;
  return readRelease({ payload, payloadType, signer, bundle, root: trust.bytes }, policy);
}

async function signerOf(
  bundle: ReturnType<typeof parseSigstoreBundle>,
  trust: ReleaseTrust,
): Promise<SignerIdentity> {
  switch (trust.by) {
    case 'sigstore':
      return verifySigstore(bundle, trust.bytes, trust);
    case 'key':
      return verifyByKey(bundle, keyIn(trust.bytes));
    case 'authority':
      return verifyByAuthority(
        bundle,
        certificatesFromPem(textOf(trust.bytes)),
        trust.identity,
        Math.floor(trust.asOf / 1000),
      );
  }
}

function keyIn(bytes: Uint8Array): Uint8Array {
  const malformed = (detail: string) => new Failure('sigstore/root-malformed', { detail });
  try {
    const [spki, ...more] = pemBlocks(textOf(bytes), 'PUBLIC KEY');
    if (spki === undefined || more.length > 0) throw malformed('more than one key');
    return spki;
  } catch (error) {
    if (error instanceof Failure && error.code === 'certificate/malformed')
      throw malformed('no public key in PEM, and nothing beside it');
    throw error;
  }
}

function textOf(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  if (text === null) throw new Failure('sigstore/root-malformed', { detail: 'no text' });
  return text;
}
