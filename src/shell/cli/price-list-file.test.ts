import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../exchange/providers.js';
import { PriceBook } from '../../receipt/price/price-book.js';
import { readPriceList } from './price-list-file.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-prices-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENTRY = { upstream: 'mine', models: ['a'], prompt: '1', completion: '2', asOf: '2026-11-21' };
const LIST = { currency: 'EUR', dated: '2026-11-21', entries: [ENTRY] };

function file(value: unknown): string {
  const path = join(folder, 'prices.json');
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

describe('the price list that comes with the gateway', () => {
  it('can be read, and names upstreams that there are and where each price is published', async () => {
    const { entries } = await readPriceList();
    const known = [...PROVIDERS.keys(), 'built-in'];
    for (const { upstream, source } of entries) {
      expect(known).toContain(upstream);
      expect(source === undefined).toBe(upstream === 'built-in');
    }
  });

  it('has the demonstration model at zero, and no other', async () => {
    const { entries } = await readPriceList();
    const free = entries.filter(({ prompt, completion }) => Number(prompt) === 0 && Number(completion) === 0);
    expect(free.map(({ models }) => models)).toEqual([['countersign-demo']]);
  });

  it('dates no price later than itself', async () => {
    const { entries, dated } = await readPriceList();
    expect(entries.filter(({ asOf }) => asOf > dated)).toEqual([]);
  });

  it('prices no name that its provider moves to another model', async () => {
    const { entries } = await readPriceList();
    const names = entries.flatMap(({ models }) => models);
    expect(names.filter(name => name.endsWith('-latest'))).toEqual([]);
  });

  it('prices a long prompt by what it costs, all of it', async () => {
    const book = new PriceBook(await readPriceList(), 'Operator');
    expect(book.find('openai', 'gpt-5.4', null)?.prices.long?.over).toBe(272_000);
    expect(book.find('anthropic', 'claude-haiku-5-5', null)?.prices.long?.over).toBe(100_000);
  });
});

describe("an operator's own list", () => {
  it('takes its place', async () => {
    const book = new PriceBook(await readPriceList(file(LIST)), 'Operator');
    expect(book.currency).toBe('EUR');
    expect(book.find('mine', 'a', null)).not.toBeNull();
    expect(book.find('openai', 'gpt-4o', null)).toBeNull();
  });

  const entry = (changes: object) => ({ ...LIST, entries: [{ ...ENTRY, ...changes }] });
  it.each<[what: string, value: unknown, message: RegExp]>([
    ['no JSON', '{', /is not JSON/],
    ['a key in its place, of which nothing is said', 'sk-secret', /^\S+prices\.json is not JSON\.$/],
    ['a key as its text', '"sk-secret"', /Expected Object but received a text\.$/],
    ['no object', [], /currency/],
    ['no currency', { ...LIST, currency: 'eur' }, /currency/],
    ['another member', { ...LIST, protocol: { basisPoints: 100 } }, /protocol/],
    ['a price as a number', entry({ prompt: 1 }), /entries\.0\.prompt/],
    ['a price below zero', entry({ prompt: '-1' }), /entries\.0\.prompt/],
    ['a price with nine digits behind the point', entry({ prompt: '0.000000001' }), /entries\.0\.prompt/],
    ['no price for the answer', entry({ completion: undefined }), /entries\.0\.completion/],
    ['no day', entry({ asOf: 'yesterday' }), /entries\.0\.asOf/],
    ['a source that is no address', entry({ source: 'javascript:alert(1)' }), /entries\.0\.source/],
    ['a share too large', { ...LIST, margin: { basisPoints: 100_001 } }, /margin\.basisPoints/],
    ['a share for the protocol', { ...LIST, audit: { basisPoints: 1, payee: 'protocol' } }, /audit\.payee/],
    ['two prices for one model', { ...LIST, entries: [ENTRY, ENTRY] }, /mine\/a/],
  ])('is refused, and the place named: %s', async (_, value, message) => {
    await expect(readPriceList(file(value))).rejects.toThrow(message);
  });

  it('is refused when it is not there', async () => {
    await expect(readPriceList(join(folder, 'none.json'))).rejects.toThrow(/cannot be read/);
  });
});
