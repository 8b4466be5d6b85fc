/**
 * The least that a gateway in Node.js can do and still know what passes: `node:http` in front, undici's `dispatch` behind, the request, the
 * answer and every event parsed as JSON for model and usage. Bodies pass unchanged. With `sign` it also does the least that a receipt could
 * be: SHA-256 of both bodies and one Ed25519 signature, in a header, or behind a stream in a trailer.
 *
 * Its one argument is JSON: {upstream, sign}. It prints its address.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { errors, Pool } from 'undici';

const { upstream, sign: isSigning } = JSON.parse(process.argv[2]);
const { privateKey } = generateKeyPairSync('ed25519');
const pool = new Pool(upstream, { connections: 256, pipelining: 1 });
/** What was read of the last exchange, so that reading it is not for nothing. */
let seen = { model: '', tokens: 0 };

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    let model;
    try {
      ({ model } = JSON.parse(body.toString('utf8')));
    } catch {
      response.writeHead(400).end();
      return;
    }
    pass(request, response, body, model);
  });
});

function pass(request, response, body, model) {
  const headers = {
    'content-type': 'application/json',
    accept: request.headers.accept ?? '*/*',
    authorization: request.headers.authorization ?? '',
    'content-length': String(body.length),
  };
  let answer = null;
  let isComplete = false;
  pool.dispatch(
    { path: request.url, method: 'POST', headers, body },
    {
      onRequestStart(controller) {
        response.once('close', () => {
          if (!isComplete) controller.abort(new errors.RequestAbortedError());
        });
      },
      onResponseStart(_controller, status, head) {
        const isStream = (head['content-type'] ?? '').startsWith('text/event-stream');
        answer = isStream
          ? new Stream(response, status, head, body)
          : new Whole(response, status, head, body);
      },
      onResponseData(controller, chunk) {
        if (answer.data(chunk)) return;
        controller.pause();
        response.once('drain', () => controller.resume());
      },
      onResponseEnd() {
        isComplete = true;
        seen = { model, tokens: answer.end() };
      },
      onResponseError() {
        isComplete = true;
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end();
      },
    },
  );
}

/** An answer that comes whole. */
class Whole {
  #parts = [];

  constructor(response, status, head, request) {
    Object.assign(this, { response, status, head, request });
  }

  data(chunk) {
    this.#parts.push(chunk);
    return true;
  }

  /** Returns the tokens used, as `Stream` does. */
  end() {
    const body = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    const { usage } = JSON.parse(body.toString('utf8'));
    const headers = { 'content-type': this.head['content-type'], 'content-length': body.length };
    if (isSigning) headers['x-signature'] = signature(digest(this.request), digest(body));
    this.response.writeHead(this.status, headers).end(body);
    return usage?.total_tokens ?? 0;
  }
}

/** An answer that comes as events, each passed on as it comes. */
class Stream {
  #hash = isSigning ? createHash('sha256') : null;
  #text = '';
  #tokens = 0;

  constructor(response, status, head, request) {
    this.response = response;
    this.request = request;
    const headers = { 'content-type': head['content-type'], 'cache-control': 'no-cache' };
    if (isSigning) headers.trailer = 'x-signature';
    response.writeHead(status, headers).flushHeaders();
  }

  data(chunk) {
    this.#hash?.update(chunk);
    this.#text += chunk.toString('utf8');
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      this.#read(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 2);
    }
    return this.response.write(chunk);
  }

  end() {
    if (this.#hash !== null)
      this.response.addTrailers({ 'x-signature': signature(digest(this.request), this.#hash.digest()) });
    this.response.end();
    return this.#tokens;
  }

  #read(event) {
    if (!event.startsWith('data: ') || event === 'data: [DONE]') return;
    this.#tokens = JSON.parse(event.slice('data: '.length)).usage?.total_tokens ?? this.#tokens;
  }
}

function digest(bytes) {
  return createHash('sha256').update(bytes).digest();
}

function signature(request, response) {
  return sign(null, Buffer.concat([request, response]), privateKey).toString('base64');
}

server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ address: `http://127.0.0.1:${server.address().port}` })}\n`);
});
process.once('SIGTERM', () => {
  process.stderr.write(seen.model === undefined ? 'it has seen a request without a model\n' : '');
  server.close();
  server.closeAllConnections();
  void pool.destroy();
});
