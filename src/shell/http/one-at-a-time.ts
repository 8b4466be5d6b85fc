/**
 * Answering the requests of a connection one after another.
 *
 * HTTP/1.1 lets a client send requests without waiting for answers, and Node.js hands all of them over at once, some thousand in one
 * packet. Were each begun, a client that reads nothing could have thousands of answers made for it, which is memory without a bound. Hardly any
 * client does this, and none needs more than a few.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may wait for their turn; one that sends more is hung up on. */
const MAX_WAITING = 32;

interface Line {
  /** Of the request that came last. */
  last: ServerResponse;
  waiting: number;
}

/** Begins each request when the answer to the one before it on its connection has left. */
export function oneAtATime(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): RequestListener {
  const lines = new WeakMap<Socket, Line>();
  return (request, response) => {
    const { socket } = request;
    const line = lines.get(socket);
    if (line === undefined) lines.set(socket, { last: response, waiting: 0 });
    else if (line.waiting === 0 && line.last.writableFinished) line.last = response;
    else return wait(line, request, response);
    handle(request, response);
  };

  function wait(line: Line, request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (line.waiting === MAX_WAITING) {
      readNoFurther(socket);
      socket.destroy();
      return;
    }
    const { last } = line;
    line.waiting++;
    line.last = response;
    last.once('close', () => {
      line.waiting--;
      if (socket.writable) handle(request, response);
    });
  }
}

/** What Node.js's parser takes for: stop here, the rest is for somebody else. */
const stop = () => 2;

/**
 * A connection that is hung up on has been read on for 64 KiB, which can be some thousand requests, and Node.js would go on to make each of them, and
 * for each an error: 20 milliseconds of work for one packet. It has no word for stopping a parser; this is how it does so itself
 * where a connection changes its protocol. Where that should no longer be so, nothing is lost but the time.
 */
function readNoFurther(socket: Socket): void {
  const { parser } = socket as Socket & { parser?: { onIncoming?: unknown } | null };
  if (typeof parser?.onIncoming === 'function') parser.onIncoming = stop;
}
