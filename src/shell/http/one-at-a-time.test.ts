import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oneAtATime } from './one-at-a-time.js';

let server: Server;
let begun: { readonly path: string; readonly response: ServerResponse }[];
let sockets: Socket[];
/** Requests that the server has made out of bytes. */
let read: number;

class CountedRequest extends IncomingMessage {
  constructor(socket: Socket) {
    super(socket);
    read++;
  }
}

beforeEach(async () => {
  begun = [];
  sockets = [];
  read = 0;
  server = createServer(
    { IncomingMessage: CountedRequest },
    oneAtATime(({ url = '' }, response) => begun.push({ path: url, response })),
  );
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise(resolve => server.close(resolve));
});

function open(): { readonly socket: Socket; readonly heard: () => string; readonly closed: Promise<void> } {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  let heard = '';
  socket.setEncoding('latin1').on('data', text => {
    heard += text;
  });
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  return { socket, heard: () => heard, closed };
}
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`;
const paths = () => begun.map(({ path }) => path);

describe('requests that come without waiting for answers', () => {
  it('are begun one after another, in order', async () => {
    const { socket, heard } = open();
    socket.write(get('/a') + get('/b') + get('/c'));
    for (const at of [0, 1, 2]) {
      await expect.poll(paths).toHaveLength(at + 1);
      begun[at]?.response.end(`answer ${at};`);
    }
    await expect.poll(heard).toContain('answer 2;');
    expect(paths()).toEqual(['/a', '/b', '/c']);
    expect(heard().match(/answer \d/g)).toEqual(['answer 0', 'answer 1', 'answer 2']);
  });

  it('hold up no other connection', async () => {
    open().socket.write(get('/a') + get('/b'));
    await expect.poll(paths).toEqual(['/a']);
    open().socket.write(get('/other'));
    await expect.poll(paths).toEqual(['/a', '/other']);
  });

  it('may be 32 besides the first; whoever sends more is hung up on, and nothing of that is begun', async () => {
    const { socket, heard, closed } = open();
    socket.write(get('/a').repeat(33));
    await expect.poll(paths).toEqual(['/a']);
    socket.write(get('/too-many'));
    await closed;
    expect(heard()).toBe('');
    expect(paths()).toEqual(['/a']);
  });

  it('are not even read behind the one that is too many', async () => {
    const { socket, closed } = open();
    socket.write(get('/a').repeat(4000));
    await closed;
    // The one that is too many is the 34th; the parser has taken the one behind it up before it stops.
    expect(read).toBe(35);
    // What has stopped at one connection reads the next one.
    open().socket.write(get('/other'));
    await expect.poll(paths).toEqual(['/a', '/other']);
  });

  it('are not begun when the client has gone away', async () => {
    const { socket } = open();
    socket.write(get('/a') + get('/b'));
    await expect.poll(paths).toEqual(['/a']);
    const gone = new Promise(resolve => begun[0]?.response.once('close', resolve));
    socket.destroy();
    await gone;
    open().socket.write(get('/other'));
    await expect.poll(paths).toEqual(['/a', '/other']);
  });
});

it('requests that wait for their answers follow one another without end', async () => {
  const { socket, heard } = open();
  for (let at = 0; at < 40; at++) {
    socket.write(get(`/${at}`));
    await expect.poll(paths, { interval: 2 }).toHaveLength(at + 1);
    begun[at]?.response.end(`answer ${at};`);
    await expect.poll(heard, { interval: 2 }).toContain(`answer ${at};`);
  }
});
