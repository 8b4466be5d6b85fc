/** What may be read of a log, decided on the command line, in force and accounted for at the gateway that starts after it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { run, type Served, serve } from '../../../test/end-to-end/process.js';
import { exchangeOf } from '../../../test/end-to-end/receipts.js';
import { utf8 } from '../../bytes/octets.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { parseNote } from '../../note/signed-note.js';
import { readEntry } from '../../receipt/entry.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { ACCESS, RETENTION } from '../../receipt/retention.js';
import { predicateTypeOf, readStatement } from '../../receipt/statement.js';

let folder: string;
let data: string;
let gateway: Served | null = null;
let denied: { exchange: string; index: number };

async function start(): Promise<Served> {
  gateway = await serve(['--data', data]);
  return gateway;
}

async function stop(): Promise<void> {
  await gateway?.stop();
  gateway = null;
}

const log = (...args: string[]) => run(['log', ...args, '--data', data]);
const get = (path: string) => ask((gateway as Served).summary.address, { path });

async function entryAt(index: number) {
  const { status, body } = await get(`/log/entries/${index}`);
  expect(status).toBe(200);
  return readEntry(body);
}

async function sizeOfLog(): Promise<number> {
  return parseCheckpoint(parseNote((await get('/log/checkpoint')).body).text).size;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-retention-'));
  data = join(folder, 'data');
  const { address, models } = (await start()).summary;
  const messages = [{ role: 'user', content: 'Hello!' }];
  const exchange = exchangeOf(await ask(address, { body: { model: models[0], messages } }));
  await get(`/v1/receipts/${exchange}?wait=witnessed`);
  const size = await sizeOfLog();
  let index = 0;
  for (; index < size; index++) {
    const envelope = await entryAt(index);
    if (predicateTypeOf(envelope) !== RECEIPT.predicateType) continue;
    if (readStatement(RECEIPT, envelope).predicate.exchange === exchange) break;
  }
  denied = { exchange, index };
  await stop();
}, 60_000);

afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('countersign log prune', () => {
  it('is refused without a logged policy: log/retention-unstated, 10', async () => {
    const { code, stderr } = await log('prune', '--before', '1');
    expect({ code, stderr }).toEqual({ code: 10, stderr: expect.stringContaining('log/retention-unstated') });
    expect(existsSync(join(data, 'log', 'retention.json'))).toBe(false);
  });
});

describe('countersign log retention', () => {
  it('publishes a policy as an entry of the log', async () => {
    const { code, stdout } = await log('retention', '--minimum-days', '365', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ minimum: 0, policy: { minimumDays: 365 }, denied: [] });
  });

  it('and then entries that are younger are not pruned: log/entry-too-young, 10', async () => {
    const { code, stderr } = await log('prune', '--before', '1');
    expect({ code, stderr }).toEqual({ code: 10, stderr: expect.stringContaining('log/entry-too-young') });
  });

  it.each([
    [['prune', '--before', '100000'], 'log/minimum-beyond-checkpoint'],
    [['deny', '100000', '--reason', 'secret'], 'log/index-beyond-end'],
  ])('%j: %s, 10', async (args, reason) => {
    const { code, stderr } = await log(...args);
    expect({ code, stderr }).toEqual({ code: 10, stderr: expect.stringContaining(reason) });
  });

  it.each([
    [['retention', '--minimum-days', '29']],
    [['prune', '--before', '-1']],
    [['deny', '1', '--reason', 'I do not like it']],
    [['undeny', '01']],
  ])('%j is wrong usage: 64', async args => {
    expect((await log(...args)).code).toBe(64);
  });
});

describe('countersign log deny', () => {
  it('keeps back one entry and its receipt, and says so in the log', async () => {
    const { code, stdout } = await log('deny', String(denied.index), '--reason', 'court-order');
    expect(code).toBe(0);
    expect(stdout).toContain(`entry ${denied.index}, court-order`);
    await start();
    const refused = await get(`/log/entries/${denied.index}`);
    expect(refused.status).toBe(451);
    expect(refused.headers['countersign-reason']).toBe('log/entry-denied');
    expect((await get(`/v1/receipts/${denied.exchange}`)).status).toBe(451);
    expect((await get(`/log/tile/entries/000.p/${denied.index + 1}`)).status).toBe(451);
    expect((await get(`/log/tile/0/000.p/${denied.index + 1}`)).status).toBe(200);
    const said = JSON.parse(String((await get('/log/retention')).body));
    expect(said).toMatchObject({ minimum: 0, policy: { minimumDays: 365 } });
    const [{ index, reason, logged }] = said.denied;
    expect([index, reason]).toEqual([denied.index, 'court-order']);
    const { predicate } = readStatement(ACCESS, await entryAt(logged));
    expect(predicate.access).toEqual({ act: 'deny', index: denied.index, reason: 'court-order' });
    const policy = readStatement(RETENTION, await entryAt(said.policy.logged));
    expect(policy.predicate.retention.minimumDays).toBe(365);
  });

  it('not while the gateway runs: data/locked', async () => {
    const { code, stderr } = await log('undeny', String(denied.index));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('data/locked') });
    await stop();
  });

  it('not of an entry that says what is denied', async () => {
    const acts = JSON.parse(readFileSync(join(data, 'log', 'retention.json'), 'utf8')) as {
      logged: number;
    }[];
    const { code, stderr } = await log('deny', String(acts.at(-1)?.logged), '--reason', 'secret');
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: expect.stringContaining('cannot be denied itself'),
    });
  });

  it('is done once, however often it is asked for', async () => {
    const before = readFileSync(join(data, 'log', 'retention.json'));
    const again = ['deny', String(denied.index), '--reason', 'secret'];
    const { code, stdout } = await log(...again);
    expect(code).toBe(0);
    expect(stdout).toContain(`Entry ${denied.index} is denied already, court-order; nothing has changed.`);
    expect(JSON.parse((await log(...again, '--json')).stdout)).toMatchObject({ changed: false });
    expect(readFileSync(join(data, 'log', 'retention.json')).equals(before)).toBe(true);
  });
});

describe('countersign log undeny', () => {
  it('shows the entry again', async () => {
    const undone = await log('undeny', String(denied.index), '--json');
    expect(JSON.parse(undone.stdout)).toMatchObject({ denied: [], changed: true });
    expect(undone.code).toBe(0);
    const { code, stdout } = await log('undeny', String(denied.index));
    expect(code).toBe(0);
    expect(stdout).toContain(`Entry ${denied.index} is not denied; nothing has changed.`);
    await start();
    expect((await get(`/log/entries/${denied.index}`)).status).toBe(200);
    expect((await get(`/v1/receipts/${denied.exchange}`)).status).toBe(200);
    const { body, headers } = await ask((gateway as Served).summary.address, {
      path: `/log/tile/entries/000.p/${denied.index + 1}`,
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(headers['content-encoding']).toBe('gzip');
    expect(body.length).toBeGreaterThan(0);
    await stop();
  });
});

it('a gateway does not start over a file of acts that it cannot read', async () => {
  const file = join(data, 'log', 'retention.json');
  writeFileSync(file, utf8('[]\n'));
  const { code, stderr } = await run(['up', '--port', '0', '--data', data]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('log/retention-malformed') });
});
