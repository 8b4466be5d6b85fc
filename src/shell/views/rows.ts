/**
 * What an entry of the log is in the tables. It depends on the entry and its index alone. The log has taken the entry, so that its signature is not
 * looked at again; what stands in it was written by issuers, clients and upstreams, and is bound to statements, never put into their text.
 */
import type * as v from 'valibot';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import { APPRAISAL_POLICY } from '../../receipt/appraisal-policy-entry.js';
import { CLOSING } from '../../receipt/closing.js';
import { readEntry } from '../../receipt/entry.js';
import { type Envelope, payloadDigest } from '../../receipt/envelope.js';
import { EPOCH } from '../../receipt/epoch.js';
import { ERASURE } from '../../receipt/erasure.js';
import { KEY_CHANGE } from '../../receipt/key-change.js';
import { POLICY } from '../../receipt/policy.js';
import { formatAmount } from '../../receipt/price/money.js';
import { totalOf } from '../../receipt/price/price-lines.js';
import { PRICE_LIST } from '../../receipt/price-list.js';
import { RECEIPT, type Receipt } from '../../receipt/receipt.js';
import { REFUND } from '../../receipt/refund.js';
import { ACCESS, RETENTION } from '../../receipt/retention.js';
import { REVOCATION } from '../../receipt/revocation.js';
import {
  predicateTypeOf,
  readStatement,
  type Statement,
  type StatementType,
} from '../../receipt/statement.js';
import { VERDICT } from '../../receipt/verdict.js';
import { VERDICT_BATCH } from '../../receipt/verdict-batch.js';
import type { Row } from './tables.js';

/** The rows of the entry at an index: one in `entries`, and those of its type. Never throws for anything that an entry can hold. */
export function rowsOf(index: number, entry: Uint8Array): readonly Row[] {
  const { length } = entry;
  let envelope: Envelope;
  try {
    envelope = readEntry(entry);
  } catch (error) {
    const cells = { entry: index, digest: null, type: null, issuer: null, length, problem: codeOf(error) };
    return [{ table: 'entries', cells }];
  }
  const type = predicateTypeOf(envelope);
  const digest = toHex(payloadDigest(envelope));
  const issuer = plain(envelope.keyId);
  let problem: string | null = null;
  let rows: readonly Row[] = [];
  try {
    rows = READERS.get(type ?? '')?.(index, envelope) ?? [];
  } catch (error) {
    problem = codeOf(error);
  }
  const cells = { entry: index, digest, type: plain(type), issuer, length, problem };
  return [{ table: 'entries', cells }, ...rows];
}

/** What types and keys are written in. An entry that nobody has admitted may say anything, at any length; SQL would end some of it at a zero. */
const PLAIN = /^[!-~]{1,264}$/;

function plain(text: string | null): string | null {
  return text !== null && PLAIN.test(text) ? text : null;
}

function codeOf(error: unknown): string {
  if (error instanceof Failure) return error.code;
  throw error;
}

type Reader = (index: number, envelope: Envelope) => readonly Row[];

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    RECEIPT.predicateType,
    (entry, envelope) => receiptRows(entry, readStatement(RECEIPT, envelope).predicate),
  ],
  one(EPOCH, ({ predicate: { issuer, epoch, key, started } }) => ({
    table: 'epochs',
    cells: { issuer, epoch, key, started },
  })),
  one(CLOSING, ({ predicate: { closing, made } }) => {
    const { issuer, epoch, through, ending, leaves, clients, statuses } = closing;
    return {
      table: 'closings',
      cells: {
        ...{ issuer, epoch, made, through, ending, ...statuses },
        ...{ exchanges: leaves.count, clients: clients.count, root: leaves.root },
      },
    };
  }),
  one(ERASURE, ({ predicate: { issuer, erasure, decided } }) => ({
    table: 'erasures',
    cells: { issuer, ...erasure, decided },
  })),
  one(REFUND, ({ predicate: { issuer, refund, decided } }) => ({
    table: 'refunds',
    cells: { issuer, ...refund, decided },
  })),
  one(REVOCATION, ({ predicate: { issuer, revocation, decided, sequence } }) => ({
    table: 'revocations',
    cells: { issuer, ...revocation, decided, sequence },
  })),
  one(KEY_CHANGE, ({ predicate: { sequence, role, action, key, successor, from, signer, time } }) => ({
    table: 'key_changes',
    cells: { sequence, role, action, key, successor, from_entry: from, signer, decided: time },
  })),
  one(POLICY, ({ subject, predicate: { issuer } }) => ({
    table: 'policies',
    cells: { issuer, digest: subject[0].digest.sha256 },
  })),
  one(PRICE_LIST, ({ subject, predicate: { issuer, currency, dated } }) => ({
    table: 'price_lists',
    cells: { issuer, digest: subject[0].digest.sha256, currency, dated },
  })),
  one(APPRAISAL_POLICY, ({ subject, predicate: { issuer } }) => ({
    table: 'appraisal_policies',
    cells: { validator: issuer, digest: subject[0].digest.sha256 },
  })),
  one(VERDICT, ({ predicate: { issuer, made, policyIndex, verdict } }) => {
    const { receipt, outcome, policy, asOf, checker, bundle, trust } = verdict;
    return {
      table: 'verdicts',
      cells: {
        ...{ validator: issuer, receipt, outcome, policy, policy_entry: policyIndex ?? null },
        ...{ as_of: asOf, made, checker, bundle, trust },
      },
    };
  }),
  one(VERDICT_BATCH, ({ predicate: { issuer, made, batch } }) => {
    const { sequence, start, end, counts, overturned, policy, asOf, checker, trust } = batch;
    return {
      table: 'verdict_batches',
      cells: {
        ...{ validator: issuer, sequence, first_entry: start, end_entry: end },
        ...{ ...counts, overturned: overturned.count },
        ...{ policy: policy.digest, policy_entry: policy.index, as_of: asOf, made, checker, trust },
      },
    };
  }),
  one(RETENTION, ({ predicate: { issuer, retention, decided } }) => ({
    table: 'reading',
    cells: {
      issuer,
      act: 'retain',
      denied: null,
      minimum: null,
      reason: null,
      days: retention.minimumDays,
      decided,
    },
  })),
  one(ACCESS, ({ predicate: { issuer, access, decided } }) => ({
    table: 'reading',
    cells: {
      ...{ issuer, act: access.act, days: null, decided },
      denied: access.act === 'prune' ? null : access.index,
      minimum: access.act === 'prune' ? access.minimum : null,
      reason: access.act === 'deny' ? access.reason : null,
    },
  })),
]);

/** A row whose place in the log is to be added. */
type Unplaced = {
  [Each in Row as Each['table']]: {
    readonly table: Each['table'];
    readonly cells: Omit<Each['cells'], 'entry'>;
  };
}[Row['table']];

function one<S extends v.GenericSchema, P extends v.GenericSchema>(
  type: StatementType<S, P>,
  row: (statement: Statement<v.InferOutput<S>, v.InferOutput<P>>) => Unplaced,
): [string, Reader] {
  return [
    type.predicateType,
    (entry, envelope) => {
      const { table, cells } = row(readStatement(type, envelope));
      return [{ table, cells: { entry, ...cells } } as Row];
    },
  ];
}

function receiptRows(entry: number, receipt: Receipt): readonly Row[] {
  const { attempts, model, policy, price, request, response, time, upstream } = receipt;
  const { exchange, issuer, epoch, client, counter, log } = receipt;
  const { usage } = response;
  const isPriced = price.lines !== null;
  const total = totalOf(price);
  // One literal: to put it together of several takes longer than all the reading before.
  const cells = {
    entry,
    exchange,
    issuer,
    epoch,
    client,
    counter,
    received: time.received,
    first_byte: time.firstByte,
    completed: time.completed,
    surface: request.surface ?? 'chat/completions',
    status: response.status,
    http: response.http,
    reason: response.reason,
    attempts: attempts.length,
    upstream: attempts.at(-1)?.upstream ?? null,
    origin: upstream?.origin ?? null,
    requested: nameOf(model.requested),
    served: nameOf(model.served),
    model_digest: model.digest,
    prompt_tokens: usage?.prompt_tokens ?? null,
    completion_tokens: usage?.completion_tokens ?? null,
    currency: isPriced ? price.currency : null,
    amount: total === null ? null : formatAmount(total),
    price_list: isPriced ? (price.list?.digest ?? null) : null,
    unpriced: isPriced ? null : price.reason,
    policy: policy.digest,
    policy_entry: policy.index,
    deadline: log.deadline,
  };
  const lines = (price.lines ?? []).map(
    ({ what, payee, quantity, unitPrice, amount }, line): Row => ({
      table: 'price_lines',
      cells: { entry, line, what, payee, quantity, unit_price: unitPrice, amount },
    }),
  );
  return [{ table: 'receipts', cells }, ...lines];
}

function nameOf(name: Receipt['model']['served']): string | null {
  return name !== null && 'name' in name ? name.name : null;
}
