/** A host's own errors, in the shape that the client's API has for them. */
import type { Place } from './place.js';

/** What both dialects say of an error. */
export interface HostError {
  readonly message: string;
  /** The dialects share most of these words. */
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
 * The error in a body, or in an event, whoever wrote it: `{error: {message, type, code}}`, or as some servers have it a text under `error`,
 * `message` or `detail`, and as Google has it, in a list of its own. What some say as a list of what is wrong is passed on as its JSON. Throws
 * where there is no message.
 */
export function readError(said: Place, status: number | null): HostError {
  const [answer = said] = Array.isArray(said.value) ? said.elements() : [];
  const error = answer.member('error');
  const own = typeof error.value === 'string' ? [error] : [error.member('message')];
  const message = messageIn([...own, answer.member('message'), answer.member('detail')]);
  if (message === null) throw answer.untranslatable('an error without a message');
  const { value: type } = error.member('type');
  const { value: code } = error.member('code');
  return {
    message,
    type: typeof type === 'string' && TYPES.has(type) ? type : typeFor(status),
    code: typeof code === 'string' ? code : null,
  };
}

/** The first that is a text, or else the first that is a value with something in it. */
function messageIn(places: readonly Place[]): string | null {
  const values = places.map(({ value }) => value);
  const text = values.find(value => typeof value === 'string');
  if (text !== undefined) return text;
  const other = values.find(value => typeof value === 'object' && value !== null);
  return other === undefined ? null : JSON.stringify(other);
}

export function chatError({ message, type, code }: HostError): object {
  return { error: { message, type, param: null, code: code ?? type } };
}

export function messagesError({ message, type }: HostError): {
  readonly type: 'error';
  readonly error: object;
} {
  return { type: 'error', error: { type, message } };
}

function typeFor(status: number | null): string {
  const known = status === null ? undefined : TYPE_OF.get(status);
  return known ?? (status === null || status >= 500 ? 'api_error' : 'invalid_request_error');
}
