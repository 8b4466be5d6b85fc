/**
 * Bundles: a receipt's envelope with the proof that it is in the log, as canonical JSON, and since it was made the revocations that concern it, each an
 * entry of the log with its own proof. Nothing else may be in one, because nothing else would be signed by anybody.
 */
import * as v from 'valibot';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { concatAll, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';
import { type Envelope, EnvelopeSchema, envelopeJson, readEnvelope } from './envelope.js';

/** An envelope is an entry of at most 64 KiB, and a proof is far smaller. */
export const MAX_BUNDLE_BYTES = 1 << 18;

/** One for each field that can be revoked. */
export const MAX_CARRIED_REVOCATIONS = 5;

const carried = <Schema extends v.GenericSchema>(envelope: Schema) =>
  v.exactOptional(
    v.pipe(
      v.array(v.strictObject({ envelope, proof: v.string() })),
      v.minLength(1),
      v.maxLength(MAX_CARRIED_REVOCATIONS),
    ),
  );

export const BundleSchema = v.strictObject({
  envelope: EnvelopeSchema,
  proof: v.nullable(v.string()),
  revocations: carried(EnvelopeSchema),
});

export interface Bundle {
  readonly envelope: Envelope;
  /** A `tlog-proof`, or null while the log has none. */
  readonly proof: string | null;
  /** What has been taken back of it; left out where nothing has. */
  readonly revocations?: readonly CarriedRevocation[];
}

/** A revocation as the log holds it. */
export interface CarriedRevocation {
  readonly envelope: Envelope;
  /** A `tlog-proof`. */
  readonly proof: string;
}

export function formatBundle({ envelope, proof, revocations = [] }: Bundle): Uint8Array {
  const receipt = { envelope: envelopeJson(envelope), proof };
  if (revocations.length === 0) return canonicalize(receipt);
  const added = revocations.map(each => ({ envelope: envelopeJson(each.envelope), proof: each.proof }));
  return canonicalize({ ...receipt, revocations: added });
}

/**
 * The bundle of a log entry, from the entry's own bytes: what {@link formatBundle} writes for the envelope that `parseEnvelope` reads in them, without
 * writing that envelope again.
 */
export function bundleOfEntry(entry: Uint8Array, proof: string): Uint8Array {
  return concatAll([utf8('{"envelope":'), entry, utf8(`,"proof":${JSON.stringify(proof)}}`)]);
}

/**
 * Reads exactly what {@link formatBundle} writes. Throws `bundle/too-large`, `bundle/malformed`, `json/malformed`,
 * `json/not-canonical`, `envelope/malformed` or `envelope/type-unknown`.
 */
export function parseBundle(bytes: Uint8Array): Bundle {
  if (bytes.length > MAX_BUNDLE_BYTES) throw new Failure('bundle/too-large');
  const value = parseCanonical(bytes);
  const result = v.safeParse(
    v.strictObject({
      envelope: v.unknown(),
      proof: v.nullable(v.string()),
      revocations: carried(v.unknown()),
    }),
    value,
    {
      abortEarly: true,
    },
  );
  if (!result.success) {
    const field = v.getDotPath(result.issues[0]);
    throw new Failure('bundle/malformed', field === null ? {} : { field });
  }
  const { envelope, proof, revocations } = result.output;
  const receipt = { envelope: readEnvelope(envelope as Json), proof };
  if (revocations === undefined) return receipt;
  return {
    ...receipt,
    revocations: revocations.map(each => ({
      envelope: readEnvelope(each.envelope as Json),
      proof: each.proof,
    })),
  };
}
