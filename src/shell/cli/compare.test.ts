import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { testKey } from '../../../test/support/keys.js';
import { TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';
import { parseTrust } from '../../appraise/trust.js';
import { appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { appraise } from '../../appraise/verdict/appraise.js';
import { utf8 } from '../../bytes/octets.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { type Verdict, verdictStatement } from '../../receipt/verdict.js';

const HONEST = testKey('honest.example', 311);
const LIAR = testKey('liar.example', 312);
const POLICY = { name: 'sample', requires: { record: 'witnessed' } } as const;
const TRUST = utf8(JSON.stringify(TRUST_FILE));

let folder: string;
const at = (name: string) => join(folder, name);
const keys = [HONEST, LIAR].flatMap(({ key }) => ['--key', formatVerifierKey(key)]);
const compare = (first: string, second: string, ...more: string[]) =>
  run(['compare', at(first), at(second), '--trust', at('trust.json'), ...more]);
const artefacts = () => ['--bundle', at('bundle.json'), '--policy', at('policy.json')];

/** An honest verdict, one that lies about the record by the same inputs, and one of another time. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-compare-'));
  const { bundle, asOf } = await make();
  const verdictAt = async (time: number): Promise<Verdict> => {
    const policy = appraisalPolicyOf({ ...POLICY, maximumAgeDays: 1 });
    const trust = { trust: parseTrust(TRUST), bytes: TRUST };
    return (await appraise({ bundle, trust, policy, evidence: [], asOf: time })).verdict;
  };
  const truth = await verdictAt(asOf);
  const lie: Verdict = {
    ...truth,
    clauses: truth.clauses.map(each =>
      each.clause === 'record' ? { ...each, status: 'fail', code: 'appraisal/grade-missed' } : each,
    ),
    outcome: 'fail',
  };
  const write = (name: string, verdict: Verdict, { key, signer } = HONEST) =>
    writeFileSync(
      at(name),
      envelopeBytes(seal(verdictStatement(verdict, keyLabel(key), asOf), keyLabel(key), signer)),
    );
  write('honest.json', truth);
  write('lie.json', lie, LIAR);
  const forged = seal(verdictStatement(truth, keyLabel(HONEST.key), asOf), keyLabel(HONEST.key), LIAR.signer);
  writeFileSync(at('forged.json'), envelopeBytes(forged));
  write('later.json', await verdictAt(asOf + 2 * 86_400_000));
  writeFileSync(at('bundle.json'), bundle);
  writeFileSync(at('trust.json'), TRUST);
  writeFileSync(at('policy.json'), JSON.stringify({ ...POLICY, maximumAgeDays: 1 }));
  writeFileSync(at('other-policy.json'), JSON.stringify(POLICY));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('countersign compare', () => {
  it('the same: 0', async () => {
    const { code, stdout } = await compare('honest.json', 'honest.json', ...keys);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^THE SAME /)]);
    expect(stdout).toContain('signed; not judged again');
  });

  it('of another time: nobody is shown to be wrong, 0', async () => {
    const { code, stdout } = await compare('honest.json', 'later.json', ...artefacts());
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^ANOTHER QUESTION /)]);
    expect(stdout).toContain('not the same: asOf');
    expect(stdout.match(/right when judged again/g)).toHaveLength(2);
  });

  it('one that lies: which of them, and the proof, which anybody can check', async () => {
    const blind = await compare('honest.json', 'lie.json');
    expect([blind.code, blind.stdout]).toEqual([10, expect.stringMatching(/^CONTRADICTION /)]);
    expect(blind.stdout).toContain('record       pass  |  fail (appraisal/grade-missed)');

    const judged = await compare(
      'honest.json',
      'lie.json',
      ...keys,
      ...artefacts(),
      '--out',
      folder,
      '--json',
    );
    const { kind, verdicts, exitCode } = JSON.parse(judged.stdout);
    expect([judged.code, exitCode, kind]).toEqual([10, 10, 'contradiction']);
    expect(verdicts).toMatchObject([
      { by: keyLabel(HONEST.key), isSigned: true, again: 'right', proof: null },
      { by: keyLabel(LIAR.key), isSigned: true, again: 'wrong' },
    ]);
    const [name = ''] = readdirSync(folder).filter(each => each.startsWith('p11-'));
    expect(verdicts[1].proof).toBe(at(name));
    const proven = await run(['verify-misbehaviour', at(name), '--key', formatVerifierKey(LIAR.key)]);
    expect([proven.code, proven.stdout]).toEqual([0, expect.stringContaining('misbehaviour/verdict-wrong')]);
  });

  it('two that tell one lie: the same, and wrong, 10', async () => {
    const { code, stdout } = await compare('lie.json', 'lie.json', ...artefacts());
    expect([code, stdout]).toEqual([10, expect.stringMatching(/^THE SAME /)]);
    expect(stdout).toContain('wrong when judged again');
  });

  it('what a verdict was not made from says nothing about it', async () => {
    const args = ['--bundle', at('bundle.json'), '--policy', at('other-policy.json'), '--json'];
    const { code, stdout } = await compare('honest.json', 'lie.json', ...args);
    expect(code).toBe(10);
    const unjudged = expect.stringMatching(/^it was made (by another trust file|under another policy)/);
    expect(JSON.parse(stdout).verdicts).toMatchObject([
      { again: null, unjudged },
      { again: null, unjudged },
    ]);
  });

  it.each<[string, number, string, () => Promise<{ code: number | null; stderr: string }>]>([
    [
      'a proof without what it is of',
      64,
      '--bundle and --policy',
      () => compare('lie.json', 'lie.json', '--out', folder),
    ],
    ['what is no verdict', 30, 'envelope/malformed', () => compare('honest.json', 'bundle.json')],
    [
      'one that its key has not signed, whatever it says',
      30,
      'envelope/signature-invalid',
      () => compare('honest.json', 'forged.json', ...keys),
    ],
    [
      '--bundle without --policy',
      64,
      'both --bundle and --policy',
      () => compare('honest.json', 'lie.json', '--bundle', at('bundle.json')),
    ],
    [
      'a key that is none',
      64,
      'takes a verifier key',
      () => compare('honest.json', 'lie.json', '--key', 'liar.example'),
    ],
  ])('is refused: %s', async (_, exit, says, act) => {
    const { code, stderr } = await act();
    expect([code, stderr]).toEqual([exit, expect.stringContaining(says)]);
  });
});
