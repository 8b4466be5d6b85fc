/** Clients that ask until the gateway dies, and remember everything that it told them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trust } from '../../src/appraise/trust.js';
import { parseCanonical } from '../../src/bytes/json.js';
import { utf8 } from '../../src/bytes/octets.js';
import type { Checkpoint } from '../../src/note/checkpoint.js';
import { ACCEPTANCE, type Acceptance } from '../../src/receipt/acceptance.js';
import { readEnvelope } from '../../src/receipt/envelope.js';
import { ACCEPTANCE_COMMENT } from '../../src/receipt/inline.js';
import { readStatement } from '../../src/receipt/statement.js';
import { type Answer, ask, begin, chat } from '../end-to-end/client.js';
import { readCheckpoint } from '../end-to-end/published-log.js';
import type { Random } from './random.js';

/** What the outside world holds the gateway to. */
export interface Remembered {
  readonly checkpoints: Checkpoint[];
  /** Answers that came whole, streams to their very end. */
  readonly delivered: Answer[];
  /** Answers that should have had a receipt and name none. */
  readonly unexplained: Answer[];
  /** Bundles that carry a proof, by their exchange. */
  readonly proved: Map<string, Buffer>;
  /** Acceptances, of answers that came whole and of those that did not. */
  readonly acceptances: Acceptance[];
}

export function nothingRemembered(): Remembered {
  return { checkpoints: [], delivered: [], unexplained: [], proved: new Map(), acceptances: [] };
}

const CLIENTS = 4;
const CONCURRENT = 6;

/** Asks and looks until nobody answers any more. */
export async function load(
  address: string,
  trust: Trust,
  models: readonly [string, ...string[]],
  random: Random,
  remembered: Remembered,
): Promise<void> {
  const until = async (step: () => Promise<void>) => {
    try {
      for (;;) await step();
    } catch {
      // The gateway is gone, and with it what was being asked.
    }
  };
  const asking = Array.from({ length: CONCURRENT }, () =>
    until(async () => {
      await askOnce(address, models, random, remembered);
      await sleep(random.between(0, 8));
    }),
  );
  const looking = until(async () => {
    remembered.checkpoints.push(await readCheckpoint(address, trust));
    await sleep(random.between(0, 20));
  });
  await Promise.all([...asking, looking]);
}

async function askOnce(
  address: string,
  models: readonly [string, ...string[]],
  random: Random,
  remembered: Remembered,
): Promise<void> {
  const authorization = `Bearer client-${Math.floor(random.between(0, CLIENTS))}`;
  const model = random.pick(models);
  const stream = random.chance(0.5);
  const asking = begin(address, { headers: { authorization }, body: chat({ model, stream, max_tokens: 8 }) });
  // Some clients leave early, which must not cost anybody a number either.
  const patience = random.chance(0.1) ? setTimeout(() => asking.leave(), random.between(0, 10)) : undefined;
  const left = patience === undefined ? null : await asking.answer.catch(() => null);
  const answer = left ?? (patience === undefined ? await asking.answer : null);
  if (answer === null) return;
  remembered.acceptances.push(...acceptancesIn(answer));
  if (answer.broken) {
    if (patience === undefined) throw new Error('broken off');
    return;
  }
  if (answer.headers['countersign-exchange'] === undefined) {
    // What a gateway that is closing says to a request that it has not accepted; it is the only answer without a receipt.
    const { 'countersign-reason': reason } = answer.headers;
    if (answer.status !== 503 || reason !== 'gateway/closing') remembered.unexplained.push(answer);
    return;
  }
  remembered.delivered.push(answer);
  if (!random.chance(0.5)) return;
  const exchange = String(answer.headers['countersign-exchange']);
  const wait = random.pick(['included', 'witnessed']);
  const { status, body } = await ask(address, { path: `/v1/receipts/${exchange}?wait=${wait}` });
  if (status === 200 && (JSON.parse(body.toString()) as { proof: unknown }).proof !== null)
    remembered.proved.set(exchange, body);
}

function acceptancesIn({ body }: Answer): Acceptance[] {
  const lines = body.toString('utf8').split('\n').slice(0, -1);
  return lines
    .filter(line => line.startsWith(`:${ACCEPTANCE_COMMENT}`))
    .map(line => readEnvelope(parseCanonical(utf8(line.slice(1 + ACCEPTANCE_COMMENT.length)))))
    .map(envelope => readStatement(ACCEPTANCE, envelope).predicate);
}
