import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrust, type Trust } from '../../src/appraise/trust.js';
import { verify } from '../../src/appraise/verify.js';
import { toHex } from '../../src/bytes/hex.js';
import { parseBundle } from '../../src/receipt/bundle.js';
import { entryIsByOneOf, readEntry } from '../../src/receipt/entry.js';
import { envelopeBytes, payloadDigest } from '../../src/receipt/envelope.js';
import { EPOCH } from '../../src/receipt/epoch.js';
import { RECEIPT, type Receipt } from '../../src/receipt/receipt.js';
import { predicateTypeOf, readStatement } from '../../src/receipt/statement.js';
import { readSecret } from '../../src/shell/files/secret.js';
import { Vault } from '../../src/shell/vault/vault.js';
import { verifyConsistency } from '../../src/tree/merkle.js';
import { proveConsistency } from '../../src/tree/prove.js';
import { parseTlogProof } from '../../src/tree/tlog-proof.js';
import { type Served, serve } from '../end-to-end/process.js';
import { type PublishedLog, readLog } from '../end-to-end/published-log.js';
import { exchangeOf, openingOf, receiptOf } from '../end-to-end/receipts.js';
import { answer, chunk, completion, DONE, LISTED_MODEL, TestUpstream } from '../end-to-end/upstreams.js';
import { type Random, randomFrom } from './random.js';
import { load, nothingRemembered } from './witnessed-load.js';

const KILLS = 30;
/** Given in the environment to repeat a run. */
const SEED = Number(process.env.COUNTERSIGN_SEED ?? Math.floor(Math.random() * 2 ** 32));
/** The built-in one now and then, because it is slow beside an upstream that only writes. */
const MODELS = ['countersign-demo', ...Array.from({ length: 9 }, () => LISTED_MODEL)] as const;

let folder: string;
let upstream: TestUpstream;
const random = randomFrom(SEED);
const remembered = nothingRemembered();
const moments = { starting: 0, running: 0, closing: 0 };

let gateway: Served;
let trust: Trust;
let log: PublishedLog;
/** Every receipt in the log, with the entry's index and the payload's digest. */
let receipts: { receipt: Receipt; index: number; digest: string }[];

/** Kills a gateway again and again on one folder, and at last leaves one alive and reads its log. */
beforeAll(async () => {
  console.log(`crash test: COUNTERSIGN_SEED=${SEED}`);
  folder = mkdtempSync(join(tmpdir(), 'countersign-crash-'));
  upstream = await TestUpstream.start();
  upstream.behaviour = busyUpstream(random);
  for (let kill = 0; kill < KILLS; kill++) await runUntilKilled();
  gateway = await start();
  trust = parseTrust(readFileSync(gateway.summary.trust));
  log = await readLog(gateway.summary.address, trust);
  receipts = log.entries.flatMap((entry, index) => {
    const envelope = readEntry(entry);
    if (predicateTypeOf(envelope) !== RECEIPT.predicateType) return [];
    return [
      { receipt: readStatement(RECEIPT, envelope).predicate, index, digest: toHex(payloadDigest(envelope)) },
    ];
  });
  console.log(
    `      ${KILLS} kills (${moments.starting} while starting, ${moments.running} while running, ${moments.closing} while closing): ` +
      `${log.entries.length} entries, ${remembered.delivered.length} answers delivered, ` +
      `${remembered.proved.size} bundles with a proof, ${remembered.acceptances.length} acceptances, ` +
      `${remembered.checkpoints.length} checkpoints seen`,
  );
}, 240_000);

afterAll(async () => {
  await gateway?.stop();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(): Promise<Served> {
  return serve(['--data', folder, '--upstream', upstream.base]);
}

async function runUntilKilled(): Promise<void> {
  const starting = start();
  if (random.chance(0.25)) {
    moments.starting++;
    // About as long as a start takes, so that kills fall on every part of it.
    await sleep(random.between(150, 700));
    const early = await Promise.race([starting, sleep(0, null)]);
    if (early !== null) await early.stop('SIGKILL');
    else await starting.then(served => served.stop('SIGKILL'));
    return;
  }
  const served = await starting;
  const seen = parseTrust(readFileSync(served.summary.trust));
  const loading = load(served.summary.address, seen, MODELS, random, remembered);
  await sleep(random.between(20, 1200));
  if (random.chance(0.15)) {
    moments.closing++;
    served.child.kill('SIGTERM');
    await sleep(random.between(0, 30));
  } else moments.running++;
  await served.stop('SIGKILL');
  await loading;
}

/** Answers at its own pace: bodies and streams of different lengths. */
function busyUpstream(source: Random): TestUpstream['behaviour'] {
  return async (response, { body }) => {
    const length = Math.floor(source.between(1, 12));
    if (!body.includes('"stream":true')) {
      await sleep(source.between(0, 10));
      answer(200, completion('x'.repeat(length * 50)))(response);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let at = 0; at < length && !response.destroyed; at++) {
      response.write(chunk({ content: `word ${at} ` }));
      await sleep(source.between(0, 5));
    }
    response.end(`${chunk({}, 'stop')}${DONE}`);
  };
}

describe(`after ${KILLS} kills at random moments`, () => {
  it('there was something to lose', () => {
    expect(remembered.delivered.length).toBeGreaterThan(KILLS * 5);
    expect(remembered.proved.size).toBeGreaterThan(KILLS);
    expect(remembered.checkpoints.length).toBeGreaterThan(KILLS);
    expect(log.checkpoint.size).toBeGreaterThan(remembered.delivered.length);
  });

  it('the tree is consistent with every checkpoint ever seen', async () => {
    const { checkpoint, subtree } = log;
    const roots = new Map<number, string>();
    for (const { size, root, origin } of remembered.checkpoints) {
      expect(origin).toBe(checkpoint.origin);
      expect(roots.get(size) ?? toHex(root)).toBe(toHex(root));
      if (roots.has(size)) continue;
      roots.set(size, toHex(root));
      const proof = await proveConsistency(size, checkpoint.size, subtree);
      verifyConsistency(size, checkpoint.size, root, checkpoint.root, proof);
    }
  });

  it('every entry is a canonical envelope with a valid signature by the issuer', async () => {
    for (const [index, entry] of log.entries.entries())
      expect(await entryIsByOneOf(trust.issuers, entry), `entry ${index}`).toBe(true);
  });

  it('no entry is there twice', () => {
    const digests = log.entries.map(entry => toHex(payloadDigest(readEntry(entry))));
    expect(new Set(digests).size).toBe(digests.length);
    expect(new Set(receipts.map(({ receipt }) => receipt.exchange)).size).toBe(receipts.length);
  });

  it('no number was used twice, those of lost answers included', () => {
    const used = new Map<string, string>();
    const use = ({
      epoch,
      client,
      counter,
      exchange,
    }: Pick<Receipt, 'epoch' | 'client' | 'counter' | 'exchange'>) => {
      const number = `${epoch} ${client} ${counter}`;
      expect(used.get(number) ?? exchange, number).toBe(exchange);
      used.set(number, exchange);
    };
    for (const { receipt } of receipts) use(receipt);
    for (const acceptance of remembered.acceptances) use(acceptance);
    expect(used.size).toBeGreaterThanOrEqual(receipts.length);
  });

  it('each epoch was logged before its first receipt, and each receipt names the one before it', () => {
    const epochs = new Map<string, number>();
    for (const [index, entry] of log.entries.entries()) {
      const envelope = readEntry(entry);
      if (predicateTypeOf(envelope) === EPOCH.predicateType)
        epochs.set(readStatement(EPOCH, envelope).predicate.epoch, index);
    }
    const last = new Map<string, string>();
    for (const { receipt, index, digest } of receipts) {
      expect(epochs.get(receipt.epoch) ?? index).toBeLessThan(index);
      const thread = `${receipt.epoch} ${receipt.client}`;
      expect(receipt.previous, receipt.exchange).toBe(last.get(thread) ?? null);
      last.set(thread, digest);
    }
  });

  it('everything that was ever included is where it was', async () => {
    for (const [exchange, bytes] of remembered.proved) {
      const { envelope, proof } = parseBundle(bytes);
      const { index } = parseTlogProof(proof ?? '');
      expect(Buffer.from(log.entries[index] ?? []), exchange).toEqual(Buffer.from(envelopeBytes(envelope)));
      const content = { opening: null, request: null, response: null };
      const { checks } = await verify({ bundle: bytes, trust, content, asOf: Date.now() });
      expect(checks.find(({ name }) => name === 'inclusion')?.status).toBe('pass');
    }
  });

  it('no answer came without a receipt', () => {
    const described = remembered.unexplained.map(
      ({ status, headers, body }) => `${status} ${JSON.stringify(headers)} ${body}`,
    );
    expect(described).toEqual([]);
  });

  it('every answer that was delivered whole has its receipt, and verifies with it', {
    timeout: 120_000,
  }, async () => {
    for (const delivered of remembered.delivered)
      await receiptOf({ address: gateway.summary.address, trust }, delivered);
  });

  it('and its content opens', async () => {
    const vault = new Vault(join(folder, 'vault'), await readSecret(join(folder, 'keys', 'vault.key')));
    for (const delivered of remembered.delivered) {
      const { opening, request, response } = vault.get(exchangeOf(delivered));
      expect(Buffer.from(opening)).toEqual(Buffer.from(openingOf(delivered)));
      expect(Buffer.from(request).equals(delivered.request)).toBe(true);
      const sent = delivered.body.toString('utf8').replaceAll(/^: countersign-.*\n/gm, '');
      expect(Buffer.from(response ?? []).toString('utf8')).toBe(sent);
    }
  });
});
