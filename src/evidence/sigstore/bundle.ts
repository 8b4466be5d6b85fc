/**
 * Bundles of Sigstore, version 0.3: a signed statement with what it is verified with. Read strictly and within limits before any library sees it: libraries pass over
 * members that they do not know, take base64 that nobody would write, and make patterns of names. Source: `sigstore/protobuf-specs`, `sigstore_bundle.proto`,
 * `sigstore_rekor.proto`, `sigstore_common.proto`; the signing methods besides Sigstore's own: OpenSSF Model Signing 1.0, §4.1.
 */
import * as v from 'valibot';
import { fromBase64 } from '../../bytes/base64.js';
import type { Json } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { parseForeign, readMember } from '../foreign-json.js';
import { checkCheckpoint } from './checkpoint-text.js';

/** Manifests of models with ten thousand files have less. */
export const MAX_BUNDLE_BYTES = 8 * 1024 * 1024;
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
const MAX_CERTIFICATE_BYTES = 16 * 1024;
const MAX_CERTIFICATES = 10;
const MAX_ENTRIES = 4;
const MAX_TIMESTAMPS = 4;

const CODE = 'sigstore/bundle-malformed';

const MEDIA_TYPES = [
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
] as const;

const base64 = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.maxLength(Math.ceil(most / 3) * 4),
    v.check(text => {
      const bytes = fromBase64(text);
      return bytes !== null && bytes.length >= least && bytes.length <= most;
    }, `it takes padded base64 of ${least} to ${most} bytes`),
  );
const Hash = base64(32, 32);
/** 64 bits in decimal, of which the rest of the world uses 53. */
const Whole = v.pipe(
  v.string(),
  v.regex(/^(?:0|[1-9][0-9]{0,15})$/),
  v.check(text => Number.isSafeInteger(Number(text)), 'too large'),
);
const Certificate = v.strictObject({ rawBytes: base64(1, MAX_CERTIFICATE_BYTES) });

const Entry = v.strictObject({
  logIndex: Whole,
  logId: v.strictObject({ keyId: base64(4, 64) }),
  kindVersion: v.strictObject({
    kind: v.picklist(['dsse', 'intoto', 'hashedrekord']),
    version: v.pipe(v.string(), v.regex(/^[0-9.]{1,16}$/)),
  }),
  integratedTime: v.exactOptional(Whole),
  inclusionPromise: v.exactOptional(v.nullable(v.strictObject({ signedEntryTimestamp: base64(8, 1024) }))),
  inclusionProof: v.strictObject({
    logIndex: v.optional(Whole, '0'),
    rootHash: Hash,
    treeSize: Whole,
    hashes: v.optional(v.pipe(v.array(Hash), v.maxLength(64)), []),
    checkpoint: v.strictObject({ envelope: v.pipe(v.string(), v.maxLength(16 * 1024)) }),
  }),
  canonicalizedBody: base64(2, 256 * 1024),
});
export type LogEntryForm = v.InferOutput<typeof Entry>;

const Material = {
  tlogEntries: v.optional(v.pipe(v.array(Entry), v.maxLength(MAX_ENTRIES)), []),
  timestampVerificationData: v.exactOptional(
    v.nullable(
      v.strictObject({
        rfc3161Timestamps: v.optional(
          v.pipe(
            v.array(v.strictObject({ signedTimestamp: base64(8, 32 * 1024) })),
            v.maxLength(MAX_TIMESTAMPS),
          ),
          [],
        ),
      }),
    ),
  ),
};

const Bundle = v.strictObject({
  mediaType: v.picklist(MEDIA_TYPES),
  verificationMaterial: v.union([
    v.strictObject({ certificate: Certificate, ...Material }),
    v.strictObject({
      publicKey: v.strictObject({ hint: v.pipe(v.string(), v.regex(/^[\x20-\x7e]{0,256}$/)) }),
      ...Material,
    }),
    v.strictObject({
      x509CertificateChain: v.strictObject({
        certificates: v.pipe(v.array(Certificate), v.minLength(1), v.maxLength(MAX_CERTIFICATES)),
      }),
      ...Material,
    }),
  ]),
  dsseEnvelope: v.strictObject({
    payload: base64(1, MAX_PAYLOAD_BYTES),
    payloadType: v.pipe(v.string(), v.maxLength(256)),
    signatures: v.strictTuple([
      v.strictObject({
        sig: base64(8, 1024),
        keyid: v.exactOptional(v.nullable(v.pipe(v.string(), v.maxLength(256)))),
      }),
    ]),
  }),
});

/** What says whose signature it is. */
export type BundleSigner =
  | { readonly kind: 'certificate'; readonly certificate: Uint8Array }
  | { readonly kind: 'key'; readonly hint: string }
  /** DER, from the signer's on. */
  | { readonly kind: 'chain'; readonly certificates: readonly Uint8Array[] };

export interface SigstoreBundle {
  readonly signer: BundleSigner;
  readonly payload: Uint8Array;
  readonly payloadType: string;
  /** As it stands in the envelope: of elliptic curves in DER. */
  readonly signature: Uint8Array;
  readonly entries: readonly LogEntryForm[];
  /** The whole as it was parsed, for the library. */
  readonly value: Json;
}

/**
 * Throws `sigstore/version-unsupported` for another version, `sigstore/content-unsupported` for a bundle without a statement, `sigstore/checkpoint-differs`, and
 * `sigstore/bundle-malformed` for all else, naming the member. Nothing is verified.
 */
export function parseSigstoreBundle(bytes: Uint8Array): SigstoreBundle {
  const { value } = parseForeign(bytes, { code: CODE, maxBytes: MAX_BUNDLE_BYTES });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Failure(CODE, { detail: 'no object' });
  const { mediaType, messageSignature } = value as { mediaType?: Json; messageSignature?: Json };
  if (typeof mediaType !== 'string') throw new Failure(CODE, { field: 'mediaType' });
  if (!(MEDIA_TYPES as readonly string[]).includes(mediaType))
    throw new Failure('sigstore/version-unsupported', { field: 'mediaType' });
  if (messageSignature !== undefined)
    throw new Failure('sigstore/content-unsupported', { field: 'messageSignature' });
  const { verificationMaterial, dsseEnvelope } = readMember(value, { code: CODE, schema: Bundle });
  for (const [at, entry] of verificationMaterial.tlogEntries.entries())
    checkCheckpoint(entry.inclusionProof, `verificationMaterial.tlogEntries.${at}`);
  return {
    signer: signerOf(verificationMaterial),
    payload: octets(dsseEnvelope.payload),
    payloadType: dsseEnvelope.payloadType,
    signature: octets(dsseEnvelope.signatures[0].sig),
    entries: verificationMaterial.tlogEntries,
    value,
  };
}

function signerOf(material: v.InferOutput<typeof Bundle>['verificationMaterial']): BundleSigner {
  if ('certificate' in material)
    return { kind: 'certificate', certificate: octets(material.certificate.rawBytes) };
  if ('publicKey' in material) return { kind: 'key', hint: material.publicKey.hint };
  const { certificates } = material.x509CertificateChain;
  return { kind: 'chain', certificates: certificates.map(({ rawBytes }) => octets(rawBytes)) };
}

/** The schema has seen that it is base64. */
function octets(text: string): Uint8Array {
  return fromBase64(text) as Uint8Array;
}
