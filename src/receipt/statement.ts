/** in-toto statements (v1), the payload of every envelope. */
import * as v from 'valibot';
import { canonicalize, type Json, parseCanonical, sameJson } from '../bytes/json.js';
import { fromUtf8 } from '../bytes/octets.js';
import { Failure, type ReasonCode } from '../reason-core.js';
import type { Envelope } from './envelope.js';
import { surelyValid } from './surely-valid.js';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** What a statement of one type looks like, and the code of what does not. */
export interface StatementType<Subject extends v.GenericSchema, Predicate extends v.GenericSchema> {
  readonly predicateType: string;
  readonly subject: Subject;
  readonly predicate: Predicate;
  readonly malformed: ReasonCode;
  /** The schema of the whole statement: strict, so that no member can be added that nobody looks at. */
  readonly schema: v.GenericSchema;
  /** A faster answer, where it is yes, to whether a value is a statement of this type that we would write as it is. */
  readonly isSurely: (value: Json) => boolean;
}

export interface Statement<Subject, Predicate> {
  readonly subject: Subject;
  readonly predicate: Predicate;
}

export function statementType<S extends v.GenericSchema, P extends v.GenericSchema>(
  type: Omit<StatementType<S, P>, 'schema' | 'isSurely'>,
): StatementType<S, P> {
  const schema = v.strictObject({
    _type: v.literal(STATEMENT_TYPE),
    predicate: type.predicate,
    predicateType: v.literal(type.predicateType),
    subject: type.subject,
  });
  // Made for the first who asks: most commands read no statement.
  let surely: ((value: Json) => boolean) | null = null;
  const isSurely = (value: Json) => {
    surely ??= surelyValid(schema);
    return surely(value);
  };
  return { ...type, schema, isSurely };
}

/** The canonical bytes of a statement: what is signed. */
export function writeStatement<S extends v.GenericSchema, P extends v.GenericSchema>(
  type: StatementType<S, P>,
  statement: Statement<v.InferOutput<S>, v.InferOutput<P>>,
): Uint8Array {
  const { subject, predicate } = statement;
  return canonicalize({
    _type: STATEMENT_TYPE,
    predicate: predicate as Json,
    predicateType: type.predicateType,
    subject: subject as Json,
  });
}

/** Reads an envelope's payload as a statement of one type. Throws the type's `malformed` code, naming the member. */
export function readStatement<S extends v.GenericSchema, P extends v.GenericSchema>(
  type: StatementType<S, P>,
  envelope: Envelope,
): Statement<v.InferOutput<S>, v.InferOutput<P>> {
  if (latest?.envelope === envelope && latest.type === type)
    return latest.statement as Statement<v.InferOutput<S>, v.InferOutput<P>>;
  let value: Json;
  try {
    value = payloadJson(envelope);
  } catch (error) {
    throw new Failure(type.malformed, {
      field: 'payload',
      detail: error instanceof Failure ? error.code : 'unreadable',
    });
  }
  if (!type.isSurely(value)) check(type, value);
  const statement = value as unknown as Statement<v.InferOutput<S>, v.InferOutput<P>>;
  latest = { envelope, payload: value, type, statement };
  return statement;
}

/**
 * The statement of one type in an envelope of a log that has looked at its form before taking it: whether the payload is canonical is not looked at again, which
 * is most of reading it. For those who look through many entries to find some, and read those that they find as {@link readStatement} does. Null for what is
 * not surely such a statement; it may be one all the same.
 */
export function glanceAtStatement<S extends v.GenericSchema, P extends v.GenericSchema>(
  type: StatementType<S, P>,
  envelope: Envelope,
): Statement<v.InferOutput<S>, v.InferOutput<P>> | null {
  const text = fromUtf8(envelope.payload);
  if (text === null) return null;
  try {
    const value: Json = JSON.parse(text);
    return type.isSurely(value) ? (value as unknown as Statement<v.InferOutput<S>, v.InferOutput<P>>) : null;
  } catch {
    return null;
  }
}

/** Throws the type's `malformed` code for what is no statement of the type, or none that we would write. */
function check(
  { schema, malformed }: Pick<StatementType<v.GenericSchema, v.GenericSchema>, 'schema' | 'malformed'>,
  value: Json,
): void {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) {
    const field = v.getDotPath(result.issues[0]);
    throw new Failure(malformed, field === null ? {} : { field });
  }
  // A schema may read more than we would write: an empty array where an object of optional members belongs. What was read is canonical.
  if (!sameJson(result.output as Json, value))
    throw new Failure(malformed, { field: 'payload', detail: 'not what we would write' });
}

/** The predicate type that a payload states, or null when it is no statement at all. */
export function predicateTypeOf(envelope: Envelope): string | null {
  try {
    const value = payloadJson(envelope);
    const type = (value as { predicateType?: unknown } | null)?.predicateType;
    return typeof type === 'string' ? type : null;
  } catch {
    return null;
  }
}

/**
 * What has been read of the envelope that was looked at last: who looks at one looks more than once, and its bytes never change. A weak map
 * of all of them would cost the garbage collector more than it saves.
 */
let latest: {
  readonly envelope: Envelope;
  readonly payload: Json;
  readonly type: object | null;
  readonly statement: object | null;
} | null = null;

/** Throws `json/…`. */
function payloadJson(envelope: Envelope): Json {
  if (latest?.envelope === envelope) return latest.payload;
  const payload = parseCanonical(envelope.payload);
  latest = { envelope, payload, type: null, statement: null };
  return payload;
}
