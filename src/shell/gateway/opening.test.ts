import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat, errorOf, json } from '../../../test/end-to-end/client.js';
import { Routes, text } from '../http/server.js';
import { Gateway } from './gateway.js';

let gateway: Gateway;
let address: string;
beforeEach(async () => {
  const onProblem = () => undefined;
  const logRoutes = new Routes({
    routes: [{ method: 'GET', path: '/log/checkpoint', handle: () => text(200, 'a checkpoint') }],
    statusOf: () => undefined,
    onProblem,
  });
  gateway = new Gateway({
    logRoutes,
    host: '127.0.0.1',
    port: 0,
    connections: 16,
    origins: new Set(),
    onProblem,
  });
  address = await gateway.listen();
});
afterEach(() => gateway.close());

describe('a gateway that listens and takes no exchanges yet', () => {
  it.each([
    ['an exchange', { body: chat() }],
    ['the list of models', { path: '/v1/models' }],
    ['a receipt', { path: '/v1/receipts/abcdefghijklmnopqrstuvwxy2' }],
  ])('refuses %s with 503, to be asked again, and leaves no receipt', async (_, question) => {
    const got = await ask(address, question);
    expect(got.status).toBe(503);
    expect(errorOf(got)).toMatchObject({ type: 'api_error', code: 'gateway/opening' });
    expect(got.headers).toMatchObject({ 'countersign-reason': 'gateway/opening', 'retry-after': '1' });
    expect(got.headers['countersign-exchange']).toBeUndefined();
  });

  it('shows its log, and says that it lives and is not ready', async () => {
    expect((await ask(address, { path: '/log/checkpoint' })).status).toBe(200);
    expect((await ask(address, { path: '/healthz' })).status).toBe(200);
    const ready = await ask(address, { path: '/readyz' });
    expect(ready.status).toBe(503);
    expect(json(ready)).toEqual({
      status: 'not-ready',
      checks: { log: false, witnessed: false, journal: false, upstream: false, open: false },
      configuration: 'current',
    });
  });

  it('knows its paths, methods and host all the same', async () => {
    expect((await ask(address, { path: '/v1/none' })).status).toBe(404);
    expect((await ask(address, { path: '/v1/chat/completions', method: 'GET' })).status).toBe(405);
    expect((await ask(address, { path: '/readyz', headers: { host: 'attacker.example' } })).status).toBe(403);
  });

  it('can be closed, and closed again', async () => {
    await Promise.all([gateway.close(), gateway.close()]);
    await expect(ask(address)).rejects.toThrow(/ECONNREFUSED/);
  });
});
