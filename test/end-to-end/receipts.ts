/** Fetching the receipts of exchanges and checking them as an outsider would. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trust } from '../../src/appraise/trust.js';
import { type Verification, verify } from '../../src/appraise/verify.js';
import { parseOpening } from '../../src/receipt/opening.js';
import type { Receipt } from '../../src/receipt/receipt.js';
import { type Answer, ask } from './client.js';
import '../../src/shell/node.js';

interface Checked {
  readonly address: string;
  readonly trust: Trust;
}

/** The bundle of an exchange, witnessed. */
export async function fetchBundle({ address }: { address: string }, exchange: string): Promise<Buffer> {
  const { status, body } = await ask(address, { path: `/v1/receipts/${exchange}?wait=witnessed` });
  if (status !== 200) throw new Error(`no bundle for ${exchange}: ${status} ${body}`);
  return body;
}

export function exchangeOf({ headers }: Pick<Answer, 'headers'>): string {
  return String(headers['countersign-exchange']);
}

export function openingOf({ headers }: Pick<Answer, 'headers'>): Uint8Array {
  return parseOpening(String(headers['countersign-opening']));
}

/** Verifies an answer with its prompt, its exact bytes and its bundle, and gives back all that was found. */
export async function verifyAnswer(gateway: Checked, answer: Answer): Promise<Verification> {
  const bundle = await fetchBundle(gateway, exchangeOf(answer));
  const content = { opening: openingOf(answer), request: answer.request, response: answer.body };
  return verify({ bundle, trust: gateway.trust, content, asOf: Date.now() });
}

/** The receipt of an answer. Throws unless signature, prompt, answer, inclusion and witnesses all pass. */
export async function receiptOf(gateway: Checked, answer: Answer): Promise<Receipt> {
  return passed(await verifyAnswer(gateway, answer), ['epoch']);
}

/** The receipt of an exchange of which nobody holds the answer. Throws unless everything but the content passes. */
export async function receiptOfExchange(gateway: Checked, exchange: string): Promise<Receipt> {
  const content = { opening: null, request: null, response: null };
  const bundle = await fetchBundle(gateway, exchange);
  const verification = await verify({ bundle, trust: gateway.trust, content, asOf: Date.now() });
  return passed(verification, ['epoch', 'request', 'response']);
}

/** The receipt, when the outcome is a pass and no checks but these were left out. */
export function passed({ outcome, checks, receipt }: Verification, unchecked: readonly string[]): Receipt {
  const surprising = checks.filter(
    ({ name, status }) => status === 'fail' || (status === 'not-checked' && !unchecked.includes(name)),
  );
  if (outcome !== 'pass' || receipt === null || surprising.length > 0)
    throw new Error(`${outcome}: ${JSON.stringify(surprising)}`);
  return receipt;
}

/** Asks again until there is an answer that is not undefined, for five seconds at most. */
export async function eventually<Value>(
  find: () => Promise<Value | undefined> | Value | undefined,
): Promise<Value> {
  const deadline = performance.now() + 5000;
  for (;;) {
    const value = await find();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error('it did not happen within five seconds');
    await sleep(5);
  }
}
