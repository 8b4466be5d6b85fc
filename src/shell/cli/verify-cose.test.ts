import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { run, serve } from '../../../test/end-to-end/process.js';
import { exchangeOf } from '../../../test/end-to-end/receipts.js';
import { testKey } from '../../../test/support/keys.js';
import { formatVerifierKey } from '../../note/key.js';
import { parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes } from '../../receipt/envelope.js';

let folder: string;
const at = (name: string) => join(folder, name);

/** Two exchanges, the bundle of each, and the COSE receipt of the first, fetched as a person would. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-cose-'));
  const gateway = await serve(['--data', at('countersign')]);
  const { address, models } = gateway.summary;
  const question = { body: { model: models[0], messages: [{ role: 'user', content: '2 + 3' }] } };
  const exchanges = [exchangeOf(await ask(address, question)), exchangeOf(await ask(address, question))];
  const fetched = await run([
    'receipt',
    exchanges[0] as string,
    '--gateway',
    address,
    '--cose',
    '--out',
    at('cose'),
  ]);
  expect(fetched).toMatchObject({ code: 0, stdout: expect.stringContaining('verify-cose') });
  const json = await run([
    'receipt',
    exchanges[0] as string,
    '--gateway',
    address,
    '--cose',
    '--json',
    '--out',
    at('again'),
  ]);
  expect(JSON.parse(json.stdout)).toEqual({ exchange: exchanges[0], cose: at('again') });
  for (const [index, exchange] of exchanges.entries())
    await run(['receipt', exchange, '--gateway', address, '--out', at(`bundle-${index}`)]);
  await gateway.stop();
  writeFileSync(at('entry'), envelopeBytes(parseBundle(readFileSync(at('bundle-0'))).envelope));
  const trust = JSON.parse(readFileSync(at('countersign/trust.json'), 'utf8')) as { issuers: string[] };
  writeFileSync(at('trust'), JSON.stringify(trust));
  const other = formatVerifierKey(testKey('other.example', 1).key);
  writeFileSync(
    at('other-log'),
    JSON.stringify({ log: other, issuers: trust.issuers, policy: 'quorum none\n' }),
  );
  const altered = readFileSync(at('cose'));
  altered[altered.length - 1] = (altered.at(-1) as number) ^ 1;
  writeFileSync(at('altered'), altered);
  writeFileSync(at('cut'), altered.subarray(0, -1));
  writeFileSync(at('no-trust'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('countersign verify-cose', () => {
  it.each<[what: string, receipt: string, entry: string, trust: string, code: number, reason: string | null]>(
    [
      ['the bundle of the exchange', 'cose', 'bundle-0', 'trust', 0, null],
      ['the entry itself', 'cose', 'entry', 'trust', 0, null],
      ['the bundle of another exchange', 'cose', 'bundle-1', 'trust', 10, 'cose/signature-invalid'],
      ['another log', 'cose', 'bundle-0', 'other-log', 10, 'checkpoint/origin-mismatch'],
      ['an altered signature', 'altered', 'bundle-0', 'trust', 10, 'cose/signature-invalid'],
      ['a receipt that is cut off', 'cut', 'bundle-0', 'trust', 30, 'cbor/malformed'],
      ['a bundle in place of the receipt', 'bundle-0', 'bundle-0', 'trust', 30, 'cbor/malformed'],
    ],
  )('%s', async (_, receipt, entry, trust, code, reason) => {
    const args = ['verify-cose', at(receipt), '--entry', at(entry), '--trust', at(trust)];
    const printed = await run([...args, '--json']);
    expect(printed.code).toBe(code);
    expect(JSON.parse(printed.stdout)).toMatchObject({ code: reason, exitCode: code, trust: at(trust) });
    const words = await run(args);
    expect(words.code).toBe(code);
    expect(words.stdout).toMatch(code === 0 ? /^PASS {10}entry \d+ of \d+ in / : /^(FAIL|MALFORMED) /);
  });

  it('what others leave unprotected is taken only when asked for', async () => {
    const { stdout } = await run([
      'verify-cose',
      at('cose'),
      '--entry',
      at('entry'),
      '--trust',
      at('trust'),
      '--allow-unprotected',
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'pass' });
  });

  it('without a trust file nothing can be judged', async () => {
    const { code, stdout } = await run(['verify-cose', at('cose'), '--entry', at('entry')]);
    expect(code).toBe(20);
    expect(stdout).toContain('trust/missing');
  });

  it('what is no trust file is malformed; a missing file or entry is wrong usage', async () => {
    const judge = (...args: string[]) => run(['verify-cose', at('cose'), ...args]);
    expect((await judge('--entry', at('entry'), '--trust', at('no-trust'))).code).toBe(30);
    expect((await judge('--trust', at('trust'))).code).toBe(64);
    expect((await judge('--entry', at('missing'), '--trust', at('trust'))).code).toBe(64);
  });

  it('--cose gives no content', async () => {
    const { code, stderr } = await run(['receipt', 'a'.repeat(26), '--cose', '--content', at('content')]);
    expect(code).toBe(64);
    expect(stderr).toContain('--content');
  });
});
