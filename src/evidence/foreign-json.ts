/**
 * JSON that other people's services write. Members that we do not know are theirs to add and are passed over; all that we read is held to a form, and a
 * text that two readers could read in two ways is refused.
 */
import * as v from 'valibot';
import { fromHex } from '../bytes/hex.js';
import type { Json } from '../bytes/json.js';
import { isWithinExtent, type JsonExtent } from '../bytes/json-extent.js';
import { hasDoubledName } from '../bytes/json-names.js';
import { fromUtf8 } from '../bytes/octets.js';
import { Failure, type ReasonCode } from '../reason.js';

export interface ForeignForm<Schema extends v.GenericSchema> {
  /** With which it is refused. */
  readonly code: ReasonCode;
  readonly maxBytes: number;
  readonly schema: Schema;
}

export interface ForeignDocument<Read> {
  /** The text, which is JSON. */
  readonly text: string;
  /** All of it, members that we do not know included. */
  readonly value: Json;
  /** What we know of it. */
  readonly read: Read;
}

/** Many times what any of them has; event logs and certificates are long texts, not many values. */
const EXTENT: JsonExtent = { containers: 20_000, members: 50_000, values: 200_000 };

/** Throws the form's code, naming the member. */
export function readForeign<Schema extends v.GenericSchema>(
  bytes: Uint8Array,
  form: ForeignForm<Schema>,
): ForeignDocument<v.InferOutput<Schema>> {
  const { text, value } = parseForeign(bytes, form);
  // The schema library takes a list for an object without members.
  if (Array.isArray(value)) throw new Failure(form.code, { detail: 'a list' });
  return { text, value, read: readMember(value, form) };
}

/** JSON of whatever form. Throws the code. */
export function parseForeign(
  bytes: Uint8Array,
  { code, maxBytes }: Pick<ForeignForm<v.GenericSchema>, 'code' | 'maxBytes'>,
): { readonly text: string; readonly value: Json } {
  const text = bytes.length > maxBytes ? null : fromUtf8(bytes);
  if (text === null || !isWithinExtent(text, EXTENT))
    throw new Failure(code, { detail: 'too long, or no text' });
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new Failure(code, { detail: 'no JSON' });
  }
  if (hasDoubledName(text)) throw new Failure(code, { detail: 'a member twice' });
  return { text, value };
}

/** What is known of a value that was parsed already. Throws the form's code, naming the member. */
export function readMember<Schema extends v.GenericSchema>(
  value: Json,
  { code, schema }: Pick<ForeignForm<Schema>, 'code' | 'schema'>,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  throw new Failure(code, { detail: issue.message, ...(field ? { field } : {}) });
}

/** A text that is short, or as long as it says. */
export const textOf = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));

/** Hexadecimal of so many bytes, in either case and with `0x` in front or not: services do not agree with themselves. */
export const hexBytes = (least: number, most = least) =>
  v.pipe(
    v.string(),
    v.maxLength(2 * most + 2),
    v.transform(text => fromHex(text.replace(/^0x/i, '').toLowerCase()) ?? new Uint8Array()),
    v.check(bytes => bytes.length >= least && bytes.length <= most, `not the hexadecimal of ${least} bytes`),
  );

/** `sha256:` with the digest in lower-case hexadecimal. */
export const PrefixedDigest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));
