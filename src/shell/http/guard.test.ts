import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, errorOf } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { isLocalRequest, isLoopback } from './guard.js';

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1'])('%s', host => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    'example.com',
    '127.example.com',
    '127.0.0.1.example.com',
    '',
  ])('not %j', host => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('isLocalRequest', () => {
  const at = '127.0.0.1:8787';

  it.each([
    { host: at },
    { host: '127.0.0.1' },
    { host: 'localhost:8787' },
    { host: 'LOCALHOST:8787' },
    { host: '[::1]:8787' },
    { host: at, origin: 'http://127.0.0.1:8787' },
    { host: 'LOCALHOST:80', origin: 'http://localhost' },
    { host: '[::1]:8787', origin: 'http://[::1]:8787' },
    { host: at, 'sec-fetch-site': 'same-origin' },
    { host: at, 'sec-fetch-site': 'none' },
    { host: at, origin: 'http://127.0.0.1:8787', 'sec-fetch-site': 'same-origin' },
  ])('serves %j', headers => {
    expect(isLocalRequest(headers)).toBe(true);
  });

  it.each([
    {},
    { host: '' },
    { host: 'attacker.example' },
    { host: 'attacker.example:8787' },
    { host: 'localhost.attacker.example' },
    { host: '127.0.0.1.attacker.example' },
    { host: 'localhost@attacker.example' },
    { host: '127.0.0.1:8787@attacker.example' },
    { host: 'attacker.example#localhost' },
    { host: '192.168.0.1' },
    { host: '0.0.0.0:8787' },
    { host: 'localhost:99999' },
    { host: 'local host' },
    { host: at, origin: 'https://attacker.example' },
    { host: at, origin: 'http://127.0.0.1' },
    { host: at, origin: 'http://127.0.0.1:3000' },
    { host: at, origin: 'https://127.0.0.1:8787' },
    { host: at, origin: 'http://localhost:8787' },
    { host: at, origin: 'https://[::1]' },
    { host: at, 'sec-fetch-site': 'cross-site' },
    { host: at, origin: 'http://127.0.0.1:8787', 'sec-fetch-site': 'cross-site' },
    { host: at, origin: 'http://127.0.0.1.attacker.example' },
    { host: at, origin: 'http://localhost@attacker.example' },
    { host: at, origin: 'null' },
    { host: at, origin: '' },
    { host: at, origin: 'file://' },
    { host: at, origin: 'http://localhost, https://attacker.example' },
  ])('refuses %j', headers => {
    expect(isLocalRequest(headers)).toBe(false);
  });
});

describe('a gateway on the loopback interface', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await openGateway();
  });

  afterAll(() => gateway.close());

  /** A rebound name, a foreign page, another program's page on this machine, and a page's request that has no origin. */
  const FOREIGN: readonly Record<string, string>[] = [
    { host: 'attacker.example' },
    { origin: 'https://attacker.example' },
    { origin: 'http://localhost:3000' },
    { 'sec-fetch-site': 'cross-site' },
  ];
  const paths = ['/v1/models', '/healthz', '/log/checkpoint', '/v1/chat/completions', '/', '/nothing'];
  it.each(paths)('refuses %s for a rebound name and for a foreign page, without any receipt', async path => {
    const method = path.includes('chat') ? 'POST' : 'GET';
    for (const headers of FOREIGN) {
      const got = await ask(gateway.address, { path, method, headers });
      expect(got.status).toBe(403);
      expect(errorOf(got).code).toBe('request/host-refused');
      expect(got.headers['countersign-reason']).toBe('request/host-refused');
      expect(got.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(await gateway.receipts()).toEqual([]);
  });
});

describe('a gateway that listens for everybody', () => {
  it('serves whatever name it was addressed by', async () => {
    const gateway = await openGateway({ host: '0.0.0.0' });
    try {
      const headers = { host: 'gateway.example', origin: 'https://app.example' };
      expect((await ask(gateway.address, { path: '/healthz', headers })).status).toBe(200);
    } finally {
      await gateway.close();
    }
  });
});
