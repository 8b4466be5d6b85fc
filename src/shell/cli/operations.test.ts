import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, begin, chat, json } from '../../../test/end-to-end/client.js';
import { run, type Served, serve } from '../../../test/end-to-end/process.js';
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
import { parseBundle } from '../../receipt/bundle.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import type { StatusAnswer } from './admin/answers.js';

let folder: string;
let data: string;
let config: string;
let upstream: TestUpstream;
let second: TestUpstream;
let house: Served;
let key: string;

const settings = (more = '') => `
upstreams: [${`one=${upstream.base}`}]
${more}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-operations-'));
  data = join(folder, 'data');
  config = join(folder, 'countersign.yaml');
  upstream = await TestUpstream.start();
  second = await TestUpstream.start();
  writeFileSync(config, settings());
  house = await serve(['--data', data, '--config', config, '--log-format', 'json']);
  key = readFileSync(join(data, 'keys', 'admin.key'), 'utf8').trim();
});
afterAll(async () => {
  await house.stop();
  await upstream.close();
  await second.close();
  rmSync(folder, { recursive: true, force: true });
});

const admin = (path: string, method = 'GET', body: unknown = '') =>
  ask(house.summary.admin, { path, method, headers: { authorization: `Bearer ${key}` }, body });
const status = async () => json<StatusAnswer>(await admin('/admin/status'));
const metrics = async () => (await admin('/metrics')).body.toString();
const metric = async (series: string) => {
  const line = (await metrics()).split('\n').find(text => text.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
};
const lines = () =>
  house
    .printed()
    .split('\n')
    .filter(line => line.startsWith('{"time"'))
    .map(line => JSON.parse(line) as Record<string, unknown>);
const exchange = (path = '/v1/chat/completions', rest: object = {}) =>
  ask(house.summary.address, { path, method: 'POST', body: chat(rest) });
const receiptOf = async (got: Answer) => {
  const bundle = await fetchBundle(house.summary, exchangeOf(got));
  return readStatement(RECEIPT, parseBundle(bundle).envelope).predicate;
};
const reload = async (text: string) => {
  writeFileSync(config, text);
  const { code, stdout } = await run(['reload', '--data', data, '--json']);
  return {
    code,
    result: JSON.parse(stdout).reloaded.find((one: { name: string }) => one.name === 'configuration'),
  };
};

/** Sends a request's head and half of its body; `finish` sends the rest. */
function beginSlowly(address: string) {
  const bytes = Buffer.from(JSON.stringify(chat()));
  const { hostname, port } = new URL(address);
  const sending = request({
    ...{ hostname, port, method: 'POST', path: '/v1/chat/completions', agent: false },
    headers: { 'content-type': 'application/json', 'content-length': bytes.length, expect: '100-continue' },
  });
  const answered = new Promise<Answer>((resolve, reject) => {
    sending.once('error', reject);
    sending.once('response', async got => {
      const body = Buffer.concat(await got.toArray());
      resolve({
        status: got.statusCode ?? 0,
        headers: got.headers,
        body,
        request: bytes,
        broken: !got.complete,
      });
    });
  });
  // Once it says so, the gateway has begun to handle the request.
  const begun = once(sending, 'continue').then(() => sending.write(bytes.subarray(0, 10)));
  sending.flushHeaders();
  return {
    begun,
    finish: () => {
      sending.end(bytes.subarray(10));
      return answered;
    },
  };
}

describe('what is seen of a gateway that runs', () => {
  it('the admin key is for its owner alone, and the same at each start', () => {
    expect(statSync(join(data, 'keys', 'admin.key')).mode & 0o777).toBe(0o600);
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
  });

  it('each exchange is a line of JSON, and counted', async () => {
    upstream.behaviour = answer(200, completion('Hi.'));
    const got = await ask(house.summary.address, { headers: { 'x-request-id': 'seen-1' } });
    await expect.poll(() => lines().some(({ request }) => request === 'seen-1')).toBe(true);
    expect(lines().find(({ request }) => request === 'seen-1')).toMatchObject({
      level: 'info',
      event: 'exchange',
      exchange: got.headers['countersign-exchange'],
      model: LISTED_MODEL,
      upstream: 'one',
      status: 'completed',
      http: 200,
    });
    const labels = 'surface="chat/completions",upstream="one"';
    expect(await metric(`countersign_exchanges_total{${labels},status="completed"}`)).toBe(1);
    expect(await metric(`countersign_exchange_seconds_count{${labels}}`)).toBe(1);
    expect(await metric('countersign_receipts_sealed_total')).toBe(1);
    expect(await metric('countersign_answers_total{route="chat/completions",status="200"}')).toBe(1);
  });

  it('/metrics has the state of log, witnesses, journal, upstreams and process', async () => {
    for (const series of [
      'countersign_ready',
      'countersign_log_writable',
      'countersign_witness_quorum',
      'countersign_epoch_journal_writable',
      'countersign_upstream_available{upstream="built-in"}',
      'countersign_upstream_available{upstream="one"}',
      'countersign_configuration_current',
    ])
      expect(await metric(series), series).toBe(1);
    expect(await metric('countersign_log_entries')).toBeGreaterThan(2);
    expect(await metric('countersign_log_checkpoint_age_seconds')).toBeLessThan(600);
    expect(await metrics()).toMatch(
      /^countersign_witness_cosignature_age_seconds\{witness="[^"]+"\} [0-9.]+$/m,
    );
    expect(await metric('countersign_epoch_journal_bytes')).toBeGreaterThan(100);
    expect(await metric('process_resident_memory_bytes')).toBeGreaterThan(1e7);
  });

  it('a stream is seen while it runs', async () => {
    upstream.behaviour = stream(HELLO[0], 1500, HELLO[2], DONE);
    const asking = begin(house.summary.address, { body: chat({ stream: true }) });
    await asking.started;
    expect(await metric('countersign_streams_open')).toBe(1);
    expect((await status()).exchanges).toEqual({ running: 1, streams: 1 });
    await asking.answer;
    await expect.poll(() => metric('countersign_streams_open')).toBe(0);
  });

  it('a refusal is counted by its code, and the client sees the same', async () => {
    const before = (await metric('countersign_refusals_total{reason="request/malformed"}')) ?? 0;
    await ask(house.summary.address, { body: '{' });
    expect(await metric('countersign_refusals_total{reason="request/malformed"}')).toBe(before + 1);
  });

  it('countersign status says it in words, and to machines', async () => {
    const words = await run(['status', '--data', data]);
    expect(words.code).toBe(0);
    expect(words.stdout).toMatch(/^ready {2}http:/);
    const machines = await run(['status', '--data', data, '--json']);
    expect(JSON.parse(machines.stdout)).toMatchObject({ ready: true, address: house.summary.address });
  });

  it('its settings are shown, and of secrets whether there are any', async () => {
    expect(json(await admin('/admin/config'))).toMatchObject({
      data,
      retries: 2,
      upstreams: [{ upstream: `one=${upstream.base}`, isKeyConfigured: false }],
    });
  });

  it('its upstreams are shown', async () => {
    expect(json(await admin('/admin/upstreams'))).toEqual({
      upstreams: [
        { name: 'built-in', origin: 'built-in:', available: true, resting: false, running: 0 },
        { name: 'one', origin: new URL(upstream.base).origin, available: true, resting: false, running: 0 },
      ],
    });
  });

  it('drained, it is not ready, and serves who comes all the same', async () => {
    expect(json(await admin('/admin/drain', 'POST'))).toEqual({ draining: true });
    const ready = await ask(house.summary.address, { path: '/readyz' });
    expect(ready.status).toBe(503);
    expect(json(ready)).toMatchObject({ checks: { open: false } });
    expect((await run(['status', '--data', data])).code).toBe(10);
    upstream.behaviour = answer(200, completion());
    expect((await exchange()).status).toBe(200);
    expect(json(await admin('/admin/undrain', 'POST'))).toEqual({ draining: false });
    expect((await ask(house.summary.address, { path: '/readyz' })).status).toBe(200);
  });
});

describe('settings that are read again', () => {
  it('take effect for exchanges that begin then; those that run end as they began', async () => {
    upstream.behaviour = stream(HELLO[0], 1500, HELLO[2], DONE);
    const running = begin(house.summary.address, { body: chat({ stream: true }) });
    await running.started;
    const { code, result } = await reload(`
upstreams: ['two=${second.base}']
models: { fast: two/${LISTED_MODEL} }
listen: { requestBytes: 400 }`);
    expect(code).toBe(0);
    // The change of the file may have been seen before the command came.
    expect(result).toMatchObject({
      outcome: expect.stringMatching(/^(?:applied|unchanged)$/),
      problem: null,
    });
    second.behaviour = answer(200, completion());
    const got = await exchange('/v1/chat/completions', { model: 'fast' });
    expect(got.status).toBe(200);
    const receipt = await receiptOf(got);
    expect(receipt.attempts).toMatchObject([{ upstream: 'two' }]);
    expect(receipt.model.requested).toEqual({ name: 'fast' });
    const large = await exchange('/v1/chat/completions', { padding: 'x'.repeat(400) });
    expect(large.status).toBe(413);
    const stream1 = await running.answer;
    expect(stream1.broken).toBe(false);
    const old = await receiptOf(stream1);
    expect(old.attempts).toMatchObject([{ upstream: 'one' }]);
    // Whom a gateway may ask stands in its policy, which is logged before the first exchange under it.
    expect(old.policy.digest).not.toBe(receipt.policy.digest);
    expect(await metric('countersign_reloads_total{what="configuration",outcome="applied"}')).toBeGreaterThan(
      0,
    );
  });

  it('are those of a request that was still on its way, whose upstream is none any more', async () => {
    upstream.behaviour = answer(200, completion());
    second.behaviour = answer(200, completion());
    await reload(`upstreams: ['one=${upstream.base}']`);
    const slow = beginSlowly(house.summary.address);
    await slow.begun;
    await reload(`upstreams: ['two=${second.base}']\nmodels: { fast: two/${LISTED_MODEL} }`);
    const got = await slow.finish();
    expect(got.status, got.body.toString()).toBe(200);
    const receipt = await receiptOf(got);
    expect(receipt.attempts).toMatchObject([{ upstream: 'two' }]);
    const other = await receiptOf(await exchange());
    expect(receipt.policy.digest).toBe(other.policy.digest);
  });

  it('with a mistake change nothing, and say so everywhere', async () => {
    const { code, result } = await reload('upstreams: [nobody]\n');
    expect(code).toBe(10);
    expect(result).toMatchObject({ outcome: 'refused' });
    expect(result.problem).toContain('nobody');
    expect(await metric('countersign_configuration_current')).toBe(0);
    expect(json(await ask(house.summary.address, { path: '/readyz' }))).toMatchObject({
      status: 'ready',
      configuration: 'refused',
    });
    expect(house.printed()).toContain('config/refused (configuration)');
    expect((await exchange('/v1/chat/completions', { model: 'fast' })).status).toBe(200);
    const typo = await reload('listen: { prot: 1 }\n');
    expect(typo.result.problem).toContain('countersign.yaml:1:11: there is no setting "listen.prot"');
    rmSync(config);
    expect((await run(['reload', '--data', data])).code).toBe(10);
    expect((await exchange('/v1/chat/completions', { model: 'fast' })).status).toBe(200);
  });

  it('that need a restart say so, and stay', async () => {
    const { result } = await reload(settings('operator: Somebody else\nadmin: { listen: "127.0.0.1:1" }'));
    expect(result).toMatchObject({ outcome: 'applied', waiting: ['operator', 'admin.listen'] });
    expect(house.printed()).toContain('config/restart-needed (admin.listen)');
    expect(json(await admin('/admin/config'))).not.toHaveProperty('operator');
    expect(await metric('countersign_configuration_current')).toBe(1);
  });

  it('are read on SIGHUP, and when the file changes', async () => {
    writeFileSync(config, settings('logs: { level: debug }'));
    house.child.kill('SIGHUP');
    await expect
      .poll(async () => json<{ logLevel: string }>(await admin('/admin/config')).logLevel)
      .toBe('debug');
    await ask(house.summary.address, { path: '/healthz', headers: { 'x-request-id': 'debugged' } });
    await expect.poll(() => lines().some(({ request }) => request === 'debugged')).toBe(true);
    writeFileSync(config, settings('logs: { level: error }\nretries: 7'));
    await expect.poll(async () => json<{ retries: number }>(await admin('/admin/config')).retries).toBe(7);
  });

  it('where no gateway runs, the commands say so', async () => {
    for (const command of ['status', 'reload']) {
      const { code, stderr } = await run([command, '--data', join(folder, 'nowhere')]);
      expect(code).toBe(64);
      expect(stderr).toContain('no gateway runs');
    }
  });
});
