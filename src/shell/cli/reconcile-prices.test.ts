/** What a gateway charges is reckoned again from its log, with the price list that its receipts name. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { run } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { answer, completion, LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import type { PriceList } from '../../receipt/price/price-list.js';

const ENTRY = { upstream: 'house', models: [LISTED_MODEL], completion: '20', asOf: '2026-11-21' };
const PRICES: PriceList = {
  ...{ currency: 'EUR', dated: '2026-11-21', margin: { basisPoints: 525 } },
  entries: [{ ...ENTRY, prompt: '10' }],
};
const DEARER: PriceList = { ...PRICES, entries: [{ ...ENTRY, prompt: '11' }] };

const NAMED = [LISTED_MODEL, `house/${LISTED_MODEL}`];

let folder: string;
let upstream: TestUpstream;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-prices-'));
  writeFileSync(path('prices.json'), JSON.stringify(PRICES));
  writeFileSync(path('dearer.json'), JSON.stringify(DEARER));
  upstream = await TestUpstream.start();
  upstream.behaviour = answer(200, completion());
});
afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Asks a gateway for each of these models. */
async function withGateway(
  models: readonly string[],
  lists: { readonly prices: PriceList; readonly billedAs?: PriceList },
  look: (gateway: TestGateway) => Promise<void>,
): Promise<void> {
  const gateway = await openGateway({ more: { house: { base: upstream.base } }, ...lists });
  try {
    for (const model of models) {
      const exchange = exchangeOf(await ask(gateway.address, { body: chat({ model }) }));
      await fetchBundle(gateway, exchange);
    }
    writeFileSync(path('trust.json'), gateway.trustText);
    await look(gateway);
  } finally {
    await gateway.close();
  }
}

const reconcile = ({ address }: TestGateway, ...args: readonly string[]) =>
  run([
    ...['reconcile', '--trust', path('trust.json'), '--log', `${address}/log`],
    ...['--evidence', path('evidence'), ...args],
  ]);

describe('countersign reconcile --prices', () => {
  it('0: an operator who bills by his list; 20: where nobody has it', async () => {
    await withGateway(NAMED, { prices: PRICES }, async gateway => {
      const ended = await reconcile(
        gateway,
        '--prices',
        path('dearer.json'),
        '--prices',
        path('prices.json'),
      );
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).toContain('prices         2 matched, 0 wrong, 0 not checkable');
      const other = await reconcile(gateway, '--prices', path('dearer.json'), '--json');
      expect(JSON.parse(other.stdout)).toMatchObject({ prices: { matched: 0, wrong: 0, notCheckable: 2 } });
      expect(other.code).toBe(20);
      expect(existsSync(path('evidence'))).toBe(false);
    });
  }, 60_000);

  it('10: one who bills by another than he names, with evidence that anybody can check', async () => {
    await withGateway(
      [...NAMED, 'house/of-no-public-name'],
      { prices: DEARER, billedAs: PRICES },
      async gateway => {
        const ended = await reconcile(gateway, '--prices', path('prices.json'));
        expect(ended.stdout).toContain('misbehaviour/wrong-bill');
        expect(ended.stdout).toContain('prices         0 matched, 2 wrong, 1 not checkable');
        expect(ended.code).toBe(10);
        const files = readdirSync(path('evidence'));
        expect(files).toHaveLength(2);
        for (const file of files) {
          expect(file).toMatch(/^p10-[0-9a-f]{32}\.json$/);
          expect(ended.stdout).toContain(file);
          const judged = await run([
            'verify-misbehaviour',
            path(`evidence/${file}`),
            '--trust',
            path('trust.json'),
          ]);
          expect(judged.stdout).toContain('PROVEN');
          expect(judged.code).toBe(0);
        }
      },
    );
  }, 60_000);

  it.each<[number, string, () => readonly string[]]>([
    [64, 'a price list that is none', () => ['--log', path('none'), '--prices', path('trust.json')]],
    [64, 'prices with nothing that has any', () => ['--prices', path('prices.json')]],
  ])('%i: %s', async (code, _, args) => {
    expect((await run(['reconcile', '--trust', path('trust.json'), ...args()])).code).toBe(code);
  });
});
