import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { run } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { answer, completion, LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { testKey } from '../../../test/support/keys.js';
import { keyLabel } from '../../note/key.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import type { PriceList } from '../../receipt/price/price-list.js';
import { refundStatement } from '../../receipt/refund.js';

const PRICES: PriceList = {
  currency: 'EUR',
  dated: '2026-11-21',
  entries: [
    { upstream: 'house', models: [LISTED_MODEL], prompt: '10', completion: '20', asOf: '2026-11-21' },
  ],
};

let folder: string;
let upstream: TestUpstream;
let gateway: TestGateway;
let bundles: string[];
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-fees-'));
  upstream = await TestUpstream.start();
  upstream.behaviour = answer(200, completion());
  gateway = await openGateway({ more: { house: { base: upstream.base } }, prices: PRICES });
  bundles = [];
  for (const body of [chat(), chat(), chat({ model: CANNED_MODEL })]) {
    const exchange = exchangeOf(await ask(gateway.address, { body }));
    const file = path(`${bundles.length}.json`);
    writeFileSync(file, await fetchBundle(gateway, exchange));
    bundles.push(file);
  }
  writeFileSync(path('trust.json'), gateway.trustText);
  writeFileSync(path('prices.json'), JSON.stringify(PRICES));
}, 30_000);
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function fees(...args: string[]) {
  const ended = await run(['fees', ...args, '--trust', path('trust.json')]);
  return { ...ended, json: () => JSON.parse(ended.stdout) as Record<string, unknown> };
}

const SUMMED = {
  priced: 2,
  unpriced: { 'not-listed': 1 },
  payee: [
    { name: 'house', currency: 'EUR', amount: '0.00014', receipts: 2 },
    { name: 'protocol', currency: 'EUR', amount: '0', receipts: 2 },
  ],
  model: [{ name: LISTED_MODEL, currency: 'EUR', amount: '0.00014', receipts: 2 }],
  refused: [],
  exitCode: 0,
};

describe('countersign fees', () => {
  it('sums bundles, each once', async () => {
    const { code, json } = await fees(...bundles, bundles[0] as string, '--json');
    expect(json()).toMatchObject({ ...SUMMED, refunds: [], compared: null });
    expect(code).toBe(0);
  });

  it('sums all receipts of a log, and what it says was given back', async () => {
    const issuer = testKey('gateway.example/log/issuer', 2);
    const label = keyLabel(issuer.key);
    const refund = {
      amount: '0.00005',
      currency: 'EUR',
      exchange: 'a'.repeat(26),
      reason: 'goodwill',
      receipt: '1'.repeat(64),
    } as const;
    const entry = envelopeBytes(seal(refundStatement(refund, label, 1), label, issuer.signer));
    const put = await ask(gateway.address, {
      path: '/log/entries?wait=witnessed',
      method: 'POST',
      body: entry,
    });
    expect(put.status).toBeLessThan(300);
    const { code, json } = await fees(
      '--log',
      `${gateway.address}/log`,
      '--prices',
      path('prices.json'),
      '--json',
    );
    expect(json()).toMatchObject({
      ...SUMMED,
      refunds: [{ currency: 'EUR', amount: '0.00005', receipts: 1 }],
      compared: { matching: 2, notCheckable: 0 },
    });
    expect(code).toBe(0);
  });

  it('tells people in tables', async () => {
    const { code, stdout } = await fees(...bundles);
    expect(code).toBe(0);
    expect(stdout).toContain('2 receipts with a price, 1 without');
    expect(stdout).toMatch(/who gets it\n +0\.00014 EUR {2}house/);
  });

  it('refuses what does not verify, and sums the rest', async () => {
    const [first = ''] = bundles;
    const whole = await fetchBundle(gateway, exchangeOf(await ask(gateway.address, { body: chat() })));
    const unproven = path('unproven.json');
    writeFileSync(unproven, whole.toString().replace(/"proof":".*"/, '"proof":null'));
    const forged = path('forged.json');
    writeFileSync(
      forged,
      whole.toString().replace(/"sig":"(.)/, (_, letter) => `"sig":"${letter === 'A' ? 'B' : 'A'}`),
    );
    const garbage = path('garbage.json');
    writeFileSync(garbage, '{}');
    const cases = [
      [unproven, 20, 'proof/absent'],
      [forged, 10, 'envelope/signature-invalid'],
      [garbage, 30, 'bundle/malformed'],
    ] as const;
    for (const [file, code, reason] of cases) {
      const ended = await fees(first, file, '--json');
      expect(ended.code).toBe(code);
      expect(ended.json()).toMatchObject({ priced: 1, refused: [{ what: file, code: reason }] });
    }
    expect((await fees(...cases.map(([file]) => file))).code).toBe(10);
  });

  it('finds a bill that its own price list contradicts', async () => {
    const dearer = { ...PRICES, entries: PRICES.entries.map(entry => ({ ...entry, prompt: '11' })) };
    const wrong = await openGateway({
      ...{ more: { house: { base: upstream.base } }, prices: dearer },
      // It refers to the list that everybody knows, and bills by another.
      billedAs: PRICES,
    });
    await ask(wrong.address, { body: chat() });
    const exchange = exchangeOf(await ask(wrong.address, { body: chat() }));
    await fetchBundle(wrong, exchange);
    const { code, json } = await fees(
      '--log',
      `${wrong.address}/log`,
      '--prices',
      path('prices.json'),
      '--json',
    );
    await wrong.close();
    expect(code).toBe(10);
    expect(json()).toMatchObject({ priced: 0 });
    expect((json().refused as { code: string }[]).map(refused => refused.code)).toEqual([
      ...['price/list-contradicted', 'price/list-contradicted'],
    ]);
  });

  it.each([
    ['nothing to sum', []],
    ['both kinds at once', ['a.json', '--log', 'http://127.0.0.1:1']],
    ['a file that is not there', ['/nonexistent/bundle.json']],
  ])('is used wrongly: %s', async (_, args) => {
    expect((await fees(...args)).code).toBe(64);
  });

  it('believes no log of another key', async () => {
    const other = await openGateway({ name: 'other.example' });
    const { code, stderr } = await fees('--log', `${other.address}/log`);
    await other.close();
    expect(code).toBe(1);
    expect(stderr).toContain('checkpoint/log-signature-missing');
  });
});
