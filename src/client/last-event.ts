/**
 * Which event a client takes for the end of a stream, in whatever API: after it nobody reads on, so that nothing found later would be heard of.
 *
 * Generous where clients differ, because the stream is hostile: a name or a type is enough, and text that is not UTF-8 is read as they read it.
 */
import { parsedMembers } from '../exchange/members.js';
import { eventData, type ServerSentEvent } from '../exchange/server-sent-events.js';

/** The end of the streams whose events have no types. Clients look at no more than this beginning. */
const DONE = '[DONE]';

/** The types of the others. Sources: the API references of OpenAI (responses) and Anthropic (messages). */
const LAST_TYPES: ReadonlySet<unknown> = new Set([
  'message_stop',
  'response.completed',
  'response.incomplete',
  'response.failed',
]);

/** An error ends a stream as well, but nobody takes it for an answer. */
export function endsStream(event: ServerSentEvent): boolean {
  const data = lenient(eventData(event));
  if (data.startsWith(DONE)) return true;
  if (event.event !== null && LAST_TYPES.has(lenient(event.event))) return true;
  return LAST_TYPES.has(parsedMembers(data)?.type);
}

function lenient(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
