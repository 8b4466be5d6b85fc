/**
 * An upstream of OpenAI's chat completions that does what the name of the model says, in a process of its own: it may have thousands of
 * connections. On standard output: one line of JSON with its port.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

const MEGABYTE = 1 << 20;
const JSON_TYPE = { 'content-type': 'application/json' };
const STREAM_TYPE = { 'content-type': 'text/event-stream' };

const completion = content => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'test-model',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const chunk = (content, finish = null) => {
  const choices = [{ index: 0, delta: { content }, finish_reason: finish }];
  return `data: ${JSON.stringify({ object: 'chat.completion.chunk', model: 'test-model', choices })}\n\n`;
};

/** Writes parts until there are no more, or nobody reads them. */
async function writeAll(response, parts) {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    for (const part of parts) {
      if (response.destroyed) return;
      if (!response.write(part)) await once(response, 'drain', { signal: gone.signal });
    }
    response.end();
  } catch {
    // The client has gone.
  }
}

function* times(count, part) {
  for (let time = 0; time < count; time++) yield part;
}

function* bomb(open, close) {
  yield '{"choices":[],"x":';
  yield* times(30, open.repeat(MEGABYTE));
  yield '0';
  yield* times(30, close.repeat(MEGABYTE));
  yield '}';
}

function* events() {
  yield* times(12, 'data:x\n\n'.repeat(8192));
  yield `${chunk('', 'stop')}data: [DONE]\n\n`;
}

const LARGE = Buffer.from(JSON.stringify(completion('x'.repeat(30 * MEGABYTE))));
const LONG_EVENT = Buffer.from(chunk('x'.repeat(MEGABYTE)));
const COMMENTS = Buffer.from(':x\n\n'.repeat(32_768));
const HINTS = Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(1000));

const BEHAVIOURS = {
  'test-model': response => response.writeHead(200, JSON_TYPE).end(JSON.stringify(completion('Hello.'))),
  silent: () => undefined,
  idle: response => response.writeHead(200, STREAM_TYPE).write(chunk('x')),
  large: response => response.writeHead(200, JSON_TYPE).end(LARGE),
  endless: response => writeAll(response.writeHead(200, STREAM_TYPE), times(10_000, LONG_EVENT)),
  events: response => writeAll(response.writeHead(200, STREAM_TYPE), events()),
  comments: response => writeAll(response.writeHead(200, STREAM_TYPE), times(1024, COMMENTS)),
  lists: response => writeAll(response.writeHead(200, JSON_TYPE), bomb('[', ']')),
  encoded: response =>
    response
      .writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' })
      .end(gzipSync(Buffer.alloc(256 * MEGABYTE))),
  transferEncoded: response => {
    response.writeHead(200, { ...JSON_TYPE, 'transfer-encoding': 'gzip, chunked' });
    response.end(gzipSync(JSON.stringify(completion('Hello.'))));
  },
  hints: ({ socket }) => writeAll(socket, times(100_000, HINTS)),
  headers: ({ socket }) =>
    writeAll(socket, ['HTTP/1.1 200 OK\r\n', ...times(100_000, `x-${'a'.repeat(1000)}: b\r\n`)]),
  behind: ({ socket }) => {
    const body = JSON.stringify(completion('Hello.'));
    const answer = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    // The second answer would be somebody else's, if it were believed.
    socket.write(answer + answer.replace('Hello.', 'Forged'));
  },
};

const server = createServer((request, response) => {
  const chunks = [];
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  request.on('data', part => chunks.push(part));
  request.on('end', () => {
    if (request.method === 'GET') {
      const data = Object.keys(BEHAVIOURS).map(id => ({ id, object: 'model', created: 1, owned_by: 'test' }));
      response.writeHead(200, JSON_TYPE).end(JSON.stringify({ object: 'list', data }));
      return;
    }
    const name = /"model":"([^"]*)"/.exec(Buffer.concat(chunks).toString('latin1'))?.[1] ?? '';
    void (BEHAVIOURS[name] ?? BEHAVIOURS['test-model'])(response);
  });
});
server.on('clientError', (_error, socket) => socket.destroy());
server.on('connection', socket => socket.on('error', () => undefined));
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
