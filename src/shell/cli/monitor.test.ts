import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { type Ended, run, type Served, serve } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { branch, signed } from '../../../test/support/histories.js';
import { testKey } from '../../../test/support/keys.js';
import { LOG, TRUST_FILE } from '../../../test/support/parties.js';
import { type EvidenceJson, formatEvidence } from '../../court/misbehaviour/evidence.js';
import { makeLogFork } from '../../court/misbehaviour/log-fork.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes, payloadDigest, seal } from '../../receipt/envelope.js';
import { stampStatement } from '../../receipt/stamp.js';
import { acquireLock } from '../files/lock.js';

let folder: string;
let gateway: Served;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-monitor-'));
  gateway = await serve(['--data', at('house'), '--operator', 'Test Operator']);
  const { address, models } = gateway.summary;
  const answer = await ask(address, {
    body: { model: models[0], messages: [{ role: 'user', content: 'What is a log?' }] },
  });
  writeFileSync(at('bundle'), await fetchBundle({ address }, exchangeOf(answer)));

  const [left, right] = [branch('left', 3), branch('right', 3)];
  const notes = [signed(left, 3, { by: [LOG] }), signed(right, 3, { by: [LOG] })] as const;
  const evidence = makeLogFork(notes, LOG.key) as EvidenceJson;
  writeFileSync(at('trust'), JSON.stringify(TRUST_FILE));
  writeFileSync(at('fork'), formatEvidence(evidence));
  const same = makeLogFork([notes[0], notes[0]], LOG.key) as EvidenceJson;
  writeFileSync(at('no-fork'), formatEvidence(same));
  writeFileSync(at('garbage'), '{');
}, 30_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const monitor = (...args: readonly string[]): Promise<Ended> =>
  run(['monitor', `${gateway.summary.address}/log`, '--data', at('monitor'), '--once', ...args]);

describe('countersign monitor --once', () => {
  it('0: all is well, also with what somebody was given', async () => {
    const ended = await monitor('--trust', gateway.summary.trust, '--checkpoint', at('bundle'));
    expect(ended.stdout).toMatch(
      /^checked {7}\d+ entries of .*: 1 receipt in 1 epoch \(0 closed\), root [0-9a-f]{64}\n$/,
    );
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('prints lines of JSON for programs', async () => {
    const { stdout, code } = await monitor('--trust', gateway.summary.trust, '--json');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toEqual([expect.objectContaining({ kind: 'checked', receipts: 1, epochs: 1, withheld: 0 })]);
    expect(code).toBe(0);
  });

  it('10: findings are on record', async () => {
    writeFileSync(join(at('monitor'), 'findings.jsonl'), '{}\n');
    const ended = await monitor('--trust', gateway.summary.trust);
    expect(ended.code).toBe(10);
    expect(ended.stdout).toContain(`on record     what was found, now or before, is in ${at('monitor')}`);
    rmSync(join(at('monitor'), 'findings.jsonl'));
  });

  it('20: the log is not there', async () => {
    const ended = await run([
      ...['monitor', 'http://127.0.0.1:1/log', '--once', '--data', at('nowhere')],
      ...['--trust', gateway.summary.trust],
    ]);
    expect(ended.stdout).toContain('UNCHECKED     peer/unreachable');
    expect(ended.stdout).toMatch(/^so far {8}0 entries of /m);
    expect(ended.code).toBe(20);
  });

  it.each([
    ['30: a trust file that is none', 30, ['--trust', 'garbage'], /trust\/malformed/],
    ['64: no trust file', 64, [], /--trust/],
    ['64: a file that is not there', 64, ['--trust', 'nothing'], /cannot be read/],
    ['64: a receipt without a stamp', 64, ['--trust', 'trust', '--receipt', 'bundle'], /--stamp/],
    [
      '64: a stamp without the key that it is by',
      64,
      ['--trust', 'trust', '--receipt', 'bundle', '--stamp', 'stamp'],
      /--stamper/,
    ],
    ['64: an interval that is none', 64, ['--trust', 'trust', '--interval', '0x10'], /seconds/],
  ] as const)('%s', async (_, code, args, says) => {
    const named = args.map(arg => (arg.startsWith('--') || arg === '0x10' ? arg : at(arg)));
    const ended = await monitor(...named);
    expect(ended.stderr).toMatch(says);
    expect(ended.code).toBe(code);
  });

  it('30: a stamp by another key than the one that is named: stamp/stamper-unknown', async () => {
    const [stamper, other] = [testKey('mirror.example', 1), testKey('mirror.example', 2)];
    const digest = payloadDigest(parseBundle(readFileSync(at('bundle'))).envelope);
    const payload = stampStatement(digest, gateway.summary.log, 1, stamper.key);
    writeFileSync(at('stamp'), envelopeBytes(seal(payload, keyLabel(stamper.key), stamper.signer)));
    const watch = ['--trust', gateway.summary.trust, '--receipt', at('bundle'), '--stamp', at('stamp')];
    const ended = await monitor(...watch, '--stamper', formatVerifierKey(other.key));
    expect(ended.stderr).toContain('stamp/stamper-unknown');
    expect(ended.code).toBe(30);
    const known = await monitor(...watch, '--stamper', formatVerifierKey(stamper.key));
    expect(known.stdout).toContain('promise       misbehaviour/');
    expect(known.code).toBe(0);
  });

  it('1: somebody else has the folder', async () => {
    mkdirSync(at('busy'));
    const lock = acquireLock(at('busy'));
    const ended = await run([
      ...['monitor', `${gateway.summary.address}/log`, '--data', at('busy'), '--once'],
      ...['--trust', gateway.summary.trust],
    ]);
    lock.release();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('data/locked') });
  });
});

describe('countersign verify-misbehaviour', () => {
  const judge = (...args: readonly string[]) => run(['verify-misbehaviour', ...args]);

  it('0: the evidence holds', async () => {
    const ended = await judge(at('fork'), '--trust', at('trust'));
    expect(ended.stdout).toMatch(/^PROVEN[\s\S]*misbehaviour\/log-forked[\s\S]*log\.example\/sample\+/);
    expect(ended.code).toBe(0);
  });

  it('0: against a key that is named, in JSON', async () => {
    const ended = await judge(at('fork'), '--key', formatVerifierKey(LOG.key), '--json');
    expect(JSON.parse(ended.stdout)).toMatchObject({ outcome: 'proven', exitCode: 0 });
    expect(ended.code).toBe(0);
  });

  it.each([
    ['10: one tree', 10, ['no-fork', '--trust', 'trust'], /NOT PROVEN[\s\S]*roots-equal/],
    ['30: garbage', 30, ['garbage', '--trust', 'trust'], /MALFORMED[\s\S]*json\/malformed/],
  ] as const)('%s', async (_, code, args, says) => {
    const ended = await judge(...args.map(arg => (arg.startsWith('--') ? arg : at(arg))));
    expect(ended.stdout).toMatch(says);
    expect(ended.code).toBe(code);
  });

  it('20: a key that the reader does not know', async () => {
    const ended = await judge(at('fork'), '--trust', gateway.summary.trust);
    expect(ended.stdout).toMatch(/INCONCLUSIVE[\s\S]*key-unknown/);
    expect(ended.code).toBe(20);
  });

  it('30: a trust file that is none', async () => {
    expect((await judge(at('fork'), '--trust', at('garbage'))).code).toBe(30);
  });

  it('64: nobody is named whom it may accuse', async () => {
    const ended = await judge(at('fork'));
    expect(ended.stderr).toContain('--trust');
    expect(ended.code).toBe(64);
    expect((await judge(at('fork'), '--key', 'no key')).code).toBe(64);
  });

  it('never changes the evidence', () => {
    expect(readFileSync(at('garbage'), 'utf8')).toBe('{');
  });
});
