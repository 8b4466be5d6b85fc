/**
 * The upstream behind every contender: a model that answers at once, whole or in twenty events, each written by itself.
 *
 * A request marked with `abort-<number>` is answered so slowly that its client will have left: `GET /aborts/<number>` then says when the
 * connection was closed, by the clock that all processes of a machine share, or null when nobody closed it before the answer was complete.
 */
import { createServer } from 'node:http';
import { ABORT_MARK, CHUNKS, COMPLETION, DONE, MODEL } from './exchange-bytes.mjs';

/** How long an answer to a client that leaves takes, in milliseconds, and how often it says something when it is a stream. */
const SLOW = 1000;
const EVERY = 10;

const MODELS = JSON.stringify({
  object: 'list',
  data: [{ id: MODEL, object: 'model', created: 1_790_000_000, owned_by: 'bench' }],
});
const JSON_HEAD = { 'content-type': 'application/json' };
const STREAM_HEAD = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
const marked = new RegExp(`"user":\\s*"${ABORT_MARK}(\\d+)"`);
/** When the connection of each marked request was closed, in nanoseconds; a promise for those that have not ended. */
const closings = new Map();

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    void get(request.url, response);
    return;
  }
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    const isStream = /"stream":\s*true/.test(body.latin1Slice());
    const mark = marked.exec(body.latin1Slice());
    if (mark !== null) answerSlowly(mark[1], isStream, response);
    else if (isStream) stream(response);
    else response.writeHead(200, { ...JSON_HEAD, 'content-length': COMPLETION.length }).end(COMPLETION);
  });
});
server.keepAliveTimeout = 600_000;

async function get(path, response) {
  const number = /^\/aborts\/(\d+)$/.exec(path)?.[1];
  const text =
    number === undefined ? MODELS : JSON.stringify({ closed: (await closings.get(number)) ?? null });
  response.writeHead(200, JSON_HEAD).end(text);
}

function stream(response) {
  response.writeHead(200, STREAM_HEAD);
  let at = 0;
  const write = () => {
    if (at === CHUNKS.length) {
      response.end(DONE);
      return;
    }
    response.write(CHUNKS[at++]);
    setImmediate(write);
  };
  write();
}

function answerSlowly(number, isStream, response) {
  const head = isStream ? STREAM_HEAD : { ...JSON_HEAD, 'content-length': COMPLETION.length };
  if (isStream) response.writeHead(200, head).write(CHUNKS[0]);
  const ticks = isStream ? setInterval(() => response.write(CHUNKS[2]), EVERY) : null;
  const end = setTimeout(() => {
    clearInterval(ticks);
    if (isStream) response.end(DONE);
    else response.writeHead(200, head).end(COMPLETION);
  }, SLOW);
  const closed = new Promise(resolve => {
    response.once('close', () => {
      const now = process.hrtime.bigint();
      clearInterval(ticks);
      clearTimeout(end);
      resolve(response.writableFinished ? null : String(now));
    });
  });
  closings.set(number, closed);
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ address: `http://127.0.0.1:${server.address().port}` })}\n`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
