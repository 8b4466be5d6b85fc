/** A request's body as a JSON object that every reader takes for the same one. */
import * as v from 'valibot';
import { topLevelNames, withTopLevelString } from '../bytes/json.js';
import { isWithinExtent, REQUEST_EXTENT } from '../bytes/json-extent.js';
import { fromUtf8, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import type { ParameterSet, Parameters } from './parameters.js';
import type { RequestFacts } from './surface.js';

/** What a stranger may make us look at. */
export const MAX_MEMBERS = 1000;

/** The most characters that a model's name may have. */
export const MAX_MODEL_NAME = 1024;

/** A hostile body can be wrong in millions of places, and each issue would take memory. */
export const STOP_AT_FIRST = { abortEarly: true } as const;

/** Any text at all names a model: what it means is for the upstream to say. */
export const ModelName = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_MODEL_NAME));
/** For an API that chooses a model where the client names none. */
export const OptionalModelName = v.optional(v.nullable(ModelName));

/** What a prompt or an input may be. A list is not walked: it can be millions of tokens, and they are the upstream's business. */
export function isTextOrList(value: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value);
}

/** A request whose body is a JSON object with these members, and with parameters beside them. */
export class ObjectRequest {
  readonly #schema: v.GenericSchema<unknown, Record<string, unknown>>;
  readonly #parameters: ParameterSet;
  readonly #readNames: ReadonlySet<string>;

  constructor(members: v.ObjectEntries, parameters: ParameterSet) {
    this.#schema = v.looseObject(members);
    this.#parameters = parameters;
    this.#readNames = new Set([...Object.keys(members), ...parameters.names]);
  }

  /** Throws `request/malformed`, naming the member, and `request/parameter-invalid`. No part is taken for an attachment. */
  read(body: Uint8Array): { readonly facts: RequestFacts; readonly value: Record<string, unknown> } {
    const parsed = v.safeParse(this.#schema, parseObject(body, this.#readNames), STOP_AT_FIRST);
    if (!parsed.success) throw malformed(v.getDotPath(parsed.issues[0]));
    const value = parsed.output;
    const parameters = readParameters(value, this.#parameters);
    const model = typeof value.model === 'string' ? value.model : null;
    return { facts: { model, stream: parameters.stream === true, parameters, attachments: [] }, value };
  }
}

/**
 * Parses a body. Throws `request/malformed` for what is not one JSON object, and for members that another reader might take otherwise.
 * `read`: the members whose meaning a receipt states.
 */
export function parseObject(body: Uint8Array, read: ReadonlySet<string>): Record<string, unknown> {
  const { text, value } = parseText(body);
  const names = topLevelNames(text, MAX_MEMBERS);
  if (names === null) throw new Failure('request/malformed', { detail: `over ${MAX_MEMBERS} members` });
  refuseAmbiguous(names, read);
  return value;
}

/** A body's text and the JSON object that it is. Throws `request/malformed` for what is not one. */
export function parseText(body: Uint8Array): {
  readonly text: string;
  readonly value: Record<string, unknown>;
} {
  const text = fromUtf8(body);
  if (text === null) throw new Failure('request/malformed', { detail: 'not UTF-8' });
  if (!isWithinExtent(text, REQUEST_EXTENT))
    throw new Failure('request/malformed', { detail: 'too many values' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure('request/malformed', { detail: 'not JSON' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('request/malformed', { detail: 'not an object' });
  }
  return { text, value: value as Record<string, unknown> };
}

/** A body that has been read, with another model in it; its other bytes stay as they came. */
export function withModel(body: Uint8Array, _contentType: string, model: string): Uint8Array {
  return utf8(withTopLevelString(fromUtf8(body) as string, 'model', model));
}

/** Throws `request/malformed` when a name is there twice, or a known one in other letters. */
export function refuseAmbiguous(names: readonly string[], read: ReadonlySet<string>): void {
  // Of two members with one name we would read the last, and the upstream perhaps the first: the receipt could say what was not so.
  // Some readers also take `Model` for `model`, so that is refused too.
  const folded = names.map(name => name.toUpperCase().toLowerCase());
  if (new Set(folded).size < names.length)
    throw new Failure('request/malformed', { detail: 'a member that is there twice' });
  if (folded.some((name, at) => read.has(name) && name !== names[at])) {
    throw new Failure('request/malformed', { detail: 'a known member in other letters' });
  }
}

/** The parameters of a set that the body has; an API takes `null` for one that is not set. Throws `request/parameter-invalid`. */
export function readParameters(body: Record<string, unknown>, { names, schema }: ParameterSet): Parameters {
  const set: Record<string, unknown> = {};
  let isEmpty = true;
  for (const name of names) {
    const value = Object.hasOwn(body, name) ? body[name] : null;
    if (value === null) continue;
    set[name] = value;
    isEmpty = false;
  }
  if (isEmpty) return {};
  const result = v.safeParse(schema, set, STOP_AT_FIRST);
  if (result.success) return result.output;
  throw new Failure('request/parameter-invalid', { field: v.getDotPath(result.issues[0]) ?? 'parameters' });
}

export function malformed(field: string | null): Failure {
  return new Failure('request/malformed', field === null ? {} : { field });
}
