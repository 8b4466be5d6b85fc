import { Agent, request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import {
  answer,
  type Behaviour,
  chunk,
  completion,
  HELLO,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { thorough } from '../../../test/support/thoroughness.js';

const MEGABYTE = 1 << 20;
const CONNECTIONS = thorough(30, 20);

let upstream: TestUpstream;
let gateway: TestGateway;
let agent: Agent;

beforeEach(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base, limits: { requestBytes: 2 * MEGABYTE } });
  agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: CONNECTIONS });
});

afterEach(async () => {
  agent.destroy();
  await gateway.close();
  await upstream.close();
});

/** The bytes that this process needs, after everything that nobody holds any more has been let go. */
async function held(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What has been written is let go of a little later.
  for (let times = 0; times < 3; times++) {
    await new Promise(resolve => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
}

/** One exchange; resolves when its answer is whole, and the connection is kept. */
function exchange(body: string): Promise<void> {
  const { hostname, port } = new URL(gateway.address);
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, agent, method: 'POST', path: '/v1/chat/completions' });
    asking.once('response', response => response.resume().once('end', resolve));
    asking.once('error', reject);
    asking.end(body);
  });
}

const LARGE = 'x'.repeat(MEGABYTE);
const cases: { what: string; behaviour: Behaviour; content: string; streamed: boolean }[] = [
  { what: 'a large request', behaviour: answer(200, completion()), content: LARGE, streamed: false },
  { what: 'a large answer', behaviour: answer(200, completion(LARGE)), content: '', streamed: false },
  {
    what: 'a large stream',
    behaviour: stream(chunk({ content: LARGE }), ...HELLO),
    content: '',
    streamed: true,
  },
  {
    what: 'a large refusal',
    behaviour: answer(400, { error: { message: LARGE } }),
    content: '',
    streamed: false,
  },
  { what: 'what was too large', behaviour: answer(200, ''), content: LARGE + LARGE, streamed: false },
];

it.each(cases)(
  'a connection that is kept keeps nothing of $what',
  async ({ behaviour, content, streamed }) => {
    upstream.behaviour = behaviour;
    const body = JSON.stringify(chat({ stream: streamed }, content));
    await exchange(body);
    upstream.requests.length = 0;
    const before = await held();
    await Promise.all(Array.from({ length: CONNECTIONS }, () => exchange(body)));
    upstream.requests.length = 0;
    expect((await held()) - before).toBeLessThan((CONNECTIONS * MEGABYTE) / 2);
  },
);
