/** A request's body as a JSON object that every reader takes for the same one. */
import * as v from 'valibot';
import { topLevelNames, withTopLevelString } from '../bytes/json.js';
import { isWithinExtent, REQUEST_EXTENT } from '../bytes/json-extent.js';
import { fromUtf8, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { placeOf, readNested } from './nested-parameters.js';
import { type ParameterSet, parametersOf, type SetParameters } from './set-parameters.js';
import type { RequestFacts } from './surface.js';
import { MAX_MEMBERS, refuseAmbiguous } from './unambiguous.js';

/** The most characters that a model's name may have. */
export const MAX_MODEL_NAME = 1024;

/** A hostile body can be wrong in millions of places, and each issue would take memory. */
const STOP_AT_FIRST = { abortEarly: true } as const;

/** By hand where it is asked of each request: a schema takes as long as parsing all of a short one. */
export function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= most;
}

/** Any text at all names a model: what it means is for the upstream to say. */
export function isModelName(value: unknown): value is string {
  return isText(value, MAX_MODEL_NAME);
}

export const ModelName = v.custom<string>(isModelName);
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
    this.#readNames = new Set([
      ...Object.keys(members),
      ...parameters.names,
      ...Object.keys(parameters.nested),
    ]);
  }

  /** Throws `request/malformed`, naming the member, and `request/parameter-invalid`. No part is taken for an attachment. */
  read(body: Uint8Array): { readonly facts: RequestFacts; readonly value: Record<string, unknown> } {
    const { text, value: given } = parseObject(body, this.#readNames);
    const parsed = v.safeParse(this.#schema, given, STOP_AT_FIRST);
    if (!parsed.success) throw malformed(v.getDotPath(parsed.issues[0]));
    const value = parsed.output;
    const set = readParameters(value, this.#parameters, text);
    const model = typeof value.model === 'string' ? value.model : null;
    return { facts: { model, stream: set.parameters.stream === true, ...set, attachments: [] }, value };
  }
}

/**
 * Parses a body. Throws `request/malformed` for what is not one JSON object, and for members that another reader might take otherwise.
 * `read`: the members whose meaning a receipt states.
 */
export function parseObject(body: Uint8Array, read: ReadonlySet<string>): RequestText {
  const { text, value } = parseText(body);
  const names = topLevelNames(text, MAX_MEMBERS);
  if (names === null) throw new Failure('request/malformed', { detail: `over ${MAX_MEMBERS} members` });
  refuseAmbiguous(names, read);
  return { text, value };
}

/** The text of a JSON object, and its value. */
export interface RequestText {
  readonly text: string;
  readonly value: Record<string, unknown>;
}

/** A body's text and the JSON object that it is. Throws `request/malformed` for what is not one. */
export function parseText(body: Uint8Array): RequestText {
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

/**
 * The parameters of a set that the body has; an API takes `null` for one that is not set. `text`: the body's JSON, for those that stand in an
 * object of their own. Throws `request/parameter-invalid`, and `request/malformed` for such an object that readers might take for two.
 */
export function readParameters(
  body: Record<string, unknown>,
  { names, nested }: ParameterSet,
  text = '{}',
): SetParameters {
  const set: Record<string, unknown> = readNested(text, body, nested);
  for (const name of names) {
    const value = Object.hasOwn(body, name) ? body[name] : null;
    if (value !== null) set[name] = value;
  }
  return parametersOf(set, name => placeOf(name, nested));
}

export function malformed(field: string | null): Failure {
  return new Failure('request/malformed', field === null ? {} : { field });
}
