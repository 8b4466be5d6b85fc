import { describe, expect, it } from 'vitest';
import { branch, judged, NOW, signed, signedRoot } from '../../../test/support/histories.js';
import { testKey } from '../../../test/support/keys.js';
import { LOG, LOG_COSIGNER, ORIGIN, STRANGER, WITNESSES } from '../../../test/support/parties.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import type { SignedNote } from '../../note/signed-note.js';
import type { ReasonCode } from '../../reason.js';
import { proveConsistency } from '../../tree/prove.js';
import { makeLogFork } from './log-fork.js';
import { makeRewrittenLog } from './rewritten-log.js';

const LARGEST = 7;
const BY_LOG = { by: [LOG, LOG_COSIGNER] };
/** Where thousands are signed: the other key takes milliseconds. */
const BY_ONE = { by: [LOG] };
const left = branch('left', LARGEST);

/** Two trees for every number of entries that they share at the start. */
const forks = Array.from({ length: LARGEST }, (_, shared) => ({
  shared,
  left: branch('left', LARGEST, shared),
  right: branch('right', LARGEST, shared),
}));

describe('P1: two roots of one size', () => {
  it('of every fork, at every size at which the two trees differ, is proven against either key of the log', async () => {
    for (const fork of forks) {
      for (let size = fork.shared + 1; size <= LARGEST; size++) {
        const notes = [signed(fork.left, size, BY_ONE), signed(fork.right, size, BY_ONE)] as const;
        expect(await judged(makeLogFork(notes, LOG.key))).toMatchObject({
          outcome: 'proven',
          code: 'misbehaviour/log-forked',
          accused: keyLabel(LOG.key),
        });
      }
    }
    const notes = [signed(left, 3, BY_LOG), signed(branch('right', 3), 3, BY_LOG)] as const;
    expect(await judged(makeLogFork(notes, LOG_COSIGNER.key))).toMatchObject({
      outcome: 'proven',
      accused: keyLabel(LOG_COSIGNER.key),
    });
  });

  it('is one file, whichever of the two was seen first', () => {
    const [a, b] = [signed(left, 3, BY_LOG), signed(branch('right', 3), 3, BY_LOG)];
    expect(makeLogFork([a, b], LOG.key)).toEqual(makeLogFork([b, a], LOG.key));
  });

  it('is not made of notes that the key has not signed', () => {
    expect(makeLogFork([signed(left, 3, BY_LOG), signed(left, 3, { by: [STRANGER] })], LOG.key)).toBeNull();
  });

  const elsewhere = testKey(ORIGIN, 55);
  const nearMisses: [string, ReasonCode, SignedNote, SignedNote, typeof LOG][] = [
    [
      'one tree, signed twice',
      'misbehaviour/roots-equal',
      signed(left, 3, BY_LOG),
      signed(left, 3, BY_LOG),
      LOG,
    ],
    [
      'one tree, signed again at another time',
      'misbehaviour/roots-equal',
      signed(left, 3, { ...BY_LOG, time: NOW + 5 }),
      signed(left, 3, BY_LOG),
      LOG_COSIGNER,
    ],
    [
      'two sizes of one tree',
      'misbehaviour/sizes-differ',
      signed(left, 3, BY_LOG),
      signed(left, 4, BY_LOG),
      LOG,
    ],
    [
      'the other tree under a signature of the first',
      'note/signature-invalid',
      signed(left, 3, BY_LOG),
      { ...signed(branch('right', 3), 3, BY_LOG), signatures: signed(left, 3, BY_LOG).signatures },
      LOG,
    ],
    [
      'another log under the same key',
      'misbehaviour/origins-differ',
      signed(left, 3, BY_LOG),
      signed(branch('right', 3), 3, { ...BY_LOG, origin: 'log.example/other' }),
      LOG,
    ],
    [
      'a log that the key does not name',
      'misbehaviour/origin-foreign',
      signed(left, 3, { ...BY_LOG, origin: 'log.example/other' }),
      signed(branch('right', 3), 3, { ...BY_LOG, origin: 'log.example/other' }),
      LOG,
    ],
    [
      'a key that nobody knows',
      'misbehaviour/key-unknown',
      signed(left, 3, { by: [elsewhere] }),
      signed(branch('right', 3), 3, { by: [elsewhere] }),
      elsewhere,
    ],
    [
      'a witness, who is judged by P4',
      'misbehaviour/key-unknown',
      signed(left, 3, { by: WITNESSES }),
      signed(branch('right', 3), 3, { by: WITNESSES }),
      WITNESSES[0] as typeof LOG,
    ],
  ];
  it.each(nearMisses)('is not: %s (%s)', async (_, code, a, b, { key }) => {
    const { outcome, ...found } = await judged(makeLogFork([a, b], key));
    expect(found).toMatchObject({ code, accused: null });
    expect(outcome).toBe(code === 'misbehaviour/key-unknown' ? 'inconclusive' : 'not-proven');
  });

  it('is not: one tree by each of two keys of the log', async () => {
    const a = makeLogFork([signed(left, 3, BY_LOG), signed(branch('right', 3), 3, BY_LOG)], LOG.key);
    const b = makeLogFork([signed(left, 3, BY_LOG), signed(branch('right', 3), 3, BY_LOG)], LOG_COSIGNER.key);
    const mixed = { ...a, checkpoints: [a?.checkpoints[0], b?.checkpoints[1]] } as typeof a;
    expect(await judged(mixed)).toMatchObject({ outcome: 'not-proven', code: 'misbehaviour/keys-differ' });
  });

  it.each([
    ['revoked', 9, 'not-proven'],
    ['rotated', 2, 'not-proven'],
    ['rotated', 3, 'proven'],
  ] as const)('by a key that was %s from %i on: %s', async (why, until, outcome) => {
    const fork = makeLogFork([signed(left, 3, BY_LOG), signed(branch('right', 3), 3, BY_LOG)], LOG.key);
    const successor = testKey(ORIGIN, 56);
    const trust = {
      log: formatVerifierKey(successor.key),
      retired: [{ key: formatVerifierKey(LOG.key), role: 'log' as const, why, until }],
      policy: 'quorum none\n',
      statements: [],
    };
    const judgement = await judged(fork, { trust });
    expect(judgement.outcome).toBe(outcome);
    if (outcome !== 'proven') expect(judgement.code).toBe('misbehaviour/key-retired');
  });

  it('is proven against a key that the reader names, without any trust file', async () => {
    const pair = [
      signed(left, 3, { by: [elsewhere] }),
      signed(branch('right', 3), 3, { by: [elsewhere] }),
    ] as const;
    expect(await judged(makeLogFork(pair, elsewhere.key), { named: [elsewhere.key] })).toMatchObject({
      outcome: 'proven',
      accused: keyLabel(elsewhere.key),
    });
  });
});

describe('P2: a larger tree that does not begin with the smaller one', () => {
  it('of every fork, at every pair of sizes, is proven', async () => {
    for (const { shared, left: one, right: other } of forks) {
      for (let older = shared + 1; older < LARGEST; older++) {
        for (let newer = older + 1; newer <= LARGEST; newer++) {
          const notes = [signed(one, older, BY_ONE), signed(other, newer, BY_ONE)] as const;
          const proof = await proveConsistency(older, newer, other.read);
          const evidence = makeRewrittenLog(notes, { root: other.hash(0, older), proof }, LOG.key);
          expect(await judged(evidence)).toMatchObject({
            outcome: 'proven',
            code: 'misbehaviour/log-forked',
            accused: keyLabel(LOG.key),
          });
        }
      }
    }
  });

  it('of an honest log is not, at any pair of sizes, with any root and proof from either tree', async () => {
    const right = branch('right', LARGEST, 2);
    for (let older = 1; older < LARGEST; older++) {
      for (let newer = older + 1; newer <= LARGEST; newer++) {
        const notes = [signed(right, older, BY_ONE), signed(right, newer, BY_ONE)] as const;
        for (const tree of [left, right]) {
          for (const from of [left, right]) {
            const proof = tree.proof(older, newer);
            const evidence = makeRewrittenLog(notes, { root: from.hash(0, older), proof }, LOG.key);
            const { outcome, code } = await judged(evidence);
            expect(outcome).toBe('not-proven');
            expect(['misbehaviour/roots-equal', 'tree/consistency-invalid']).toContain(code);
          }
        }
      }
    }
  });

  const right = branch('right', LARGEST);
  const prefix = { root: right.hash(0, 3), proof: right.proof(3, 5) };
  const nearMisses: [string, ReasonCode, SignedNote, SignedNote, typeof prefix][] = [
    [
      'the same size',
      'misbehaviour/sizes-not-ascending',
      signed(left, 5, BY_LOG),
      signed(right, 5, BY_LOG),
      prefix,
    ],
    [
      'the wrong order',
      'misbehaviour/sizes-not-ascending',
      signed(right, 5, BY_LOG),
      signed(left, 3, BY_LOG),
      prefix,
    ],
    ['the empty tree', 'misbehaviour/size-zero', signed(left, 0, BY_LOG), signed(right, 5, BY_LOG), prefix],
    [
      'the root that was signed',
      'misbehaviour/roots-equal',
      signed(right, 3, BY_LOG),
      signed(right, 5, BY_LOG),
      prefix,
    ],
    [
      'no valid proof',
      'tree/consistency-invalid',
      signed(left, 3, BY_LOG),
      signed(right, 5, BY_LOG),
      { ...prefix, proof: right.proof(2, 5) },
    ],
    [
      'a tree that the log has not signed',
      'note/signature-invalid',
      signed(left, 3, BY_LOG),
      { ...signed(right, 5, BY_LOG), signatures: signed(left, 5, BY_LOG).signatures },
      prefix,
    ],
    [
      'another log',
      'misbehaviour/origin-foreign',
      signed(left, 3, { ...BY_LOG, origin: 'log.example/other' }),
      signed(right, 5, { ...BY_LOG, origin: 'log.example/other' }),
      prefix,
    ],
  ];
  it.each(nearMisses)('is not: %s (%s)', async (_, code, older, newer, given) => {
    expect(await judged(makeRewrittenLog([older, newer], given, LOG.key))).toMatchObject({
      outcome: 'not-proven',
      code,
      accused: null,
    });
  });

  it('of two roots of the empty tree is a matter of P1', async () => {
    const zero = signedRoot(left.hash(0, 1), 0, BY_LOG);
    const fork = makeLogFork([zero, signed(left, 0, BY_LOG)], LOG.key);
    expect(await judged(fork)).toMatchObject({ outcome: 'proven' });
  });
});
