import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import {
  FULL_TRUST_FILE,
  ISSUER,
  LOG,
  OPERATOR,
  TRUST_FILE,
  trustWith,
  WITNESSES,
} from '../../../test/support/parties.js';
import { concentrationOf } from '../../appraise/concentration/concentration.js';
import { formatTrust, policyText, type TrustFile } from '../../appraise/trust.js';
import { keyLabel } from '../../note/key.js';
import { briefly, headline } from './concentration.js';

let folder: string;
const at = (name: string) => join(folder, name);
const [first, second, third] = WITNESSES.map(({ key }) => keyLabel(key)) as [string, string, string];

/** An operator, two independent witnesses of whom one says where it is, and one of which nobody knows anything. */
const INDEPENDENT: TrustFile = {
  ...TRUST_FILE,
  policy: policyText(
    LOG.key,
    WITNESSES.map(({ key }) => key),
    3,
  ),
  controllers: [
    { name: OPERATOR, keys: [LOG, ISSUER].map(({ key }) => keyLabel(key)), cloud: 'Cirrus' },
    { name: 'Alice', keys: [first], cloud: 'Cirrus' },
    { name: 'Bob \u001b[2J', keys: [second] },
  ],
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-trust-'));
  writeFileSync(at('one'), formatTrust(TRUST_FILE));
  writeFileSync(at('full'), formatTrust(FULL_TRUST_FILE));
  writeFileSync(at('independent'), formatTrust(INDEPENDENT));
  writeFileSync(at('none'), formatTrust({ ...TRUST_FILE, policy: 'quorum none\n' }));
  writeFileSync(at('broken'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('countersign trust', () => {
  it('one operator: the headline, the keys, the quorum, the numbers', async () => {
    const { code, stdout } = await run(['trust', at('one')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 controller can fabricate, 1 can split, 1 can block\.\n/);
    for (const { key } of [LOG, ISSUER, ...WITNESSES])
      expect(stdout).toContain(`${keyLabel(key)}  ${OPERATOR}\n`);
    expect(stdout).toContain('  3 of the 3 in witnesses\n    witness-1 (Sample Operator)\n');
    expect(stdout).toMatch(/^ {2}block by witnesses {2}1 +Sample Operator$/m);
    expect(stdout).toContain('names no jurisdiction');
  });

  it('independent witnesses: who is needed, along what is known, with the range where keys are unattributed', async () => {
    const { stdout } = await run(['trust', at('independent')]);
    expect(stdout).toMatch(/^1 controller can fabricate, 3 can split, 1 can block\.\n/);
    expect(stdout).toContain(`${third}  unattributed\n`);
    expect(stdout).toMatch(/^ {2}split +3 to 4 +Alice, Bob \ufffd\[2J, Sample Operator, unattributed keys$/m);
    expect(stdout).toMatch(/^The fewest cloud providers that can$/m);
    expect(stdout).toMatch(/^ {2}split +1 to 3 +Cirrus, unattributed keys$/m);
  });

  it('keys that are retired and the key with which the log states when it signed', async () => {
    const { stdout } = await run(['trust', at('full')]);
    expect(stdout).toMatch(/^ {2}states when {2}log\.example\/sample\+/m);
    expect(stdout).toMatch(/^ {2}was issuer .* rotated at 7$/m);
    expect(stdout).toMatch(/^ {2}was witness .* revoked at 0$/m);
  });

  it('a policy without witnesses', async () => {
    const { stdout } = await run(['trust', at('none')]);
    expect(stdout).toContain('  nobody: no witnesses are asked\n');
    expect(stdout).toMatch(/^ {2}block by witnesses {2}nobody$/m);
  });

  it('--json: the same on one line', async () => {
    const { code, stdout } = await run(['trust', at('independent'), '--json']);
    expect(code).toBe(0);
    expect(stdout.trimEnd()).not.toContain('\n');
    const printed = JSON.parse(stdout);
    expect(printed).toMatchObject({
      log: { key: keyLabel(LOG.key), controller: OPERATOR },
      logCosigner: null,
      witnesses: [{ key: first, controller: 'Alice' }, { key: second }, { key: third, controller: null }],
      quorum: { threshold: 3, members: [{ witness: first }, { witness: second }, { witness: third }] },
      exitCode: 0,
    });
    expect(printed.concentration.controller.split).toMatchObject({
      worst: { atMost: 3 },
      best: { atMost: 4 },
    });
    expect(stdout).not.toContain('\u001b');
  });

  it('what is no trust file is malformed, and none at all is wrong usage', async () => {
    expect((await run(['trust', at('broken')])).code).toBe(30);
    expect((await run(['trust', at('missing')])).code).toBe(64);
    const { code, stderr } = await run(['trust'], { environment: { XDG_DATA_HOME: at('nowhere') } });
    expect(code).toBe(64);
    expect(stderr).toContain('countersign up');
  });
});

describe('the numbers in words', () => {
  it.each<[what: string, file: Partial<TrustFile>, brief: string, head: string]>([
    [
      'one operator',
      {},
      `fabricate 1 (${OPERATOR}), split 1 (${OPERATOR}), block 1 (${OPERATOR})`,
      '1 controller can fabricate, 1 can split, 1 can block.',
    ],
    [
      'nobody is named',
      { controllers: [] },
      'fabricate 1 (unattributed keys), split 1 to 4 (unattributed keys), block 1 (unattributed keys)',
      '1 controller can fabricate, 1 can split, 1 can block.',
    ],
    [
      'more names than a line holds',
      {
        issuers: TRUST_FILE.issuers,
        controllers: [LOG, ISSUER, ...WITNESSES].map(({ key }, index) => ({
          name: 'LIABC'[index] as string,
          keys: [keyLabel(key)],
        })),
      },
      'fabricate 1 (I), split 4 (A, B, C, L), block 1 (L)',
      '1 controller can fabricate, 4 can split, 1 can block.',
    ],
  ])('%s', (_, file, brief, head) => {
    const concentration = concentrationOf(trustWith(file));
    expect(briefly(concentration)).toBe(brief);
    expect(headline(concentration)).toBe(head);
  });

  it('what was not finished says so', () => {
    const concentration = concentrationOf(trustWith());
    const open = { atLeast: 2, atMost: 6, names: ['A', 'B', 'C', 'D', 'E', 'F'], withUnattributed: false };
    const count = { worst: open, best: open };
    expect(
      briefly({ ...concentration, controller: { ...concentration.controller, split: count } }),
    ).toContain('split 2 or more (A, B, C, D, 2 more), ');
  });
});
