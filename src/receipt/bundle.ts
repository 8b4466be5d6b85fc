/**
 * Bundles: a receipt's envelope with the proof that it is in the log, as canonical JSON. Nothing else may be in one, because nothing
 * else would be signed by anybody.
 */
import * as v from 'valibot';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { concatAll, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';
import { type Envelope, EnvelopeSchema, envelopeJson, readEnvelope } from './envelope.js';

/** An envelope is an entry of at most 64 KiB, and a proof is far smaller. */
export const MAX_BUNDLE_BYTES = 1 << 18;

export const BundleSchema = v.strictObject({ envelope: EnvelopeSchema, proof: v.nullable(v.string()) });

export interface Bundle {
  readonly envelope: Envelope;
  /** A `tlog-proof`, or null while the log has none. */
  readonly proof: string | null;
}

export function formatBundle({ envelope, proof }: Bundle): Uint8Array {
  return canonicalize({ envelope: envelopeJson(envelope), proof });
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
    v.strictObject({ envelope: v.unknown(), proof: v.nullable(v.string()) }),
    value,
    {
      abortEarly: true,
    },
  );
  if (!result.success) {
    const field = v.getDotPath(result.issues[0]);
    throw new Failure('bundle/malformed', field === null ? {} : { field });
  }
  return { envelope: readEnvelope(result.output.envelope as Json), proof: result.output.proof };
}
