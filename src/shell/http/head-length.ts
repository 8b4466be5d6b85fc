/** How long the head of an answer is on the wire: proxies read it into a buffer of one size, and answer for a server whose head is longer. */
import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import { REQUEST_ID, requestIdOf } from './request-id.js';

/** What Node.js writes of its own accord, at its longest; it leaves out what says that a connection is kept where it is not. */
const OF_NODE = [
  'Date: Mon, 30 Nov 2026 08:20:00 GMT',
  'Connection: keep-alive',
  'Keep-Alive: timeout=65',
  '',
];

/** The bytes of a head that is still to be written, never fewer than it will have. `headers`: all that it is written with. */
export function headLength(response: ServerResponse, status: number, headers: OutgoingHttpHeaders): number {
  const fields = { ...response.getHeaders(), ...headers, [REQUEST_ID]: requestIdOf(response) };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    [value ?? []].flat().map(one => `${name}: ${one}`),
  );
  const all = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}`, ...lines, ...OF_NODE];
  return all.reduce((sum, line) => sum + line.length + 2, 0);
}
