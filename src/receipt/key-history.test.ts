import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../test/support/failure.js';
import {
  ADD_RECOVERY,
  beginning,
  changeEntry,
  changePayload,
  nextKey,
  RECOVERY,
  sealed,
  type Written,
} from '../../test/support/key-changes.js';
import { type TestKey, testCosigner, testKey } from '../../test/support/keys.js';
import { ISSUER, LOG, STRANGER, WITNESSES } from '../../test/support/parties.js';
import { thorough } from '../../test/support/thoroughness.js';
import { keyLabel, sameKey } from '../note/key.js';
import { Failure, type ReasonCode } from '../reason.js';
import type { KeyRole } from './key-change.js';
import { initialKeys, KeyHistory, type LoggedEntry, readKeyHistory, type Tenure } from './key-history.js';

const [WITNESS] = WITNESSES as [TestKey];
const SECOND = nextKey('issuer', 1);
const THIRD = nextKey('issuer', 2);

const rotate = (role: KeyRole, key: TestKey, successor: TestKey, by: TestKey): Written => ({
  change: { action: 'rotate', role },
  key,
  successor,
  by,
});
const revoke = (
  role: KeyRole,
  key: TestKey,
  by: TestKey,
  more: Partial<Written> & { from?: number } = {},
): Written => ({
  key,
  by,
  ...more,
  change: { action: 'revoke', role, from: more.from ?? null },
});

/** The history after each of these, at the indices given. */
async function historyOf(
  ...changes: readonly (readonly [index: number, written: Written])[]
): Promise<KeyHistory> {
  let history = beginning();
  for (const [index, written] of changes) history = await history.after(index, changeEntry(history, written));
  return history;
}
const refusal = (history: KeyHistory, index: number, written: Written) =>
  reasonOfAsync(() => history.after(index, changeEntry(history, written)));
const labels = (keys: readonly TestKey[]) => keys.map(({ key }) => keyLabel(key));
const issuersAt = (history: KeyHistory, index: number) => history.at('issuer', index).map(keyLabel);
const tenure = (history: KeyHistory, { key }: TestKey) => history.tenure(keyLabel(key)) as Tenure;

describe('spec/keys.md §4: rotation', () => {
  it('the old key counts up to the entry that ends it, the new one after it', async () => {
    const history = await historyOf([2, ADD_RECOVERY], [9, rotate('issuer', ISSUER, SECOND, ISSUER)]);
    expect(issuersAt(history, 0)).toEqual(labels([ISSUER]));
    expect(issuersAt(history, 9)).toEqual(labels([ISSUER]));
    expect(issuersAt(history, 10)).toEqual(labels([SECOND]));
    expect(history.inForce('issuer')).toEqual([SECOND.key]);
    expect(tenure(history, ISSUER)).toMatchObject({
      until: 10,
      announced: 10,
      why: 'rotated',
      successor: SECOND.key,
    });
  });

  it.each<[KeyRole, TestKey]>([
    ['log', LOG],
    ['witness', WITNESS],
  ])('a key of the role %s rotates under the signature of the issuer', async (role, key) => {
    const history = await historyOf([2, ADD_RECOVERY], [9, rotate(role, key, nextKey(role, 1), ISSUER)]);
    expect(history.inForce(role).some(other => sameKey(other, nextKey(role, 1).key))).toBe(true);
    expect(history.inForce(role).some(other => sameKey(other, key.key))).toBe(false);
  });

  it('the recovery key replaces a key that is lost, and rotates itself', async () => {
    const next = nextKey('recovery', 1);
    const history = await historyOf(
      [2, ADD_RECOVERY],
      [5, { ...rotate('issuer', ISSUER, SECOND, RECOVERY), agrees: false }],
      [6, rotate('recovery', RECOVERY, next, RECOVERY)],
    );
    expect(history.inForce('issuer')).toEqual([SECOND.key]);
    expect(history.inForce('recovery')).toEqual([next.key]);
    expect(await refusal(history, 7, revoke('issuer', SECOND, RECOVERY))).toBe('key/signer-unknown');
  });
});

describe('spec/keys.md §5: revocation', () => {
  it('by whoever holds the key: from this entry on', async () => {
    const history = await historyOf([2, ADD_RECOVERY], [9, revoke('issuer', ISSUER, ISSUER)]);
    expect(issuersAt(history, 9)).toEqual(labels([ISSUER]));
    expect(issuersAt(history, 10)).toEqual([]);
    expect(tenure(history, ISSUER)).toMatchObject({
      until: 10,
      announced: 10,
      why: 'revoked',
      successor: null,
    });
  });

  it('by the recovery key: from an earlier index on, and with a successor', async () => {
    const history = await historyOf(
      [2, ADD_RECOVERY],
      [20, revoke('issuer', ISSUER, RECOVERY, { from: 7, successor: SECOND, agrees: false })],
    );
    expect(tenure(history, ISSUER)).toMatchObject({
      until: 7,
      announced: 21,
      why: 'revoked',
      successor: SECOND.key,
    });
    expect(issuersAt(history, 6)).toEqual(labels([ISSUER]));
    expect(issuersAt(history, 7)).toEqual([]);
    expect(issuersAt(history, 21)).toEqual(labels([SECOND]));
  });

  it('what a thief put in place falls with the stolen key, to the last of his keys', async () => {
    const history = await historyOf(
      [2, ADD_RECOVERY],
      [10, rotate('issuer', ISSUER, SECOND, ISSUER)],
      [12, rotate('issuer', SECOND, THIRD, SECOND)],
      [20, revoke('issuer', ISSUER, RECOVERY, { from: 7, successor: nextKey('issuer', 3), agrees: false })],
    );
    expect(history.inForce('issuer')).toEqual([nextKey('issuer', 3).key]);
    expect(tenure(history, SECOND)).toMatchObject({ until: 0, why: 'revoked', successor: null });
    expect(tenure(history, THIRD)).toMatchObject({ until: 0, why: 'revoked' });
    expect(issuersAt(history, 11)).toEqual([]);
    expect(issuersAt(history, 6)).toEqual(labels([ISSUER]));
  });

  it('what the owner put in place before the theft stays', async () => {
    const history = await historyOf(
      [2, ADD_RECOVERY],
      [10, rotate('issuer', ISSUER, SECOND, ISSUER)],
      [20, revoke('issuer', ISSUER, RECOVERY, { from: 11 })],
    );
    expect(history.inForce('issuer')).toEqual([SECOND.key]);
    expect(tenure(history, ISSUER)).toMatchObject({ until: 11, why: 'rotated', successor: SECOND.key });
  });

  it('what the recovery key put in place stays, whatever falls around it', async () => {
    const history = await historyOf(
      [2, ADD_RECOVERY],
      [10, rotate('issuer', ISSUER, SECOND, ISSUER)],
      [11, revoke('issuer', SECOND, RECOVERY, { successor: THIRD, agrees: false })],
      [20, revoke('issuer', ISSUER, RECOVERY, { from: 4, agrees: false })],
    );
    expect(history.inForce('issuer')).toEqual([THIRD.key]);
    expect(tenure(history, SECOND).until).toBe(0);
  });

  it('a second revocation can only name an earlier index', async () => {
    const history = await historyOf(
      [2, ADD_RECOVERY],
      [20, revoke('issuer', ISSUER, RECOVERY, { from: 7, agrees: false })],
      [21, revoke('issuer', ISSUER, RECOVERY, { from: 15, agrees: false })],
    );
    expect(tenure(history, ISSUER)).toMatchObject({ until: 7, announced: 21 });
    const earlier = await history.after(
      22,
      changeEntry(history, revoke('issuer', ISSUER, RECOVERY, { from: 3, agrees: false })),
    );
    expect(tenure(earlier, ISSUER)).toMatchObject({ until: 3, announced: 21 });
  });
});

describe('what is refused, and changes nothing', () => {
  const named = [2, ADD_RECOVERY] as const;
  const rotated = [5, rotate('issuer', ISSUER, SECOND, ISSUER)] as const;

  it.each<[ReasonCode, string, readonly (readonly [number, Written])[], Written]>([
    ['key/signer-unknown', 'a stranger', [named], revoke('issuer', ISSUER, STRANGER)],
    ['key/signer-unknown', 'the log itself', [named], rotate('log', LOG, nextKey('log', 1), LOG)],
    ['key/signer-unknown', 'a recovery key that nobody has named', [], revoke('issuer', ISSUER, RECOVERY)],
    [
      'key/signer-unknown',
      'an issuer that was rotated away',
      [named, rotated],
      revoke('issuer', SECOND, ISSUER),
    ],
    [
      'key/change-forbidden',
      'a second recovery key',
      [named],
      { ...ADD_RECOVERY, key: nextKey('recovery', 1) },
    ],
    [
      'key/change-forbidden',
      'a recovery key rotated by the issuer',
      [named],
      rotate('recovery', RECOVERY, nextKey('recovery', 1), ISSUER),
    ],
    [
      'key/change-forbidden',
      'a recovery key that does not agree',
      [named],
      { ...rotate('recovery', RECOVERY, nextKey('recovery', 1), RECOVERY), agrees: false },
    ],
    [
      'key/change-forbidden',
      'an issuer that looks back',
      [named],
      revoke('issuer', ISSUER, ISSUER, { from: 1 }),
    ],
    [
      'key/change-forbidden',
      'an issuer that chooses a successor for what it revokes',
      [named],
      revoke('issuer', ISSUER, ISSUER, { successor: SECOND }),
    ],
    [
      'key/change-forbidden',
      "an issuer without the witness's agreement",
      [named],
      { ...revoke('witness', WITNESS, ISSUER), agrees: false },
    ],
    [
      'key/change-forbidden',
      "an issuer without the log's agreement",
      [named],
      { ...rotate('log', LOG, nextKey('log', 1), ISSUER), agrees: false },
    ],
    [
      'key/change-forbidden',
      'a revocation from an index that is not there yet',
      [named],
      revoke('issuer', ISSUER, RECOVERY, { from: 10 }),
    ],
    [
      'key/change-forbidden',
      'a second successor beside one in force',
      [named, rotated],
      revoke('issuer', ISSUER, RECOVERY, { successor: THIRD }),
    ],
    ['key/unknown', 'a key that was never there', [named], rotate('issuer', SECOND, THIRD, ISSUER)],
    ['key/unknown', 'a key in another role', [named], { ...revoke('issuer', RECOVERY, ISSUER) }],
    [
      'key/unknown',
      'a rotation of what has ended',
      [named, rotated],
      rotate('issuer', ISSUER, THIRD, SECOND),
    ],
    [
      'key/reused',
      'a public key that is in force under another name',
      [named],
      rotate('witness', WITNESS, testCosigner(WITNESS.key.name, 104), ISSUER),
    ],
    ['key/reused', 'a key that has ended', [named, rotated], rotate('issuer', SECOND, ISSUER, SECOND)],
  ])('%s: %s', async (code, _, before, written) => {
    const history = await historyOf(...before);
    expect(await refusal(history, 9, written)).toBe(code);
  });

  it('envelope/signature-invalid: sealed by another than it says', async () => {
    const history = beginning();
    const payload = changePayload(history, ADD_RECOVERY);
    const forged = sealed(payload, { key: ISSUER.key, signer: STRANGER.signer });
    expect(await reasonOfAsync(() => history.after(0, forged))).toBe('envelope/signature-invalid');
  });

  it('key/proof-invalid: a key that has not agreed', async () => {
    const history = beginning();
    const written = { ...ADD_RECOVERY, key: { key: RECOVERY.key, signer: STRANGER.signer } };
    expect(await refusal(history, 0, written)).toBe('key/proof-invalid');
  });

  it('key/change-malformed: the change of another log', async () => {
    const other = KeyHistory.begin('log.example/other', [{ role: 'issuer', key: ISSUER.key }]);
    expect(await refusal(other, 0, ADD_RECOVERY)).toBe('key/change-malformed');
  });
});

describe('spec/keys.md §6: the chain', () => {
  it('of two entries with one number the first in the log counts', async () => {
    const before = await historyOf([2, ADD_RECOVERY]);
    const first = changeEntry(before, rotate('issuer', ISSUER, SECOND, ISSUER));
    const second = changeEntry(before, rotate('issuer', ISSUER, THIRD, ISSUER));
    const history = await before.after(5, first);
    expect(await reasonOfAsync(() => history.after(6, second))).toBe('key/change-out-of-order');
    expect(await reasonOfAsync(() => history.after(6, first))).toBe('key/change-out-of-order');
    expect(history.inForce('issuer')).toEqual([SECOND.key]);
  });

  it.each<[string, Partial<Written['change']>, number]>([
    ['a number left out', { sequence: 2 }, 9],
    ['another predecessor', { previous: '0'.repeat(64) }, 9],
    ['an index before that of the last', {}, 2],
  ])('key/change-out-of-order: %s', async (_, change, index) => {
    const history = await historyOf([2, ADD_RECOVERY]);
    const written = rotate('issuer', ISSUER, SECOND, ISSUER);
    expect(await refusal(history, index, { ...written, change: { ...written.change, ...change } })).toBe(
      'key/change-out-of-order',
    );
  });

  it('is found by its numbers', async () => {
    const entries: { index: number; entry: Uint8Array }[] = [];
    let history = beginning();
    for (const [index, written] of [
      [2, ADD_RECOVERY],
      [5, rotate('issuer', ISSUER, SECOND, ISSUER)],
    ] as const) {
      const entry = changeEntry(history, written);
      entries.push({ index, entry });
      history = await history.after(index, entry);
    }
    const read = await readKeyHistory(beginning(), async sequence => entries[sequence] ?? null);
    expect(read.tenures).toEqual(history.tenures);
    expect(read.next).toEqual(history.next);
  });

  it('the keys with which a log began follow from those of today', async () => {
    const history = await historyOf(
      [2, ADD_RECOVERY],
      [5, rotate('issuer', ISSUER, SECOND, ISSUER)],
      [6, rotate('issuer', SECOND, THIRD, SECOND)],
    );
    const today = (['log', 'issuer', 'witness', 'recovery'] as const).flatMap(role =>
      history.inForce(role).map(key => ({ role, key })),
    );
    const began = initialKeys(today, history.changes).map(({ key }) => keyLabel(key));
    expect(new Set(began)).toEqual(new Set(labels([LOG, ISSUER, ...WITNESSES])));
  });
});

/** What somebody may try: each is well formed, and most are refused. */
interface Attempt {
  readonly action: 'rotate' | 'revoke';
  readonly role: 'issuer' | 'log' | 'witness';
  readonly key: number;
  readonly successor: number | null;
  readonly from: number | null;
}

const attempts = (most: number) =>
  fc.array(
    fc.record<Attempt>({
      action: fc.constantFrom('rotate', 'revoke'),
      role: fc.constantFrom('issuer', 'issuer', 'log', 'witness'),
      key: fc.nat(4),
      successor: fc.option(fc.nat(4)),
      from: fc.option(fc.nat(40)),
    }),
    { maxLength: most },
  );

const FIRST: Record<Attempt['role'], TestKey> = { issuer: ISSUER, log: LOG, witness: WITNESS };
const keyOf = (role: Attempt['role'], number: number) => (number === 0 ? FIRST[role] : nextKey(role, number));

/** Tries each attempt as whoever holds `held`; what is refused changes nothing, the rest is added to `entries`. */
async function tried(
  start: KeyHistory,
  from: number,
  held: (key: TestKey) => boolean,
  list: readonly Attempt[],
  entries: LoggedEntry[] = [],
) {
  let history = start;
  let index = from;
  for (const { action, role, key, successor, from: back } of list) {
    const signers = [...history.inForce('issuer'), ...history.inForce('recovery')];
    for (const by of [ISSUER, ...[1, 2, 3, 4].map(number => nextKey('issuer', number)), RECOVERY]) {
      if (!held(by) || !signers.some(signer => sameKey(signer, by.key))) continue;
      index++;
      const concerned = keyOf(role, key);
      const entry = changeEntry(history, {
        change: { action, role, from: action === 'revoke' ? back : null },
        key: concerned,
        successor: successor === null ? null : keyOf(role, successor),
        by,
        agrees: held(concerned),
      });
      try {
        history = await history.after(index, entry);
        entries.push({ index, entry });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }
  }
  return history;
}

describe('against a thief', () => {
  /** The thief holds the issuer's key and all that he makes; not the log's, the witnesses' or the recovery key. */
  const stolen = (key: TestKey) => key !== RECOVERY && key !== LOG && !WITNESSES.includes(key);
  const everybody = () => true;

  it('nothing that he logs makes an older receipt fail', async () => {
    await fc.assert(
      fc.asyncProperty(attempts(6), async list => {
        const before = await historyOf(
          [2, ADD_RECOVERY],
          [8, rotate('witness', WITNESS, nextKey('witness', 4), ISSUER)],
        );
        const history = await tried(before, 20, stolen, list);
        for (let index = 0; index <= 20; index++) {
          expect(issuersAt(history, index)).toEqual(issuersAt(before, index));
          for (const role of ['log', 'witness'] as const)
            expect(history.at(role, index)).toEqual(before.at(role, index));
        }
        expect(history.inForce('log')).toEqual([LOG.key]);
        expect(history.inForce('recovery')).toEqual([RECOVERY.key]);
      }),
      { numRuns: thorough(50, 10) },
    );
  });

  it('the owner can always undo it with the recovery key', async () => {
    await fc.assert(
      fc.asyncProperty(attempts(6), async list => {
        const history = await tried(await historyOf([2, ADD_RECOVERY]), 20, stolen, list);
        const mine = nextKey('issuer', 7);
        const undone = await history.after(
          1000,
          changeEntry(
            history,
            revoke('issuer', ISSUER, RECOVERY, { from: 20, successor: mine, agrees: false }),
          ),
        );
        expect(undone.inForce('issuer')).toEqual([mine.key]);
        for (let index = 0; index < 20; index++) expect(issuersAt(undone, index)).toEqual(labels([ISSUER]));
        for (let index = 20; index <= 1000; index++) expect(issuersAt(undone, index)).toEqual([]);
      }),
      { numRuns: thorough(50, 10) },
    );
  });

  it('nobody at all brings back a key that has ended, or lets one count longer', async () => {
    await fc.assert(
      fc.asyncProperty(attempts(5), attempts(5), async (first, second) => {
        const before = await tried(await historyOf([2, ADD_RECOVERY]), 20, everybody, first);
        const later = await tried(before, 500, everybody, second);
        for (const { key, until, announced } of before.tenures) {
          if (until === null) continue;
          const now = later.tenure(keyLabel(key)) as Tenure;
          expect(now.until).not.toBeNull();
          expect(now.until as number).toBeLessThanOrEqual(until);
          expect(now.announced).toBe(announced);
        }
      }),
      { numRuns: thorough(50, 10) },
    );
  });

  it('the same entries give the same history, however it is read', async () => {
    await fc.assert(
      fc.asyncProperty(attempts(6), async list => {
        const entries: LoggedEntry[] = [];
        const start = await historyOf([2, ADD_RECOVERY]);
        const history = await tried(start, 20, everybody, list, entries);
        const read = await readKeyHistory(start, async sequence => entries[sequence - 1] ?? null);
        expect(read.tenures).toEqual(history.tenures);
        for (const role of ['issuer', 'log', 'witness'] as const) {
          const forward = Array.from({ length: 60 }, (_, index) => read.at(role, index));
          const backward = Array.from({ length: 60 }, (_, index) => history.at(role, 59 - index)).reverse();
          expect(backward).toEqual(forward);
        }
      }),
      { numRuns: thorough(50, 10) },
    );
  });
});

describe('spec/keys.md §4: validators', () => {
  const [FIRST, OTHER, NEW] = [1, 2, 3].map(number => nextKey('validator', number)) as [
    TestKey,
    TestKey,
    TestKey,
  ];
  const admit = (key: TestKey, by: TestKey, more: Partial<Written> = {}): Written => ({
    change: { action: 'add', role: 'validator' },
    key,
    by,
    ...more,
  });
  const validatorsAt = (history: KeyHistory, index: number) => history.at('validator', index).map(keyLabel);

  it('several are in force, each from the entry after the one that lets it in', async () => {
    const history = await historyOf(
      [2, ADD_RECOVERY],
      [4, admit(FIRST, ISSUER)],
      [6, admit(OTHER, RECOVERY)],
    );
    expect(validatorsAt(history, 4)).toEqual([]);
    expect(validatorsAt(history, 5)).toEqual(labels([FIRST]));
    expect(validatorsAt(history, 7)).toEqual(labels([FIRST, OTHER]));
    expect(issuersAt(history, 7)).toEqual(labels([ISSUER]));
  });

  it('one rotates and another ends itself; what both signed before stays', async () => {
    const history = await historyOf(
      [4, admit(FIRST, ISSUER)],
      [5, admit(OTHER, ISSUER)],
      [8, rotate('validator', FIRST, NEW, ISSUER)],
      [9, revoke('validator', OTHER, ISSUER)],
    );
    expect(validatorsAt(history, 8)).toEqual(labels([FIRST, OTHER]));
    expect(validatorsAt(history, 10)).toEqual(labels([NEW]));
  });

  it.each<[string, ReasonCode, Written]>([
    ['a key that has not agreed', 'key/change-malformed', admit(FIRST, ISSUER, { agrees: false })],
    ['by a stranger', 'key/signer-unknown', admit(FIRST, STRANGER)],
    ['by a validator', 'key/signer-unknown', admit(FIRST, OTHER)],
    ['with the key of a witness', 'key/change-malformed', admit(WITNESS, ISSUER)],
    ['twice', 'key/reused', admit(OTHER, ISSUER)],
    ['with the key of an issuer', 'key/reused', admit(ISSUER, ISSUER)],
    [
      'with a name that the log may not hold',
      'key/change-malformed',
      admit(testKey('prüfer.example', 7), ISSUER),
    ],
    [
      'a rotation without the old key',
      'key/change-forbidden',
      { ...rotate('validator', OTHER, NEW, ISSUER), agrees: false },
    ],
    [
      'a revocation by the operator alone',
      'key/change-forbidden',
      revoke('validator', OTHER, ISSUER, { agrees: false }),
    ],
    [
      'an issuer that is added',
      'key/change-malformed',
      { change: { action: 'add', role: 'issuer' }, key: SECOND, by: ISSUER },
    ],
  ])('refused: %s', async (_, code, written) => {
    const history = await historyOf([2, ADD_RECOVERY], [3, admit(OTHER, ISSUER)]);
    expect(await refusal(history, 9, written)).toBe(code);
  });

  it('the recovery key ends one without its word, and one that a thief let in was never there', async () => {
    const history = await historyOf(
      [2, ADD_RECOVERY],
      [3, admit(OTHER, ISSUER)],
      [7, admit(FIRST, ISSUER)],
      [9, revoke('issuer', ISSUER, RECOVERY, { from: 5, successor: SECOND })],
    );
    expect(tenure(history, FIRST)).toMatchObject({ until: 0, why: 'revoked' });
    expect(validatorsAt(history, 10)).toEqual(labels([OTHER]));
    const ended = await history.after(
      11,
      changeEntry(history, revoke('validator', OTHER, RECOVERY, { agrees: false })),
    );
    expect(validatorsAt(ended, 12)).toEqual([]);
    expect(issuersAt(ended, 12)).toEqual(labels([SECOND]));
  });
});
