/** What is kept of one exchange, as JSON. A store can be damaged or exchanged, so that what it gives back is read like anything from outside. */
import * as v from 'valibot';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { fromUtf8, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { Identifier, Time } from '../receipt/shapes.js';

/** Receipt, acceptance and bundle, each at its largest, with room. */
const MAX_RECORD_CHARACTERS = 1 << 20;

const Schema = v.strictObject({
  /** The envelope that the stream began with; null for an answer in one body. */
  acceptance: v.nullable(v.string()),
  /** The bundle with the strongest proof so far; null while there is none. */
  bundle: v.nullable(v.string()),
  exchange: Identifier,
  /** The address of the gateway, below which are its API and its log. */
  gateway: v.pipe(v.string(), v.regex(/^https?:\/\/[^\s]+$/)),
  opening: v.string(),
  /** The receipt's envelope; null while there is only an acceptance. */
  receipt: v.nullable(v.string()),
  sentAt: Time,
  /** What mirrors signed when the receipt was handed in there. */
  stamps: v.array(v.string()),
});

export type KeptExchange = v.InferOutput<typeof Schema>;

export function formatKept(kept: KeptExchange): string {
  return fromUtf8(canonicalize(kept as Json)) as string;
}

/** Throws `client/record-malformed`. */
export function parseKept(text: string): KeptExchange {
  const malformed = (field: string) => new Failure('client/record-malformed', { field });
  if (text.length > MAX_RECORD_CHARACTERS) throw malformed('length');
  let value: Json;
  try {
    value = parseCanonical(utf8(text));
  } catch {
    throw malformed('record');
  }
  const result = v.safeParse(Schema, value, { abortEarly: true });
  if (!result.success) throw malformed(v.getDotPath(result.issues[0]) ?? 'record');
  return result.output;
}
