/** A thousand requests at once on one key, against a gateway in a process of its own that is killed in the middle: its limits hold. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Answer, ask, chat, json } from '../end-to-end/client.js';
import { run, type Served, serve } from '../end-to-end/process.js';
import { answer, completion, TestUpstream } from '../end-to-end/upstreams.js';

const AT_ONCE = 1000;
/** What each request may come to, and what the upstream says that it came to. */
const MOST_ANSWERED = 50;
const USED = 150;

let data: string;
let upstream: TestUpstream;
let house: Served;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'countersign-overspend-'));
  upstream = await TestUpstream.start();
  const usage = { prompt_tokens: USED - 30, completion_tokens: 30, total_tokens: USED };
  upstream.behaviour = answer(200, completion('Hi.', { rest: { usage } }));
  house = await serve(['--data', data, '--upstream', upstream.base]);
});
afterEach(async () => {
  await house.stop();
  await upstream.close();
  rmSync(data, { recursive: true, force: true });
});

async function keyWith(...limits: string[]): Promise<Record<string, string>> {
  const options = limits.flatMap(limit => ['--limit', limit]);
  const made = await run(['access', 'create', 'alice', '--data', data, '--json', ...options]);
  return { authorization: `Bearer ${(JSON.parse(made.stdout) as { key: string }).key}` };
}

/** As many requests as there may be at once; those that get no answer, as when the process dies, are left out. */
async function rush(headers: Record<string, string>): Promise<Answer[]> {
  const body = chat({ max_tokens: MOST_ANSWERED }, 'x'.repeat(60));
  const asking = Array.from({ length: AT_ONCE }, () => ask(house.summary.address, { body, headers }));
  const settled = await Promise.allSettled(asking);
  return settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
}

const answered = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 200);
const reasons = (answers: readonly Answer[]) =>
  new Set(answers.map(({ headers }) => headers['countersign-reason']).filter(reason => reason !== undefined));

it('of requests: as many are answered as there may be, and the rest is refused', async () => {
  const answers = await rush(await keyWith('requests=150/total'));
  expect(answers).toHaveLength(AT_ONCE);
  expect(answered(answers)).toHaveLength(150);
  expect(reasons(answers)).toEqual(new Set(['access/requests-exhausted']));
  expect(upstream.requests).toHaveLength(150);
});

it('of tokens: what upstreams say that was used is never more', async () => {
  const most = 20_000;
  const answers = await rush(await keyWith(`tokens=${most}/total`));
  const used = answered(answers).reduce(
    (sum, got) => sum + json<{ usage: { total_tokens: number } }>(got).usage.total_tokens,
    0,
  );
  expect(used).toBeGreaterThan(0);
  expect(used).toBeLessThanOrEqual(most);
  expect(upstream.requests.length * USED).toBeLessThanOrEqual(most);
  expect(reasons(answers)).toEqual(new Set(['access/tokens-exhausted']));
});

it('over a death in the middle of it: what was admitted before counts after', async () => {
  const headers = await keyWith('requests=400/total');
  const first = rush(headers);
  await expect.poll(() => upstream.requests.length, { interval: 1, timeout: 60_000 }).toBeGreaterThan(20);
  await house.stop('SIGKILL');
  await first;
  house = await serve(['--data', data, '--upstream', upstream.base]);
  const second = await rush(headers);
  expect(upstream.requests.length).toBeLessThanOrEqual(400);
  expect(answered(second).length).toBeLessThan(400);
  expect(reasons(second)).toEqual(new Set(['access/requests-exhausted']));
});
