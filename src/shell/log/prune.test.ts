import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/log.js';
import { ISSUER } from '../../../test/support/parties.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { epochStatement } from '../../receipt/epoch.js';
import { defaultPolicy, policyStatement } from '../../receipt/policy.js';
import { checkPruning } from './prune.js';
import { Retention } from './retention.js';

const DAY = 86_400_000;
const NOW = 1000 * DAY;
const label = keyLabel(ISSUER.key);
const entryOf = (payload: Uint8Array) => envelopeBytes(seal(payload, label, ISSUER.signer));
/** An entry of this age in days, or with null one that states no time. */
const aged = (days: number | null) =>
  entryOf(
    days === null
      ? policyStatement(defaultPolicy([]), label)
      : epochStatement(ISSUER.key, 'e'.repeat(26), NOW - days * DAY),
  );

const base = temporaryFolder();
let folders = 0;
let folder: string;
beforeEach(() => {
  folder = join(base.path, `${folders++}`);
  mkdirSync(folder);
});
afterAll(() => base.remove());

/** A retention with policies, each of so many days and logged at an index. */
async function withPolicies(
  ...policies: readonly (readonly [days: number, logged: number])[]
): Promise<Retention> {
  const retention = await Retention.open(folder);
  for (const [minimumDays, logged] of policies) {
    await retention.decide({ act: 'retain', retention: { minimumDays, prunes: 'oldest-entries' } }, 1);
    await retention.announce(async () => logged);
  }
  return retention;
}

function prune(retention: Retention, ages: readonly (number | null)[], minimum: number, mayLower = false) {
  const entries = ages.map(aged);
  const entry = async (index: number) => entries[index] as Uint8Array;
  const pruning = { minimum, mayLower, size: entries.length, now: NOW, entry };
  return checkPruning(retention, pruning).then(
    () => null,
    (error: unknown) => (error instanceof Failure ? error.code : error),
  );
}

describe('pruning (tlog-tiles, Retention Policies)', () => {
  it('MUST NOT be without a policy (log/retention-unstated), nor before it is logged', async () => {
    const retention = await Retention.open(folder);
    expect(await prune(retention, [900], 1)).toBe('log/retention-unstated');
    await retention.decide({ act: 'retain', retention: { minimumDays: 30, prunes: 'oldest-entries' } }, 1);
    expect(await prune(retention, [900], 1)).toBe('log/retention-unstated');
  });

  it.each<[string, (number | null)[], number, string | null]>([
    ['of nothing', [1, 1], 0, null],
    ['of entries that are old enough', [400, 100, 10], 2, null],
    ['of one that is not', [400, 99, 10], 2, 'log/entry-too-young'],
    ['of one that is not, among others', [400, 99, 400, 400], 4, 'log/entry-too-young'],
    ['of one without a time, before one that is old enough', [400, null, 100], 2, null],
    ['of one without a time, before one that is not', [400, null, 99], 2, 'log/entry-too-young'],
    ['of one without a time, before nothing', [400, null], 2, 'log/entry-too-young'],
    ['of one without a time that is not pruned', [400, 400, null, 10], 2, null],
    ['of everything', [400, 100], 2, null],
    ['of more than there is', [400, 100], 3, 'log/minimum-beyond-checkpoint'],
  ])('%s', async (_, ages, minimum, reason) => {
    expect(await prune(await withPolicies([100, 0]), ages, minimum)).toBe(reason);
  });

  it('lowers the minimum index only when it is told to (log/minimum-lowered)', async () => {
    const retention = await withPolicies([100, 0]);
    await retention.decide({ act: 'prune', minimum: 2 }, 1);
    expect(await prune(retention, [400, 400, 10], 1)).toBe('log/minimum-lowered');
    expect(await prune(retention, [400, 400, 10], 1, true)).toBeNull();
    expect(await prune(retention, [400, 400, 10], 2)).toBeNull();
  });

  it.each<[string, (readonly [number, number])[], number, string | null]>([
    [
      'shortened: what was logged under the old one keeps its time',
      [
        [300, 0],
        [100, 2],
      ],
      1,
      'log/entry-too-young',
    ],
    [
      'shortened: what is logged under the new one does not',
      [
        [300, 0],
        [100, 1],
      ],
      2,
      'log/entry-too-young',
    ],
    [
      'shortened before anything was logged',
      [
        [300, 0],
        [100, 0],
      ],
      2,
      null,
    ],
    [
      'made longer: it is longer for all',
      [
        [100, 0],
        [300, 2],
      ],
      2,
      'log/entry-too-young',
    ],
    [
      'made longer and shortened again, in between of which nothing was logged',
      [
        [100, 0],
        [300, 2],
        [100, 2],
      ],
      2,
      null,
    ],
    ['logged after the entry', [[100, 2]], 2, null],
  ])('under a policy that was %s', async (_, policies, minimum, reason) => {
    expect(await prune(await withPolicies(...policies), [200, 200, 1], minimum)).toBe(reason);
  });
});
