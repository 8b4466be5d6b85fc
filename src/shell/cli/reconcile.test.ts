import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Ended, run, type Served, serve } from '../../../test/end-to-end/process.js';
import { eventually } from '../../../test/end-to-end/receipts.js';
import { utf8 } from '../../bytes/octets.js';
import { parseKept } from '../../client/kept-exchange.js';
import { KEY_TYPE, keyLabel } from '../../note/key.js';
import { CLOSING, closingStatement } from '../../receipt/closing.js';
import { LEAF_BYTES, readLeaf } from '../../receipt/closing-leaf.js';
import { readEntry } from '../../receipt/entry.js';
import { envelopeBytes, parseEnvelope, seal } from '../../receipt/envelope.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import { fileStore } from '../client/file-store.js';
import { countersign } from '../client/web.js';
import { openSigningKey } from '../files/keys.js';
import { LeafFile } from '../gateway/epochs/build-closing.js';

let folder: string;
let gateway: Served;
const at = (name: string) => join(folder, name);
const TRUST = () => at('house/trust.json');

/** Some exchanges of one client with a house that then stops in good order, and some with one that is killed. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-reconcile-'));
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    gateway = await serve(['--data', at('house')]);
    await askSome();
    await gateway.stop(signal);
  }
  gateway = await serve(['--data', at('house')]);
  const closed = () => readdirSync(at('house/closings')).filter(name => name.endsWith('.json')).length;
  await eventually(async () => (closed() === 2 ? true : undefined));
  // And the log shows both, a moment later.
  const logged = () => reconcile('--closings', at('house/closings'), '--log', at('house/log'));
  await vi.waitFor(async () => expect((await logged()).code).toBe(0), { timeout: 30_000, interval: 100 });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function askSome(): Promise<void> {
  const { address, models } = gateway.summary;
  const fetch = countersign({ trust: readFileSync(TRUST()), store: await fileStore(at('store')) });
  for (const stream of [false, true]) {
    const response = await fetch(`${address}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: models[0],
        stream,
        max_tokens: 8,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    });
    await response.text();
  }
  await fetch.check();
}

const reconcile = (...args: readonly string[]): Promise<Ended> =>
  run(['reconcile', '--trust', TRUST(), '--evidence', at('evidence'), ...args]);
const everything = () => {
  const { address } = gateway.summary;
  return ['--store', at('store'), '--closings', address, '--log', `${address}/log`];
};
const lines = ({ stdout }: Ended) =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);

describe('countersign reconcile', () => {
  it('0: all that a client holds is closed and logged, before a crash as well', async () => {
    const ended = await reconcile(...everything(), '--all', '--json');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const told = lines(ended);
    expect(told).toHaveLength(5);
    expect(told.slice(0, 4).every(({ verdict, code }) => verdict === 'matched' && code === null)).toBe(true);
    expect(told[4]).toMatchObject({ exchanges: { matched: 4, missing: 0, extra: 0, 'not-checkable': 0 } });
  });

  it('0: closings and log agree, for whoever looks at the operator’s files', async () => {
    const ended = await reconcile('--closings', at('house/closings'), '--log', at('house/log'));
    expect(ended.stdout).toMatch(/^exchanges {6}4 matched, 0 missing, 0 extra, 0 not checkable\n$/);
    expect(ended.code).toBe(0);
  });

  it('10: a number of which the client holds nothing', async () => {
    await cp(at('store'), at('less'), { recursive: true });
    const [one] = readdirSync(at('less')).filter(name => name.startsWith('settled-'));
    rmSync(at(`less/${one}`));
    const ended = await reconcile(...everything(), '--store', at('less'));
    expect(ended.stdout).toContain('reconcile/not-held');
    expect(ended.stdout).toContain('3 matched, 0 missing, 1 extra');
    expect(ended.code).toBe(10);
  });

  it('10: an exchange that the closing leaves out, with evidence that anybody can check', async () => {
    await cp(at('house/closings'), at('cheating'), { recursive: true });
    // Of the other epoch, whose gateway was killed, the closing may say itself that it has lost what came last.
    const ending = (name: string) => closingIn(at(`cheating/${name}`)).closing.ending;
    const files = readdirSync(at('cheating')).filter(name => name.endsWith('.json'));
    const whole = files.find(name => ending(name) === 'complete') as string;
    await leaveOneOut(at('cheating'), whole.slice(0, 26));
    const ended = await reconcile('--store', at('store'), '--closings', at('cheating'), '--json');
    expect(ended.code).toBe(10);
    const found = lines(ended).find(({ verdict }) => verdict === 'missing');
    expect(found).toMatchObject({ code: 'misbehaviour/receipt-withheld' });
    const judged = await run(['verify-misbehaviour', found?.evidence as string, '--trust', TRUST()]);
    expect(judged.stdout).toContain('PROVEN');
    expect(judged.code).toBe(0);
    // Nobody relies on a closing that is not the one in the log.
    const withLog = await reconcile('--closings', at('cheating'), '--log', at('house/log'));
    expect(withLog.stdout).toContain('closing/not-logged');
    expect(withLog.code).toBe(20);
  });

  it('20: leaves that are not those of the closing', async () => {
    await cp(at('house/closings'), at('damaged'), { recursive: true });
    for (const name of readdirSync(at('damaged')).filter(name => name.endsWith('.leaves')))
      writeFileSync(at(`damaged/${name}`), readFileSync(at(`damaged/${name}`)).subarray(LEAF_BYTES));
    const ended = await reconcile('--store', at('store'), '--closings', at('damaged'));
    expect(ended.stdout).toContain('closing/leaves-mismatch');
    expect(ended.code).toBe(20);
  });

  it('a bill is compared by exchange and usage', async () => {
    const held = readdirSync(at('store')).flatMap(name => /^settled-(.*)\.json$/.exec(name)?.[1] ?? []);
    const counted = held.filter(exchange => usageOf(exchange) !== null);
    const [stream, twice] = held.filter(exchange => usageOf(exchange) === null);
    const bill = [
      { exchange: stream, prompt_tokens: 12, amount: '0.1' },
      { exchange: counted[0], completion_tokens: 1_000_000 },
      { exchange: twice },
      { exchange: twice },
      { exchange: 'a'.repeat(26) },
      { exchange: '../' },
    ];
    writeFileSync(at('bill'), bill.map(line => JSON.stringify(line)).join('\n'));
    const ended = await reconcile('--store', at('store'), '--bill', at('bill'), '--json');
    const codes = lines(ended).flatMap(({ number, code }) => (number === null ? [code] : []));
    expect(codes.map(String).sort()).toEqual([
      'null',
      'reconcile/billed-not-held',
      'reconcile/billed-twice',
      'reconcile/not-billed',
      'reconcile/usage-differs',
    ]);
    expect(lines(ended)).toContainEqual(expect.objectContaining({ code: 'reconcile/bill-malformed' }));
    expect(ended.code).toBe(10);
  });

  it.each<[number, string, () => readonly string[]]>([
    [64, 'one source alone', () => ['--store', at('store')]],
    [
      30,
      'a record that the store gives back otherwise',
      () => ['--store', brokenStore(), '--closings', at('house/closings')],
    ],
    [20, 'no log there', () => ['--closings', at('house/closings'), '--log', at('store')]],
  ])('%i: %s', async (code, _, args) => {
    expect((await reconcile(...args())).code).toBe(code);
  });
});

/** What the receipt of an exchange in the store counts. */
function usageOf(exchange: string): unknown {
  const kept = parseKept(readFileSync(at(`store/settled-${exchange}.json`), 'utf8'));
  return readStatement(RECEIPT, parseEnvelope(utf8(kept.receipt as string))).predicate.response.usage;
}

function brokenStore(): string {
  const path = mkdtempSync(join(folder, 'broken-'));
  writeFileSync(join(path, `settled-${'a'.repeat(26)}.json`), '{}');
  return path;
}

function closingIn(path: string) {
  return readStatement(CLOSING, readEntry(readFileSync(path))).predicate;
}

/** What the operator would have to do to leave an exchange out of a closing. */
async function leaveOneOut(closings: string, epoch: string): Promise<void> {
  const base = join(closings, epoch);
  const leaves = readFileSync(`${base}.leaves`);
  const rest = leaves.subarray(LEAF_BYTES);
  const { status } = readLeaf(leaves.subarray(0, LEAF_BYTES));
  const file = new LeafFile(null, `${base}.hashes`);
  for (let start = 0; start < rest.length; start += LEAF_BYTES)
    file.add(rest.subarray(start, start + LEAF_BYTES));
  file.makeDurable();
  file.close();
  const { closing, made } = closingIn(`${base}.json`);
  const name = closing.issuer.slice(0, closing.issuer.lastIndexOf('+'));
  const { key, signer } = await openSigningKey(at('house/keys/issuer.key'), name, KEY_TYPE.ed25519);
  const statuses = { ...closing.statuses, [status]: closing.statuses[status] - 1 };
  const other = { ...closing, leaves: file.tree, statuses };
  writeFileSync(`${base}.leaves`, Uint8Array.from(rest));
  writeFileSync(
    `${base}.json`,
    envelopeBytes(seal(closingStatement(other, keyLabel(key), made), keyLabel(key), signer)),
  );
  expect(existsSync(`${base}.leaves`)).toBe(true);
}
