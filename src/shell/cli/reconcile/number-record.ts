/** What different people hold of numbers, as records of one length: sorted, everything about a number stands together. */
import { sha256 } from '../../../bytes/cryptography.js';
import { fromHex, toHex } from '../../../bytes/hex.js';
import { fromU64be, fromUtf8, u64be, utf8 } from '../../../bytes/octets.js';
import type {
  ExchangeNumber,
  HeldExchange,
  KnownOfNumber,
  ListedExchange,
  LoggedExchange,
} from '../../../court/reconcile/compare-number.js';
import { CLOSING_STATUSES } from '../../../receipt/closing-leaf.js';

export type Knowledge =
  | { readonly kind: 'held'; readonly is: HeldExchange }
  | { readonly kind: 'listed'; readonly is: ListedExchange }
  | { readonly kind: 'logged'; readonly is: LoggedExchange };

const NAME = 26;
/** In the place of the issuer's name, which has no one length. */
const ISSUER = 16;
const CLIENT = ISSUER + NAME;
const COUNTER = CLIENT + NAME;
/** `issuer[16] ‖ epoch[26] ‖ client[26] ‖ counter[8]`: what belongs together. */
const NUMBER = COUNTER + 8;
const KIND = NUMBER;
const STATUS = KIND + 1;
const RECEIPT = STATUS + 1;
const EXCHANGE = RECEIPT + 32;
/** Four numbers, each one more than it is, so that 0 stands for null. */
const TIMES = EXCHANGE + NAME;

/** Of one number, what is in the log comes in the log's order. */
export const NUMBER_RECORD = { length: TIMES + 4 * 8, keyLength: NUMBER + 1 } as const;

const KINDS = ['held', 'listed', 'logged'] as const;

/** `issuer`: its mark, by {@link issuerMark}. */
export function numberRecord(
  issuer: Uint8Array,
  number: ExchangeNumber,
  { kind, is }: Knowledge,
): Uint8Array {
  const record = new Uint8Array(NUMBER_RECORD.length);
  record.set(issuer);
  record.set(utf8(number.epoch), ISSUER);
  record.set(utf8(number.client), CLIENT);
  record.set(u64be(number.counter), COUNTER);
  record[KIND] = KINDS.indexOf(kind);
  if (is.receipt !== null) record.set(fromHex(is.receipt) as Uint8Array, RECEIPT);
  if (kind === 'listed') {
    record[STATUS] = CLOSING_STATUSES.indexOf(is.status);
    return record;
  }
  record.set(utf8(is.exchange), EXCHANGE);
  const [last, deadline] = kind === 'held' ? [is.sentAt, is.deadline] : [is.index, null];
  for (const [at, time] of [is.received, is.completed, last, deadline].entries())
    record.set(u64be(time === null ? 0 : time + 1), TIMES + 8 * at);
  return record;
}

function read(record: Uint8Array): Knowledge {
  const digest = record.subarray(RECEIPT, EXCHANGE);
  const receipt = digest.every(byte => byte === 0) ? null : toHex(digest);
  const time = (at: number) => {
    const more = fromU64be(record.subarray(TIMES + 8 * at, TIMES + 8 * at + 8)) ?? 0;
    return more === 0 ? null : more - 1;
  };
  const kind = KINDS[record[KIND] as number] as Knowledge['kind'];
  if (kind === 'listed')
    return { kind, is: { status: CLOSING_STATUSES[record[STATUS] as number] ?? 'lost', receipt } };
  const exchange = fromUtf8(record.subarray(EXCHANGE, TIMES)) as string;
  const [received, completed, last] = [time(0) ?? 0, time(1), time(2) ?? 0];
  if (kind === 'held')
    return { kind, is: { exchange, received, completed, receipt, sentAt: last, deadline: time(3) } };
  return {
    kind,
    is: { exchange, received, completed: completed ?? 0, receipt: receipt as string, index: last },
  };
}

/** What stands for an issuer in records. */
export function issuerMark(issuer: string): Uint8Array {
  return sha256(utf8(issuer)).slice(0, ISSUER);
}

export interface GatheredNumber extends KnownOfNumber {
  /** The issuer's mark, hexadecimal. */
  readonly issuer: string;
  readonly number: Omit<ExchangeNumber, 'issuer'>;
}

/** What the records, in their order, say of each number. */
export function* gathered(records: Iterable<Uint8Array>): Generator<GatheredNumber> {
  let number: Uint8Array | null = null;
  let held: HeldExchange | null = null;
  let listed: ListedExchange | null = null;
  let logged: LoggedExchange[] = [];
  for (const record of records) {
    if (number === null || !isSame(number, record)) {
      if (number !== null) yield { ...numberOf(number), held, listed, logged };
      number = record.slice(0, NUMBER);
      [held, listed, logged] = [null, null, []];
    }
    const { kind, is } = read(record);
    if (kind === 'held') held = is;
    else if (kind === 'listed') listed = is;
    // Two show all that many would.
    else if (logged.length < MOST_LOGGED) logged.push(is);
  }
  if (number !== null) yield { ...numberOf(number), held, listed, logged };
}

const MOST_LOGGED = 8;

function numberOf(record: Uint8Array): Pick<GatheredNumber, 'issuer' | 'number'> {
  return {
    issuer: toHex(record.subarray(0, ISSUER)),
    number: {
      epoch: fromUtf8(record.subarray(ISSUER, CLIENT)) as string,
      client: fromUtf8(record.subarray(CLIENT, COUNTER)) as string,
      counter: fromU64be(record.subarray(COUNTER, NUMBER)) as number,
    },
  };
}

function isSame(number: Uint8Array, record: Uint8Array): boolean {
  for (let at = 0; at < NUMBER; at++) if (number[at] !== record[at]) return false;
  return true;
}
