/**
 * What an upstream may do with a request: the good, the slow and the broken. Each says first what it is about to do, for the records:
 * the status that it sends, or null for none; of an answer that will be whole, its content; and how long it asks to be left alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

export const pick = (random, values) => values[Math.floor(random() * values.length)];

/** When to ask again, as upstreams say it, or do not; `wait`: what they mean at least, in milliseconds. */
const WAITS = [
  () => ({ headers: {}, wait: 0 }),
  () => ({ headers: { 'retry-after': '0' }, wait: 0 }),
  () => ({ headers: { 'retry-after': '1' }, wait: 1000 }),
  () => ({ headers: { 'retry-after': '3600' }, wait: 3_600_000 }),
  () => ({ headers: { 'retry-after': 'soon' }, wait: 0 }),
  () => ({ headers: { 'retry-after-ms': '40' }, wait: 40 }),
  // In whole seconds, so that it may be over when it comes.
  () => ({ headers: { 'retry-after': new Date(Date.now() + 1500).toUTCString() }, wait: 0 }),
];

const failure = (status, { headers, wait } = { headers: {}, wait: 0 }) => ({
  status,
  wait,
  headers: { 'content-type': 'application/json', ...headers },
  bytes: Buffer.from(JSON.stringify({ error: { type: 'some_error', message: `Status ${status}.` } })),
});

export function send(response, { status, headers, bytes }) {
  response.writeHead(status, headers);
  response.end(bytes);
}

/** In parts of any size, as a network would cut them, with pauses between some. */
async function writeParts(response, bytes, random) {
  for (let at = 0; at < bytes.length && !response.destroyed; ) {
    const end = at + 1 + Math.floor(random() * bytes.length * 0.4);
    response.write(bytes.subarray(at, end));
    at = end;
    if (random() < 0.3) await sleep(1);
    else await new Promise(resolve => setImmediate(resolve));
  }
}

/** Sends something that is no good answer. */
function sendBad({ response }, say, bad) {
  say({ status: bad.status, wait: bad.wait ?? 0 });
  send(response, bad);
}

/** Does something to the connection in place of an answer. */
function disturb({ response }, say, act, status = null) {
  say({ status });
  act(response.socket);
}

/** The beginning of a stream up to the end of one of its events, or nothing. */
function beginning({ reply, random }) {
  return reply.bytes.subarray(0, reply.cuts.length === 0 ? 0 : pick(random, reply.cuts));
}

/** By name: how often, in proportion, and what. */
const FAULTS = {
  whole: [
    30,
    ({ response, reply }, say) => {
      say(reply);
      send(response, reply);
    },
  ],
  slow: [
    12,
    async ({ response, reply, random }, say) => {
      say(reply);
      await sleep(random() * 120);
      send(response, reply);
    },
  ],
  parts: [
    18,
    async ({ response, reply, random }, say) => {
      say(reply);
      response.writeHead(reply.status, reply.headers);
      await writeParts(response, reply.bytes, random);
      response.end();
    },
  ],
  announced: [
    2,
    ({ response, reply }, say) => {
      say(reply);
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      send(response, reply);
    },
  ],
  cut: [
    5,
    async ({ response, reply, random }, say) => {
      say({ status: reply.status });
      const length = reply.isStream ? {} : { 'content-length': reply.bytes.length };
      response.writeHead(reply.status, { ...reply.headers, ...length });
      response.flushHeaders();
      await writeParts(response, reply.bytes.subarray(0, random() * reply.bytes.length), random);
      await sleep(random() * 4);
      if (random() < 0.5) response.socket?.resetAndDestroy();
      else response.destroy();
    },
  ],
  stall: [
    2,
    async ({ response, reply, random }, say) => {
      say({ status: reply.status });
      response.writeHead(reply.status, reply.headers);
      response.flushHeaders();
      await writeParts(response, reply.bytes.subarray(0, random() * reply.bytes.length), random);
    },
  ],
  silence: [1, (_, say) => say({ status: null })],
  reset: [2, (exchange, say) => disturb(exchange, say, socket => socket?.resetAndDestroy())],
  hangUp: [2, (exchange, say) => disturb(exchange, say, socket => socket?.destroy())],
  noHttp: [1, (exchange, say) => disturb(exchange, say, socket => socket?.end('SSH-2.0-upstream\r\n'))],
  strangeStatus: [
    0.5,
    (exchange, say) =>
      disturb(exchange, say, socket => socket?.end('HTTP/1.1 799 X\r\ncontent-length: 2\r\n\r\n{}'), 799),
  ],
  largeHeaders: [
    0.5,
    ({ response, reply }, say) => {
      // More than an HTTP client takes, so that it hears of no status.
      say({ status: null });
      send(response, { ...reply, headers: { ...reply.headers, 'x-large': 'x'.repeat(40_000) } });
    },
  ],
  limited: [3, (exchange, say) => sendBad(exchange, say, failure(429, pick(exchange.random, WAITS)()))],
  overloaded: [
    5,
    (exchange, say) => {
      const { random } = exchange;
      sendBad(exchange, say, failure(pick(random, [500, 502, 503, 504, 529]), pick(random, WAITS)()));
    },
  ],
  errorPage: [
    1,
    (exchange, say) => {
      const status = pick(exchange.random, [500, 503]);
      sendBad(exchange, say, { status, headers: { 'content-type': 'text/html' }, bytes: '<h1>Sorry</h1>' });
    },
  ],
  refused: [
    3,
    (exchange, say) => sendBad(exchange, say, failure(pick(exchange.random, [400, 401, 403, 404, 413, 422]))),
  ],
  page: [
    1,
    (exchange, say) =>
      sendBad(exchange, say, { status: 200, headers: { 'content-type': 'text/html' }, bytes: '<p>' }),
  ],
  otherJson: [
    1,
    (exchange, say) => {
      const bytes = pick(exchange.random, ['{"hello":1}', '[]', '7', '{"error":{}}', '']);
      sendBad(exchange, say, { status: 200, headers: { 'content-type': 'application/json' }, bytes });
    },
  ],
  encoded: [
    1,
    (exchange, say) => {
      const { headers, bytes } = exchange.reply;
      const encoded = { ...headers, 'content-encoding': 'gzip' };
      sendBad(exchange, say, { status: 200, headers: encoded, bytes: gzipSync(bytes) });
    },
  ],
  errorFirst: [
    2,
    (exchange, say) => sendBad(exchange, say, { ...exchange.reply, bytes: exchange.reply.error }),
  ],
  errorLater: [
    1,
    (exchange, say) => {
      const { reply } = exchange;
      sendBad(exchange, say, { ...reply, bytes: Buffer.concat([beginning(exchange), reply.error]) });
    },
  ],
  noEnd: [1, (exchange, say) => sendBad(exchange, say, { ...exchange.reply, bytes: beginning(exchange) })],
  byteOrderMark: [
    0.5,
    (exchange, say) => {
      const marked = Buffer.concat([beginning(exchange), Buffer.from('\ufeffdata: {}\n\n')]);
      sendBad(exchange, say, { ...exchange.reply, bytes: marked });
    },
  ],
};

const TOTAL = Object.values(FAULTS).reduce((sum, [weight]) => sum + weight, 0);

/** What becomes of one request. */
export function chooseFault(random) {
  let at = random() * TOTAL;
  for (const [name, [weight, act]] of Object.entries(FAULTS)) {
    at -= weight;
    if (at < 0) return { name, act };
  }
  throw new RangeError('not below one');
}
