/** `countersign verify --evidence`: makers' roots are the only ones that the command line believes, so that what a test has made itself is somebody else's making. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { attestedRun } from '../../../test/support/attested-runs.js';
import { MADE_AT } from '../../../test/support/evidence/nitro.js';
import { TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';
import { AS_OF } from '../../../test/support/sample-receipt.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';
import { evidenceJson } from '../../appraise/verdict/evidence-json.js';

/** When AWS signed the document. */
const GENUINE = Date.parse('2022-10-13T08:58:02.136Z');

let folder: string;
const at = (name: string) => join(folder, name);
const verify = (name: string, ...args: string[]) =>
  run(['verify', at(name), '--trust', at('trust.json'), '--as-of', new Date(AS_OF).toISOString(), ...args]);
const given = (...names: string[]) => names.flatMap(name => ['--evidence', at(name)]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-verify-evidence-'));
  const { recipe, evidence } = attestedRun();
  writeFileSync(at('bundle.json'), (await make(recipe)).bundle);
  writeFileSync(at('forged.json'), JSON.stringify(evidenceJson(evidence)));
  const then = attestedRun({ machine: 'nitro', later: GENUINE + 5000 - MADE_AT });
  writeFileSync(at('then.json'), (await make(then.recipe)).bundle);
  writeFileSync(at('trust.json'), JSON.stringify(TRUST_FILE));
  writeFileSync(at('policy.yaml'), 'name: a\nevidence: { kinds: [sev-snp] }\n');
  writeFileSync(at('none.json'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('countersign verify --evidence', () => {
  it('refutes what no maker has signed, with its own code: 10', async () => {
    expect((await verify('bundle.json')).code).toBe(0);
    const { code, stdout } = await verify('bundle.json', ...given('forged.json'));
    expect(code).toBe(10);
    expect(stdout).toMatch(/^FAIL/);
    expect(stdout).toContain('certificate/root-unknown');
    expect(stdout).toContain('(evidence.0)');
    expect(stdout).toMatch(/evidence\.0 {2}tdx [0-9a-f]{16}… {2}refused \(certificate\/root-unknown\)/);
  });

  it('--json has its checks, and each piece', async () => {
    const { stdout } = await verify('bundle.json', ...given('forged.json'), '--json');
    const { outcome, checks, evidence, exitCode, facts } = JSON.parse(stdout);
    expect([outcome, exitCode, facts.place.grade]).toEqual(['fail', 10, 'asserted']);
    expect(checks.find(({ name }: { name: string }) => name === 'evidence')).toMatchObject({
      status: 'fail',
      code: 'certificate/root-unknown',
      field: 'evidence.0',
    });
    expect(evidence).toMatchObject([{ status: 'refused', judged: { kind: 'tdx' } }]);
  });

  it('counts what the appraisal policy counts', async () => {
    const args = ['--appraisal-policy', at('policy.yaml'), '--json'];
    const { stdout, code } = await verify('bundle.json', ...given('forged.json'), ...args);
    expect(code).toBe(10);
    // What is wrong in itself is said before what does not count.
    expect(JSON.parse(stdout).evidence).toMatchObject([{ code: 'certificate/root-unknown' }]);
  });

  it.each<[string, number, string, () => string[]]>([
    ['evidence that is none', 30, 'appraisal/evidence-unreadable', () => given('none.json')],
    ['the same twice', 30, 'one of them twice', () => given('forged.json', 'forged.json')],
    ['what is no JSON', 30, 'no JSON', () => given('policy.yaml')],
    ['no such file', 64, 'cannot be read', () => given('nothing')],
    ['a policy for no evidence', 64, 'pass --evidence', () => ['--appraisal-policy', at('policy.yaml')]],
  ])('%s: %i', async (_, exit, says, args) => {
    const { code, stdout, stderr } = await verify('bundle.json', ...args());
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toContain(says);
  });
});

describeGenuine('a document of AWS', () => {
  it('that nothing binds to the receipt shows nothing of it: 20', async () => {
    const piece = {
      role: 'document',
      bytes: Buffer.from(genuine('nitro/production.bin')).toString('base64'),
    };
    writeFileSync(at('genuine.json'), JSON.stringify({ kind: 'nitro', pieces: [piece], statement: null }));
    const { code, stdout } = await verify('then.json', ...given('genuine.json'));
    expect(stdout).toMatch(/^INCONCLUSIVE/);
    expect(stdout).toMatch(/pass +evidence +genuine, and what counts, as of 2022-10-13T08:58:07/);
    expect(stdout).toContain('binding/part-missing');
    expect(code).toBe(20);
  });
});
