/** Requests of OpenAI's chat completions API: what the gateway needs to know of one, and what it refuses to send on. */
import * as v from 'valibot';
import { canonicalize, type Json, topLevelNames } from '../bytes/json.js';
import { fromUtf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { PARAMETER_NAMES, type Parameters, ParametersSchema } from './parameters.js';

export interface ChatRequest {
  /** The model as the client named it: any text at all. */
  readonly model: string;
  readonly stream: boolean;
  /** Those that the client set and that may be public. Everything else is covered by the commitment to the request. */
  readonly parameters: Parameters;
  /** Each content part that is not text (an image, a sound, a file), as canonical JSON. */
  readonly attachments: readonly Uint8Array[];
}

const MAX_MESSAGES = 100_000;

const Message = v.looseObject({ role: v.pipe(v.string(), v.minLength(1), v.maxLength(64)) });
const Body = v.looseObject({
  model: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)),
  messages: v.pipe(v.array(Message), v.minLength(1), v.maxLength(MAX_MESSAGES)),
});

/**
 * Reads a request's body. Throws `request/malformed` for what is not a chat request, and `request/parameter-invalid` naming the
 * parameter that is out of range or of the wrong kind. Whatever else the body holds is the upstream's business.
 */
export function readChatRequest(body: Uint8Array): ChatRequest {
  const parsed = v.safeParse(Body, parseObject(body));
  if (!parsed.success) throw malformed(v.getDotPath(parsed.issues[0]));
  const parameters = readParameters(parsed.output);
  return {
    model: parsed.output.model,
    stream: parameters.stream === true,
    parameters,
    attachments: parsed.output.messages.flatMap(attachmentsOf),
  };
}

function parseObject(body: Uint8Array): object {
  const text = fromUtf8(body);
  if (text === null) throw new Failure('request/malformed', { detail: 'not UTF-8' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure('request/malformed', { detail: 'not JSON' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('request/malformed', { detail: 'not an object' });
  }
  // Of two members with one name we would read the last, and the upstream perhaps the first: the receipt could say what was not so.
  const names = topLevelNames(text);
  if (new Set(names).size < names.length)
    throw new Failure('request/malformed', { detail: 'a member that is there twice' });
  return value;
}

/** The API takes `null` for a parameter that is not set. */
function readParameters(body: Record<string, unknown>): Parameters {
  const set: Record<string, unknown> = {};
  for (const name of PARAMETER_NAMES) {
    const value = Object.hasOwn(body, name) ? body[name] : null;
    if (value !== null) set[name] = value;
  }
  const result = v.safeParse(ParametersSchema, set);
  if (result.success) return result.output;
  throw new Failure('request/parameter-invalid', { field: v.getDotPath(result.issues[0]) ?? 'parameters' });
}

function attachmentsOf(message: Record<string, unknown>): Uint8Array[] {
  if (!Array.isArray(message.content)) return [];
  const attachments: Uint8Array[] = [];
  for (const part of message.content as (Json & { type?: unknown })[]) {
    if (typeof part !== 'object' || part === null || typeof part.type !== 'string')
      throw malformed('messages.content');
    if (part.type === 'text' || part.type === 'refusal') continue;
    try {
      attachments.push(canonicalize(part));
    } catch {
      throw malformed('messages.content');
    }
  }
  return attachments;
}

function malformed(field: string | null): Failure {
  return new Failure('request/malformed', field === null ? {} : { field });
}
