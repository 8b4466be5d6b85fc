import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../../test/end-to-end/client.js';
import { type GatewayOptions, openGateway } from '../../../../test/end-to-end/gateway.js';
import { eventually, exchangeOf, receiptOf } from '../../../../test/end-to-end/receipts.js';
import { answer, completion, LISTED_MODEL, TestUpstream } from '../../../../test/end-to-end/upstreams.js';
import { reasonOfAsync } from '../../../../test/support/failure.js';
import { testKey } from '../../../../test/support/keys.js';
import { MemoryLog } from '../../../../test/support/memory-log.js';
import { SAMPLE_RECEIPT } from '../../../../test/support/sample-receipt.js';
import { toBase32 } from '../../../bytes/base32.js';
import { keyLabel } from '../../../note/key.js';
import { Failure } from '../../../reason.js';
import { readEntry } from '../../../receipt/entry.js';
import { envelopeBytes, seal } from '../../../receipt/envelope.js';
import type { PriceList } from '../../../receipt/price/price-list.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../../receipt/receipt.js';
import { REFUND } from '../../../receipt/refund.js';
import { predicateTypeOf, readStatement, writeStatement } from '../../../receipt/statement.js';
import type { TransparencyLog } from '../../../tree/log.js';
import { Refunds } from './refunds.js';

let upstream: TestUpstream;
let folder: string;

beforeAll(async () => {
  upstream = await TestUpstream.start();
});
afterAll(() => upstream.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-refunds-'));
  return () => rm(folder, { recursive: true });
});

const PRICES: PriceList = {
  currency: 'EUR',
  dated: '2026-11-21',
  entries: [{ upstream: 'one', models: [LISTED_MODEL], prompt: '10', completion: '20', asOf: '2026-11-21' }],
};
const options = (): GatewayOptions => ({
  folder,
  more: { one: { base: upstream.base } },
  prices: PRICES,
  policy: {
    name: 'test',
    rules: [{ name: 'said', checks: [{ check: 'finish-known', stage: 'final', onFailure: 'refund' }] }],
  },
});
const QUESTION = { body: chat({ model: `one/${LISTED_MODEL}` }) };
const SILENT = answer(200, completion('Hello.', { choice: { finish_reason: null } }));

const refundsOf = async (gateway: Awaited<ReturnType<typeof openGateway>>) =>
  (await gateway.entriesOf(REFUND.predicateType)).map(entry => readStatement(REFUND, entry).predicate.refund);

describe('a refund that the policy orders', () => {
  it('is in the log by itself, once, with all of what was paid', async () => {
    upstream.behaviour = SILENT;
    const gateway = await openGateway(options());
    try {
      const got = await ask(gateway.address, QUESTION);
      const receipt = await receiptOf(gateway, got);
      expect(receipt.policy.findings).toEqual([{ check: 'finish-known', stage: 'final', done: 'refund' }]);
      const refunds = await eventually(async () => {
        const all = await refundsOf(gateway);
        return all.length > 0 ? all : undefined;
      });
      expect(refunds).toMatchObject([
        { amount: '0.00007', currency: 'EUR', exchange: exchangeOf(got), reason: 'check-failed' },
      ]);
    } finally {
      await gateway.close();
    }
  });

  it('is not ordered for what passed, nor for what has cost nothing', async () => {
    const gateway = await openGateway(options());
    try {
      upstream.behaviour = answer(200, completion());
      await ask(gateway.address, QUESTION);
      const free = completion('Hello.', { choice: { finish_reason: null }, rest: { usage: undefined } });
      upstream.behaviour = answer(200, free);
      const got = await ask(gateway.address, QUESTION);
      expect((await receiptOf(gateway, got)).policy.findings).toMatchObject([{ done: 'refund' }]);
    } finally {
      await gateway.close();
    }
    const again = await openGateway(options());
    expect(await refundsOf(again)).toEqual([]);
    await again.close();
  });
});

describe('orders, over crashes', () => {
  const ISSUER = testKey('gateway.example/log/issuer', 2);
  const LABEL = keyLabel(ISSUER.key);

  /** The receipt of an exchange whose price is to be given back, or of another. */
  function receiptEntry(number: number, isOwed: boolean): Uint8Array {
    const predicate: Receipt = {
      ...SAMPLE_RECEIPT,
      exchange: toBase32(new Uint8Array(16).fill(number)),
      issuer: LABEL,
      policy: {
        ...SAMPLE_RECEIPT.policy,
        ...(isOwed ? { findings: [{ check: 'finish-known', stage: 'final', done: 'refund' }] } : {}),
        rule: 'said',
      },
    };
    const statement = writeStatement(RECEIPT, { subject: receiptSubject('a'.repeat(64), null), predicate });
    return envelopeBytes(seal(statement, LABEL, ISSUER.signer));
  }

  async function ordersIn(log: MemoryLog): Promise<string[]> {
    const orders: string[] = [];
    for (let index = 0; index < log.size; index++) {
      const envelope = readEntry(await log.entry(index));
      if (predicateTypeOf(envelope) === REFUND.predicateType)
        orders.push(readStatement(REFUND, envelope).predicate.refund.exchange);
    }
    return orders.sort();
  }

  const open = (log: MemoryLog) =>
    Refunds.open({
      folder: join(folder, 'refunds'),
      log: log as unknown as TransparencyLog,
      issuer: ISSUER,
      now: () => 1,
      onProblem: () => undefined,
    });
  const turn = () => new Promise(resolve => setTimeout(resolve, 1));

  it.each(
    [true, false].flatMap(isPowerLost =>
      ['receipt written', 'receipt included', 'order written', 'order included'].map(at => ({
        isPowerLost,
        at,
      })),
    ),
  )(
    'whatever a crash leaves, what is in the log is ordered once: $at, power lost: $isPowerLost',
    async row => {
      const log = new MemoryLog([receiptEntry(1, false)]);
      const first = await open(log);
      for (const [number, isOwed] of [
        [2, true],
        [3, false],
        [4, true],
      ] as const) {
        const entry = receiptEntry(number, isOwed);
        const expected = isOwed ? first.expect() : null;
        log.append(entry);
        if (row.at === 'receipt written') continue;
        log.commit();
        if (row.at === 'receipt included') continue;
        expected?.order(entry);
        await turn();
        if (row.at === 'order included') log.commit();
      }
      const left = log.remains(row.isPowerLost);
      left.commit();
      const owed: string[] = [];
      for (let index = 0; index < left.size; index++) {
        const envelope = readEntry(await left.entry(index));
        if (predicateTypeOf(envelope) !== RECEIPT.predicateType) continue;
        const { exchange, policy } = readStatement(RECEIPT, envelope).predicate;
        if (policy.findings !== undefined) owed.push(exchange);
      }
      const commits = setInterval(() => left.commit(), 1);
      const second = await open(left);
      expect(await ordersIn(left)).toEqual(owed.sort());
      // And once more, when there is nothing left to do.
      await second.close();
      await open(left);
      expect(await ordersIn(left)).toEqual(owed.sort());
      clearInterval(commits);
    },
  );

  it('begin with what comes after the first start: nothing was owed before', async () => {
    const log = new MemoryLog([receiptEntry(1, true)], true);
    await (await open(log)).close();
    expect(await ordersIn(log)).toEqual([]);
    expect(await readFile(join(folder, 'refunds', 'ordered'), 'utf8')).toBe('1\n');
  });

  it('are left to the next start where the log takes nothing', async () => {
    const log = new MemoryLog([], true);
    const refunds = await open(log);
    const entry = receiptEntry(2, true);
    const expected = refunds.expect();
    log.append(entry);
    log.include = async () => {
      throw new Failure('log/unavailable');
    };
    expected.order(entry);
    await refunds.close();
    expect(await readFile(join(folder, 'refunds', 'ordered'), 'utf8')).toBe('0\n');
  });

  it.each(['', '1', '01\n', '-1\n', 'many\n'])('are not guessed at from a damaged note: %j', async text => {
    await mkdir(join(folder, 'refunds'));
    await writeFile(join(folder, 'refunds', 'ordered'), text);
    expect(await reasonOfAsync(() => open(new MemoryLog()))).toBe('data/refunds-malformed');
  });
});
