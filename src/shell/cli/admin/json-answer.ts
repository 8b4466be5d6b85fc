/** JSON in and out of the admin API. */
import * as v from 'valibot';
import { canonicalize, type Json } from '../../../bytes/json.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';
import type { HttpAnswer, HttpRequest } from '../../http/server.js';

const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };
const MAX_BODY = 64 * 1024;

export function jsonAnswer(status: number, value: object): HttpAnswer {
  return { status, headers: JSON_TYPE, body: canonicalize(value as Json) };
}

/** A request's body by a schema; one that is empty is an object without members. Throws `request/malformed`, naming the member, or `request/too-large`. */
export async function readJson<S extends v.GenericSchema>(
  request: HttpRequest,
  schema: S,
): Promise<v.InferOutput<S>> {
  const bytes = await request.body(MAX_BODY);
  const parsed = v.safeParse(schema, bytes.length === 0 ? {} : read(bytes), { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Failure('request/malformed', { field: v.getDotPath(issue) ?? 'the body' });
}

function read(bytes: Uint8Array): unknown {
  const text = fromUtf8(bytes);
  if (text === null) throw new Failure('request/malformed', { detail: 'not UTF-8' });
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Failure('request/malformed', { detail: 'not JSON' });
  }
}
