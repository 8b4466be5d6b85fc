import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { answer, completion, DONE, HELLO, stream, TestUpstream } from '../../../test/end-to-end/upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeEach(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base, origins: ['https://app.example'] });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const OURS = /^[a-z2-7]{26}$/;
const preflight = { 'access-control-request-method': 'POST', origin: 'https://app.example' };

describe('x-request-id', () => {
  it.each<[what: string, question: Parameters<typeof ask>[1]]>([
    ['an answer', {}],
    ['a stream', { body: chat({ stream: true }) }],
    ['a refusal under a receipt', { body: '{' }],
    ['a path that is none', { path: '/nowhere' }],
    ['a method that is none', { path: '/healthz', method: 'POST' }],
    ['the models', { path: '/v1/models' }],
    ['the log', { path: '/log/checkpoint' }],
    ['what the log refuses', { path: '/log/entries', method: 'POST', body: '{}' }],
    ['another host', { headers: { host: 'attacker.example' } }],
    ['what a browser asks before', { method: 'OPTIONS', headers: preflight }],
  ])('is on %s: the client’s own', async (_, question) => {
    upstream.behaviour = question?.body === undefined ? answer(200, completion()) : stream(...HELLO, DONE);
    const headers = { ...question?.headers, 'x-request-id': 'trace_1.a-B' };
    expect((await ask(gateway.address, { ...question, headers })).headers['x-request-id']).toBe(
      'trace_1.a-B',
    );
    const made = await ask(gateway.address, question);
    expect(made.headers['x-request-id']).toMatch(OURS);
    const again = await ask(gateway.address, question);
    expect(again.headers['x-request-id']).not.toBe(made.headers['x-request-id']);
  });

  it.each(['', ' ', 'a b', 'a"b', 'é', '-a', '{}', 'x'.repeat(129), 'a, b'])(
    'is one of ours where the client’s is %j',
    async given => {
      const got = await ask(gateway.address, {
        headers: { 'x-request-id': Buffer.from(given).toString('latin1') },
      });
      expect(got.headers['x-request-id']).toMatch(OURS);
    },
  );

  it('is ours also where the upstream has one, which has a name of its own then', async () => {
    upstream.behaviour = answer(200, completion(), { 'x-request-id': 'req_1' });
    const got = await ask(gateway.address, { headers: { 'x-request-id': 'mine' } });
    expect(got.headers).toMatchObject({ 'x-request-id': 'mine', 'countersign-upstream-request-id': 'req_1' });
  });

  it('is on what answers bytes that are no request', async () => {
    const socket = connect(Number(new URL(gateway.address).port), '127.0.0.1');
    socket.write('no HTTP at all\r\n\r\n');
    let said = '';
    for await (const chunk of socket) said += chunk;
    expect(said).toMatch(/^x-request-id: [a-z2-7]{26}\r$/m);
  });
});
