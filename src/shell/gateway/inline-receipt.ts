/**
 * The receipt in a header, for who asks for it. A proxy on the way may have a buffer that the head of an answer has to fit into, and gives an
 * error in the place of an answer whose head does not; a receipt that is too long for it is asked for afterwards.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { headLength } from '../http/head-length.js';

/** For what the proxies on the way write into a head themselves, in bytes. */
const OF_PROXIES = 128;

/** The longest head, in bytes, by what the client says in `countersign-inline`. */
const LONGEST: ReadonlyMap<unknown, number> = new Map([
  // The buffer of an nginx that nobody has told otherwise is one page of memory (`proxy_buffer_size`).
  ['receipt', 4096 - OF_PROXIES],
  // What Node.js and undici read.
  ['large-receipt', 16 * 1024 - OF_PROXIES],
]);

/** The headers of an answer, with the receipt among them if the client asks for it there and its head has the room. `entry`: the receipt's, as logged. */
export function withReceipt(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  entry: Uint8Array,
): OutgoingHttpHeaders {
  const longest = LONGEST.get(response.req.headers['countersign-inline']) ?? 0;
  if (entry.length > longest) return headers;
  const whole = { ...headers, 'countersign-receipt': Buffer.from(entry).toString('latin1') };
  return headLength(response, status, whole) <= longest ? whole : headers;
}
