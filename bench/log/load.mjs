/**
 * Load on one HTTP endpoint over loopback: `clients` connections, each with one request under way at a time, for `seconds`. Requests are
 * written as bytes that were made before, and of the answers only status and length are read, so that the generator costs little.
 *
 * With `bodies.perRequest` over 1 a request has so many entries, a line each, and so has its answer.
 *
 * Prints one line of JSON: {taken, sent, refusals: {what was answered: how often}, seconds, latencies: {p50, p90, p99, max} of
 * requests in milliseconds, cpuMicroseconds: its own for each entry}. All counts are of entries. `taken` and latencies are of those that
 * were taken within the time; refusals and `sent` also count the warm-up.
 */
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';

const { port, path, clients, seconds, warmup, bodies } = JSON.parse(process.argv[2]);
const { makeRequests } = await import(bodies.module);
const { perRequest = 1 } = bodies;
const type = perRequest === 1 ? 'application/json' : 'application/jsonl';
const next = makeRequests(bodies, body => {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
});

const latencies = [];
let [taken, sent] = [0, 0];
const refusals = {};
const begin = performance.now() + warmup * 1000;
const end = begin + seconds * 1000;

const idle = process.cpuUsage();
await Promise.all(Array.from({ length: clients }, drive));
const { user, system } = process.cpuUsage(idle);
latencies.sort((a, b) => a - b);
const at = share => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? null;
const result = {
  taken,
  sent,
  refusals,
  seconds,
  latencies: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
  cpuMicroseconds: (user + system) / sent,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

function drive() {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let started = 0;
    let received = Buffer.alloc(0);
    const send = () => {
      const now = performance.now();
      if (now >= end) {
        socket.destroy();
        resolve();
        return;
      }
      started = now;
      sent += perRequest;
      socket.write(next());
    };
    socket.once('connect', send);
    socket.once('error', reject);
    socket.on('data', chunk => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const split = received.indexOf('\r\n\r\n');
      if (split < 0) return;
      const head = received.latin1Slice(0, split);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (received.length < split + 4 + length) return;
      const status = Number(head.slice(9, 12));
      const body = received.latin1Slice(split + 4, split + 4 + length);
      received = received.subarray(split + 4 + length);
      const now = performance.now();
      let refused = 0;
      const refuse = (what, entries) => {
        refusals[what] = (refusals[what] ?? 0) + entries;
        refused += entries;
      };
      if (status >= 300)
        refuse(`${status} ${/countersign-reason: (\S+)/i.exec(head)?.[1] ?? ''}`.trim(), perRequest);
      else if (perRequest > 1)
        for (const [, reason, own] of body.matchAll(/"reason":"([^"]+)","status":(\d+)/g))
          refuse(`${own} ${reason}`, 1);
      if (refused < perRequest && started >= begin && now <= end) {
        taken += perRequest - refused;
        latencies.push(now - started);
      }
      send();
    });
  });
}
