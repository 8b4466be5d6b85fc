import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErasingHouse } from '../../../test/end-to-end/erasing-house.js';
import { eventually, exchangeOf } from '../../../test/end-to-end/receipts.js';

const house = new ErasingHouse();
beforeAll(() => house.start());
afterAll(() => house.remove());

describe('countersign erase, while no gateway runs', () => {
  it('does the same, and the next start finds it done', async () => {
    const answer = await house.answer();
    const exchange = exchangeOf(answer);
    const before = house.kept(exchange);
    await house.gateway.stop();
    expect(existsSync(join(house.data, 'control.json'))).toBe(false);
    const first = await house.erased(exchange);
    expect(first).toMatchObject({ already: false, exchange });
    expect(house.holding(before)).toEqual([]);
    expect(await house.erased(exchange)).toEqual({ ...first, already: true });
    await house.start();
    expect(await house.erased(exchange)).toEqual({ ...first, already: true });
    await house.checkReceipt(answer);
  });

  it('also after the gateway was killed and a stranger has its port: he is not asked', async () => {
    const exchange = exchangeOf(await house.answer());
    const before = house.kept(exchange);
    await house.gateway.stop('SIGKILL');
    const control = join(house.data, 'control.json');
    const { address } = JSON.parse(readFileSync(control, 'utf8')) as { address: string };
    let asked = 0;
    const stranger = createServer((_, response) => {
      asked++;
      response.end(`{"already":true,"decided":1,"exchange":"${exchange}","index":0,"receipt":null}`);
    });
    await new Promise<void>(resolve => stranger.listen(Number(new URL(address).port), '127.0.0.1', resolve));
    expect(await house.erased(exchange)).toMatchObject({ already: false });
    expect(house.holding(before)).toEqual([]);
    await house.start();
    expect(asked).toBe(0);
    await new Promise(resolve => stranger.close(resolve));
  });

  it('what a crash left undone, the next start does', async () => {
    const exchange = exchangeOf(await house.answer());
    await house.gateway.stop();
    mkdirSync(join(house.data, 'erasures'), { recursive: true });
    writeFileSync(
      join(house.data, 'erasures', `${exchange}.json`),
      `{"decided":1000,"exchange":"${exchange}"}`,
    );
    await house.start();
    expect(house.kept(exchange).length).toBeLessThan(60);
    expect(await house.erased(exchange)).toMatchObject({ already: true, decided: 1000 });
  });

  it('a log that cannot be opened keeps nothing from being destroyed, and hears of it later', async () => {
    const exchange = exchangeOf(await house.answer());
    const before = house.kept(exchange);
    await house.gateway.stop();
    writeFileSync(join(house.data, 'witnesses.policy'), 'nonsense');
    const { code, stdout, stderr } = await house.erase(exchange);
    expect(code).toBe(20);
    expect(stdout).toContain('is erased.\nThe log could not say so yet');
    expect(stderr).toContain('policy/');
    expect(house.holding(before)).toEqual([]);
    rmSync(join(house.data, 'witnesses.policy'));
    await house.start();
    expect(await house.erased(exchange)).toMatchObject({ already: true, index: expect.any(Number) });
  });

  it('waits for a gateway that is just starting', async () => {
    const exchange = exchangeOf(await house.answer());
    await house.gateway.stop();
    const starting = house.start();
    await eventually(() =>
      readdirSync(house.data).some(name => name.startsWith('lock-')) ? true : undefined,
    );
    expect(await house.erased(exchange)).toMatchObject({ already: false, exchange });
    await starting;
  });
});
