/**
 * The load generator: a process of its own, which lives as long as the benchmark, so that all contenders meet the same one. It takes orders
 * from its parent, one at a time, and answers each.
 *
 * `{kind: 'load', port, headers, stream, clients, warmup, seconds}`: {requests, sent, seconds, faults: {what: how often}, total, first:
 * {p50, p90, p99} in milliseconds, cpuMicroseconds: its own for each request}. `requests` are those that were answered within the time,
 * latencies are of those that were sent in it; faults and `sent` count the warm-up too.
 *
 * `{kind: 'exchanges', port, count, clients, keys, streamEvery}`: the same without latencies, after `count` exchanges; every so many of them
 * is streamed, and they come under `keys` different API keys. It says {exchanges} on the way.
 *
 * `{kind: 'aborts', port, upstream, headers, stream, count}`: {milliseconds: for each client that left, how long the upstream's connection
 * lived on; null where it was not closed before the answer was complete}.
 */
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { drive, requestBytes } from './client.mjs';
import { ABORT_MARK } from './exchange-bytes.mjs';

const ORDERS = { load, exchanges, aborts };
process.on('message', async order => {
  try {
    process.send({ result: await ORDERS[order.kind](order) });
  } catch (error) {
    process.send({ problem: error.stack });
  }
});

async function load({ port, headers, stream, clients, warmup, seconds }) {
  const request = { bytes: requestBytes(port, { stream, headers }), isStream: stream };
  const begin = performance.now() + warmup * 1000;
  const end = begin + seconds * 1000;
  const [total, first] = [[], []];
  let requests = 0;
  const tally = new Tally();
  await driveAll(
    clients,
    port,
    () => (performance.now() < end ? request : null),
    answer => {
      tally.count(answer);
      if (answer.fault !== null) return;
      if (answer.ended >= begin && answer.ended <= end) requests++;
      if (answer.started < begin) return;
      total.push(answer.ended - answer.started);
      first.push(answer.first - answer.started);
    },
  );
  return {
    ...tally.result,
    requests,
    seconds,
    total: percentiles(total),
    first: percentiles(first),
  };
}

async function exchanges({ port, count, clients, keys, streamEvery }) {
  let begun = 0;
  const tally = new Tally();
  const next = () => {
    if (begun === count) return null;
    const number = begun++;
    const stream = number % streamEvery === 0;
    return { bytes: requestBytes(port, { stream, key: `bench-${number % keys}` }), isStream: stream };
  };
  const report = setInterval(() => process.send({ exchanges: tally.sent }), 500);
  await driveAll(clients, port, next, answer => tally.count(answer));
  clearInterval(report);
  return tally.result;
}

async function aborts({ port, upstream, headers, stream, count }) {
  const milliseconds = [];
  for (let at = 0; at < count; at++) {
    const number = abortNumber++;
    const left = await leave(
      port,
      requestBytes(port, { stream, headers, user: `${ABORT_MARK}${number}` }),
      stream,
    );
    const { closed } = await (await fetch(`${upstream}/aborts/${number}`)).json();
    milliseconds.push(closed === null ? null : Number(BigInt(closed) - left) / 1e6);
  }
  return { milliseconds };
}
let abortNumber = 0;

/** How long a client waits for an answer that does not begin, in milliseconds: long enough for its request to be with the upstream. */
const PATIENCE = 200;

/** Sends a request, waits until its answer has begun or will not, and closes the connection. Resolves to when, in nanoseconds. */
async function leave(port, bytes, isStream) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const begun = new Promise(resolve => socket.once('data', resolve));
  socket.write(bytes);
  await Promise.race(isStream ? [begun, sleep(PATIENCE)] : [sleep(PATIENCE)]);
  const now = process.hrtime.bigint();
  socket.destroy();
  return now;
}

function driveAll(clients, port, next, done) {
  return Promise.all(Array.from({ length: clients }, () => drive(port, next, done)));
}

class Tally {
  sent = 0;
  #faults = {};
  #before = process.cpuUsage();

  count({ fault }) {
    this.sent++;
    if (fault !== null) this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
  }

  get result() {
    const { user, system } = process.cpuUsage(this.#before);
    return {
      sent: this.sent,
      faults: this.#faults,
      cpuMicroseconds: (user + system) / Math.max(1, this.sent),
    };
  }
}

function percentiles(latencies) {
  const sorted = Float64Array.from(latencies).sort();
  const at = share => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}
