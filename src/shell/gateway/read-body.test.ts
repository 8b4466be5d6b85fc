import { IncomingMessage } from 'node:http';
import { connect, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { chat } from '../../../test/end-to-end/client.js';
import { openGateway } from '../../../test/end-to-end/gateway.js';
import { answer, completion, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { BodyBudget } from './body-budget.js';
import { readBody } from './read-body.js';

const MEGABYTE = 1 << 20;

/** The bytes that this process needs, after everything that nobody holds any more has been let go. */
function held(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('a body of a megabyte that comes byte by byte', () => {
  it('costs no more than a few times what it weighs while it is being read', async () => {
    const request = new IncomingMessage(new Socket());
    const before = held();
    const reading = readBody(request, 2 * MEGABYTE, new BodyBudget(2 * MEGABYTE));
    for (let count = 0; count < MEGABYTE; count++) request.emit('data', Buffer.of(count & 255));
    const growth = held() - before;
    request.emit('end');
    const body = await reading;
    expect(body).toMatchObject({ kind: 'whole' });
    if (body.kind === 'whole') {
      expect(body.bytes).toHaveLength(MEGABYTE);
      expect(body.bytes.every((byte, at) => byte === (at & 255))).toBe(true);
    }
    expect(growth).toBeLessThan(16 * MEGABYTE);
  });

  it('is served like any other', { timeout: 60_000 }, async () => {
    const upstream = await TestUpstream.start();
    upstream.behaviour = answer(200, completion());
    const gateway = await openGateway({ upstream: upstream.base, timeouts: { firstToken: 30_000 } });
    try {
      const body = JSON.stringify(chat({}, 'x'.repeat(MEGABYTE)));
      const chunks = Array.from(body, character => `1\r\n${character}\r\n`).join('');
      const { hostname, port } = new URL(gateway.address);
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}:${port}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`,
      );
      socket.write(`${chunks}0\r\n\r\n`);
      let got = '';
      for await (const part of socket) got += String(part);
      expect(got).toMatch(/^HTTP\/1\.1 200 /);
      expect(upstream.last.body.toString()).toBe(body);
    } finally {
      await gateway.close();
      await upstream.close();
    }
  });
});
