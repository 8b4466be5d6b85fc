import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { branch, judged, NOW, signed } from '../../../test/support/histories.js';
import { type TestKey, testMlDsaCosigner } from '../../../test/support/keys.js';
import { LOG, LOG_COSIGNER, STRANGE_WITNESS, WITNESSES } from '../../../test/support/parties.js';
import { KEY_TYPE, keyLabel } from '../../note/key.js';
import type { SignedNote } from '../../note/signed-note.js';
import type { ReasonCode } from '../../reason.js';
import { makeOtherHistoryFault, makeSameSizeFault, makeTimeFault } from './witness-fault.js';

const SIZE = 8;
const left = branch('left', SIZE);
const right = branch('right', SIZE, 3);
const WITNESS = WITNESSES[0] as TestKey;
const LARGE_KEY = testMlDsaCosigner('ml-dsa.example', 77);
const by = (key: TestKey, time = NOW, origin?: string) => ({
  by: [LOG, key],
  time,
  ...(origin !== undefined && { origin }),
});

/** Judged by a reader who knows the ML-DSA witness too. */
const judge = (evidence: Parameters<typeof judged>[0]) => judged(evidence, { named: [LARGE_KEY.key] });

describe('P4: a witness that has cosigned two histories', () => {
  it.each([WITNESS, LARGE_KEY])('two trees of one size, with a key of type $key.type', async key => {
    for (const times of [[NOW, NOW] as const, [NOW, 0] as const, [0, 0] as const]) {
      const notes = [signed(left, 5, by(key, times[0])), signed(right, 5, by(key, times[1]))] as const;
      const evidence = makeSameSizeFault(notes, key.key);
      expect(makeSameSizeFault([notes[1], notes[0]], key.key)).toEqual(evidence);
      expect(await judge(evidence)).toMatchObject({
        outcome: 'proven',
        code: 'misbehaviour/witness-forked',
        accused: keyLabel(key.key),
      });
    }
  });

  it.each([WITNESS, LARGE_KEY])('two sizes of two histories, with a key of type $key.type', async key => {
    const notes = [signed(left, 5, by(key)), signed(right, 7, by(key))] as const;
    const prefix = { root: right.hash(0, 5), proof: right.proof(5, 7) };
    expect(await judge(makeOtherHistoryFault(notes, prefix, key.key))).toMatchObject({
      outcome: 'proven',
      code: 'misbehaviour/witness-forked',
    });
  });

  it('needs no signature of the log: who cosigns answers for it alone', async () => {
    const notes = [signed(left, 5, { by: [WITNESS] }), signed(right, 5, { by: [WITNESS] })] as const;
    expect(await judge(makeSameSizeFault(notes, WITNESS.key))).toMatchObject({ outcome: 'proven' });
  });

  const prefix = { root: right.hash(0, 5), proof: right.proof(5, 7) };
  const nearMisses: [string, ReasonCode, () => Parameters<typeof judged>[0]][] = [
    [
      'the same tree twice',
      'misbehaviour/roots-equal',
      () =>
        makeSameSizeFault([signed(left, 5, by(WITNESS)), signed(left, 5, by(WITNESS, NOW + 9))], WITNESS.key),
    ],
    [
      'two sizes as if they were one',
      'misbehaviour/sizes-differ',
      () => makeSameSizeFault([signed(left, 5, by(WITNESS)), signed(left, 6, by(WITNESS))], WITNESS.key),
    ],
    [
      'a log and its own fork that another log has of the same name elsewhere',
      'misbehaviour/origins-differ',
      () =>
        makeSameSizeFault(
          [signed(left, 5, by(WITNESS)), signed(right, 5, by(WITNESS, NOW, 'log.example/other'))],
          WITNESS.key,
        ),
    ],
    [
      'a line taken from another note',
      'note/signature-invalid',
      () => {
        const [a, b] = [signed(left, 5, by(WITNESS)), signed(right, 5, by(WITNESS))];
        return makeSameSizeFault([a, { ...b, signatures: a.signatures }], WITNESS.key);
      },
    ],
    [
      'one history, with the proof that it is one',
      'misbehaviour/roots-equal',
      () =>
        makeOtherHistoryFault(
          [signed(right, 5, by(WITNESS)), signed(right, 7, by(WITNESS))],
          prefix,
          WITNESS.key,
        ),
    ],
    [
      'one history, with a proof of another',
      'tree/consistency-invalid',
      () =>
        makeOtherHistoryFault(
          [signed(left, 5, by(WITNESS)), signed(left, 7, by(WITNESS))],
          prefix,
          WITNESS.key,
        ),
    ],
    [
      'the log, whose own time is not that of a witness',
      'misbehaviour/key-unknown',
      () =>
        makeTimeFault(
          [signed(left, 5, by(LOG_COSIGNER, NOW + 5)), signed(left, 6, by(LOG_COSIGNER))],
          LOG_COSIGNER.key,
        ),
    ],
    [
      'a witness whose key was stolen',
      'misbehaviour/key-retired',
      () =>
        makeSameSizeFault(
          [signed(left, 5, by(STRANGE_WITNESS)), signed(right, 5, by(STRANGE_WITNESS))],
          STRANGE_WITNESS.key,
        ),
    ],
  ];
  it.each(nearMisses)('is not: %s (%s)', async (_, code, make) => {
    expect(await judge(make())).toMatchObject({ code, accused: null });
  });
});

describe('P4: a witness that has gone back', () => {
  it.each([WITNESS, LARGE_KEY])(
    'a larger tree at an earlier time, with a key of type $key.type',
    async key => {
      const notes = [signed(left, 5, by(key, NOW + 1)), signed(left, 6, by(key))] as const;
      expect(await judge(makeTimeFault(notes, key.key))).toMatchObject({
        outcome: 'proven',
        code: 'misbehaviour/witness-time-reversed',
        accused: keyLabel(key.key),
      });
    },
  );

  const pair = (
    smaller: [size: number, time: number],
    larger: [size: number, time: number],
  ): [SignedNote, SignedNote] => [
    signed(left, smaller[0], by(LARGE_KEY, smaller[1])),
    signed(left, larger[0], by(LARGE_KEY, larger[1])),
  ];
  const nearMisses: [string, ReasonCode, [SignedNote, SignedNote]][] = [
    [
      'it lags behind, and signs the small tree first',
      'misbehaviour/times-in-order',
      pair([5, NOW], [8, NOW + 3600]),
    ],
    ['two trees in one second', 'misbehaviour/times-in-order', pair([5, NOW], [6, NOW])],
    ['the same tree again later', 'misbehaviour/sizes-not-ascending', pair([5, NOW + 9], [5, NOW])],
    ['the wrong order', 'misbehaviour/sizes-not-ascending', pair([6, NOW + 1], [5, NOW])],
    ['the larger one states no time', 'misbehaviour/time-not-stated', pair([5, NOW], [6, 0])],
    ['the smaller one states no time', 'misbehaviour/time-not-stated', pair([5, 0], [6, NOW])],
  ];
  it.each(nearMisses)('is not: %s (%s)', async (_, code, notes) => {
    expect(await judge(makeTimeFault(notes, LARGE_KEY.key))).toMatchObject({
      outcome: 'not-proven',
      code,
      accused: null,
    });
  });

  it('a time changed after the signing is no time', async () => {
    const [a, b] = [signed(left, 5, by(WITNESS)), signed(left, 6, by(WITNESS, NOW))];
    const line = a.signatures[1] as SignedNote['signatures'][number];
    const changed = Uint8Array.from(line.signature);
    changed[7] = (changed[7] as number) ^ 1;
    const forged = { ...a, signatures: [{ ...line, signature: changed }] };
    expect(await judge(makeTimeFault([forged, b], WITNESS.key))).toMatchObject({
      outcome: 'not-proven',
      code: 'note/signature-invalid',
    });
  });
});

describe('honest witnesses (property)', () => {
  /** What a witness does: it grows, lags, signs again, and never states an earlier time than it has. */
  const life = fc.array(fc.record({ grow: fc.nat(2), wait: fc.nat(3) }), { minLength: 2, maxLength: 5 });

  it('of nothing that one has ever signed can a proof be made', async () => {
    await fc.assert(
      fc.asyncProperty(life, async steps => {
        let [size, time] = [1, NOW];
        const notes = steps.map(({ grow, wait }) => {
          size = Math.min(SIZE, size + grow);
          time += wait;
          return { size, note: signed(left, size, by(WITNESS, time)) };
        });
        for (const a of notes) {
          for (const b of notes) {
            const pair = [a.note, b.note] as const;
            const evidence = [makeTimeFault(pair, WITNESS.key), makeSameSizeFault(pair, WITNESS.key)];
            if (a.size < b.size) {
              for (const tree of [left, right]) {
                const prefix = { root: tree.hash(0, a.size), proof: tree.proof(a.size, b.size) };
                evidence.push(makeOtherHistoryFault(pair, prefix, WITNESS.key));
              }
            }
            for (const one of evidence) expect((await judged(one)).outcome).not.toBe('proven');
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  it('key types are what they were', () => {
    expect([WITNESS.key.type, LARGE_KEY.key.type]).toEqual([KEY_TYPE.cosignature, KEY_TYPE.mlDsaCosignature]);
  });
});
