/** `spec/openapi.json` against the servers that it describes: each answer that it has is seen here, and each that is seen is one that it has. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Budgets } from '../../src/economy/budgets.js';
import { withNewKey } from '../../src/economy/key-changes.js';
import { KeyedAdmission } from '../../src/economy/keyed-admission.js';
import { type Limit, parseLimit } from '../../src/economy/limit.js';
import { formatSecret, type KeyFile, NO_KEYS, secretDigest } from '../../src/economy/virtual-key.js';
import type { Surface } from '../../src/exchange/surface.js';
import { SURFACES } from '../../src/exchange/surfaces.js';
import { keyLabel } from '../../src/note/key.js';
import { parseBundle } from '../../src/receipt/bundle.js';
import { envelopeBytes } from '../../src/receipt/envelope.js';
import { RECEIPT } from '../../src/receipt/receipt.js';
import { readStatement } from '../../src/receipt/statement.js';
import { Archive } from '../../src/shell/archive/archive.js';
import { simulatedAttester } from '../../src/shell/attester/attester.js';
import { SimulatedSource } from '../../src/shell/attester/simulated-source.js';
import { ADMIN_SCHEMAS } from '../../src/shell/cli/admin/answers.js';
import { houseRoutes, type SteeredHouse } from '../../src/shell/cli/admin/house-routes.js';
import { keyRoutes } from '../../src/shell/cli/admin/key-routes.js';
import { Gateway } from '../../src/shell/gateway/gateway.js';
import { Routes } from '../../src/shell/http/server.js';
import { ask, chat, json } from '../end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../end-to-end/gateway.js';
import { type Served, serve } from '../end-to-end/process.js';
import { exchangeOf } from '../end-to-end/receipts.js';
import { answer, LISTED_MODEL, TestUpstream } from '../end-to-end/upstreams.js';
import { testKey } from '../support/keys.js';
import { receiptOf } from '../support/submissions.js';
import { DESCRIBED, DESCRIPTION, SEEN, see } from './described.js';
import { SAMPLES } from './samples.js';

interface Generator {
  openapi(sources: object): object;
}

const FOREIGN_HOST = { host: 'attacker.example' };
const ORIGIN = 'gateway.example/log';

let folder: string;
let upstream: TestUpstream;
let gateway: TestGateway;
/** Without upstreams. */
let lonely: TestGateway;
/** With a key, which is missing or may ask once. */
let keyed: TestGateway;
/** Whose upstream is not there, and that takes little. */
let poor: TestGateway;
/** That waits for nobody. */
let hasty: TestGateway;
let opening: Gateway;
let early: string;

/** Each path at which a surface is. */
const PLACES = SURFACES.flatMap(surface =>
  [surface.base, ...surface.otherBases].map(base => ({ path: base + surface.path, surface })),
);

const secret = (byte: number) => formatSecret(new Uint8Array(32).fill(byte));

function admission(): KeyedAdmission {
  const file = PLACES.reduce((keys: KeyFile, _, at) => {
    const limits = [parseLimit('requests=1/total') as Limit];
    const id = String.fromCharCode(97 + at).repeat(26);
    const key = { id, name: id, team: null, models: ['*'], limits, expires: null };
    return withNewKey(keys, { ...key, digest: secretDigest(secret(at)) as string }, 0) as KeyFile;
  }, NO_KEYS);
  const budgets = new Budgets({ marks: [], record: () => undefined });
  return new KeyedAdmission(file, budgets, message => expect.fail(message));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-openapi-'));
  upstream = await TestUpstream.start();
  const before = await openGateway({ folder: join(folder, 'gateway') });
  await ask(before.address, { body: chat({ model: CANNED_MODEL }) });
  await before.close();
  const evidence = new SimulatedSource(simulatedAttester(new Uint8Array(32).fill(8)));
  gateway = await openGateway({ folder: join(folder, 'gateway'), upstream: upstream.base, evidence });
  lonely = await openGateway();
  keyed = await openGateway({ upstream: upstream.base, admission: admission() });
  poor = await openGateway({ upstream: 'http://127.0.0.1:1/v1', limits: { requestBytes: 2000 } });
  hasty = await openGateway({ upstream: upstream.base, timeouts: { firstToken: 50 } });
  const logRoutes = new Routes({ routes: [], statusOf: () => undefined, onProblem: expect.fail });
  opening = new Gateway({
    logRoutes,
    host: '127.0.0.1',
    port: 0,
    connections: 100,
    origins: new Set(),
    onProblem: expect.fail,
  });
  early = await opening.listen();
});

afterAll(async () => {
  await Promise.all([gateway, lonely, keyed, poor, hasty, opening].map(one => one.close()));
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

it('is what `npm run generate` would write now', async () => {
  const root = new URL('../../', import.meta.url);
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
  const generator: Generator = await import(new URL('scripts/openapi.mjs', root).href);
  const { version } = read('package.json');
  const bundle = read('spec/schemas/bundle.json');
  const made = generator.openapi({ version, surfaces: SURFACES, admin: ADMIN_SCHEMAS, bundle });
  expect(JSON.parse(JSON.stringify(made))).toEqual(DESCRIPTION);
});

describe.each(PLACES.map(({ path, surface }, at) => [path, surface, at] as const))(
  'POST %s',
  (path, surface, at) => {
    const { name } = surface;
    const named = (model: string) => path.replace('{model}', model);
    const { body, headers = {}, answer: answered } = SAMPLES[name];
    const question = { at: named(LISTED_MODEL), body, headers };
    const key = keyHeader(surface, secret(at));

    it.each<[status: number, address: () => string, more: object]>([
      [200, () => gateway.address, {}],
      [400, () => gateway.address, { body: '{', headers: {} }],
      [401, () => keyed.address, {}],
      [403, () => gateway.address, { headers: { ...headers, ...FOREIGN_HOST } }],
      [404, () => lonely.address, { at: named('nobody') }],
      [405, () => gateway.address, { method: 'GET' }],
      [413, () => poor.address, { body: Buffer.alloc(3000, 0x20) }],
      [415, () => gateway.address, { headers: { ...headers, 'content-encoding': 'gzip' } }],
      [502, () => poor.address, {}],
      [503, () => early, {}],
      [504, () => hasty.address, {}],
    ])('%i', async (status, address, more) => {
      upstream.behaviour = status === 504 ? () => undefined : answer(200, answered);
      await see(address(), 'POST', path, status, { ...question, ...more });
    });

    it('429', async () => {
      upstream.behaviour = answer(200, answered);
      const mine = { ...question, headers: { ...headers, ...key } };
      await see(keyed.address, 'POST', path, 200, mine);
      await see(keyed.address, 'POST', path, 429, mine);
    });
  },
);

function keyHeader({ dialect }: Surface, shown: string): Record<string, string> {
  if (dialect === 'openai') return { authorization: `Bearer ${shown}` };
  return { [dialect === 'anthropic' ? 'x-api-key' : 'x-goog-api-key']: shown };
}

describe('what is asked without a body', () => {
  const DIGEST = createHash('sha256').update('evidence').digest('hex');
  const NOBODY = 'a'.repeat(26);
  let exchange: string;
  let closed: { epoch: string; client: string; counter: number };
  const params = (path: string, wrong = false) =>
    path
      .replace('{exchange}', wrong ? NOBODY : exchange)
      .replace(
        '{model}',
        wrong ? 'nobody' : encodeURIComponent(`${new URL(upstream.base).host}/${LISTED_MODEL}`),
      )
      .replace('{digest}', wrong ? 'b'.repeat(64) : DIGEST)
      .replace('{epoch}', wrong ? NOBODY : closed.epoch)
      .replace('{client}', closed.client)
      .replace('{counter}', String(closed.counter))
      .replace('{level}', '0')
      .replace('{width}', wrong ? '255' : '2')
      .replace('{index}', wrong ? '999' : path.includes('tile') ? '000' : '1');

  beforeAll(async () => {
    // As many as make a whole tile.
    const questions = Array.from({ length: 256 }, () =>
      ask(gateway.address, { body: chat({ model: CANNED_MODEL }) }),
    );
    const [first] = await Promise.all(questions);
    exchange = exchangeOf(first as NonNullable<typeof first>);
    new Archive(join(gateway.folder, 'archive')).put(DIGEST, Buffer.from('evidence'));
    const [receipt] = await gateway.receipts();
    const { epoch, client, counter } = receipt as NonNullable<typeof receipt>;
    closed = { epoch, client, counter };
  });

  const paths = Object.entries(DESCRIPTION.paths).filter(
    ([path, { get }]) => get !== undefined && !/^\/(?:admin\/|metrics$)/.test(path),
  );
  it.each(paths)('GET %s', async (path, { get }) => {
    const statuses = Object.keys(get?.responses ?? {}).map(Number);
    for (const status of statuses) {
      const at = params(path, status === 404) + (status === 400 ? '?wait=for-ever' : '');
      const method = status === 405 ? 'DELETE' : 'GET';
      const isOfNobody = status === 404 && path === '/v1/attestation';
      const other = isOfNobody ? lonely : gateway;
      const address = status === 401 ? keyed.address : status === 503 ? early : other.address;
      const headers = status === 403 ? FOREIGN_HOST : {};
      await see(address, 'GET', path, status, { at, method, headers });
    }
  });

  it.each(['/v1/models', '/v1/models/{model}'])('GET %s, as each client asks', async path => {
    for (const headers of [{ 'anthropic-version': '2023-06-01' }, { 'x-goog-api-key': 'any' }]) {
      await see(gateway.address, 'GET', path, 200, { at: params(path), headers });
      await see(keyed.address, 'GET', path, 401, { at: params(path), headers });
    }
  });

  it('POST /log/entries', async () => {
    const path = '/log/entries';
    const bundle = await ask(gateway.address, { path: `/v1/receipts/${exchange}?wait=included` });
    const { envelope } = parseBundle(new Uint8Array(bundle.body));
    const issuer = testKey(`${ORIGIN}/issuer`, 2);
    const label = keyLabel(issuer.key);
    const { predicate } = readStatement(RECEIPT, envelope);
    const made = receiptOf(1, { ...predicate, exchange: NOBODY, counter: 9999 }, issuer, label);
    await see(gateway.address, 'POST', path, 200, { body: envelopeBytes(envelope) });
    await see(gateway.address, 'POST', path, 201, { body: envelopeBytes(made), at: `${path}?wait=included` });
    await see(gateway.address, 'POST', path, 400, { body: '{' });
    await see(gateway.address, 'POST', path, 403, { body: envelopeBytes(receiptOf(1)) });
    await see(gateway.address, 'POST', path, 403, { body: '{}', headers: FOREIGN_HOST });
    await see(gateway.address, 'POST', path, 405, { method: 'DELETE' });
    await see(gateway.address, 'POST', path, 413, { body: Buffer.alloc(70_000, 0x20) });
  });

  it('whatever the gateway says that it serves is described', async () => {
    const { paths: said } = json<{ paths: string[] }>(await ask(gateway.address, { path: '/' }));
    const shape = (path: string) => path.replace(/\?.*$/, '').replaceAll(/<[^>]+>|\{[^}]+\}/g, '*');
    const described = Object.entries(DESCRIPTION.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${shape(path)}`),
    );
    for (const one of said) {
      // Entries are tiles of a level of that name.
      if (one === 'GET /log/tile/entries/<index>') continue;
      expect(described).toContain(shape(one));
    }
  });
});

describe('the admin API', () => {
  let house: Served;
  let authorization: string;
  let exchange: string;

  beforeAll(async () => {
    house = await serve(['--data', join(folder, 'house')]);
    authorization = `Bearer ${readFileSync(join(folder, 'house', 'keys', 'admin.key'), 'utf8').trim()}`;
    exchange = exchangeOf(
      await ask(house.summary.address, { body: chat({ model: house.summary.models[0] }) }),
    );
  });
  afterAll(() => house.stop());

  const operations = Object.entries(DESCRIPTION.paths)
    .filter(([path]) => /^\/(?:admin\/|metrics$)/.test(path))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [method.toUpperCase() as 'GET' | 'POST', path, operation] as const,
      ),
    );

  it.each(operations)('%s %s', async (method, path, { responses }) => {
    const { admin } = house.summary;
    const wish = { name: `${method}${path}`.replaceAll(/[^a-zA-Z]/g, '').slice(0, 40) };
    const isOfKey = path.includes('{key}');
    if (isOfKey)
      await ask(admin, { path: '/admin/keys', method: 'POST', headers: { authorization }, body: wish });
    const at = (isThere: boolean) =>
      path
        .replace('{key}', isThere ? wish.name : 'nobody')
        .replace('{exchange}', isThere ? exchange : 'a'.repeat(26));
    const revocation = { field: 'tcb', value: 'Revoked', reason: 'vulnerable' };
    const body = { '/admin/keys': wish, '/admin/revocations': revocation }[path] ?? '';
    for (const status of Object.keys(responses).map(Number)) {
      await see(admin, method, path, status, {
        at: at(status !== 404),
        headers: {
          ...(status === 401 ? {} : { authorization }),
          ...(status === 403 ? { origin: 'https://attacker.example' } : {}),
        },
        body: status === 400 ? '[' : status === 413 ? 'x'.repeat(70_000) : body,
        method: status === 405 ? 'DELETE' : method,
      });
    }
  });

  it('is described whole: each route is one of the paths, and each path a route', () => {
    const nothing = {} as SteeredHouse;
    const routes = [...keyRoutes('', { reload: async () => 0 }), ...houseRoutes(nothing)];
    const described = operations.map(([method, path]) => ({
      method,
      path: path.replace('{key}', 'alice').replace('{exchange}', 'a'.repeat(26)),
    }));
    const matches = (route: (typeof routes)[number], { method, path }: (typeof described)[number]) =>
      route.method === method &&
      (typeof route.path === 'string' ? route.path === path : route.path.test(path));
    for (const route of routes)
      expect(
        described.filter(one => matches(route, one)),
        String(route.path),
      ).toHaveLength(1);
    for (const one of described)
      expect(
        routes.filter(route => matches(route, one)),
        one.path,
      ).toHaveLength(1);
  });
});

it('every answer that is described was seen', () => {
  expect(DESCRIBED.filter(one => !SEEN.has(one))).toEqual([]);
});
