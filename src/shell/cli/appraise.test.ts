import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { ORIGIN, TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';
import { COMPLETED } from '../../../test/support/sample-receipt.js';

const POLICY = `# What I rely on.
name: sample
requires: { record: witnessed }
maximumAgeDays: 1
`;
const iso = (time: number) => new Date(time).toISOString();

let folder: string;
let asOf: string;
const at = (name: string) => join(folder, name);
const appraise = (...args: string[]) =>
  run(['appraise', at('bundle.json'), '--trust', at('trust.json'), ...args]);
const usual = () => ['--policy', at('policy.yaml'), '--as-of', asOf];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-appraise-'));
  const sample = await make();
  asOf = iso(sample.asOf);
  writeFileSync(at('bundle.json'), sample.bundle);
  writeFileSync(at('trust.json'), JSON.stringify(TRUST_FILE));
  writeFileSync(at('policy.yaml'), POLICY);
  writeFileSync(at('useless.yaml'), 'name: a\nrequires: { answer: zk }\n');
  writeFileSync(at('mistake.yaml'), 'name: a\nmaximumAgeDays: never\n');
  writeFileSync(at('few.yaml'), 'name: a\nquorum: { fabricate: 1000 }\n');
  writeFileSync(
    at('place.yaml'),
    `name: a\nrequires: { place: hardware }\nreleases: [{ name: b, measurements: [${'ab'.repeat(48)}] }]\n`,
  );
  writeFileSync(at('no-bundle'), 'hello');
  writeFileSync(at('no-evidence.json'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('countersign appraise', () => {
  it('holds a receipt against a policy, the same way each time', async () => {
    const { code, stdout } = await appraise(...usual());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PASS\n/);
    expect(stdout).toContain('not signed: pass --key');
    expect(stdout).toContain(`Judged by the trust file ${at('trust.json')}.`);
    const [first, second] = [await appraise(...usual(), '--json'), await appraise(...usual(), '--json')];
    expect(first.stdout).toBe(second.stdout);
    const { verdict, claims, signed, exitCode } = JSON.parse(first.stdout);
    expect([verdict.outcome, signed, exitCode]).toEqual(['pass', null, 0]);
    expect(verdict.clauses.map(({ clause }: { clause: string }) => clause)).toContain('age');
    expect(claims.map(({ about }: { about: string }) => about)).toEqual([
      'model',
      'place',
      'record',
      'answer',
    ]);
  });

  it('explains each reason once, and says that there was no trust file', async () => {
    const { stdout } = await run(['appraise', at('bundle.json'), ...usual()]);
    expect(stdout.match(/: trust\/missing$/gm)?.length).toBeGreaterThan(2);
    expect(stdout.match(/There is no trust file/g)).toHaveLength(1);
    expect(stdout).toContain('Judged by no trust file: pass --trust.');
  });

  it('signs the verdict with a key that it makes and keeps', async () => {
    const signing = [...usual(), '--key', at('key'), '--out', at('verdict.json'), '--json'];
    const made = JSON.parse((await appraise(...signing, '--name', 'checker.example')).stdout);
    expect(JSON.parse(readFileSync(at('verdict.json'), 'utf8'))).toEqual(made.signed);
    expect(made.signed.signatures[0].keyid).toMatch(/^checker\.example\+/);
    const again = JSON.parse((await appraise(...signing)).stdout);
    expect(again.signed.signatures[0].keyid).toBe(made.signed.signatures[0].keyid);
    expect(again.digest).toBe(made.digest);
    const renamed = await appraise(...signing, '--name', 'other.example');
    expect([renamed.code, renamed.stderr]).toEqual([64, expect.stringContaining('a key keeps its name')]);
  });

  it.each<[string, number, string, () => string[]]>([
    [
      'too old',
      10,
      'age: appraisal/receipt-old',
      () => [...['--policy', at('policy.yaml'), '--as-of', iso(COMPLETED + 2 * 86_400_000)]],
    ],
    [
      'too few parties',
      10,
      'fabricate: appraisal/parties-few',
      () => [...['--policy', at('few.yaml'), '--as-of', asOf]],
    ],
    [
      'a grade that nothing shows',
      10,
      'place: appraisal/grade-missed',
      () => [...['--policy', at('place.yaml'), '--as-of', asOf]],
    ],
  ])('%s: %i', async (_, exit, says, args) => {
    const { code, stdout } = await appraise(...args());
    expect(code).toBe(exit);
    expect(stdout).toContain(says);
  });

  it.each<[string, number, string, () => string[]]>([
    [
      'a policy that no receipt passes',
      30,
      'appraisal/grade-unreachable',
      () => ['--policy', at('useless.yaml')],
    ],
    ['a mistake in a policy, by its line', 30, 'mistake.yaml:2:17', () => ['--policy', at('mistake.yaml')]],
    ['no policy', 64, '--policy', () => []],
    ['a name for a key that is not asked for', 64, 'pass --key as well', () => [...usual(), '--name', 'a']],
    ['an index without --key', 64, 'pass --key as well', () => [...usual(), '--policy-index', '1']],
    [
      'a name that no key can have',
      64,
      'cannot be the name of a key',
      () => [...usual(), '--key', at('nothing'), '--name', 'a b'],
    ],
    [
      'a key in a folder that is not there',
      64,
      'there is no such folder',
      () => [...usual(), '--key', at('nowhere/key')],
    ],
    [
      'a verdict into a folder that is not there',
      64,
      'there is no such folder',
      () => [...usual(), '--key', at('nowhere.key'), '--out', at('nowhere/verdict.json')],
    ],
    ['--out without --key', 64, 'pass --key as well', () => [...usual(), '--out', at('nothing')]],
    [
      'evidence that is none',
      30,
      'appraisal/evidence-unreadable',
      () => [...usual(), ...['--evidence', at('no-evidence.json')]],
    ],
    ['evidence that is no JSON', 30, 'no JSON', () => [...usual(), '--evidence', at('no-bundle')]],
  ])('is refused: %s', async (_, exit, says, args) => {
    const { code, stdout, stderr } = await appraise(...args());
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toContain(says);
    expect(existsSync(at('nothing'))).toBe(false);
  });

  it('says of what is no bundle that it is none: 30', async () => {
    const args = ['appraise', at('no-bundle'), '--trust', at('trust.json'), ...usual()];
    const { code, stdout } = await run(args);
    expect([code, stdout]).toEqual([30, expect.stringContaining('bundle: json/malformed')]);
    expect(stdout).toMatch(/^FAIL: this is not a bundle with a receipt in it\n/);
    expect(JSON.parse((await run([...args, '--json'])).stdout).exitCode).toBe(30);
  });

  it('passes nothing where nobody is believed: 20', async () => {
    const { code, stdout } = await run(['appraise', at('bundle.json'), ...usual()], {
      environment: { XDG_DATA_HOME: folder },
    });
    expect(stdout).toMatch(/^INCONCLUSIVE\n/);
    expect(code).toBe(20);
  });

  it('--policy-index names the place of the policy, for the log', async () => {
    const key = ['--key', at('indexed.key'), '--json'];
    const { stdout } = await appraise(...usual(), ...key, '--policy-index', '7');
    const { payload } = JSON.parse(stdout).signed;
    const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
    expect(predicate).toMatchObject({ log: ORIGIN, policyIndex: 7 });
    expect((await appraise(...usual(), '--policy-index', '7')).code).toBe(64);
    expect((await appraise(...usual(), ...key, '--policy-index', 'first')).code).toBe(64);
  });
});
