/** Views are made by commands of their own, which may be ended at any moment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { exchangeId, viewed, viewedEntries, writeDataFolder } from '../../../test/support/viewed-log.js';
import { TABLE_NAMES } from '../views/tables.js';
import { Views } from '../views/views.js';

const CLI = resolve('dist/shell/cli/main.js');
const LOG = viewedEntries(3000);
const { origin } = viewed([]).checkpoint;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-views-'));
  writeDataFolder(folder, LOG);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'views/log.sqlite');
const views = (...args: readonly string[]) => run([...args, '--data', folder], { limit: 60_000 });
const lines = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);

async function dump(): Promise<unknown> {
  const opened = await Views.open(file());
  try {
    return TABLE_NAMES.map(name => opened.find(`SELECT * FROM ${name} ORDER BY entry`));
  } finally {
    opened.close();
  }
}

async function size(): Promise<number> {
  const opened = await Views.open(file());
  try {
    return opened.size(origin);
  } finally {
    opened.close();
  }
}

describe('countersign views', () => {
  it('are the same when the process is killed in the middle, wherever that is', async () => {
    expect(await views('views', 'rebuild', '--json')).toMatchObject({
      code: 0,
      stdout: `{"entries":${LOG.length},"exitCode":0}\n`,
    });
    const whole = await dump();
    const stopped: number[] = [];
    for (const wanted of thorough([1, 1000, 2000], [1, 1000])) {
      const child = spawn(process.execPath, [CLI, 'views', 'rebuild', '--data', folder], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      while (child.exitCode === null && !(await isBetween(wanted))) await sleep(2);
      child.kill('SIGKILL');
      await ended;
      stopped.push(await size());
      expect((await views('views', 'update')).code).toBe(0);
      expect(await dump()).toEqual(whole);
    }
    // Otherwise nothing has been tried.
    expect(stopped.some(at => at > 0 && at < LOG.length)).toBe(true);
  }, 120_000);

  const isBetween = async (wanted: number) => {
    const now = await size();
    return now >= wanted && now < LOG.length;
  };

  it('follow takes in what is published, until it is told to end', async () => {
    const data = join(folder, 'growing');
    writeDataFolder(data, LOG.slice(0, 300));
    const child = spawn(process.execPath, [CLI, 'views', 'follow', '--data', data, '--json']);
    const ended = once(child, 'exit');
    const printed = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await printed.next()).value).toBe('{"entries":300}');
    writeDataFolder(data, LOG.slice(0, 700));
    expect((await printed.next()).value).toBe('{"entries":700}');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  }, 60_000);

  it('10: a log that is not what was signed', async () => {
    const data = join(folder, 'changed');
    const entries = LOG.slice(0, 50);
    writeDataFolder(data, entries);
    const checkpoint = readFileSync(join(data, 'log/checkpoint'));
    writeDataFolder(data, [...entries.slice(0, 49), LOG[0] as Uint8Array]);
    writeFileSync(join(data, 'log/checkpoint'), checkpoint);
    const refused = await run(['receipts', '--data', data]);
    expect(refused.stderr).toContain('views/log-contradicted');
    expect(refused).toMatchObject({ code: 10, stdout: '' });
  });

  it('1: where the package is not installed (views/engine-missing)', async () => {
    const without = join(folder, 'without.mjs');
    const hook =
      "export const resolve = (name, context, next) => next(name === 'libsql' ? './none' : name, context);";
    const url = `data:text/javascript,${encodeURIComponent(hook)}`;
    writeFileSync(without, `import { register } from 'node:module'; register(${JSON.stringify(url)});`);
    const environment = { NODE_OPTIONS: `--import=${without}` };
    const ended = await run(['receipts', '--data', folder], { environment });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('views/engine-missing');
  });

  it('64: a folder without a trust file, in which nothing is made', async () => {
    const empty = join(folder, 'empty');
    expect((await run(['views', 'update', '--data', empty])).code).toBe(64);
    expect(existsSync(empty)).toBe(false);
  });
});

describe('countersign receipts', () => {
  it('finds receipts, the latest first, and brings the views up to the log before', async () => {
    rmSync(join(folder, 'views'), { recursive: true, force: true });
    const ended = await views('receipts', '--exchange', exchangeId(3), '--limit', '2', '--json');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const found = lines(ended.stdout);
    expect(found).toHaveLength(2);
    expect(found.every(({ exchange }) => exchange === exchangeId(3))).toBe(true);
    expect(Number(found[0]?.entry)).toBeGreaterThan(Number(found[1]?.entry));
    expect(await size()).toBe(LOG.length);
  });

  it('says in words what became of each', async () => {
    const ended = await views('receipts', '--exchange', SAMPLE_RECEIPT.exchange, '--limit', '1');
    expect(ended.stdout).toContain(`${SAMPLE_RECEIPT.exchange}  completed`);
    expect(ended.stdout).toContain('provider/sample-1  0.03 EUR  erased');
    const none = await views('receipts', '--upstream', 'nobody');
    expect(none).toMatchObject({ code: 0, stdout: 'No receipt is like that.\n' });
  });

  it.each([
    [['--since', 'yesterday']],
    [['--policy', "a' OR 1"]],
    [['--status', 'fine']],
    [['--limit', '0']],
    [['--exchange', '../']],
  ])('64: %j', async args => {
    expect((await views('receipts', ...args)).code).toBe(64);
  });
});
