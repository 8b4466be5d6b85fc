import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { answer, completion, HELLO, stream, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { OPENAI_SURFACES } from '../../exchange/providers.js';
import { OpenConnections } from '../http/connections.js';
import { type HttpApi, HttpUpstream } from './http-upstream.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

it.each([
  { what: 'bodies', streamed: false },
  { what: 'streams', streamed: true },
])('one connection to the upstream serves one client’s $what, one after another', async ({ streamed }) => {
  upstream.behaviour = streamed ? stream(...HELLO) : answer(200, completion());
  await ask(gateway.address, { body: chat({ stream: streamed }) });
  const before = upstream.connections;
  for (let times = 0; times < 10; times++) await ask(gateway.address, { body: chat({ stream: streamed }) });
  // A new connection, with its handshakes, would cost every answer more than all that the gateway does.
  expect(upstream.connections - before).toBeLessThanOrEqual(1);
});

it('connections to all upstreams together are no more than there may be', async () => {
  const other = await TestUpstream.start();
  const connections = new OpenConnections(1);
  const api = (base: string): HttpApi => ({
    base: new URL(base),
    keyHeader: 'authorization',
    surfaces: OPENAI_SURFACES,
  });
  const [first, second] = [upstream, other].map(
    ({ base }) =>
      new HttpUpstream({
        name: 'x',
        apis: [api(base)],
        key: null,
        listing: 'openai',
        timeouts: { connect: 1000, idle: 1000 },
        connections,
      }),
  ) as [HttpUpstream, HttpUpstream];
  try {
    expect(await first.models({})).toHaveLength(1);
    await expect(second.models({})).rejects.toThrow('connect');
    await first.close();
    await expect.poll(() => second.models({}).catch(() => [])).toHaveLength(1);
  } finally {
    await second.close();
    await other.close();
  }
});
