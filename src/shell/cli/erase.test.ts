import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { ErasingHouse } from '../../../test/end-to-end/erasing-house.js';
import { run } from '../../../test/end-to-end/process.js';
import { exchangeOf } from '../../../test/end-to-end/receipts.js';
import { parseBundle } from '../../receipt/bundle.js';
import { readEntry } from '../../receipt/entry.js';
import { ERASURE } from '../../receipt/erasure.js';
import { readStatement } from '../../receipt/statement.js';

const house = new ErasingHouse();
beforeAll(() => house.start('cache: { maximumBytes: 10000000 }'));
afterAll(() => house.remove());

/** Some start five commands one after another, on whatever machine. In milliseconds. */
const MANY_COMMANDS = { timeout: 60_000 };

describe('countersign erase, while the gateway runs', () => {
  it.each([false, true])(
    'has an answer given to nobody again (as a stream: %s)',
    MANY_COMMANDS,
    async stream => {
      const headers = { authorization: 'Bearer a' };
      const first = await house.answer(stream, headers);
      const again = await house.answer(stream, headers);
      expect(again.headers['countersign-cached-exchange']).toBe(exchangeOf(first));
      await house.checkReceipt(again);
      await house.erased(exchangeOf(first));
      const anew = await house.answer(stream, headers);
      expect(anew.headers['countersign-cache']).toBeUndefined();
      expect(house.kept(exchangeOf(again))).not.toEqual(Buffer.alloc(0));
    },
  );

  it('destroys key and content, logs it, and leaves a receipt that verifies', MANY_COMMANDS, async () => {
    const [answer, other] = [await house.answer(), await house.answer()];
    const exchange = exchangeOf(answer);
    const before = house.kept(exchange);
    expect(house.holding(before)).toEqual(house.vaultFiles);
    const { index, receipt, decided, ...rest } = await house.erased(exchange);
    expect(rest).toEqual({ already: false, exchange });
    expect(decided).toBeGreaterThan(Date.now() - 60_000);
    expect(house.holding(before)).toEqual([]);
    const entry = await ask(house.gateway.summary.address, { path: `/log/entries/${index}` });
    const { predicate } = readStatement(ERASURE, readEntry(entry.body));
    expect(predicate.erasure).toEqual({ exchange, receipt });
    expect(receipt).toBe(answer.headers['countersign-receipt-digest']);
    await house.checkReceipt(answer);
    expect(house.holding(house.kept(exchangeOf(other)))).toEqual(house.vaultFiles);
  });

  it(
    'of a stream as well, and twice: "receipt --content" says that it was erased',
    MANY_COMMANDS,
    async () => {
      const exchange = exchangeOf(await house.answer(true));
      const first = await house.erase(exchange);
      expect(first.stdout).toMatch(
        new RegExp(`^The content of exchange ${exchange} is erased; entry [0-9]+ of the log says so\\.\n$`),
      );
      const { address } = house.gateway.summary;
      const args = ['--gateway', address, '--data', house.data, '--content', join(house.folder, 'content')];
      const { code, stderr } = await run(['receipt', exchange, ...args], { folder: house.folder });
      expect(code).toBe(1);
      expect(stderr).toContain('vault/erased');
      const bundle = readFileSync(join(house.folder, `${exchange}.bundle.json`));
      expect(parseBundle(bundle).proof).not.toBeNull();
      const { already, decided } = await house.erased(exchange);
      expect(already).toBe(true);
      expect((await house.erase(exchange)).stdout).toContain(
        `was erased on ${new Date(decided).toISOString()}`,
      );
    },
  );

  it('what the vault does not know is refused, and leaves no trace', async () => {
    const { code, stdout, stderr } = await house.erase('aaaaaaaaaaaaaaaaaaaaaaaaaa');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('vault/unknown');
  });

  it.each(['x', '../../../../keys/vault.key'])('%j is wrong usage', async exchange => {
    expect((await house.erase(exchange)).code).toBe(64);
  });

  it('a folder that is none is wrong usage', async () => {
    const args = ['erase', 'a'.repeat(26), '--data', join(house.folder, 'nothing')];
    expect((await run(args, { folder: house.folder })).code).toBe(64);
  });

  it('a log with erasures in it is in order: a monitor finds nothing', async () => {
    const { trust, address } = house.gateway.summary;
    const state = join(house.folder, 'monitor');
    const args = ['monitor', `${address}/log`, '--trust', trust, '--data', state, '--once', '--json'];
    const { code, stdout, stderr } = await run(args, { folder: house.folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('"checked"');
    expect(stdout).not.toContain('"finding"');
  });
});

describe('how a running gateway is asked', () => {
  const control = () =>
    JSON.parse(readFileSync(join(house.data, 'control.json'), 'utf8')) as { address: string; token: string };
  const post = (
    headers: Record<string, string>,
    path = `/admin/erasures/${'a'.repeat(26)}`,
    method = 'POST',
  ) => ask(control().address, { path, method, body: '', headers });
  const bearer = () => ({ authorization: `Bearer ${control().token}` });

  it('the token is for its owner alone to read, and the port no other than the loopback interface has', () => {
    expect(statSync(join(house.data, 'control.json')).mode & 0o777).toBe(0o600);
    expect(control().address).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect(control().address).not.toBe(house.gateway.summary.address);
  });

  it.each([
    ['no token', () => ({}), 401],
    ['another token', () => ({ authorization: `Bearer ${'0'.repeat(64)}` }), 401],
    ['the token in another scheme', () => ({ authorization: `Basic ${control().token}` }), 401],
    ['the token, from a web page', () => ({ ...bearer(), origin: 'http://a.example' }), 403],
    ['the token, under another name of this host', () => ({ ...bearer(), host: 'a.example' }), 403],
    ['the token', bearer, 404],
  ])('with %s', async (_, headers: () => Record<string, string>, status) => {
    expect((await post(headers())).status).toBe(status);
  });

  it('for nothing else', async () => {
    for (const path of [
      '/',
      '/admin/erasures',
      '/admin/erasures/',
      '/admin/erasures/x',
      '/v1/models',
      '/log/checkpoint',
    ])
      expect((await post(bearer(), path)).status).toBe(404);
    expect((await post(bearer(), `/admin/erasures/${'a'.repeat(26)}`, 'GET')).status).toBe(405);
  });

  it('and nowhere on the gateway’s own port', async () => {
    const path = `/admin/erasures/${'a'.repeat(26)}`;
    const { status } = await ask(house.gateway.summary.address, {
      path,
      method: 'POST',
      body: '',
      headers: bearer(),
    });
    expect(status).toBe(404);
  });
});
