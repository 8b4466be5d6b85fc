/** A house whose log is damaged, or put back from an old copy, and what its owner does about it. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { run, serve } from '../../../test/end-to-end/process.js';

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
const data = (name = 'house') => ['--data', at(name)];
const question = () => ({
  method: 'POST',
  path: '/v1/chat/completions',
  body: { ...chat(), model: 'countersign-demo', max_tokens: 1 },
});
function flip(path: string, position: number): void {
  const bytes = readFileSync(path);
  bytes[position] = (bytes[position] as number) ^ 1;
  writeFileSync(path, bytes);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-log-'));
  for (const copy of ['backup', 'mirror']) {
    const gateway = await serve(data());
    for (let asked = 0; asked < 2; asked++) {
      expect((await ask(gateway.summary.address, question())).status).toBe(200);
    }
    expect((await gateway.stop()).code).toBe(0);
    cpSync(at('house'), at(copy), { recursive: true });
  }
  // As it was when the mirror was made, but with the log of the backup.
  cpSync(at('mirror'), at('back'), { recursive: true });
  rmSync(at('back', 'log'), { recursive: true });
  cpSync(at('backup', 'log'), at('back', 'log'), { recursive: true });
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('countersign log fsck', () => {
  it('finds a log sound that was stopped in good order, all of it under its checkpoint', async () => {
    const { code, stdout, stderr } = await run(['log', 'fsck', ...data()]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^SOUND {2}(\d+) entries, \1 of them under a checkpoint by the log and 3 witness keys\.$/m,
    );
    const json = await run(['log', 'fsck', '--json', ...data()]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      log: at('house', 'log'),
      damage: [],
      leftovers: [],
      exitCode: 0,
    });
  });

  it('names what is damaged and says what to do', async () => {
    cpSync(at('house'), at('damaged'), { recursive: true });
    flip(at('damaged', 'log', 'tile', 'entries', '000'), 700);
    const { code, stdout } = await run(['log', 'fsck', ...data('damaged')]);
    expect(code).toBe(10);
    expect(stdout).toContain('DAMAGED  One file is not what was signed.');
    expect(stdout).toContain('tile/entries/000');
    expect(stdout).toContain('countersign log restore --from');
    const json = await run([
      'log',
      'fsck',
      '--json',
      '--log',
      at('damaged', 'log'),
      '--trust',
      at('house', 'trust.json'),
    ]);
    expect(json.code).toBe(10);
    expect(JSON.parse(json.stdout)).toMatchObject({
      damage: [{ file: 'tile/entries/000', what: expect.any(String), do: expect.any(String) }],
      exitCode: 10,
    });
  });

  it('compares what may be read with the entries that say so', async () => {
    cpSync(at('house'), at('denied'), { recursive: true });
    expect((await run(['log', 'deny', '1', '--reason', 'court-order', ...data('denied')])).code).toBe(0);
    expect((await run(['log', 'fsck', ...data('denied')])).code).toBe(0);
    const file = at('denied', 'log', 'retention.json');
    const text = readFileSync(file, 'utf8');
    for (const changed of [
      text.replace('"index":1', '"index":3'),
      text.replace('court-order', 'court-ordeq'),
    ]) {
      expect(changed).not.toBe(text);
      writeFileSync(file, changed);
      const { code, stdout } = await run(['log', 'fsck', ...data('denied')]);
      expect(code).toBe(10);
      expect(stdout).toContain('retention.json');
    }
  });

  it('refuses while the gateway runs, and says so', async () => {
    const gateway = await serve(data());
    const { code, stderr } = await run(['log', 'fsck', ...data()]);
    await gateway.stop();
    expect(code).toBe(1);
    expect(stderr).toContain('data/locked');
    expect(stderr).toContain('Stop the other process');
  });

  it.each<[string, () => string[], number, string]>([
    [
      'a folder without a log',
      () => ['--log', at('empty'), '--trust', at('house', 'trust.json')],
      30,
      'log/not-found',
    ],
    [
      'a trust file that is none',
      () => ['--log', at('house', 'log'), '--trust', at('house', 'log', 'checkpoint')],
      30,
      'trust/malformed',
    ],
    ['a data folder that is not there', () => ['--data', at('nowhere')], 30, 'log/not-found'],
    ['a log folder that is not there', () => ['--log', at('nowhere', 'log')], 30, 'log/not-found'],
    ['no trust file', () => ['--data', at('empty')], 64, "is no gateway's data folder"],
    ['an unknown option', () => ['--fast'], 64, 'unknown option'],
  ])('refuses %s', async (_, args, expected, says) => {
    mkdirSync(at('empty'), { recursive: true });
    const { code, stdout, stderr } = await run(['log', 'fsck', ...args()]);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toContain(says);
  });
});

describe('countersign log restore', () => {
  it('lets a log go on that was put back from an old copy and would not start', async () => {
    const refused = await run(['up', '--port', '0', ...data('back')]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('log/behind-witness');
    expect(refused.stderr).toContain('countersign log restore --from');

    const mirror = await serve(data('mirror'));
    // Whoever leaves out where the log is has not found a mirror that has less.
    const elsewhere = await run(['log', 'restore', '--from', mirror.summary.address, ...data('back')]);
    expect(elsewhere.code).toBe(1);
    expect(elsewhere.stderr).toContain('peer/checkpoint-missing');
    const from = `${mirror.summary.address}/log`;
    const { code, stdout, stderr } = await run(['log', 'restore', '--from', from, ...data('back')]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('RESTORED');
    const again = await run(['log', 'restore', '--json', '--from', from, ...data('back')]);
    expect(JSON.parse(again.stdout)).toMatchObject({ written: [], removed: [], exitCode: 0 });
    await mirror.stop();

    expect((await run(['log', 'fsck', ...data('back')])).code).toBe(0);
    const gateway = await serve(data('back'));
    expect((await ask(gateway.summary.address, question())).status).toBe(200);
    expect((await gateway.stop()).code).toBe(0);
    expect((await run(['log', 'fsck', ...data('back')])).code).toBe(0);
    expect(existsSync(at('back', 'log', 'checkpoint'))).toBe(true);
  }, 30_000);

  it.each<[string, string[], number, string]>([
    ['nothing to restore from', [], 64, '--from'],
    ['what is no URL', ['--from', 'mirror'], 64, 'takes a URL'],
    ['a server that is not there', ['--from', 'http://127.0.0.1:9'], 1, 'peer/unreachable'],
  ])('refuses %s', async (_, args, expected, says) => {
    const { code, stderr } = await run(['log', 'restore', ...args, ...data()]);
    expect(code).toBe(expected);
    expect(stderr).toContain(says);
  });
});
