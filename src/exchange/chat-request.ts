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

/** What a stranger may make us look at: the messages of a request, what is attached to them, and its members. */
const MAX_MESSAGES = 10_000;
const MAX_ATTACHMENTS = 1024;
const MAX_MEMBERS = 1000;

/** A hostile body can be wrong in millions of places, and each issue would take memory. */
const STOP_AT_FIRST = { abortEarly: true } as const;

const Message = v.looseObject({ role: v.pipe(v.string(), v.minLength(1), v.maxLength(64)) });
const Body = v.looseObject({
  model: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)),
  messages: v.pipe(v.array(Message), v.minLength(1)),
});

/**
 * Reads a request's body. Throws `request/malformed` for what is not a chat request, and `request/parameter-invalid` naming the
 * parameter that is out of range or of the wrong kind. Whatever else the body holds is the upstream's business.
 */
export function readChatRequest(body: Uint8Array): ChatRequest {
  const value = parseObject(body);
  if (Array.isArray(value.messages) && value.messages.length > MAX_MESSAGES) throw malformed('messages');
  const parsed = v.safeParse(Body, value, STOP_AT_FIRST);
  if (!parsed.success) throw malformed(v.getDotPath(parsed.issues[0]));
  const parameters = readParameters(parsed.output);
  const attachments: Uint8Array[] = [];
  for (const message of parsed.output.messages)
    attachments.push(...attachmentsOf(message, MAX_ATTACHMENTS - attachments.length));
  return {
    model: parsed.output.model,
    stream: parameters.stream === true,
    parameters,
    attachments,
  };
}

/** The members whose meaning a receipt states. */
const READ_NAMES: ReadonlySet<string> = new Set(['model', 'messages', ...PARAMETER_NAMES]);

function parseObject(body: Uint8Array): Record<string, unknown> {
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
  const names = topLevelNames(text, MAX_MEMBERS);
  if (names === null) throw new Failure('request/malformed', { detail: `over ${MAX_MEMBERS} members` });
  // Some readers also take `Model` for `model`, so that is refused too.
  const folded = names.map(name => name.toUpperCase().toLowerCase());
  if (new Set(folded).size < names.length)
    throw new Failure('request/malformed', { detail: 'a member that is there twice' });
  if (folded.some((name, at) => READ_NAMES.has(name) && name !== names[at])) {
    throw new Failure('request/malformed', { detail: 'a known member in other letters' });
  }
  return value as Record<string, unknown>;
}

/** The API takes `null` for a parameter that is not set. */
function readParameters(body: Record<string, unknown>): Parameters {
  const set: Record<string, unknown> = {};
  for (const name of PARAMETER_NAMES) {
    const value = Object.hasOwn(body, name) ? body[name] : null;
    if (value !== null) set[name] = value;
  }
  const result = v.safeParse(ParametersSchema, set, STOP_AT_FIRST);
  if (result.success) return result.output;
  throw new Failure('request/parameter-invalid', { field: v.getDotPath(result.issues[0]) ?? 'parameters' });
}

/** At most `limit`; more are refused. */
function attachmentsOf(message: Record<string, unknown>, limit: number): Uint8Array[] {
  if (!Array.isArray(message.content)) return [];
  const attachments: Uint8Array[] = [];
  for (const part of message.content as (Json & { type?: unknown })[]) {
    if (typeof part !== 'object' || part === null || typeof part.type !== 'string')
      throw malformed('messages.content');
    if (part.type === 'text' || part.type === 'refusal') continue;
    if (attachments.length === limit) throw malformed('messages.content');
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
