/**
 * A hundred thousand exchanges through a gateway whose upstreams fail at random and whose clients leave at random, with retries, fallbacks
 * and circuit breakers, and with one restart in the middle. Afterwards every one is accounted for: one receipt for each that was accepted,
 * none lost and none double, and each says what its client got and what its upstreams saw.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrust } from '../../../src/appraise/trust.js';
import { verify } from '../../../src/appraise/verify.js';
import { readSecret } from '../../../src/shell/files/secret.js';
import { Vault } from '../../../src/shell/vault/vault.js';
import { ask } from '../../end-to-end/client.js';
import { type Served, serve } from '../../end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../end-to-end/receipts.js';
import { type Accounts, examine, type Logged } from './accounts.js';
import { agent, askAsPlanned, type Outcome } from './client.js';
import { CLIENTS, planOf, ROUTES_FILE, UPSTREAMS } from './plan.js';
import { readReceipts } from './read-log.js';
import { startUpstreams, type UpstreamProcess } from './upstream-process.js';

/** Given in the environment to repeat a run, as far as a machine repeats anything. */
const SEED = Number(process.env.COUNTERSIGN_SEED ?? Math.floor(Math.random() * 2 ** 32));
const EXCHANGES = Number(process.env.COUNTERSIGN_EXCHANGES ?? 100_000);
/** Exchanges at a time: much of one is waiting for an upstream that does not answer. */
const LANES = 400;
/** One in so many is verified as an outsider would, with all of its proof. */
const SAMPLE = 100;

/** What has to have happened, of what {@link examine} counts. */
const EXPECTED = [
  ...['completed', 'refused', 'failed', 'aborted'].map(status => `status ${status}`),
  ...[
    'request/parameter-invalid',
    'client/aborted',
    'upstream/error',
    'upstream/timeout',
    'upstream/broken',
    'upstream/garbage',
    'upstream/unreachable',
    'upstream/circuit-open',
  ].map(reason => `reason ${reason}`),
  ...[1, 2, 3, 4, 5].map(attempts => `attempts ${attempts}`),
  ...['whole', 'left'].map(ending => `client ${ending}`),
];

/** A port that was free a moment ago: a gateway that is started again has to be found where it was. */
function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

describe(`${EXCHANGES} exchanges under faults`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-exchanges-'));
  const data = join(folder, 'data');
  let gateway: Served;
  let vault: Vault;
  let receipts: Logged[];
  let accounts: Accounts;
  let lostConnections = 0;
  let problems = '';

  beforeAll(async () => {
    console.log(`exchanges: COUNTERSIGN_SEED=${SEED}`);
    const began = performance.now();
    const upstreams = await Promise.all(
      [UPSTREAMS.slice(0, 2), UPSTREAMS.slice(2)].map((names, at) =>
        startUpstreams({ names, seed: SEED, file: join(folder, `records-${at}`), outages: at === 1 }),
      ),
    );
    const start = await gatewayBefore(upstreams);
    gateway = await start();
    const outcomes: Outcome[] = [];
    const lanes = askInLanes(new URL(gateway.summary.address), outcomes);
    while (outcomes.length < EXCHANGES / 2) await sleep(50);
    const first = await gateway.stop();
    gateway = await start();
    await lanes;
    agent.destroy();
    const asked = performance.now();

    const last = await untilAllIsWitnessed(gateway);
    const logged = await readReceipts(gateway.summary.address, readFileSync(gateway.summary.trust, 'utf8'));
    receipts = logged.filter(({ predicate }) => predicate.exchange !== last);
    const stopped = await Promise.all(upstreams.map(upstream => upstream.stop()));
    for (const { reset, closed } of stopped) lostConnections += reset + closed;
    problems = first.stderr + gateway.printed().replace(/^\{"address".*\n/m, '');
    vault = new Vault(join(data, 'vault'), await readSecret(join(data, 'keys', 'vault.key')));
    accounts = examine({
      seed: SEED,
      outcomes,
      records: stopped.flatMap(({ records }) => records),
      receipts,
      keptOf: exchange => vault.get(exchange),
    });
    const seconds = (from: number, to: number) => Math.round((to - from) / 1000);
    console.log(
      `      ${outcomes.length} asked, ${receipts.length} receipts, ${seconds(began, asked)} s; ` +
        `looked through in ${seconds(asked, performance.now())} s; at most ${lostConnections} connections lost`,
    );
    const tallies = [...accounts.tallies].sort(([one], [other]) => one.localeCompare(other));
    for (const [what, times] of tallies) console.log(`      ${what.padEnd(36)} ${times}`);
  }, 1_800_000);

  afterAll(async () => {
    await gateway?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What starts a gateway in front of these, always at the same address. */
  async function gatewayBefore(upstreams: readonly UpstreamProcess[]): Promise<() => Promise<Served>> {
    const routes = join(folder, 'routes.json');
    writeFileSync(routes, JSON.stringify(ROUTES_FILE));
    const ports = upstreams.flatMap(({ ports }) => ports);
    const options = [
      ...['--data', data, '--routes', routes, '--port', String(await freePort())],
      ...UPSTREAMS.flatMap((name, at) => ['--upstream', `${name}=http://127.0.0.1:${ports[at]}/v1`]),
      ...['--connect-timeout', '0.5', '--first-token-timeout', '2'],
      ...['--idle-timeout', '1.5', '--keep-alive', '0.2'],
    ];
    return () => serve(options);
  }

  function askInLanes(address: URL, outcomes: Outcome[]): Promise<unknown> {
    let next = 0;
    const lane = async () => {
      while (outcomes.length < EXCHANGES) {
        const plan = planOf(SEED, next++);
        let outcome = await askAsPlanned(address, plan);
        for (; outcome.ending === 'closed'; outcome = await askAsPlanned(address, plan)) await sleep(100);
        outcomes.push(outcome);
      }
    };
    return Promise.all(Array.from({ length: LANES }, lane));
  }

  const tally = (what: string) => accounts.tallies.get(what) ?? 0;

  it('every one is accounted for', () => {
    expect(accounts.wrong.slice(0, 20)).toEqual([]);
    expect(receipts.length).toBeGreaterThan(EXCHANGES * 0.9);
  });

  it('nothing was sent and not seen, but for what a lost connection took with it', () => {
    expect(tally('unseen upstream/broken')).toBeLessThanOrEqual(lostConnections);
    expect(tally('unseen upstream/error') + tally('unseen upstream/garbage') + tally('unseen null')).toBe(0);
  });

  it('everything happened that was to happen', () => {
    const least = EXCHANGES / 4000;
    expect(EXPECTED.filter(what => tally(what) < least)).toEqual([]);
    // Every client in two epochs.
    expect(tally('threads')).toBe(2 * CLIENTS);
  });

  it('the gateway had nothing to complain of', () => {
    // Its own witnesses have no time for it on a machine that is too busy, which is no fault.
    expect(problems.replace(/^countersign: peer\/unreachable .*\n/gm, '')).toBe('');
  });

  it(`one in ${SAMPLE} passes with all of its proof, its content from the vault`, async () => {
    const trust = parseTrust(readFileSync(gateway.summary.trust));
    for (let at = 0; at < receipts.length; at += SAMPLE) {
      const { exchange } = (receipts[at] as Logged).predicate;
      const bundle = await fetchBundle({ address: gateway.summary.address }, exchange);
      const content = vault.get(exchange);
      const { outcome, checks } = await verify({ bundle, trust, content, asOf: Date.now() });
      expect([outcome, ...checks.filter(({ status }) => status === 'fail')]).toEqual(['pass']);
    }
  });
});

/** All that has been logged is witnessed when what comes after it is. Resolves with the exchange that came after it. */
async function untilAllIsWitnessed({ summary }: Served): Promise<string> {
  // Whoever left last has been missed by then.
  await sleep(500);
  const exchange = exchangeOf(await ask(summary.address, { body: 'no request' }));
  await fetchBundle(summary, exchange);
  return exchange;
}
