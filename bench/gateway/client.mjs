/** Clients of a gateway: each has a connection, sends one request at a time, and waits for the end of the answer. */
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { AnswerReader } from './answer-reader.mjs';
import { faultOf, requestBody } from './exchange-bytes.mjs';

/** The bytes of one request. `headers`: those that the contender needs. */
export function requestBytes(port, { stream, headers = {}, key = 'bench', user }) {
  const body = requestBody(stream, user);
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    'accept: application/json',
    'user-agent: countersign-bench',
    `authorization: Bearer ${key}`,
    `content-length: ${body.length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]);
}

/** What is wrong with an answer, in words that can be counted, or null. */
function faultIn(reader, isStream) {
  if (reader.status === 200) return faultOf(reader.body.latin1Slice(), isStream);
  return `HTTP ${reader.status} ${reader.header('countersign-reason') ?? ''}`.trim();
}

/**
 * Drives one client until `next` has no more for it. A connection that ends is made anew; what was under way on it is an answer that is
 * wrong.
 *
 * @param next the next request as {bytes, isStream}, or null
 * @param done told of each answer: {started, first, ended} in milliseconds and what is wrong with it, or null; `first` is when the first
 *   bytes of the body came
 */
export function drive(port, next, done) {
  return new Promise(resolve => {
    let request = next();
    const open = () => {
      if (request === null) {
        resolve();
        return;
      }
      const socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      let [started, first] = [0, 0];
      let reader = new AnswerReader();
      const send = () => {
        reader = new AnswerReader();
        [started, first] = [performance.now(), 0];
        socket.write(request.bytes);
      };
      const finish = fault => {
        done({ started, first, ended: performance.now(), fault });
        request = next();
      };
      // Whatever comes of a connection that was left behind is no news.
      const leave = () => {
        socket.removeAllListeners().on('error', () => undefined);
        socket.destroy();
        open();
      };
      const breakOff = what => {
        if (started === 0) started = performance.now();
        finish(what);
        leave();
      };
      socket.once('connect', send);
      socket.once('error', error => breakOff(error.code ?? 'broken'));
      socket.once('close', () => breakOff('closed'));
      socket.on('data', chunk => {
        let complete = false;
        try {
          complete = reader.push(chunk);
        } catch (error) {
          breakOff(error.message);
          return;
        }
        if (first === 0 && reader.bodyBytes > 0) first = performance.now();
        if (!complete) return;
        finish(faultIn(reader, request.isStream));
        if (request === null || reader.closes) leave();
        else send();
      });
    };
    open();
  });
}
