/**
 * What a server says to bytes that are no HTTP request. Node.js hangs up with a status and no word; here they get the one-line reason that
 * every other refusal has.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Failure, type ReasonCode } from '../../reason.js';
import { newRequestId, REQUEST_ID } from './request-id.js';

/** An answer's body and its media type. */
export interface Explanation {
  readonly type: string;
  readonly body: Uint8Array | string;
}

const MALFORMED = { status: 400, code: 'request/http-malformed' } as const;
/** By the codes of Node.js and of its parser. */
const CAUSES: ReadonlyMap<string, { readonly status: number; readonly code: ReasonCode }> = new Map([
  ['HPE_HEADER_OVERFLOW', { status: 431, code: 'request/headers-too-large' }],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', { status: 413, code: 'request/too-large' }],
  ['ERR_HTTP_REQUEST_TIMEOUT', { status: 408, code: 'request/late' }],
]);

/** @param explain puts a failure into words, as the server's other answers have them */
export function explainBrokenRequests(server: Server, explain: (failure: Failure) => Explanation): void {
  const latest = new WeakMap<Duplex, Answering>();
  server.on('request', (request, response) => latest.set(request.socket, { request, response }));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET' || isAnswering(latest.get(socket))) {
      socket.destroy();
      return;
    }
    const { status, code } = CAUSES.get(error.code ?? '') ?? MALFORMED;
    const { type, body } = explain(new Failure(code));
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'connection: close',
      `content-type: ${type}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `countersign-reason: ${code}`,
      `${REQUEST_ID}: ${newRequestId()}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.end(body, () => socket.destroy());
  });
}

interface Answering {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Whether what is said now would be taken for the answer to an earlier, whole request, or stand in the middle of one. */
function isAnswering(latest: Answering | undefined): boolean {
  if (latest === undefined || latest.response.writableFinished) return false;
  return latest.request.complete || latest.response.headersSent;
}
