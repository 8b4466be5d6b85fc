/** What is signed: an in-toto statement of whatever kind. Source: `in-toto/attestation`, `spec/v1/statement.md`, `spec/v1/digest_set.md`. */
import * as v from 'valibot';
import { fromHex } from '../../bytes/hex.js';
import type { Json } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { parseForeign, readMember } from '../foreign-json.js';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

const CODE = 'release/statement-malformed';
const MAX_SUBJECTS = 1024;

const Digest = v.pipe(
  v.string(),
  v.maxLength(128),
  v.check(text => fromHex(text) !== null && text.length >= 2 && text === text.toLowerCase(), 'no digest'),
);

const Statement = v.strictObject({
  _type: v.literal('https://in-toto.io/Statement/v1'),
  subject: v.pipe(
    v.array(
      v.object({
        name: v.optional(v.pipe(v.string(), v.maxLength(4096)), ''),
        digest: v.record(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_/-]{1,32}$/)), Digest),
      }),
    ),
    v.maxLength(MAX_SUBJECTS),
  ),
  predicateType: v.pipe(v.string(), v.regex(/^[!-~]{1,512}$/)),
  predicate: v.exactOptional(v.unknown()),
});

export interface ReleaseStatement {
  readonly predicateType: string;
  readonly subjects: readonly { readonly name: string; readonly digest: ReadonlyMap<string, string> }[];
  readonly predicate: Json;
}

/**
 * `payload`: of an envelope whose signature was verified. Throws `release/payload-unsupported`, `release/subject-missing` or
 * `release/statement-malformed`, naming the member.
 */
export function parseReleaseStatement(payload: Uint8Array, payloadType: string): ReleaseStatement {
  if (payloadType !== PAYLOAD_TYPE)
    throw new Failure('release/payload-unsupported', { detail: payloadType.slice(0, 64) });
  const { value } = parseForeign(payload, { code: CODE, maxBytes: 4 * 1024 * 1024 });
  if (Array.isArray(value)) throw new Failure(CODE, { detail: 'a list' });
  const { subject, predicateType, predicate } = readMember(value, { code: CODE, schema: Statement });
  if (subject.length === 0 || subject.every(({ digest }) => Object.keys(digest).length === 0))
    throw new Failure('release/subject-missing', { field: 'subject' });
  return {
    predicateType,
    subjects: subject.map(({ name, digest }) => ({ name, digest: new Map(Object.entries(digest)) })),
    predicate: (predicate ?? null) as Json,
  };
}
