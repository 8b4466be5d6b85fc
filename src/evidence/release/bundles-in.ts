/**
 * The signed bundles in a file: the file itself, or those that a provider's attestation brings along. Source of the latter: `tinfoilsh/tinfoil-go`, document of version 3, whose
 * collateral of reference values has the bundle of the code's release.
 */
import * as v from 'valibot';
import { canonicalize, type Json } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { parseForeign } from '../foreign-json.js';
import { MAX_BUNDLE_BYTES } from '../sigstore/bundle.js';

const CODE = 'sigstore/bundle-malformed';

const Attestation = v.object({
  format: v.literal('https://tinfoil.sh/predicate/attestation/v3'),
  collateral: v.pipe(
    v.array(v.object({ role: v.string(), format: v.string(), data: v.unknown() })),
    v.maxLength(64),
  ),
});
const Code = v.object({
  role: v.literal('reference-values'),
  format: v.literal('https://tinfoil.sh/collateral/sigstore-code/v1'),
  data: v.object({ sigstore_bundle: v.record(v.string(), v.unknown()) }),
});

/** Each as bytes of its own, and nothing of it verified. Throws `sigstore/bundle-malformed` for what is no JSON, or an attestation without any. */
export function bundlesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const { value } = parseForeign(bytes, { code: CODE, maxBytes: MAX_BUNDLE_BYTES });
  const attestation = v.safeParse(Attestation, value);
  if (!attestation.success) return [bytes];
  const found = attestation.output.collateral.flatMap(each => {
    const code = v.safeParse(Code, each);
    return code.success ? [canonicalBytes(code.output.data.sigstore_bundle as Json)] : [];
  });
  if (found.length === 0) throw new Failure(CODE, { field: 'collateral', detail: 'no signed release' });
  return found;
}

function canonicalBytes(value: Json): Uint8Array {
  try {
    return canonicalize(value);
  } catch (error) {
    if (error instanceof Failure) throw new Failure(CODE, { field: 'collateral', detail: error.code });
    throw error;
  }
}
