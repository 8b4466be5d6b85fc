/** What a client has kept of its exchanges, as the verifying client writes it into a folder. */
import { readdir } from 'node:fs/promises';
import { utf8 } from '../../../bytes/octets.js';
import { parseKept } from '../../../client/kept-exchange.js';
import { SETTLED } from '../../../client/kept-exchanges.js';
import { type NumberedStatement, readNumbered } from '../../../court/misbehaviour/receipt-fork.js';
import { heldFacts } from '../../../court/misbehaviour/receipt-withheld.js';
import type { ExchangeNumber, HeldExchange } from '../../../court/reconcile/compare-number.js';
import { Failure } from '../../../reason.js';
import { type Envelope, parseEnvelope } from '../../../receipt/envelope.js';
import { RECEIPT, type Receipt } from '../../../receipt/receipt.js';
import { readStatement } from '../../../receipt/statement.js';
import { fileStore } from '../../client/file-store.js';

export interface HeldNumber {
  readonly number: ExchangeNumber;
  readonly held: HeldExchange;
  /** Null where there is only an acceptance. */
  readonly receipt: HeldReceipt | null;
}

export interface HeldReceipt {
  readonly envelope: Envelope;
  readonly receipt: Receipt;
}

/** Throws `client/record-malformed` and what else a record that was not kept so is refused with. */
export async function* heldIn(folder: string): AsyncGenerator<HeldNumber> {
  // A folder that is missing would be made.
  await readdir(folder);
  const store = await fileStore(folder);
  const settled = await store.names(SETTLED);
  const known = new Set(settled.map(name => name.slice(SETTLED.length)));
  const open = (await store.names(OPEN)).filter(name => !known.has(name.slice(OPEN.length)));
  for (const name of [...settled, ...open]) {
    const text = await store.get(name);
    if (text !== null) yield numberOf(text);
  }
}

const OPEN = 'open-';

/** The statement of an exchange that a client has kept: its receipt, or else its acceptance; null where there is none of either. */
export async function heldStatement(folder: string, exchange: string): Promise<Envelope | null> {
  const store = await fileStore(folder);
  const text = (await store.get(SETTLED + exchange)) ?? (await store.get(OPEN + exchange));
  return text === null ? null : statementOf(text).envelope;
}

function statementOf(text: string): NumberedStatement {
  const { receipt, acceptance } = parseKept(text);
  const held = receipt ?? acceptance;
  if (held === null) throw new Failure('client/record-malformed', { field: 'receipt' });
  return readNumbered(parseEnvelope(utf8(held)));
}

function numberOf(text: string): HeldNumber {
  const statement = statementOf(text);
  const { issuer, epoch, client, counter, exchange, kind, envelope } = statement;
  const receipt = kind === 'receipt' ? readStatement(RECEIPT, envelope).predicate : null;
  const { sentAt } = parseKept(text);
  return {
    number: { issuer, epoch, client, counter },
    held: { ...heldFacts(statement), exchange, sentAt, deadline: receipt?.log.deadline ?? null },
    receipt: receipt === null ? null : { envelope, receipt },
  };
}
