/** `GET /v1/receipts/<id>[?wait=included|witnessed][&format=cose]`: the bundle of an exchange, or its COSE receipt, with the strongest proof there is. */
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../reason.js';
import { formatBundle } from '../../receipt/bundle.js';
import { exchangeKey, readEntry } from '../../receipt/entry.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import type { Stage } from '../../tree/log.js';
import type { GatewayContext } from './context.js';
import { sendBody } from './respond.js';

/** Source: RFC 9052 §10.1. */
const COSE_TYPE = 'application/cose; cose-type="cose-sign1"';

export async function handleReceipt(
  context: GatewayContext,
  exchange: string,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const format = readFormat(query);
  // Unlike a bundle, a COSE receipt is nothing without its proof.
  const stage = readStage(query) ?? (format === 'cose' ? 'included' : null);
  const deadline = context.now() + (stage === null ? 0 : context.limits.receiptTime);
  const key = exchangeKey(exchange);
  if (key === null) throw new Failure('receipt/unknown');
  await untilEnded(context, exchange, deadline);
  const index = await context.log.find(key);
  if (index === null) throw new Failure('receipt/unknown');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (stage !== null) await context.log.reached(index, stage, deadline - context.now(), gone.signal);
  if (gone.signal.aborted) return;
  if (format === 'cose') {
    const receipt = await context.log.proveCose(index);
    if (receipt === null) throw new Failure('receipt/not-included');
    sendBody(response, 200, { 'content-type': COSE_TYPE, 'cache-control': 'no-store' }, receipt);
    return;
  }
  const denial = context.denialOf?.(index) ?? null;
  if (denial !== null) throw denial;
  const envelope = readEntry(await context.log.entry(index));
  const proof = await context.log.prove(index);
  const revocations = await context.revocationsOf?.(readStatement(RECEIPT, envelope).predicate);
  const body = formatBundle({ envelope, proof, ...(revocations === undefined ? {} : { revocations }) });
  sendBody(response, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' }, body);
}

function readFormat(query: URLSearchParams): 'bundle' | 'cose' {
  const format = query.get('format');
  if (format === null) return 'bundle';
  if (format === 'cose') return format;
  throw new Failure('request/parameter-invalid', { field: 'format', detail: 'not cose' });
}

function readStage(query: URLSearchParams): Stage | null {
  const wait = query.get('wait');
  if (wait === null || wait === 'included' || wait === 'witnessed') return wait;
  throw new Failure('request/parameter-invalid', { field: 'wait', detail: 'neither included nor witnessed' });
}

/** There is no receipt while the answer is still on its way. */
async function untilEnded(
  { active, now }: GatewayContext,
  exchange: string,
  deadline: number,
): Promise<void> {
  const ending = active.ending(exchange);
  if (ending === null) return;
  const ended = await Promise.race([
    ending.then(() => true),
    sleep(Math.max(0, deadline - now()), false, { ref: false }),
  ]);
  if (!ended) throw new Failure('receipt/pending');
}
