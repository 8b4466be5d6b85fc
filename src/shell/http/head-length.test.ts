import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { headLength } from './head-length.js';
import { NumberedResponse } from './request-id.js';

/** What Node.js writes more about a connection that is kept than about one that is not. */
const KEPT = 'Connection: keep-alive\r\nKeep-Alive: timeout=65\r\n'.length - 'Connection: close\r\n'.length;

/** What is said of the head of an answer to such a request, and how many bytes it has. */
async function measured(
  asking: string,
  status: number,
  headers: OutgoingHttpHeaders,
  before: Readonly<Record<string, string>>,
): Promise<{ said: number; bytes: number }> {
  let said = 0;
  const options = {
    keepAliveTimeout: 65_000,
    ServerResponse: NumberedResponse as unknown as typeof ServerResponse,
  };
  const server = createServer(options, (_, response) => {
    for (const [name, value] of Object.entries(before)) response.setHeader(name, value);
    said = headLength(response, status, headers);
    response.writeHead(status, headers).end('x');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(`${asking}\r\n\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  server.close();
  return { said, bytes: data.indexOf('\r\n\r\n') + 4 };
}

const PLAIN = { 'content-type': 'application/json', 'content-length': 1 };

it.each<{
  what: string;
  asking?: string;
  status?: number;
  headers?: OutgoingHttpHeaders;
  before?: Readonly<Record<string, string>>;
  over?: number;
}>([
  { what: 'on a connection that is kept' },
  { what: 'on one that is not', asking: 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close', over: KEPT },
  { what: 'for a proxy that speaks HTTP/1.0', asking: 'GET / HTTP/1.0', over: KEPT },
  { what: 'that ends the connection', headers: { ...PLAIN, connection: 'close' }, over: 48 },
  { what: 'with another status', status: 503 },
  { what: 'with a status that has no name', status: 599 },
  { what: 'with the id that the client gave', asking: 'GET / HTTP/1.1\r\nhost: x\r\nx-request-id: its-own' },
  {
    what: 'with headers from before',
    before: { vary: 'Origin', 'access-control-allow-origin': 'https://a' },
  },
  { what: 'with one from before that is written again', before: { 'content-type': 'text/plain' } },
  { what: 'with several of one name', headers: { ...PLAIN, 'set-cookie': ['a=b', 'c=d'] } },
])('a head $what has no more bytes than is said', async ({ asking, status, headers, before, over = 0 }) => {
  const { said, bytes } = await measured(
    asking ?? 'GET / HTTP/1.1\r\nhost: x',
    status ?? 200,
    headers ?? PLAIN,
    before ?? {},
  );
  expect(said - bytes).toBe(over);
});
