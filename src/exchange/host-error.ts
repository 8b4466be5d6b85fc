/**
 * What a host says when it answers with an error. Where its body is one that the client's SDK knows, it passes as it is; every other one is
 * read for its message, which is then said in the client's API: an SDK gives a body that it does not know as no message at all.
 */
import { type Members, membersOf } from './members.js';

export interface HostError {
  readonly message: string;
  /** One of the types that both OpenAI's and Anthropic's dialect have. */
  readonly type: string;
  /** OpenAI's code, where there is one. */
  readonly code: string | null;
}

/** The types that Anthropic's API documents. */
const TYPES: ReadonlySet<string> = new Set([
  'api_error',
  'authentication_error',
  'billing_error',
  'conflict_error',
  'invalid_request_error',
  'not_found_error',
  'overloaded_error',
  'permission_error',
  'rate_limit_error',
  'request_too_large',
  'timeout_error',
]);
/** The type that belongs to an HTTP status, for an error that names none that both know. */
const TYPE_OF: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [409, 'conflict_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
]);

/**
 * Where hosts have their message: OpenAI, Anthropic and Google under `error`, AWS under `message`, with a capital on some paths, FastAPI
 * under `detail`, gateways in front of hosts under `fault` or in a list of `errors`. An object or a list there is looked into in the same way.
 */
const PLACES = ['error', 'message', 'Message', 'detail', 'errors', 'fault', 'faultstring', 'msg'] as const;
/** As deep as those who nest them do: `{"message": {"detail": [{"msg": …}]}}` is Mistral's. */
const MAX_DEPTH = 4;
/** A list names each thing that is wrong; the first few are enough to see what. */
const MAX_LISTED = 3;
const MAX_LENGTH = 2000;

/**
 * Whether JSON that a host sent under the status of an answer says that it failed, whatever else is in it: by a member `error`, for which
 * clients look in the same way, or as the object that vLLM once had in its place.
 */
export function saysError(value: unknown): boolean {
  const members = membersOf(outermost(value));
  return members !== null && (Boolean(members.error) || members.object === 'error');
}

/** The HTTP status of an error that came under that of an answer: the one that it names, as OpenRouter's and Google's do, or else 502. */
export function statusOfError(value: unknown): number {
  const members = membersOf(outermost(value));
  const code = membersOf(members?.error)?.code ?? members?.code;
  return Number.isInteger(code) && (code as number) >= 400 && (code as number) <= 599
    ? (code as number)
    : 502;
}

/** The error in a body that is JSON, whoever wrote it; null where there is no message in it. `status`: null where it is an event's. */
export function hostErrorIn(value: unknown, status: number | null): HostError | null {
  const message = messageIn(value, 0);
  if (message === null) return null;
  const error = membersOf(membersOf(outermost(value))?.error);
  const [type, code] = [error?.type, error?.code];
  return {
    message: clipped(message),
    type: typeof type === 'string' && TYPES.has(type) ? type : typeFor(status),
    code: typeof code === 'string' ? code : null,
  };
}

/** The error that a whole answer is, if need be by its status alone. `text`: the body; null where it is no text that says anything. */
export function hostErrorOf(value: unknown, text: string | null, status: number): HostError {
  const said = hostErrorIn(value, status);
  if (said !== null) return said;
  const message = isSentence(text) ? clipped(text.trim()) : `The upstream answered ${status}, and not why.`;
  return { message, type: typeFor(status), code: null };
}

/** Google's older endpoints put the one error into a list. */
function outermost(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

function messageIn(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  if (depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) {
    const all = value.slice(0, MAX_LISTED).map(element => messageIn(element, depth + 1));
    return all.filter(message => message !== null).join('; ') || null;
  }
  const members = membersOf(value);
  if (members === null) return null;
  // A word under `error` with a sentence beside it is not what happened but its kind.
  const places = typeof members.error === 'string' ? [...PLACES.slice(1), PLACES[0]] : PLACES;
  for (const place of places) {
    const found = Object.hasOwn(members, place) ? messageIn(members[place], depth + 1) : null;
    if (found !== null) return place === 'msg' ? `${placeOf(members)}${found}` : found;
  }
  return null;
}

/** FastAPI says beside each message where in the request it belongs. */
function placeOf({ loc }: Members): string {
  return Array.isArray(loc) && loc.every(part => typeof part !== 'object') ? `${loc.join('.')}: ` : '';
}

/** What proxies write for people to look at is nothing that an SDK should show. */
function isSentence(text: string | null): text is string {
  return text !== null && /^[^<\s]/.test(text.trim());
}

function clipped(text: string): string {
  return text.slice(0, MAX_LENGTH).toWellFormed();
}

function typeFor(status: number | null): string {
  const known = status === null ? undefined : TYPE_OF.get(status);
  return known ?? (status === null || status >= 500 ? 'api_error' : 'invalid_request_error');
}
