import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/log.js';
import { TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';
import { VALIDATOR } from '../../../test/support/test-validator.js';
import { parseTrust } from '../../appraise/trust.js';
import { appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { appraise } from '../../appraise/verdict/appraise.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { makeWrongVerdict } from '../../court/misbehaviour/wrong-verdict.js';
import { keyLabel } from '../../note/key.js';
import { seal } from '../../receipt/envelope.js';
import { type Verdict, verdictStatement } from '../../receipt/verdict.js';
import { nodeDisk } from '../files/disk.js';
import { OverturnedRecord } from './overturned.js';

const POLICY = { name: 'sample', requires: { record: 'witnessed' }, maximumAgeDays: 1 };
const TRUST = utf8(JSON.stringify(TRUST_FILE));
const LABEL = keyLabel(VALIDATOR.key);
const KEYS = [VALIDATOR.key];

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const open = () => OverturnedRecord.open(join(folder.path, 'record'), nodeDisk);
const files = () => readdirSync(join(folder.path, 'record')).sort();

/** A proof against a verdict that says "fail" of those clauses, which names the clause. */
async function proofAgainst(clauses: readonly string[], clause: string): Promise<Uint8Array> {
  const { bundle, asOf } = await make();
  const trust = { trust: parseTrust(TRUST), bytes: TRUST };
  const honest = await appraise({ bundle, trust, policy: appraisalPolicyOf(POLICY), evidence: [], asOf });
  const verdict: Verdict = {
    ...honest.verdict,
    clauses: honest.verdict.clauses.map(each =>
      clauses.includes(each.clause) ? { ...each, code: 'appraisal/grade-missed', status: 'fail' } : each,
    ),
    outcome: 'fail',
  };
  const envelope = seal(verdictStatement(verdict, LABEL, asOf), LABEL, VALIDATOR.signer);
  const artefacts = { bundle, trust: TRUST, policy: POLICY, evidence: [] };
  const proof = await makeWrongVerdict({ envelope, verdict, inBatch: null }, artefacts);
  return canonicalize({ ...proof, clause } as unknown as Json);
}

describe('the record of wrong verdicts', () => {
  it('has one proof against each verdict, however many somebody makes, also after a restart', async () => {
    const record = await open();
    const wrong = ['age', 'record'];
    const first = await record.bring(await proofAgainst(wrong, 'age'), KEYS);
    expect(first).toMatchObject({ isNew: true, judgement: { outcome: 'proven' } });
    for (const each of [record, await open()]) {
      const second = await each.bring(await proofAgainst(wrong, 'record'), KEYS);
      expect(second).toMatchObject({ isNew: false, name: first.name, judgement: { outcome: 'proven' } });
    }
    expect(files()).toEqual([first.name]);
    const other = await record.bring(await proofAgainst(['record'], 'record'), KEYS);
    expect(other).toMatchObject({ isNew: true, name: expect.stringMatching(/^000001-/) });
    expect(record.upTo(9).count).toBe(2);
  });

  it('takes nothing that proves nothing, or that is against somebody else', async () => {
    const record = await open();
    expect(await record.bring(utf8('{}'), KEYS)).toMatchObject({ name: null });
    expect(await record.bring(await proofAgainst(['age'], 'record'), KEYS)).toMatchObject({ name: null });
    expect(await record.bring(await proofAgainst(['age'], 'age'), [])).toMatchObject({ name: null });
    expect(files()).toEqual([]);
  });
});
