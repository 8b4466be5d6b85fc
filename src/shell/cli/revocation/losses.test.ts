import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/log.js';
import '../../node.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import type { Revocation } from '../../../receipt/revocation.js';
import { FactIndex } from '../../archive/fact-index.js';
import type { LoggedRevocation } from './book.js';
import { findLosses, type LosingReceipt } from './losses.js';
import { MAX_NAMED, noticesOf } from './notices.js';

let folder: ReturnType<typeof temporaryFolder>;
let index: FactIndex;
beforeEach(async () => {
  folder = temporaryFolder();
  index = await FactIndex.open(folder.path);
  // Entry 0 is no receipt, and every third after it has no place to lose.
  index.add([], null);
  while (index.size < 10)
    index.add([{ field: 'chip', value: 'abcd' }], {
      exchange: 'a'.repeat(26),
      completed: index.size * 100,
      model: 'asserted',
      place: index.size % 3 === 0 ? 'none' : 'handoff',
    });
  index.flush();
});
afterEach(() => folder.remove());

const OF_CHIP: Revocation = { field: 'chip', reason: 'vulnerable', since: null, value: 'abcd' };
const entriesOf = async (revocation: Revocation, options: Parameters<typeof findLosses>[2]) => {
  const { count, receipts } = await findLosses(index, revocation, options);
  return { count, entries: receipts.map(({ entry }) => entry) };
};

describe('the receipts that lose a grade', () => {
  it('are all that have something to lose, counted and given up to as many as are asked for', async () => {
    const told: LosingReceipt[] = [];
    const all = [1, 2, 4, 5, 7, 8];
    expect(await entriesOf(OF_CHIP, { most: 100 })).toEqual({ count: 6, entries: all });
    expect(await entriesOf(OF_CHIP, { most: 2 })).toEqual({ count: 6, entries: [1, 2] });
    const each = (receipt: LosingReceipt) => void told.push(receipt);
    expect(await entriesOf(OF_CHIP, { most: 1, each })).toEqual({ count: 6, entries: [1] });
    expect(told.map(({ entry }) => entry)).toEqual(all);
    expect(told[0]).toEqual({
      ...{ entry: 1, exchange: 'a'.repeat(26), fact: 'place', from: 'handoff', to: 'asserted' },
    });
  });

  it('are those from the time on since when it was bad, and before the entry that was asked about', async () => {
    expect(await entriesOf({ ...OF_CHIP, since: 500 }, { most: 9 })).toEqual({
      count: 3,
      entries: [5, 7, 8],
    });
    expect(await entriesOf(OF_CHIP, { most: 9, before: 5 })).toEqual({ count: 3, entries: [1, 2, 4] });
    expect(await entriesOf({ ...OF_CHIP, value: 'ef01' }, { most: 9 })).toEqual({ count: 0, entries: [] });
  });
});

describe('a notice', () => {
  const logged: LoggedRevocation = { revocation: OF_CHIP, decided: 7, sequence: 0, entry: 8, counts: true };
  const source = (all: readonly LoggedRevocation[], facts: FactIndex | null = index) =>
    noticesOf({ origin: 'log.example', book: { all }, index: async () => facts });

  it('is the same bytes each time, whatever came into the log since', async () => {
    const first = await source([logged]).notice(0);
    index.add([{ field: 'chip', value: 'abcd' }], {
      ...{ exchange: 'b'.repeat(26), completed: 1, model: 'none', place: 'hardware' },
    });
    index.flush();
    expect(await source([logged]).notice(0)).toEqual(first);
    expect(JSON.parse(fromUtf8(first?.body ?? new Uint8Array()) ?? '')).toMatchObject({
      data: { entry: 8, receipts: { count: 5, entries: [1, 2, 4, 5, 7] } },
    });
  });

  it('is waited for until the index has come so far', async () => {
    expect(await source([{ ...logged, entry: 10 }]).notice(0)).toBeNull();
    expect(await source([logged], null).notice(0)).toBeNull();
    expect(await source([]).notice(0)).toBeNull();
  });

  it('is of what counts alone, and by another id for each entry and log', async () => {
    const all = [logged, { ...logged, counts: false, entry: 9 }];
    expect([0, 1, 2].map(number => source(all).topicOf(number))).toEqual(['chip', null, null]);
    const ids = [
      await source([logged]).notice(0),
      await source([{ ...logged, entry: 9 }]).notice(0),
      await noticesOf({ origin: 'other', book: { all }, index: async () => index }).notice(0),
    ].map(notice => notice?.id);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).not.toContain('.');
  });

  it('stays small however many receipts it is about', async () => {
    while (index.size < 5000)
      index.add([{ field: 'chip', value: 'abcd' }], {
        ...{ exchange: 'b'.repeat(26), completed: 1, model: 'none', place: 'hardware' },
      });
    index.add([], null);
    index.flush();
    const notice = await source([{ ...logged, entry: 5000 }]).notice(0);
    const { data } = JSON.parse(fromUtf8(notice?.body ?? new Uint8Array()) ?? '') as {
      data: { receipts: { count: number; entries: number[] } };
    };
    expect([data.receipts.count, data.receipts.entries.length]).toEqual([4996, MAX_NAMED]);
    expect(notice?.body.length).toBeLessThan(20_000);
  });
});
