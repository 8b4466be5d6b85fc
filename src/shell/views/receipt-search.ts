/** Finding receipts by what they say. Whatever is looked for is bound to a statement whose text is ours. */
import type { Cell, TableName } from './tables.js';
import type { Views } from './views.js';

/** What a receipt has to have; what is left out is anything. */
export interface WantedReceipts {
  /** In milliseconds: the exchange ended then or later. */
  readonly since?: number;
  /** In milliseconds: the exchange ended before. */
  readonly until?: number;
  readonly upstream?: string;
  /** The model that was asked for, or the one that is said to have answered. */
  readonly model?: string;
  readonly status?: string;
  /** The first digits of the policy's digest. */
  readonly policy?: string;
  readonly client?: string;
  readonly epoch?: string;
  readonly exchange?: string;
  /** Whether an erasure of its content is in the log. */
  readonly erased?: true;
  /** The most that are found: the latest. */
  readonly limit: number;
}

/** A row of `receipts`, with the entries that say that its content was erased and its price given back; null where there are none. */
export type FoundReceipt = Readonly<Record<string, Cell>>;

interface Condition {
  readonly sql: string;
  readonly cells: readonly Cell[];
}

/** The latest first. */
export function searchReceipts(views: Views, wanted: WantedReceipts): readonly FoundReceipt[] {
  const conditions = conditionsOf(wanted);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
  const sql = `SELECT r.*, ${ofExchange('erasures')} AS erased, ${ofExchange('refunds')} AS refunded
    FROM receipts r ${where} ORDER BY r.completed DESC, r.entry DESC LIMIT ?`;
  return views.find(sql, ...conditions.flatMap(({ cells }) => cells), wanted.limit);
}

/** The first entry of a table that is about the same exchange. */
function ofExchange(table: TableName): string {
  return `(SELECT min(entry) FROM ${table} WHERE exchange = r.exchange)`;
}

function conditionsOf(wanted: WantedReceipts): Condition[] {
  const { since, until, upstream, model, status, policy, client, epoch, exchange, erased } = wanted;
  const is = (sql: string, ...cells: (Cell | undefined)[]): Condition[] =>
    cells.includes(undefined) ? [] : [{ sql, cells: cells as Cell[] }];
  return [
    ...is('r.completed >= ?', since),
    ...is('r.completed < ?', until),
    ...is('r.upstream = ?', upstream),
    ...is('(r.requested = ? OR r.served = ?)', model, model),
    ...is('r.status = ?', status),
    // Of all texts that begin so and go on in hexadecimal digits, none comes after this one with a "g".
    ...is('r.policy >= ? AND r.policy < ?', policy, policy === undefined ? undefined : `${policy}g`),
    ...is('r.client = ?', client),
    ...is('r.epoch = ?', epoch),
    ...is('r.exchange = ?', exchange),
    ...(erased === true ? [{ sql: `${ofExchange('erasures')} IS NOT NULL`, cells: [] }] : []),
  ];
}
