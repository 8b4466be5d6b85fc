/**
 * Upstreams that fail at random, in a process of their own, for test/slow/exchanges/exchanges.test.ts. Each is a server of OpenAI's and
 * Anthropic's APIs at a port of its own, and writes down what it got and what it did with it.
 *
 * Its argument is the JSON of {@link UpstreamSettings} there. What becomes of a request follows from the seed, the upstream's name, the
 * request's own number and how often it has come, whatever else happens at the same time. On standard output: one line of JSON with the
 * ports when all listen, and one with counts when the process is told to end (SIGTERM), after the records are in their file.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf } from './answers.mjs';
import { chooseFault, send } from './faults.mjs';

const { names, seed, file, outages } = JSON.parse(process.argv[2] ?? '');

const records = [];
/** Connections that were closed without a request having been read: at once when they came, and when the upstream went away. */
const counts = { reset: 0, closed: 0, outages: 0 };
const sha256 = data => createHash('sha256').update(data).digest('hex');

/** Mulberry32, by Tommy Ettinger, in the public domain. */
function randomFrom(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seeded = text => randomFrom(createHash('sha256').update(text).digest().readUInt32BE(0));

class FaultyUpstream {
  #name;
  #random;
  #times = new Map();
  #port = 0;
  #connections = 0;
  #server = createServer((request, response) => this.#take(request, response));

  constructor(name) {
    this.#name = name;
    this.#random = seeded(`${seed} ${name}`);
    this.#server.on('clientError', (_error, socket) => socket.destroy());
    this.#server.on('connection', socket => {
      this.#connections++;
      socket.once('close', () => this.#connections--);
      if (this.#random() >= 0.01) return;
      counts.reset++;
      socket.resetAndDestroy();
    });
  }

  async listen() {
    await new Promise(resolve => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = this.#server.address().port;
    return this.#port;
  }

  /** Is away now and then: for a moment, or for so long that whoever asks should notice. */
  async comeAndGo() {
    for (;;) {
      await sleep(1000 + this.#random() * 6000);
      counts.outages++;
      counts.closed += this.#connections;
      this.#server.close();
      await sleep(this.#random() < 0.7 ? 200 : 2000);
      await this.listen();
    }
  }

  #take(request, response) {
    const chunks = [];
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'GET') list(this.#name, response);
      else this.#answer(request.url.replace(/^\/v1\//, ''), Buffer.concat(chunks), response);
    });
  }

  #answer(surface, body, response) {
    const text = body.toString();
    const number = Number(/exchange-(\d+)/.exec(text)?.[1]);
    const time = (this.#times.get(number) ?? 0) + 1;
    this.#times.set(number, time);
    const random = seeded(`${seed} ${this.#name} ${number} ${time}`);
    const { name, act } = chooseFault(random);
    const isStream = text.includes('"stream":true');
    const reply = answerOf(
      surface,
      isStream,
      `${this.#name} answers exchange-${number}, time ${time}`,
      random,
    );
    const record = { upstream: this.#name, number, surface, request: sha256(body), behaviour: name };
    records.push(record);
    const say = ({ status, content, wait = 0 }) => {
      Object.assign(record, { status, answer: content === undefined ? null : sha256(content), wait });
    };
    void act({ response, reply, random }, say);
  }
}

/** The first alone lists the model: a name that several list would go to whichever had answered by then, and a question can be lost as well. */
function list(upstream, response) {
  const data =
    upstream === 'one' ? [{ id: 'test-model', object: 'model', created: 1, owned_by: 'test' }] : [];
  const bytes = JSON.stringify({ object: 'list', data });
  send(response, { status: 200, headers: { 'content-type': 'application/json' }, bytes });
}

const upstreams = names.map(name => new FaultyUpstream(name));
const ports = await Promise.all(upstreams.map(upstream => upstream.listen()));
if (outages) for (const upstream of upstreams) void upstream.comeAndGo();
process.stdout.write(`${JSON.stringify({ ports })}\n`);
process.once('SIGTERM', () => {
  writeFileSync(file, records.map(record => `${JSON.stringify(record)}\n`).join(''));
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
});
