import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { parseOrigin } from './cross-origin.js';

const PAGE = 'https://app.example';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openGateway({ origins: [PAGE, 'http://127.0.0.1:9'] });
});

afterAll(() => gateway.close());

const PREFLIGHT = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type,countersign-inline,x-stainless-os',
  'sec-fetch-site': 'cross-site',
};
const preflight = (headers: Record<string, string>, path = '/v1/chat/completions') =>
  ask(gateway.address, { path, method: 'OPTIONS', headers: { ...PREFLIGHT, ...headers } });

describe('parseOrigin', () => {
  it.each([
    'https://app.example',
    'http://localhost:3000',
    'http://127.0.0.1:9',
    'https://xn--bcher-kva.example',
  ])('%s is one', text => expect(parseOrigin(text)).toBe(text));

  it.each([
    '',
    '*',
    'null',
    'app.example',
    'https://app.example/',
    'https://app.example/path',
    'https://APP.example',
    'https://app.example:443',
    'https://*.example',
    'https://user@app.example',
    'https://bücher.example',
    'file:///tmp/page.html',
    'data:,',
    'javascript:1',
  ])('%j is none', text => expect(parseOrigin(text)).toBeNull());
});

describe('a page of an origin that is let in', () => {
  it('may ask what it says that it will, for a while', async () => {
    const got = await preflight({ origin: PAGE });
    expect(got.status).toBe(204);
    expect(got.headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': PREFLIGHT['access-control-request-headers'],
      'access-control-max-age': '7200',
      vary: 'Origin',
    });
    expect(got.headers['access-control-allow-credentials']).toBeUndefined();
    expect(got.headers['access-control-allow-private-network']).toBeUndefined();
  });

  it('may ask a gateway on its own machine, where the browser wants to know', async () => {
    const got = await preflight({ origin: PAGE, 'access-control-request-private-network': 'true' });
    expect(got.headers['access-control-allow-private-network']).toBe('true');
  });

  it('may not send what is no name of a header', async () => {
    const got = await preflight({ origin: PAGE, 'access-control-request-headers': 'a\tb"' });
    expect(got.status).toBe(204);
    expect(got.headers['access-control-allow-headers']).toBeUndefined();
  });

  it.each([
    ['an answer', { body: chat({ model: CANNED_MODEL }) }, 200],
    ['a refusal', { body: '{}' }, 400],
    ['what is not there', { path: '/v1/nothing', method: 'GET' }, 404],
    ['the models', { path: '/v1/models', method: 'GET' }, 200],
    ['the log', { path: '/log/checkpoint', method: 'GET' }, 200],
  ])('may read %s, and what makes it checkable', async (_, request, status) => {
    const got = await ask(gateway.address, {
      ...request,
      headers: { origin: PAGE, 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' },
    });
    expect(got.status).toBe(status);
    expect(got.headers['access-control-allow-origin']).toBe(PAGE);
    const exposed = String(got.headers['access-control-expose-headers']).split(', ');
    for (const name of Object.keys(got.headers).filter(name => name.startsWith('countersign-')))
      expect(exposed).toContain(name);
  });

  it('is not told what somebody else’s page may do', async () => {
    const got = await ask(gateway.address, { path: '/healthz', method: 'GET' });
    expect(got.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a page of any other origin', () => {
  it.each(['https://attacker.example', 'https://app.example.attacker.example', 'http://app.example', 'null'])(
    '%s is refused',
    async origin => {
      for (const got of [
        await preflight({ origin }),
        await ask(gateway.address, { body: chat({ model: CANNED_MODEL }), headers: { origin } }),
      ]) {
        expect(got.status).toBe(403);
        expect(got.headers['access-control-allow-origin']).toBeUndefined();
      }
    },
  );

  it('is refused also when the request is addressed to another name', async () => {
    const got = await preflight({ origin: PAGE, host: 'attacker.example' });
    expect(got.status).toBe(403);
    expect(got.headers['access-control-allow-origin']).toBeUndefined();
  });
});
