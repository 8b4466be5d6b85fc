import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';

const GOOD = `# What I rely on.
name: sample
requires: { record: witnessed }
maximumAgeDays: 1
`;
const OPEN = `name: sample
releases:
  - name: one
    measurements: [${'ab'.repeat(48)}]
`;
const REFUSED = `name: sample
requires:
  record: witnessed
  model: zk
`;
const FEW = 'name: sample\nmaximumAgeDays: 1\nquorum: { fabricate: 1000 }\n';

let folder: string;
let asOf: string;
const at = (name: string) => join(folder, name);
const appraisal = (verb: string, ...args: string[]) => run(['appraisal', verb, ...args]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-appraisal-'));
  const sample = await make();
  asOf = new Date(sample.asOf).toISOString();
  writeFileSync(at('bundle.json'), sample.bundle);
  writeFileSync(at('broken.json'), 'hello');
  writeFileSync(at('trust.json'), JSON.stringify(TRUST_FILE));
  for (const [name, text] of Object.entries({ GOOD, OPEN, REFUSED, FEW })) writeFileSync(at(name), text);
  writeFileSync(at('MISTAKE'), 'name: sample\nrequire: { record: witnessed }\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('countersign appraisal lint', () => {
  it('says that a policy can be used', async () => {
    expect(await appraisal('lint', at('GOOD'))).toMatchObject({
      code: 0,
      stdout: `${at('GOOD')} can be used.\n`,
      stderr: '',
    });
  });

  it('says what is left open, with line, column and hint, and that it can be used', async () => {
    const { code, stdout } = await appraisal('lint', at('OPEN'), '--json');
    expect(code).toBe(0);
    const { usable, findings } = JSON.parse(stdout);
    expect(usable).toBe(true);
    expect(findings).toEqual([
      expect.objectContaining({ weight: 'caution', code: 'appraisal/age-open', where: `${at('OPEN')}:1:1` }),
      {
        weight: 'caution',
        code: 'appraisal/release-unsigned',
        where: `${at('OPEN')}:3:5`,
        detail: '"one"',
        hint: 'Take it from a signed statement: countersign releases import.',
      },
    ]);
    const words = await appraisal('lint', at('OPEN'));
    expect(words.stdout).toContain('with 2 cautions');
    expect(words.stderr).toBe('');
  });

  it('refuses what nobody can use, and what is no policy', async () => {
    const refused = await appraisal('lint', at('REFUSED'));
    expect([refused.code, refused.stdout.includes('can be used')]).toEqual([10, false]);
    expect(refused.stderr).toContain(`${at('REFUSED')}:4:10: appraisal/grade-unreachable: `);
    const mistaken = await appraisal('lint', at('MISTAKE'), '--json');
    expect(mistaken.code).toBe(30);
    expect(JSON.parse(mistaken.stdout)).toMatchObject({
      usable: false,
      exitCode: 30,
      findings: [
        {
          code: 'appraisal/policy-malformed',
          where: `${at('MISTAKE')}:2:1`,
          detail: expect.stringContaining('Did you mean "requires"?'),
        },
      ],
    });
    expect((await appraisal('lint', at('nothing'))).code).toBe(64);
  });
});

describe('countersign appraisal explain', () => {
  it('says what a policy asks, and by which digest verdicts name it', async () => {
    const { code, stdout } = await appraisal('explain', at('GOOD'), '--json');
    const { digest, says } = JSON.parse(stdout);
    expect([code, says.length]).toEqual([0, 4]);
    const words = (await appraisal('explain', at('GOOD'))).stdout;
    expect(words).toContain(digest);
    expect(words).toContain('- The receipt is at most 1 day old at the time asked about.');
    const tried = await appraisal('try', at('GOOD'), at('bundle.json'), '--json', '--as-of', asOf);
    expect(JSON.parse(tried.stdout).policy).toBe(digest);
    expect((await appraisal('explain', at('REFUSED'))).code).toBe(10);
  });
});

describe('what is wrong with a policy', () => {
  it.each([
    ['a name beyond ASCII', 'name: für uns\n', 'bad.yaml:1:7', 'name: it takes up to 128 letters'],
    ['no name', 'maximumAgeDays: 1\n', 'bad.yaml:1:1', 'name: it is missing'],
    [
      'a digest without letters, outside of quotes',
      `name: a\nmodels: [{ name: b, digest: ${'1'.repeat(64)} }]\n`,
      'bad.yaml:2:29',
      'in quotes where it has no letter',
    ],
    ['an issuer without its key id', 'name: a\nissuers: [somebody]\n', 'bad.yaml:2:11', 'the label of a key'],
    ['a member that there is not', 'name: a\nrequirs: {}\n', 'bad.yaml:2:1', 'perhaps "requires" is meant.'],
  ])('%s: said without a pattern', async (_, policy, where, says) => {
    writeFileSync(at('bad.yaml'), policy);
    const { code, stderr } = await appraisal('lint', at('bad.yaml'));
    expect(code).toBe(30);
    expect(stderr).toContain(where);
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/Expected|Invalid/);
  });
});

describe('countersign appraisal try', () => {
  const tried = (policy: string, ...args: string[]) =>
    appraisal('try', at(policy), ...args, '--trust', at('trust.json'), '--as-of', asOf);

  it('says which receipts would pass, and signs nothing', async () => {
    expect(await tried('GOOD', at('bundle.json'))).toMatchObject({
      code: 0,
      stdout: `PASS         ${at('bundle.json')}\n\n1 receipt: pass 1.\n`,
    });
    const few = await tried('FEW', at('bundle.json'), at('bundle.json'));
    expect(few.code).toBe(10);
    expect(few.stdout).toContain(`FAIL         ${at('bundle.json')}: fabricate appraisal/parties-few\n`);
    expect(few.stdout).toContain('2 receipts: pass 0, fail 2.\n  2 × fabricate appraisal/parties-few\n');
    expect(few.stdout).toMatch(
      /\nappraisal\/parties-few: Fewer parties .*\n {2}Add witnesses of other controllers/,
    );
  });

  it('ends as the worst of them', async () => {
    const { code, stdout } = await tried('GOOD', at('bundle.json'), at('broken.json'), '--json');
    expect(code).toBe(30);
    expect(JSON.parse(stdout)).toMatchObject({
      totals: { pass: 1, fail: 0, inconclusive: 0, malformed: 1 },
      receipts: [
        { outcome: 'pass', clauses: [] },
        {
          outcome: 'malformed',
          clauses: [
            { clause: 'bundle', code: 'json/malformed' },
            { clause: 'record', code: 'appraisal/grade-missed' },
          ],
        },
      ],
    });
    const nobody = await run(['appraisal', 'try', at('GOOD'), at('bundle.json'), '--as-of', asOf], {
      environment: { XDG_DATA_HOME: folder },
    });
    expect([nobody.code, nobody.stdout.startsWith('INCONCLUSIVE')]).toEqual([20, true]);
    expect((await tried('REFUSED', at('bundle.json'))).code).toBe(10);
  });
});
