import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, json } from '../../../test/end-to-end/client.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { Failure } from '../../reason.js';
import { keyRoutes } from './admin/key-routes.js';
import { type Control, openControl, tellOfKeys } from './control.js';

let folder: string;
let file: string;
let reloaded: number;
let failure: Failure | null;
let control: Control;

const KEY = 'the admin key';
const AS_OWNER = { authorization: `Bearer ${KEY}` };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-control-'));
  file = join(folder, 'control.json');
  reloaded = 0;
  failure = null;
  control = await openControl({
    file,
    host: '127.0.0.1',
    port: 0,
    key: KEY,
    routes: keyRoutes(join(folder, 'access'), {
      reload: async () => {
        if (failure !== null) throw failure;
        return ++reloaded;
      },
    }),
    onProblem: message => expect.fail(message),
  });
});
afterEach(async () => {
  await control.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('telling a gateway that its virtual keys have changed', () => {
  it('has it read them again', async () => {
    expect(await tellOfKeys(file)).toBe(1);
    expect(await tellOfKeys(file)).toBe(2);
  });

  it('does nothing for those who do not have its token', async () => {
    const { address } = JSON.parse(readFileSync(file, 'utf8')) as { address: string };
    for (const headers of [{}, { authorization: `Bearer ${'0'.repeat(64)}` }] as Record<string, string>[]) {
      const { status } = await ask(address, {
        path: '/admin/keys/reload',
        method: 'POST',
        headers,
        body: '',
      });
      expect(status).toBe(401);
    }
    expect(reloaded).toBe(0);
  });

  it('says what keeps it from doing so', async () => {
    failure = new Failure('access/file-malformed');
    expect(await reasonOfAsync(() => tellOfKeys(file))).toBe('access/file-malformed');
  });

  it('is nothing where no gateway runs', async () => {
    expect(await tellOfKeys(join(folder, 'none.json'))).toBeNull();
    const text = readFileSync(file, 'utf8');
    await control.close();
    writeFileSync(file, text, { mode: 0o600 });
    expect(await tellOfKeys(file)).toBeNull();
  });
});

describe('the virtual keys, through the admin API', () => {
  const post = (path: string, body: unknown = '') =>
    ask(control.address, { path, method: 'POST', headers: AS_OWNER, body });
  const list = async () =>
    json<{ keys: { name: string; revoked: number | null }[] }>(
      await ask(control.address, { path: '/admin/keys', headers: AS_OWNER }),
    ).keys;

  it('are made, rotated and revoked; each is shown once, and the gateway knows of each at once', async () => {
    const wish = { name: 'alice', team: 'research', models: ['gpt-4o*'], limits: ['money=5/day'] };
    const made = await post('/admin/keys', wish);
    expect(made.status).toBe(201);
    const { key, ...shown } = json<{ key: string }>(made);
    expect(key).toMatch(/^csk-/);
    expect(shown).toMatchObject({ ...wish, revoked: null, expires: null });
    const rotated = await post('/admin/keys/alice/rotate', { overlap: 60 });
    expect(json<{ key: string }>(rotated).key).not.toBe(key);
    expect(json<{ formerUntil: number }>(rotated).formerUntil).toBeGreaterThan(Date.now());
    expect((await post('/admin/keys/alice/revoke')).status).toBe(200);
    expect(await list()).toMatchObject([{ name: 'alice', revoked: expect.any(Number) }]);
    expect(JSON.stringify(await list())).not.toContain('csk-');
    expect(reloaded).toBe(3);
  });

  it.each<[what: string, path: string, body: unknown, status: number, reason: string]>([
    ['a name that is there', '/admin/keys', { name: 'alice' }, 409, 'access/name-taken'],
    ['a name that is none', '/admin/keys/nobody/revoke', '', 404, 'access/name-unknown'],
    ['a name that cannot be read', '/admin/keys/%ff/revoke', '', 404, 'access/name-unknown'],
    ['no name', '/admin/keys', '', 400, 'request/malformed'],
    ['a member too many', '/admin/keys', { name: 'bob', admin: true }, 400, 'request/malformed'],
    [
      'a limit that is none',
      '/admin/keys',
      { name: 'bob', limits: ['money=-5/day'] },
      400,
      'request/malformed',
    ],
    [
      'a limit twice',
      '/admin/keys',
      { name: 'b', limits: ['tokens=1/day', 'tokens=2/day'] },
      400,
      'request/malformed',
    ],
    ['a list', '/admin/keys', [], 400, 'request/malformed'],
    ['no JSON', '/admin/keys', '{', 400, 'request/malformed'],
    ['no UTF-8', '/admin/keys', Uint8Array.of(0x22, 0xff, 0x22), 400, 'request/malformed'],
    ['an overlap of centuries', '/admin/keys/alice/rotate', { overlap: 1e12 }, 400, 'request/malformed'],
    ['too much', '/admin/keys', 'x'.repeat(100_000), 413, 'request/too-large'],
    ['a path that is none', '/admin/nothing', '', 404, 'request/route-unknown'],
  ])('%s is refused', async (_, path, body, status, reason) => {
    await post('/admin/keys', { name: 'alice' });
    const got = await post(path, body);
    expect(got.status).toBe(status);
    expect(got.headers['countersign-reason']).toBe(reason);
    expect(await list()).toHaveLength(1);
  });
});

describe('nobody else gets anything out of the admin API', () => {
  it.each<[what: string, headers: Record<string, string>, reason: string]>([
    ['without a key', {}, 'control/refused'],
    ['with a wrong one', { authorization: `Bearer ${KEY}x` }, 'control/refused'],
    ['with the key alone', { authorization: KEY }, 'control/refused'],
    ['a page of another origin', { ...AS_OWNER, origin: 'https://attacker.example' }, 'request/host-refused'],
    ['a page of this machine', { ...AS_OWNER, origin: 'http://127.0.0.1:3000' }, 'request/host-refused'],
    ['an opaque page', { ...AS_OWNER, origin: 'null' }, 'request/host-refused'],
    ['a page that reads', { ...AS_OWNER, 'sec-fetch-site': 'cross-site' }, 'request/host-refused'],
    ['a name that was bound anew', { ...AS_OWNER, host: 'attacker.example' }, 'request/host-refused'],
  ])('%s', async (_, headers, reason) => {
    for (const [method, path] of [
      ['GET', '/admin/keys'],
      ['POST', '/admin/keys/reload'],
    ] as const) {
      const got = await ask(control.address, { path, method, headers, body: '' });
      expect(got.status).toBe(reason === 'control/refused' ? 401 : 403);
      expect(got.headers['countersign-reason']).toBe(reason);
      expect(got.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(reloaded).toBe(0);
  });

  it('nor from a page of its own address: it has none', async () => {
    const headers = { ...AS_OWNER, origin: control.address };
    expect((await ask(control.address, { path: '/admin/keys', headers })).status).toBe(403);
  });
});
