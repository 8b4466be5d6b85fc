import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { dumpOf } from '../../../test/support/dumped-views.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { VALIDATOR } from '../../../test/support/test-validator.js';
import {
  EVERY_TYPE,
  exchangeId,
  FAILED,
  HOSTILE_TYPE,
  receiptEntry,
  viewed,
  viewedEntries,
} from '../../../test/support/viewed-log.js';
import { keyLabel } from '../../note/key.js';
import { openDatabase } from './database.js';
import { searchReceipts, type WantedReceipts } from './receipt-search.js';
import { TABLE_NAMES } from './tables.js';
import { Views } from './views.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-views-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;
const fresh = () => join(folder, `${++made}.sqlite`);

const open: Views[] = [];
async function openViews(path = fresh()): Promise<Views> {
  const views = await Views.open(path);
  open.push(views);
  return views;
}
afterEach(() => {
  for (const views of open.splice(0)) views.close();
});

const LOG = viewedEntries(700);
const { origin } = viewed([]).checkpoint;

describe('the views of a log', () => {
  it('have a row for each entry, and one of its type', async () => {
    const views = await openViews();
    await views.follow(viewed(EVERY_TYPE));
    const rows = Object.fromEntries(dumpOf(views));
    expect(rows.entries).toHaveLength(EVERY_TYPE.length);
    for (const name of TABLE_NAMES) expect([name, rows[name]?.length]).not.toEqual([name, 0]);
    expect(rows.receipts?.[0]).toMatchObject({
      ...{ entry: 3, exchange: SAMPLE_RECEIPT.exchange, counter: 7, status: 'completed', http: 200 },
      ...{ received: SAMPLE_RECEIPT.time.received, upstream: 'provider', requested: 'sample-1' },
      ...{ currency: 'EUR', amount: '0.03', unpriced: null, price_list: null, policy: '4'.repeat(64) },
    });
    expect(rows.receipts?.[1]).toMatchObject({
      ...{ upstream: null, origin: null, requested: null, served: null, reason: 'upstream/unreachable' },
      ...{ currency: null, amount: null, unpriced: 'nothing-served', prompt_tokens: null, attempts: 0 },
    });
    expect(rows.price_lines).toEqual([
      {
        entry: 3,
        line: 0,
        what: 'completion-token',
        payee: 'Provider',
        quantity: 30,
        unit_price: '0.001',
        amount: '0.03',
      },
    ]);
  });

  it('say who has judged a receipt, alone or among others, and how often he was wrong', async () => {
    const views = await openViews();
    await views.follow(viewed(EVERY_TYPE));
    const [validator, policy] = [keyLabel(VALIDATOR.key), FAILED.policy];
    const judged = views.find(
      `SELECT r.exchange, v.validator, v.outcome, v.policy FROM receipts r
       JOIN entries e ON e.entry = r.entry JOIN verdicts v ON v.receipt = e.digest`,
    );
    expect(judged).toEqual([{ exchange: SAMPLE_RECEIPT.exchange, validator, outcome: 'fail', policy }]);
    expect(views.find('SELECT entry, validator, digest FROM appraisal_policies')).toEqual([
      { entry: 20, validator, digest: policy },
    ]);
    const together = views.find(
      `SELECT r.entry, b.validator, b.pass, b.fail, b.inconclusive, b.overturned, b.policy_entry FROM receipts r
       JOIN verdict_batches b ON r.entry >= b.first_entry AND r.entry < b.end_entry ORDER BY r.entry`,
    );
    const counts = { pass: 1, fail: 1, inconclusive: 0, overturned: 1 };
    expect(together).toEqual([3, 4].map(entry => ({ entry, validator, ...counts, policy_entry: 20 })));
  });

  it('say of what cannot be read why it cannot be, and take any text for what it is', async () => {
    const views = await openViews();
    await views.follow(viewed(EVERY_TYPE));
    const unread = views.find('SELECT type, problem FROM entries WHERE entry >= 12 ORDER BY entry');
    expect(unread).toEqual([
      { type: null, problem: 'json/malformed' },
      { type: null, problem: 'json/malformed' },
      { type: null, problem: 'json/malformed' },
      { type: HOSTILE_TYPE, problem: null },
      { type: null, problem: null },
      { type: 'urn:countersign:receipt:v1', problem: 'receipt/malformed' },
      { type: null, problem: null },
      ...['revocation', 'appraisal-policy', 'verdict', 'verdict-batch'].map(type => ({
        type: `urn:countersign:${type}:v1`,
        problem: null,
      })),
    ]);
    expect(views.find('SELECT entry FROM entries WHERE type = ?', HOSTILE_TYPE)).toEqual([{ entry: 15 }]);
  });

  it('are the same, row by row, followed in whatever steps or made anew', async () => {
    const anew = await openViews();
    await anew.follow(viewed(LOG));
    const whole = dumpOf(anew);
    expect(whole[0]?.[1]).toHaveLength(LOG.length);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(LOG.length), { minLength: 1, maxLength: 3 }), async cuts => {
        const path = fresh();
        for (const size of [...cuts.sort((a, b) => a - b), LOG.length]) {
          // Another process each time.
          const views = await Views.open(path);
          await views.follow(viewed(LOG, size));
          expect(views.size(origin)).toBe(size);
          views.close();
        }
        const views = await openViews(path);
        expect(dumpOf(views)).toEqual(whole);
        views.clear();
        expect(views.size(origin)).toBe(0);
        await views.follow(viewed(LOG));
        expect(dumpOf(views)).toEqual(whole);
      }),
      { numRuns: 4 },
    );
  }, 120_000);

  it('have each entry once when several follow at a time', async () => {
    const path = fresh();
    const followers = await Promise.all(Array.from({ length: 3 }, () => openViews(path)));
    await Promise.all(followers.map(views => views.follow(viewed(LOG))));
    const one = await openViews();
    await one.follow(viewed(LOG));
    expect(dumpOf(followers[0] as Views)).toEqual(dumpOf(one));
  });

  it('stay as they are when the log has nothing new, or has just been behind', async () => {
    const views = await openViews();
    await views.follow(viewed(LOG, 300));
    const before = dumpOf(views);
    await views.follow(viewed(LOG, 300));
    await views.follow(viewed(LOG, 40));
    expect(dumpOf(views)).toEqual(before);
  });

  it('go on after whatever broke them off', async () => {
    const views = await openViews();
    const { checkpoint, copy } = viewed(LOG);
    let left = 600;
    const breaking = {
      entries: async function* (start: number, end: number) {
        for await (const entry of copy.entries(start, end)) {
          if (--left < 0) throw new Error('the disk is gone');
          yield entry;
        }
      },
    };
    await expect(views.follow({ checkpoint, copy: breaking })).rejects.toThrow('the disk is gone');
    expect(views.size(origin)).toBe(512);
    await views.follow(viewed(LOG));
    const anew = await openViews();
    await anew.follow(viewed(LOG));
    expect(dumpOf(views)).toEqual(dumpOf(anew));
  });

  it('are never complete of a log that is not what was signed (views/log-contradicted)', async () => {
    const views = await openViews();
    const other = LOG.map((entry, at) => (at === 300 ? receiptEntry({ counter: 999_999 }) : entry));
    const { checkpoint } = viewed(LOG);
    const { copy } = viewed(other);
    expect(await reasonOfAsync(() => views.follow({ checkpoint, copy }))).toBe('views/log-contradicted');
    expect(await reasonOfAsync(() => views.follow(viewed(LOG)))).toBe('views/log-contradicted');
    expect(views.size(origin)).toBeLessThan(LOG.length);
    const short = { checkpoint, copy: viewed(LOG.slice(0, 400)).copy };
    const another = await openViews();
    expect(await reasonOfAsync(() => another.follow(short))).toBe('views/log-contradicted');
  });

  it('of another log, or of another version, are not gone on with (views/file-foreign)', async () => {
    const path = fresh();
    const views = await openViews(path);
    await views.follow(viewed(LOG, 10));
    const { checkpoint, copy } = viewed(LOG, 20);
    const other = { ...checkpoint, origin: 'another.example' };
    expect(await reasonOfAsync(() => views.follow({ checkpoint: other, copy }))).toBe('views/file-foreign');
    for (const change of ['version = 0', "frontier = 'zz'", "frontier = ''"]) {
      const database = await openDatabase(path);
      database.prepare(`UPDATE position SET ${change}`).run([]);
      database.close();
      expect(await reasonOfAsync(() => views.follow({ checkpoint, copy }))).toBe('views/file-foreign');
    }
    views.clear();
    await views.follow({ checkpoint, copy });
    expect(views.size(origin)).toBe(20);
  });

  it('in a file that is none of SQLite are refused (views/file-unreadable)', async () => {
    const path = fresh();
    writeFileSync(path, 'x'.repeat(5000));
    expect(await reasonOfAsync(() => Views.open(path))).toBe('views/file-unreadable');
    expect(await reasonOfAsync(() => Views.open(join(folder, 'nowhere/log.sqlite')))).toBe(
      'views/file-unreadable',
    );
  });
});

describe('finding receipts', () => {
  const at = (completed: number, change: Parameters<typeof receiptEntry>[0] = {}) =>
    receiptEntry({
      ...change,
      time: { ...SAMPLE_RECEIPT.time, received: completed - 9, firstByte: null, completed },
    });
  const [attempt] = SAMPLE_RECEIPT.attempts;
  const entries = [
    at(1000, { exchange: exchangeId(0) }),
    at(2000, { exchange: exchangeId(1), policy: { digest: 'abcd'.padEnd(64, '0'), index: 0 } }),
    at(3000, { exchange: exchangeId(2), attempts: [{ ...attempt, upstream: 'other' } as never] }),
    at(4000, { exchange: exchangeId(3), response: { ...SAMPLE_RECEIPT.response, status: 'failed' } }),
    at(4000, {
      exchange: exchangeId(4),
      epoch: 'epochepochepochepochepoch3',
      client: 'clientclientclientclient33',
    }),
    at(6000, {
      exchange: exchangeId(5),
      model: { digest: null, requested: { name: 'm' }, served: { name: 'n' } },
    }),
    ...EVERY_TYPE.slice(6, 8),
  ];
  it.each<[what: string, wanted: Partial<WantedReceipts>, found: readonly number[]]>([
    ['all, the latest first', {}, [5, 4, 3, 2, 1, 0]],
    ['the latest', { limit: 2 }, [5, 4]],
    ['from a time on', { since: 4000 }, [5, 4, 3]],
    ['before a time', { until: 4000 }, [2, 1, 0]],
    ['between two', { since: 2000, until: 3001 }, [2, 1]],
    ['by upstream', { upstream: 'other' }, [2]],
    ['by the model asked for', { model: 'm' }, [5]],
    ['by the model served', { model: 'n' }, [5]],
    ['by status', { status: 'failed' }, [3]],
    ['by policy', { policy: 'abcd'.padEnd(64, '0') }, [1]],
    ['by the beginning of its digest', { policy: 'abc' }, [1]],
    ['by client', { client: 'clientclientclientclient33' }, [4]],
    ['by epoch', { epoch: 'epochepochepochepochepoch3' }, [4]],
    ['by exchange', { exchange: exchangeId(2) }, [2]],
    ['by erasure', { erased: true }, [0]],
    ['by several', { upstream: 'provider', status: 'completed', until: 1500 }, [0]],
    ['nothing for a word that no statement is made of', { upstream: "' OR 1=1 --" }, []],
    ['nothing for a pattern', { model: '%' }, []],
  ])('%s', async (_, wanted, found) => {
    const views = await openViews();
    await views.follow(viewed(entries));
    expect(searchReceipts(views, { limit: 100, ...wanted }).map(({ entry }) => entry)).toEqual(found);
  });

  it('says whether the content was erased, and the price given back', async () => {
    const views = await openViews();
    await views.follow(viewed(entries));
    const [refunded] = searchReceipts(views, { exchange: exchangeId(1), limit: 1 });
    expect(refunded).toMatchObject({ refunded: 7, erased: null });
    const [erased] = searchReceipts(views, { exchange: SAMPLE_RECEIPT.exchange, limit: 1 });
    expect(erased).toMatchObject({ erased: 6, refunded: null });
  });
});
