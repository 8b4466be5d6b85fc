import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testKey } from '../../../test/support/keys.js';
import { openWitnesses, quorumOf, temporaryFolder } from '../../../test/support/log.js';
import {
  found,
  ISSUER,
  lookOnce,
  openReceiptLog,
  type ServedLog,
  serve,
  TestIssuer,
  TRUST,
} from '../../../test/support/monitored.js';
import {
  admission,
  batchEntry,
  digestOf,
  logged,
  POLICY,
  policyEntry,
  VALIDATOR,
} from '../../../test/support/test-validator.js';
import { beginningOf } from '../../appraise/standing.js';
import { toHex } from '../../bytes/hex.js';
import { loggedAppraisalPolicyDigest } from '../../receipt/appraisal-policy-entry.js';
import type { Envelope } from '../../receipt/envelope.js';
import type { VerdictBatch } from '../../receipt/verdict-batch.js';
import { emptyRoot } from '../../tree/hash.js';
import type { FileLog } from '../log/file-log.js';

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
let served: ServedLog;
let policy: VerdictBatch['policy'];
const HASH = 'ab'.repeat(32);
const EMPTY = toHex(emptyRoot());
const STRANGER = testKey('other.example', 9);

beforeEach(async () => {
  folder = temporaryFolder();
  log = await openReceiptLog(folder.path, {
    accepts: async () => true,
    witnesses: await openWitnesses(folder.path),
    quorum: quorumOf(3),
  });
  served = await serve(log);
  const issuer = new TestIssuer(log);
  await issuer.begin();
  await logged(log, admission(beginningOf(TRUST), VALIDATOR, ISSUER));
  const index = await logged(log, policyEntry(POLICY, VALIDATOR));
  policy = { digest: loggedAppraisalPolicyDigest(POLICY), index };
  await issuer.work(5);
});

afterEach(async () => {
  await served.close();
  await log.close();
  folder.remove();
});

async function look() {
  await log.reached(log.signed.size - 1, 'witnessed', 5000);
  return found(await lookOnce(folder.path, served.url));
}

/** A batch that follows another one as it should, but for the changes. */
function following(before: Envelope, end: number, changes: Partial<VerdictBatch> = {}) {
  return batchEntry(log, { policy, previous: digestOf(before), sequence: 1, start: end, ...changes });
}

describe('what validators sign', () => {
  it('a chain of batches under a policy that was logged before is in order', async () => {
    const first = batchEntry(log, { policy });
    const end = log.signed.size;
    await logged(log, first);
    await logged(log, following(first, end, { overturned: { count: 2, root: HASH } }));
    expect(await look()).toEqual([]);
  });

  it.each<[string, string, (before: Envelope, end: number) => Partial<VerdictBatch>]>([
    ['a policy that is not there', 'verdict/policy-unlogged 10', () => ({ policy: { ...policy, index: 0 } })],
    ['another policy there', 'verdict/policy-unlogged 10', () => ({ policy: { ...policy, digest: HASH } })],
    ['a number once more', 'monitor/batch-repeated 10', () => ({ previous: null, sequence: 0, start: 0 })],
    ['a batch before it that nobody has', 'monitor/batch-missing 10', () => ({ previous: HASH })],
    ['a gap', 'monitor/batch-missing 10', (_, end) => ({ start: end + 1 })],
    ['fewer overturned verdicts', 'monitor/record-contradicted 10', () => ({})],
    [
      'a tree that the log never had',
      'monitor/seen-unknown 10',
      () => ({ checkpoint: { root: HASH, size: 9 }, end: 9, overturned: { count: 1, root: HASH } }),
    ],
  ])('%s is a finding', async (_, finding, change) => {
    const first = batchEntry(log, { policy, overturned: { count: 1, root: HASH }, end: 8 });
    await logged(log, first);
    const changes = { overturned: { count: 1, root: HASH }, ...change(first, 8) };
    const shrinks = finding.startsWith('monitor/record') ? { overturned: { count: 0, root: EMPTY } } : {};
    await logged(log, following(first, 8, { ...changes, ...shrinks }));
    expect(await look()).toEqual([`finding ${finding}`]);
  });

  it('a first batch that leaves out the beginning of the log is a finding', async () => {
    await logged(log, batchEntry(log, { policy, start: 1 }));
    expect(await look()).toEqual(['finding monitor/batch-missing 9']);
  });

  it('a batch about another log is a finding, whoever brings it here', async () => {
    await logged(log, batchEntry(log, { policy, log: 'other.example/log' }));
    expect(await look()).toEqual(['finding verdict/log-mismatch 9']);
  });

  it('a validator that nobody has let in is nobody', async () => {
    await logged(log, policyEntry(POLICY, STRANGER));
    expect(await look()).toEqual(['finding envelope/issuer-unknown 9']);
  });
});
