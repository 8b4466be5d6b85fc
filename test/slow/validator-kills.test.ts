/** A validator that is killed again and again while the log that it follows grows, and that hands in what it signs. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPackage, type VerdictPackage } from '../../src/appraise/verdict/verdict-package.js';
import { toHex } from '../../src/bytes/hex.js';
import { formatVerifierKey, KEY_TYPE } from '../../src/note/key.js';
import { payloadDigest } from '../../src/receipt/envelope.js';
import { openSigningKey } from '../../src/shell/files/keys.js';
import { ask } from '../end-to-end/client.js';
import { run, type Served, serve, serveValidator } from '../end-to-end/process.js';
import { randomFrom } from './random.js';

const KILLS = 30;
/** Given in the environment to repeat a run. */
const SEED = Number(process.env.COUNTERSIGN_SEED ?? Math.floor(Math.random() * 2 ** 32));
const random = randomFrom(SEED);

let folder: string;
let house: Served;
let asked = 0;
const at = (...names: string[]) => join(folder, ...names);
const own = () => [
  ...['--log', `${house.summary.address}/log`, '--trust', at('trust.json'), '--policy', at('policy.yaml')],
  ...['--key', at('validator.key'), '--data', at('validator'), '--submit'],
];

async function ok(...args: string[]): Promise<string> {
  const ended = await run(args);
  expect(ended, args.join(' ')).toMatchObject({ code: 0 });
  return ended.stdout;
}

async function exchange(): Promise<void> {
  const { address, models } = house.summary;
  const messages = [{ role: 'user', content: `Question ${asked++}` }];
  const answer = await ask(address, { body: { model: models[0], messages, max_tokens: 1 } });
  expect(answer.status).toBe(200);
}

beforeAll(async () => {
  console.log(`validator kills: COUNTERSIGN_SEED=${SEED}`);
  folder = mkdtempSync(join(tmpdir(), 'countersign-validator-kills-'));
  const inHouse = ['--data', at('house')];
  const start = () => serve([...inHouse, '--operator', 'Test Operator']);
  house = await start();
  await exchange();
  await house.stop();
  const { key } = await openSigningKey(at('validator.key'), 'validator.example', KEY_TYPE.ed25519);
  await ok('key', 'propose', formatVerifierKey(key), '--out', at('proposal'), ...inHouse);
  await ok('validator', 'agree', at('proposal'), '--key', at('validator.key'), '--out', at('agreed'));
  await ok('key', 'admit', at('agreed'), ...inHouse);
  house = await start();
  writeFileSync(at('trust.json'), readFileSync(house.summary.trust));
  writeFileSync(at('policy.yaml'), 'name: killed\nrequires: { record: included }\n');
  for (let kill = 0; kill < KILLS; kill++) await runUntilKilled();
});
afterAll(async () => {
  await house.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function runUntilKilled(): Promise<void> {
  const validator = await serveValidator([...own(), '--interval', '1'], { isAlone: true });
  const until = performance.now() + random.between(0, 1500);
  do await exchange();
  while (performance.now() < until);
  await sleep(random.between(0, 30));
  await validator.stop('SIGKILL');
}

const packages = (): VerdictPackage[] =>
  readdirSync(at('validator', 'batches'))
    .filter(name => name.endsWith('.jsonl'))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map(name => readPackage(readFileSync(at('validator', 'batches', name))));

const judgedIn = (found: readonly VerdictPackage[]) =>
  found.flatMap(({ verdicts }) => verdicts.map(({ index }) => index));

it('has judged every receipt once, in one chain, when it is left alone at last', async () => {
  // The log publishes the last exchange a moment after its answer; a receipt that was skipped never comes.
  const judgedNow = async () => {
    await ok('validator', ...own(), '--once');
    return judgedIn(packages()).length;
  };
  await expect.poll(judgedNow, { timeout: 20_000, interval: 500 }).toBe(asked);
  const found = packages();
  for (const [place, { batch }] of found.entries()) {
    const before = found[place - 1];
    expect(batch).toMatchObject({
      sequence: place,
      start: before?.batch.end ?? 0,
      previous: before === undefined ? null : toHex(payloadDigest(before.envelope)),
    });
  }
  const judged = judgedIn(found);
  console.log(`      ${judged.length} receipts in ${found.length} batches, ${KILLS} kills`);
  expect(new Set(judged).size).toBe(asked);
  // On a busy machine many are killed before they have judged anything.
  expect(found.length).toBeGreaterThan(1);
});

it('has handed in each batch once, and the monitor finds them in order', async () => {
  const standing = JSON.parse(readFileSync(at('validator', 'state.json'), 'utf8'));
  expect(standing.submitted).toBe(packages().length);
  const proofs = readdirSync(at('validator', 'entries')).filter(name => name.startsWith('batch-'));
  expect(proofs).toHaveLength(packages().length);
  await ok(
    ...['monitor', `${house.summary.address}/log`, '--trust', at('trust.json'), '--once'],
    ...['--data', at('monitor')],
  );
});
