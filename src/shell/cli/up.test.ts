import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, begin, chat, json } from '../../../test/end-to-end/client.js';
import { run, runAlone, serve, serveInWords } from '../../../test/end-to-end/process.js';
import { readLog } from '../../../test/end-to-end/published-log.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  completion,
  DONE,
  HELLO,
  LISTED_MODEL,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { parseTrust } from '../../appraise/trust.js';
import { formatVerifierKey } from '../../note/key.js';
import { parseBundle } from '../../receipt/bundle.js';
import { readEntry } from '../../receipt/entry.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import { UsageError } from './exit-code.js';
import { upCommand } from './up.js';

let folder: string;
let upstream: TestUpstream;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-up-'));
  upstream = await TestUpstream.start();
});

afterEach(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const data = () => ['--data', folder];

async function receiptFrom(address: string, exchange: string) {
  return readStatement(RECEIPT, parseBundle(await fetchBundle({ address }, exchange)).envelope).predicate;
}

describe('countersign up', () => {
  it('--json prints one line: where it listens and where everything is; it is ready then', async () => {
    const started = performance.now();
    const gateway = await serve(data(), { isAlone: true });
    const took = performance.now() - started;
    const { summary } = gateway;
    expect(summary).toEqual({
      address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      admin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      data: folder,
      keys: join(folder, 'keys'),
      trust: join(folder, 'trust.json'),
      log: expect.stringMatching(/^countersign\.invalid\/[0-9a-f]{16}$/),
      models: ['countersign-demo'],
    });
    expect((await ask(summary.address, { path: '/readyz' })).status).toBe(200);
    const { code, stdout, stderr } = await gateway.stop();
    expect(code).toBe(0);
    expect(stdout.match(/\n/g)).toHaveLength(1);
    expect(stderr).toBe('');
    console.log(`      ready after ${took.toFixed(0)} ms`);
    expect(took).toBeLessThan(15_000);
  });

  it('without it: address, data, keys, and an example that works when it is pasted', async () => {
    const gateway = await serveInWords([...data(), '--operator', 'Test']);
    try {
      const { address } = gateway.summary;
      await expect.poll(gateway.printed).toMatch(/--response response\.json\n/);
      const printed = gateway.printed();
      for (const part of [
        `${address}/v1`,
        folder,
        join(folder, 'keys'),
        join(folder, 'trust.json'),
        'countersign-demo',
      ])
        expect(printed).toContain(part);
      expect(printed).toContain('3 witnesses, all of them yours: one controller');
      const trust = parseTrust(readFileSync(join(folder, 'trust.json')));
      expect(printed).toContain(formatVerifierKey(trust.log));
      const commands = /Try it:\n\n(.*?)\n\n/s.exec(printed)?.[1] ?? '';
      const example = await run(['-c', commands], { command: ['sh'], folder });
      expect(example.stdout).toMatch(/^HTTP\/1.1 200 OK\r?$/m);
      // The package's own name works only where it is installed, so the rest runs with the built file in its place.
      const main = new URL('../../../dist/shell/cli/main.js', import.meta.url).pathname;
      const checking = printed.slice(printed.indexOf('  npx countersign receipt'));
      const checked = await run(
        ['-c', checking.replaceAll('npx countersign', `"${process.execPath}" "${main}"`)],
        { command: ['sh'], folder },
      );
      expect(checked.stdout, checked.stderr).toMatch(/^PASS/m);
    } finally {
      await gateway.stop();
    }
  });

  it('on a signal: a running stream comes to its end, with its receipt, and then the process ends, and keeps all for the next start', async () => {
    upstream.behaviour = stream(HELLO[0], 400, HELLO[2], DONE);
    const gateway = await serve([...data(), '--upstream', upstream.base], { isAlone: true });
    const trust = readFileSync(gateway.summary.trust, 'utf8');
    const before = await ask(gateway.summary.address, {
      body: { ...chat(), model: gateway.summary.models[0] },
    });
    const asking = begin(gateway.summary.address, { body: chat({ stream: true }) });
    await asking.started;
    const started = performance.now();
    const ended = gateway.stop('SIGINT');
    const got = await asking.answer;
    expect((await ended).code).toBe(0);
    expect(performance.now() - started).toBeLessThan(4000);
    expect(got.broken).toBe(false);
    expect(got.body.toString()).toMatch(/^: countersign-receipt .*\ndata: \[DONE\]\n\n$/m);
    // The epoch was closed with that exchange in it, and nothing is left to be made up for.
    expect(readdirSync(join(folder, 'closings')).some(name => name.endsWith('.journal'))).toBe(false);
    const next = await serve(data());
    expect(readFileSync(next.summary.trust, 'utf8')).toBe(trust);
    expect((await receiptFrom(next.summary.address, exchangeOf(before))).exchange).toBe(exchangeOf(before));
    const { epoch, client, counter } = await receiptFrom(next.summary.address, exchangeOf(got));
    const path = `/v1/closings/${epoch}/${client}/${counter}`;
    expect((await ask(next.summary.address, { path })).status).toBe(200);
    await next.stop();
  });

  it('on a second signal: it ends at once', async () => {
    upstream.behaviour = stream(HELLO[0], 8000, DONE);
    const gateway = await serve([...data(), '--upstream', upstream.base], { isAlone: true });
    const asking = begin(gateway.summary.address, { body: chat({ stream: true }) });
    await asking.started;
    const ended = gateway.stop();
    await new Promise(resolve => setTimeout(resolve, 200));
    const started = performance.now();
    await gateway.stop();
    expect((await ended).code).toBe(1);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('options of countersign up', () => {
  it('--upstream, --operator, --no-inline, --max-request and the timeouts are heeded', async () => {
    const options = [
      '--operator',
      'Ann Operator (test)',
      '--no-inline',
      '--max-request',
      '500',
      '--first-token-timeout',
      '0.3',
    ];
    const gateway = await serve([...data(), '--upstream', upstream.base, ...options]);
    try {
      const { address } = gateway.summary;
      const models = json<{ data: { id: string }[] }>(await ask(address, { path: '/v1/models' }));
      expect(models.data.map(({ id }) => id)).toEqual(['countersign-demo', LISTED_MODEL]);
      upstream.behaviour = stream(...HELLO);
      const got = await ask(address, { body: chat({ stream: true }) });
      expect(got.body.toString()).toBe(HELLO.join(''));
      const receipt = await receiptFrom(address, exchangeOf(got));
      expect(receipt.responsibility[0]).toMatchObject({ role: 'operator', party: 'Ann Operator (test)' });
      expect((await ask(address, { body: chat({}, 'x'.repeat(500)) })).status).toBe(413);
      upstream.behaviour = () => undefined;
      expect((await ask(address)).status).toBe(504);
    } finally {
      await gateway.stop();
    }
  });

  it('--upstream: what it lists to a client’s key is shown to that client and to nobody else', async () => {
    const secret = 'ft:test-model:somebody::1';
    const headers = { authorization: 'Bearer clients-key' };
    upstream.ownModels.set(headers.authorization, [secret]);
    upstream.behaviour = answer(200, completion('x', { rest: { model: secret } }));
    const gateway = await serve([...data(), '--upstream', upstream.base]);
    try {
      const { address, trust } = gateway.summary;
      expect((await ask(address, { path: '/v1/models', headers })).body.toString()).toContain(secret);
      for (const model of [secret, LISTED_MODEL]) {
        const got = await ask(address, { body: chat({ model }), headers });
        expect(got.status).toBe(200);
        await fetchBundle({ address }, exchangeOf(got));
      }
      expect((await ask(address, { path: '/v1/models' })).body.toString()).not.toContain(secret);
      const { entries } = await readLog(address, parseTrust(readFileSync(trust)));
      const payloads = entries.map(entry => Buffer.from(readEntry(entry).payload).toString());
      expect(payloads.join()).toContain(LISTED_MODEL);
      expect(payloads.join()).not.toContain(secret);
    } finally {
      await gateway.stop();
    }
  });

  it('a provider’s key in the environment goes to no upstream that was given by its URL; the key for it does', async () => {
    upstream.behaviour = answer(200, completion());
    const environment = { OPENAI_API_KEY: 'sk-provider' };
    const without = await serve([...data(), '--upstream', upstream.base], { environment });
    await ask(without.summary.address, { headers: { authorization: 'Bearer own' } });
    expect(upstream.last.headers.authorization).toBe('Bearer own');
    await without.stop();
    const keyed = await serve([...data(), '--upstream', upstream.base], {
      environment: { ...environment, COUNTERSIGN_UPSTREAM_KEY: 'sk-gateway' },
    });
    await ask(keyed.summary.address, { headers: { authorization: 'Bearer own' } });
    expect(upstream.last.headers.authorization).toBe('Bearer sk-gateway');
    await keyed.stop();
  });

  it.each([
    ['--port', 'x'],
    ['--port', '70000'],
    ['--port', '-1'],
    ['--max-request', '0'],
    ['--max-request', '1e9'],
    ['--max-connections', '0'],
    ['--idle-timeout', '0'],
    ['--connect-timeout', '-1'],
    ['--first-token-timeout', 'long'],
    ['--keep-alive', '0'],
    ['--retries', '11'],
    ['--routes', '/nowhere/routes.json'],
    ['--upstream', 'built-in=http://127.0.0.1/v1'],
    ['--operator', ''],
    ['--operator', 'Zoë\n'],
    ['--upstream', 'localhost:11434'],
    ['--upstream', 'somebody'],
    ['--upstream', 'ftp://127.0.0.1/v1'],
    ['--upstream', 'http://user:secret@127.0.0.1/v1'],
    ['--upstream', 'http://127.0.0.1/v1?key=secret'],
    ['--colour', 'red'],
    ['surplus', 'words'],
  ])('%s %j is wrong usage', async (option, value) => {
    const said: string[] = [];
    const output = {
      writeOut: (text: string) => said.push(text),
      writeErr: (text: string) => said.push(text),
    };
    const command = upCommand().exitOverride().configureOutput(output);
    // Whatever is thrown here, the command line says and ends with 64.
    const error = await command
      .parseAsync([option, value, ...data()], { from: 'user' })
      .catch((thrown: unknown) => thrown);
    expect(error instanceof UsageError || error instanceof CommanderError).toBe(true);
    expect(`${said.join('')}${String(error)}`).not.toContain('secret');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['--port', 'x'],
    ['--upstream', 'http://user:secret@127.0.0.1/v1'],
  ])('%s %j is said to be that, and ends with 64', async (option, value) => {
    const { code, stdout, stderr } = await runAlone(['up', option, value, ...data()]);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr.length).toBeGreaterThan(0);
    expect(stderr).not.toContain('    at ');
    expect(stderr).not.toContain('secret');
  });
});

describe('when countersign up cannot start, it says why and ends with 1', { timeout: 90_000 }, () => {
  /** A data folder that has been used. */
  let used: string;
  beforeAll(async () => {
    used = mkdtempSync(join(tmpdir(), 'countersign-up-'));
    await (await serve(['--data', used])).stop();
  });
  afterAll(() => rmSync(used, { recursive: true, force: true }));

  it('a port that is taken', async () => {
    const taken = new URL(upstream.base).port;
    const started = performance.now();
    const { code, stdout, stderr } = await run(['up', '--port', taken, ...data()]);
    expect(stderr).toContain(`port ${taken} is taken`);
    expect(stdout).toBe('');
    expect(code).toBe(1);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('a data folder that another one uses; a killed one uses none', async () => {
    const first = await serve(data());
    const second = await run(['up', '--port', '0', ...data()]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('data/locked');
    expect((await ask(first.summary.address, { path: '/readyz' })).status).toBe(200);
    await first.stop('SIGKILL');
    const third = await serve(data());
    await third.stop();
  });

  it('a key that others can read', async () => {
    cpSync(used, folder, { recursive: true });
    chmodSync(join(folder, 'keys', 'log.key'), 0o644);
    const { code, stderr } = await run(['up', '--port', '0', ...data()]);
    expect(code).toBe(1);
    expect(stderr).toContain('data/key-exposed');
  });

  it('a key that is damaged, which is never written over', async () => {
    cpSync(used, folder, { recursive: true });
    writeFileSync(join(folder, 'keys', 'vault.key'), 'damaged\n');
    const { code, stderr } = await run(['up', '--port', '0', ...data()]);
    expect(code).toBe(1);
    expect(stderr).toContain('data/key-malformed');
    expect(readFileSync(join(folder, 'keys', 'vault.key'), 'utf8')).toBe('damaged\n');
  });

  it('a data folder that is a file', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await run(['up', '--port', '0', '--data', join(folder, 'file')]);
    expect(code).toBe(1);
    expect(stderr).not.toContain('    at ');
    expect(stderr.length).toBeGreaterThan(0);
  });
});
