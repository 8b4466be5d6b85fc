import { describe, expect, it } from 'vitest';
import type { ReasonCode } from '../../reason.js';
import {
  type Circumstances,
  compareNumber,
  type HeldExchange,
  type KnownOfNumber,
  type LoggedExchange,
  type Proof,
  type Verdict,
} from './compare-number.js';

const A = 'aa'.repeat(32);
const B = 'bb'.repeat(32);
const EXCHANGE = 'a'.repeat(26);
const OTHER = 'b'.repeat(26);

const held = (change: Partial<HeldExchange> = {}): HeldExchange => ({
  exchange: EXCHANGE,
  received: 1000,
  completed: 2000,
  receipt: A,
  sentAt: 900,
  deadline: 5000,
  ...change,
});
const acceptance = (change: Partial<HeldExchange> = {}) =>
  held({ receipt: null, completed: null, deadline: null, ...change });
const logged = (change: Partial<LoggedExchange> = {}): LoggedExchange => ({
  exchange: EXCHANGE,
  received: 1000,
  completed: 2000,
  receipt: A,
  index: 7,
  ...change,
});
const listed = (receipt: string | null = A) =>
  ({ status: receipt === null ? 'open' : 'completed', receipt }) as const;

const complete = { ending: 'complete', through: 3000 } as const;
const cutOff = (through: number) => ({ ending: 'cut-off', through }) as const;

const client: Circumstances = { closing: complete, isLogKnown: true, isOurs: true, asOf: 9000 };
const auditor: Circumstances = { ...client, isOurs: false };
const nothing: KnownOfNumber = { held: null, listed: null, logged: [] };

const withheld = (by: 'store' | number): Proof => ({
  kind: 'receipt-withheld',
  by: by === 'store' ? by : { index: by },
});

type Row = [string, Partial<KnownOfNumber>, Circumstances, Verdict, ReasonCode | null, Proof | null];

describe('what is known of a number comes to', () => {
  it.each<Row>([
    [
      'all have the same receipt',
      { held: held(), listed: listed(), logged: [logged()] },
      client,
      'matched',
      null,
      null,
    ],
    [
      'an acceptance, and the receipt of its exchange',
      { held: acceptance(), listed: listed(), logged: [logged()] },
      client,
      'matched',
      null,
      null,
    ],
    [
      'an acceptance of what was lost, and is listed so',
      { held: acceptance(), listed: listed(null) },
      client,
      'matched',
      null,
      null,
    ],
    [
      'no log to look into',
      { held: held(), listed: listed() },
      { ...client, isLogKnown: false },
      'matched',
      null,
      null,
    ],
    [
      'no closing, and the log has it',
      { held: held(), logged: [logged()] },
      { ...client, closing: null },
      'matched',
      null,
      null,
    ],
    [
      'the receipt of what still ran, and is in the log',
      { held: held({ completed: 3000 }), listed: listed(null), logged: [logged({ completed: 3000 })] },
      client,
      'matched',
      null,
      null,
    ],
    [
      'what a crash has lost, and its holder has handed in',
      { held: held(), logged: [logged()] },
      { ...client, closing: cutOff(500) },
      'matched',
      null,
      null,
    ],
    [
      'closing and log agree, and nobody else is asked',
      { listed: listed(), logged: [logged()] },
      auditor,
      'matched',
      null,
      null,
    ],
    [
      'listed without a receipt, and none is logged',
      { listed: listed(null) },
      auditor,
      'matched',
      null,
      null,
    ],

    [
      'the closing has no such number',
      { held: held(), logged: [logged()] },
      client,
      'missing',
      'misbehaviour/receipt-withheld',
      withheld('store'),
    ],
    [
      'the same of an acceptance',
      { held: acceptance() },
      client,
      'missing',
      'misbehaviour/receipt-withheld',
      withheld('store'),
    ],
    [
      'the closing has no receipt',
      { held: held(), listed: listed(null), logged: [logged()] },
      client,
      'missing',
      'misbehaviour/receipt-withheld',
      withheld('store'),
    ],
    [
      'the closing has another receipt',
      { held: held(), listed: listed(B) },
      client,
      'missing',
      'misbehaviour/receipt-withheld',
      withheld('store'),
    ],
    [
      'the log has a receipt that the closing leaves out',
      { logged: [logged()] },
      auditor,
      'missing',
      'misbehaviour/receipt-withheld',
      withheld(7),
    ],
    [
      'the closing has another receipt than the log',
      { listed: listed(B), logged: [logged()] },
      auditor,
      'missing',
      'misbehaviour/receipt-withheld',
      withheld(7),
    ],
    [
      'a loss that the issuer states',
      { held: acceptance() },
      { ...client, closing: cutOff(1000) },
      'missing',
      'misbehaviour/loss-stated',
      null,
    ],
    [
      'the log has another receipt',
      { held: held(), listed: listed(), logged: [logged({ receipt: B })] },
      client,
      'missing',
      'misbehaviour/receipt-forked',
      { kind: 'receipt-forked', by: ['store', { index: 7 }] },
    ],
    [
      'the log has the receipt of another exchange',
      { held: acceptance(), logged: [logged({ exchange: OTHER })] },
      client,
      'missing',
      'misbehaviour/receipt-forked',
      { kind: 'receipt-forked', by: ['store', { index: 7 }] },
    ],
    [
      'the closing names what is not in the log',
      { listed: listed() },
      auditor,
      'missing',
      'reconcile/not-logged',
      null,
    ],
    [
      'the receipt is not in the log after its deadline',
      { held: held() },
      { ...client, closing: null },
      'missing',
      'reconcile/not-logged',
      null,
    ],
    [
      'the receipt says that the request came before it was sent',
      { held: held({ sentAt: 61_001 }), listed: listed(), logged: [logged()] },
      client,
      'missing',
      'reconcile/back-dated',
      null,
    ],

    [
      'the client holds nothing of it',
      { listed: listed(), logged: [logged()] },
      client,
      'extra',
      'reconcile/not-held',
      null,
    ],
    [
      'the same of what has no receipt',
      { listed: listed(null) },
      client,
      'extra',
      'reconcile/not-held',
      null,
    ],
    [
      'two receipts in the log',
      { held: held(), listed: listed(), logged: [logged(), logged({ receipt: B, index: 9 })] },
      client,
      'extra',
      'misbehaviour/receipt-forked',
      { kind: 'receipt-forked', by: [{ index: 7 }, { index: 9 }] },
    ],

    [
      'the deadline is still to come',
      { held: held() },
      { ...client, closing: null, asOf: 4999 },
      'not-checkable',
      'reconcile/not-yet-logged',
      null,
    ],
    [
      'an acceptance in an epoch that is not over',
      { held: acceptance() },
      { ...client, closing: null },
      'not-checkable',
      'reconcile/epoch-open',
      null,
    ],
    [
      'a receipt, with nothing to look into',
      { held: held() },
      { ...client, closing: null, isLogKnown: false },
      'not-checkable',
      'reconcile/epoch-open',
      null,
    ],
    [
      'a receipt in the log of an epoch that is not over',
      { logged: [logged()] },
      { ...auditor, closing: null },
      'not-checkable',
      'reconcile/epoch-open',
      null,
    ],
  ])('%s', (_, known, circumstances, verdict, code, proof) => {
    expect(compareNumber({ ...nothing, ...known }, circumstances)).toEqual({ verdict, code, proof });
  });

  it('a minute between two clocks is no back-dating, and one receipt logged twice is one', () => {
    const tolerable = {
      held: held({ sentAt: 61_000 }),
      listed: listed(),
      logged: [logged(), logged({ index: 9 })],
    };
    expect(compareNumber(tolerable, client).verdict).toBe('matched');
  });
});
