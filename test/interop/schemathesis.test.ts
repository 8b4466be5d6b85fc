import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SURFACES } from '../../src/exchange/surfaces.js';
import { ask } from '../end-to-end/client.js';
import { type Served, serve } from '../end-to-end/process.js';
import { answer, TestUpstream } from '../end-to-end/upstreams.js';
import { SAMPLES } from '../openapi/samples.js';
import { getSchemathesis, type Schemathesis } from './schemathesis.js';

/** For how long each API is asked, in seconds. */
const SECONDS = 60;

const got = await getSchemathesis();
const missing = 'missing' in got ? got.missing : null;
const schemathesis = got as Schemathesis;
const named = (what: string) => (missing === null ? what : `${what} (skipped: ${missing})`);

let folder: string;
let upstream: TestUpstream;
let house: Served;

beforeAll(async () => {
  if (missing !== null) return;
  folder = mkdtempSync(join(tmpdir(), 'countersign-fuzzed-'));
  upstream = await TestUpstream.start();
  // It answers whatever it is asked, so that every 5xx is of our own making.
  upstream.behaviour = (response, { path }) => {
    const below = path.replace(/^\/v1/, '').replace(/\?.*$/, '');
    const surface = SURFACES.find(({ path: pattern }) =>
      below.endsWith(pattern.replace('/models/{model}', '')),
    );
    return answer(200, SAMPLES[surface?.name ?? 'chat/completions'].answer)(response);
  };
  house = await serve(['--data', folder, '--upstream', upstream.base]);
});

/** How many answers of each HTTP status there were, by the gateway's own count: what a description names, Schemathesis lets pass. */
async function countedByStatus(): Promise<Map<string, number>> {
  const key = readFileSync(join(folder, 'keys', 'admin.key'), 'utf8').trim();
  const headers = { authorization: `Bearer ${key}` };
  const text = (await ask(house.summary.admin, { path: '/metrics', headers })).body.toString();
  const counts = new Map<string, number>();
  for (const [, status = '', count] of text.matchAll(
    /^countersign_answers_total\{.*status="(\d+)"\} (\d+)$/gm,
  ))
    counts.set(status, (counts.get(status) ?? 0) + Number(count));
  return counts;
}

afterAll(async () => {
  if (missing !== null) return;
  await house.stop();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

it.skipIf(missing !== null)(named('Schemathesis finds nothing in the API for clients'), async () => {
  const { passed, cases, said } = await schemathesis.run(
    house.summary.address,
    '^/(?!admin/|metrics)',
    SECONDS,
  );
  console.log(`      ${cases} requests`);
  expect(passed, said).toBe(true);
  const counts = await countedByStatus();
  expect(
    [...counts.keys()].filter(status => status.startsWith('5')),
    said,
  ).toEqual([]);
  // It was heard, and not only refused.
  for (const status of ['200', '400', '405']) expect(counts.get(status) ?? 0).toBeGreaterThan(20);
  expect(house.printed()).not.toContain('a fault of our own');
});

it.skipIf(missing !== null)(named('Schemathesis finds nothing in the admin API'), async () => {
  const key = readFileSync(join(folder, 'keys', 'admin.key'), 'utf8').trim();
  const headers = [`Authorization: Bearer ${key}`];
  const { passed, cases, said } = await schemathesis.run(
    house.summary.admin,
    '^/(?:admin/|metrics)',
    SECONDS,
    headers,
  );
  console.log(`      ${cases} requests`);
  expect(passed, said).toBe(true);
  expect(house.printed()).not.toContain('a fault of our own');
});
