import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { run, serve } from '../../../test/end-to-end/process.js';
import { exchangeOf } from '../../../test/end-to-end/receipts.js';
import { answer, completion, LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';

it('countersign refund: an order in the log, once for an exchange, that fees sums apart', {
  timeout: 90_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-refund-'));
  const upstream = await TestUpstream.start();
  upstream.behaviour = answer(200, completion());
  const prices = join(folder, 'prices.json');
  const entry = {
    upstream: 'house',
    models: [LISTED_MODEL],
    prompt: '10',
    completion: '20',
    asOf: '2026-11-21',
  };
  writeFileSync(prices, JSON.stringify({ currency: 'EUR', dated: '2026-11-21', entries: [entry] }));
  const open = () => serve(['--data', folder, '--upstream', `house=${upstream.base}`, '--prices', prices]);
  const refund = (exchange: string, ...more: string[]) =>
    run(['refund', exchange, '--data', folder, ...more]);
  try {
    const gateway = await open();
    const body = { model: LISTED_MODEL, messages: [{ role: 'user', content: 'Hello?' }] };
    const exchange = exchangeOf(await ask(gateway.summary.address, { body }));
    expect((await refund(exchange, '--reason', 'ruling')).stderr).toContain('data/locked');
    await gateway.stop();
    expect((await refund(exchange, '--reason', 'because')).code).toBe(64);
    expect((await refund('a'.repeat(26), '--reason', 'ruling')).stderr).toContain('receipt/unknown');
    expect((await refund(exchange, '--reason', 'ruling', '--amount', '1')).stderr).toContain(
      'refund/amount-refused',
    );
    const ordered = await refund(exchange, '--reason', 'ruling', '--amount', '0.00005', '--json');
    expect(JSON.parse(ordered.stdout)).toMatchObject({
      amount: '0.00005',
      currency: 'EUR',
      exchange,
      reason: 'ruling',
    });
    expect((await refund(exchange, '--reason', 'ruling')).stderr).toContain('refund/repeated');
    const again = await open();
    const { stdout } = await run([
      'fees',
      '--log',
      `${again.summary.address}/log`,
      '--trust',
      again.summary.trust,
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      refunds: [{ currency: 'EUR', amount: '0.00005', receipts: 1 }],
      refused: [],
      exitCode: 0,
    });
    await again.stop();
  } finally {
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
