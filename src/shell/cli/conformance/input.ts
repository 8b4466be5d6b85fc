/** What conformance verbs read: one JSON object on standard input. It comes from a stranger's test suite. */
import * as v from 'valibot';
import { fromBase64 } from '../../../bytes/base64.js';
import { isWithinExtent } from '../../../bytes/json-extent.js';
import { hasDoubledName } from '../../../bytes/json-names.js';
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';

/** The largest bundle or chain, several times over, in base64. */
export const MAX_INPUT_BYTES = 16 * 1024 * 1024;
const EXTENT = { containers: 1000, members: 1000, values: 10_000 };

/** Bytes, in base64 (RFC 4648 §4, padded). */
export const Base64 = v.pipe(
  v.string(),
  v.metadata({ contentEncoding: 'base64' }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const bytes = fromBase64(dataset.value);
    if (bytes !== null) return bytes;
    addIssue({ message: 'not base64' });
    return NEVER;
  }),
);

/** Certificates: bytes in base64, be they DER or PEM, or a PEM file's text as it is, which can be no base64. */
export const Certificates = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const bytes = dataset.value.startsWith('-----BEGIN ') ? utf8(dataset.value) : fromBase64(dataset.value);
    if (bytes !== null) return bytes;
    addIssue({ message: 'neither base64 nor PEM' });
    return NEVER;
  }),
);

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** A time as RFC 3339 has it, in milliseconds since 1970. */
export const Time = v.pipe(
  v.string(),
  v.regex(RFC3339),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const milliseconds = Date.parse(dataset.value.toUpperCase());
    if (!Number.isNaN(milliseconds)) return milliseconds;
    addIssue({ message: 'no time' });
    return NEVER;
  }),
);

/** Throws `conformance/input-malformed`, naming the member. */
export function readInputObject<Schema extends v.GenericSchema>(
  bytes: Uint8Array,
  schema: Schema,
): v.InferOutput<Schema> {
  const malformed = (detail: string, field?: string | null) =>
    new Failure('conformance/input-malformed', { detail, ...(field ? { field } : {}) });
  if (bytes.length > MAX_INPUT_BYTES) throw malformed(`over ${MAX_INPUT_BYTES} bytes`);
  const text = fromUtf8(bytes);
  if (text === null || !isWithinExtent(text, EXTENT)) throw malformed('not UTF-8, or too many values');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('not JSON');
  }
  if (hasDoubledName(text)) throw malformed('a member twice');
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw malformed(issue.message, v.getDotPath(issue));
}
