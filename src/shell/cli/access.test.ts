import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow } from '../../../test/end-to-end/canaries.js';
import { ask, json } from '../../../test/end-to-end/client.js';
import { run, serve } from '../../../test/end-to-end/process.js';
import { answer, completion, LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';

interface Made {
  readonly id: string;
  readonly key: string;
  readonly limits: readonly string[];
  readonly running: boolean;
}

let folder: string;
let upstream: TestUpstream;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-access-'));
  upstream = await TestUpstream.start();
  upstream.behaviour = answer(200, completion());
});
afterEach(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const data = () => ['--data', folder];
/** Makes it a data folder: that is what has keys. */
const begun = () => mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
const access = (...args: string[]) => run(['access', ...args, ...data()]);
async function made(...args: string[]): Promise<Made> {
  const { code, stdout, stderr } = await access(...args, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Made;
}
const open = () => serve([...data(), '--upstream', `house=${upstream.base}`, '--prices', prices()]);

function prices(): string {
  const path = join(folder, 'prices.json');
  const entry = {
    upstream: 'house',
    models: [LISTED_MODEL],
    prompt: '10',
    completion: '20',
    asOf: '2026-11-21',
  };
  writeFileSync(path, JSON.stringify({ currency: 'EUR', dated: '2026-11-21', entries: [entry] }));
  return path;
}

async function statusOf(address: string, key?: string): Promise<number> {
  const body = { model: LISTED_MODEL, messages: [{ role: 'user', content: 'Hello?' }], max_tokens: 10 };
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return (await ask(address, { body, headers })).status;
}

describe('countersign access', () => {
  it('changes the keys of a gateway that runs, at once', { timeout: 60_000 }, async () => {
    const gateway = await open();
    const { address } = gateway.summary;
    expect(await statusOf(address)).toBe(200);
    const first = await made('create', 'alice', '--limit', 'requests=3/day');
    expect(first.running).toBe(true);
    expect(await statusOf(address)).toBe(401);
    expect(await statusOf(address, first.key)).toBe(200);
    const second = await made('rotate', 'alice', '--overlap', '0');
    expect(second.id).toBe(first.id);
    expect(await statusOf(address, first.key)).toBe(401);
    expect(await statusOf(address, second.key)).toBe(200);
    expect((await made('limit', 'key', 'alice', '--limit', 'requests=2/day')).limits).toEqual([
      'requests=2/day',
    ]);
    expect(await statusOf(address, second.key)).toBe(429);
    await made('limit', 'key', 'alice');
    expect(await statusOf(address, second.key)).toBe(200);
    await made('revoke', 'alice');
    expect(await statusOf(address, second.key)).toBe(401);
    expect(json(await ask(address, { path: '/healthz' }))).toEqual({ status: 'alive' });
    // Nothing that is kept or was printed has a key in it.
    const kept = filesBelow(folder).map(({ bytes }) => bytes.toString('latin1'));
    for (const { key } of [first, second]) {
      expect(kept.some(content => content.includes(key.slice(4)))).toBe(false);
      expect(gateway.printed()).not.toContain(key.slice(4));
    }
    await gateway.stop();
  });

  it('holds what was spent across restarts and a kill', { timeout: 60_000 }, async () => {
    begun();
    const { key, running } = await made('create', 'alice', '--limit', 'requests=4/total');
    expect(running).toBe(false);
    const statuses: number[] = [];
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
      const gateway = await open();
      for (let asked = 0; asked < 2; asked++) statuses.push(await statusOf(gateway.summary.address, key));
      await gateway.stop(signal);
    }
    // A kill may count a step too much, here one request, and never one too few.
    expect(statuses.slice(0, 4)).toEqual([200, 200, 200, 200]);
    expect(statuses.slice(4)).toEqual([429, 429]);
  });

  it('names the price list in the log, once, and prices by it', { timeout: 60_000 }, async () => {
    const lists: number[] = [];
    for (let start = 0; start < 2; start++) {
      const gateway = await open();
      const body = { model: LISTED_MODEL, messages: [{ role: 'user', content: 'Hello?' }] };
      const given = await ask(gateway.summary.address, {
        body,
        headers: { 'countersign-inline': 'large-receipt' },
      });
      const envelope = JSON.parse(given.headers['countersign-receipt'] as string) as { payload: string };
      const { predicate } = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as {
        predicate: { price: { currency: string; list: { index: number } } };
      };
      expect(predicate.price.currency).toBe('EUR');
      lists.push(predicate.price.list.index);
      await gateway.stop();
    }
    expect(lists[0]).toBe(lists[1]);
  });

  it('keeps a gateway on the keys that it has when the file is broken, and says so', {
    timeout: 60_000,
  }, async () => {
    const gateway = await open();
    const { key } = await made('create', 'alice');
    const path = join(folder, 'access', 'keys.json');
    writeFileSync(path, '{}');
    const { code, stderr } = await access('create', 'bob');
    expect(code).toBe(1);
    expect(stderr).toContain('access/file-malformed');
    expect(await statusOf(gateway.summary.address, key)).toBe(200);
    expect(await statusOf(gateway.summary.address)).toBe(401);
    await gateway.stop();
    await expect(open()).rejects.toThrow(/access\/file-malformed/);
  });

  it('shows keys in words, and none of their secrets', { timeout: 60_000 }, async () => {
    begun();
    expect((await access('list')).stdout).toContain('no virtual keys');
    const { stdout } = await access(
      'create',
      'alice',
      '--team',
      'research',
      '--model',
      'gpt-4o*',
      '--expires',
      '2030-01-01T00:00:00Z',
    );
    expect(stdout).toMatch(/^csk-[A-Za-z0-9_-]{43}\n$/);
    await access('limit', 'team', 'research', '--limit', 'money=5/day');
    const listed = (await access('list')).stdout;
    expect(listed).toContain('alice');
    expect(listed).toContain('models gpt-4o*; no limits; team research');
    expect(listed).toContain('until 2030-01-01T00:00:00.000Z');
    expect(listed).toContain('team research  money=5/day');
    expect(listed).not.toContain(stdout.trim().slice(4));
    expect(statSync(join(folder, 'access', 'keys.json')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['no data folder', ['list', '--data', '/nonexistent/countersign']],
    ['a name twice', ['create', 'alice']],
    ['a limit that is none', ['create', 'bob', '--limit', 'euros=5/day']],
    ['two limits of one period', ['create', 'bob', '--limit', 'tokens=5/day', '--limit', 'tokens=6/day']],
    ['a key that is not there', ['revoke', 'nobody']],
    ['a time that is none', ['create', 'bob', '--expires', 'tomorrow']],
    ['another kind of limit', ['limit', 'everybody', 'x']],
    ['a name with a line break', ['create', 'a\nb']],
    ['too long an overlap', ['rotate', 'alice', '--overlap', '9999']],
  ])('is used wrongly: %s', async (_, args) => {
    begun();
    await access('create', 'alice');
    const { code, stdout, stderr } = await run([
      'access',
      ...args,
      ...(args.includes('--data') ? [] : data()),
    ]);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr.length).toBeGreaterThan(0);
  });
});
