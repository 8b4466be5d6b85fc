import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testCosigner } from '../../../test/support/keys.js';
import {
  growTo,
  LOG,
  openTestLog,
  openWitnesses,
  quorumOf,
  temporaryFolder,
  testEntry,
  WITNESSES,
} from '../../../test/support/log.js';
import { utf8 } from '../../bytes/octets.js';
import { cosign } from '../../note/cosignature.js';
import { formatVerifierKey } from '../../note/key.js';
import { parsePolicy } from '../../note/policy.js';
import { parseNote, verifyNote } from '../../note/signed-note.js';
import type { AddCheckpointAnswer, Witness } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import type { FileLog } from './file-log.js';

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog | null;
let honest: Witness[];
let problems: string[];
const onProblem = (message: string) => problems.push(message);
beforeEach(async () => {
  folder = temporaryFolder();
  honest = await openWitnesses(folder.path);
  problems = [];
  log = null;
});
afterEach(async () => {
  await log?.close();
  folder.remove();
});

/** The third witness, answering as it is told; the first two are honest. */
function withThird(answer: Witness['addCheckpoint']): Witness[] {
  return [...honest.slice(0, 2), { keys: (honest[2] as Witness).keys, addCheckpoint: answer }];
}

async function cosignersOf(proof: string | null): Promise<string[]> {
  const note = parseNote(utf8(parseTlogProof(proof ?? '').checkpoint));
  const known = [LOG.key, ...WITNESSES.map(({ key }) => key)];
  return (await verifyNote(note, known)).verified.slice(1).map(({ key }) => key.name);
}

const stale = (size: number) => async (): Promise<AddCheckpointAnswer> => ({ status: 'stale', size });
const cosigned = (line: ReturnType<typeof cosign>) => async (): Promise<AddCheckpointAnswer> => ({
  status: 'cosigned',
  cosignatures: [line],
});
const third = WITNESSES[2] as (typeof WITNESSES)[number];
const stranger = testCosigner(third.key.name, 77);

describe('a witness that does not do its part costs its cosignature, and no more', () => {
  it.each<[string, Witness['addCheckpoint']]>([
    ['fails', () => Promise.reject(new Error('connection refused'))],
    [
      'throws at once',
      () => {
        throw new Error('no');
      },
    ],
    ['refuses', () => Promise.reject(new Failure('checkpoint/origin-mismatch'))],
    ['never answers', () => new Promise(() => undefined)],
    ['is always stale', stale(0)],
    ['is stale at no size', stale(Number.NaN)],
    ['is stale at a broken size', stale(0.5)],
    ['is stale at a negative size', stale(-1)],
    ['signs something else', cosigned(cosign('other\n0\n', 1, third.key, third.signer))],
    ['signs with another key under its name', cosigned(cosign('x', 1, stranger.key, stranger.signer))],
    [
      'answers in another name',
      cosigned({ ...cosign('x', 1, third.key, third.signer), name: 'someone.else' }),
    ],
    [
      'sends no signature',
      cosigned({ name: third.key.name, keyId: third.key.id, signature: new Uint8Array() }),
    ],
  ])('%s', async (_, answer) => {
    const timing = { spacing: 1, patience: 500, patienceAtStart: 500, longestWait: 10 };
    log = await openTestLog(folder.path, {
      witnesses: withThird(answer),
      quorum: quorumOf(2),
      timing,
      onProblem,
    });
    await growTo(log, 3);
    expect(await log.reached(2, 'witnessed', 5000)).toBe(true);
    expect(await cosignersOf(await log.prove(2))).toEqual(WITNESSES.slice(0, 2).map(({ key }) => key.name));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThan(3);
    expect(problems[0]).toContain(third.key.name);
  });

  it('is not asked again while it has not answered', async () => {
    let asked = 0;
    const hangs = () => {
      asked++;
      return new Promise<AddCheckpointAnswer>(() => undefined);
    };
    const timing = { spacing: 1, patience: 10, patienceAtStart: 1000, longestWait: 10 };
    log = await openTestLog(folder.path, { witnesses: withThird(hangs), quorum: quorumOf(2), timing });
    for (let size = 1; size < 6; size++) {
      await growTo(log, size);
      await log.reached(size - 1, 'witnessed', 5000);
    }
    expect(asked).toBe(1);
  });

  it('that has seen more than the log keeps it from starting', async () => {
    const open = openTestLog(folder.path, { witnesses: withThird(stale(7)), quorum: quorumOf(2) });
    await expect(open).rejects.toMatchObject({
      code: 'log/behind-witness',
      field: expect.stringContaining(third.key.name),
    });
  });
});

describe('a witness that has yet to read the entries', () => {
  const unread = () => Promise.reject(new Failure('witness/entries-unchecked'));
  const refusing = (code: Failure['code']) => () => Promise.reject(new Failure(code));

  it('is heard: the log starts, and nothing is witnessed before it has cosigned', async () => {
    let hasRead = false;
    const checker: Witness['addCheckpoint'] = request =>
      hasRead ? (honest[2] as Witness).addCheckpoint(request) : unread();
    log = await openTestLog(folder.path, { witnesses: withThird(checker), quorum: quorumOf(3), onProblem });
    expect(log.witnessed).toBeNull();
    expect(log.checkpointNote).toBeNull();
    await growTo(log, 3);
    expect(await log.reached(2, 'witnessed', 50)).toBe(false);
    expect(await cosignersOf(await log.prove(2))).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('witness/entries-unchecked')]);
    hasRead = true;
    expect(await log.reached(2, 'witnessed', 5000)).toBe(true);
    expect(await cosignersOf(await log.prove(2))).toHaveLength(3);
  });

  it('is asked again from the size that it knows, before it is heard', async () => {
    log = await openTestLog(folder.path, { witnesses: honest, quorum: quorumOf(3) });
    await growTo(log, 5);
    await log.reached(4, 'witnessed', 5000);
    await log.close();
    const sizes: number[] = [];
    const behind: Witness['addCheckpoint'] = async request => {
      sizes.push(request.oldSize);
      return request.oldSize === 3 ? unread() : { status: 'stale', size: 3 };
    };
    log = await openTestLog(folder.path, { witnesses: withThird(behind), quorum: quorumOf(3) });
    expect(sizes.slice(0, 2)).toEqual([5, 3]);
    expect(log.witnessed?.size).toBe(5);
  });

  it('does not help a log that has gone back behind what another has seen', async () => {
    const witnesses = [
      { keys: (honest[0] as Witness).keys, addCheckpoint: unread },
      { keys: (honest[1] as Witness).keys, addCheckpoint: stale(7) },
    ];
    const open = openTestLog(folder.path, { witnesses, quorum: quorumOf(1) });
    await expect(open).rejects.toMatchObject({ code: 'log/behind-witness' });
  });

  it.each<[string, Witness['addCheckpoint'], number]>([
    ['one that is heard is no quorum of three', () => new Promise(() => undefined), 3],
    // What another's witness answers with 503, without our reason, is not that.
    ['one that says 503 for no reason of ours is not heard', refusing('peer/answer-unexpected'), 2],
    ['one that is busy is not heard', refusing('witness/busy'), 2],
    ['one that refuses an entry is not heard', refusing('witness/entry-refused'), 2],
  ])('a log does not start: %s', async (_, answer, threshold) => {
    const timing = { spacing: 1, patience: 50, patienceAtStart: 50, longestWait: 10 };
    const [first, second] = honest as [Witness, Witness];
    const witnesses = [first, { keys: second.keys, addCheckpoint: answer }];
    const checker = { keys: (honest[2] as Witness).keys, addCheckpoint: unread };
    const asked = threshold === 3 ? [...witnesses, checker] : witnesses;
    const open = openTestLog(folder.path, { witnesses: asked, quorum: quorumOf(threshold), timing });
    await expect(open).rejects.toMatchObject({ code: 'log/witnesses-silent' });
  });

  it('a quorum without it is published at the start, as ever', async () => {
    const checker = { keys: (honest[2] as Witness).keys, addCheckpoint: unread };
    const witnesses = [...honest.slice(0, 2), checker];
    log = await openTestLog(folder.path, { witnesses, quorum: quorumOf(2) });
    expect(log.witnessed?.size).toBe(0);
  });
});

describe('without a quorum', () => {
  it('nothing is witnessed and everything is included, until the witnesses come back', async () => {
    let down = false;
    const witnesses = honest.map(witness => ({
      keys: witness.keys,
      addCheckpoint: (request: Parameters<Witness['addCheckpoint']>[0]) =>
        down ? Promise.reject(new Error('down')) : witness.addCheckpoint(request),
    }));
    log = await openTestLog(folder.path, { witnesses, quorum: quorumOf(2), onProblem });
    down = true;
    await growTo(log, 2);
    expect(await log.reached(1, 'witnessed', 50)).toBe(false);
    expect(log.witnessed?.size).toBe(0);
    expect(await cosignersOf(await log.prove(1))).toEqual([]);
    expect(problems).toHaveLength(3);
    down = false;
    expect(await log.reached(1, 'witnessed', 5000)).toBe(true);
  });

  it.each<[string, () => Witness[], ReturnType<typeof quorumOf>]>([
    ['too few witnesses', () => honest.slice(0, 1), quorumOf(2)],
    ['witnesses that the quorum does not name', () => honest.slice(1), quorumOf(1, 1)],
    ['a witness that is too slow', () => withThird(() => new Promise(() => undefined)), quorumOf(3)],
  ])('a log does not start: %s', async (_, witnesses, quorum) => {
    const timing = { spacing: 1, patience: 20, patienceAtStart: 20, longestWait: 10 };
    const open = openTestLog(folder.path, { witnesses: witnesses(), quorum, timing });
    await expect(open).rejects.toMatchObject({ code: 'log/witnesses-silent' });
  });

  it.each([
    [0, false],
    [1, true],
  ])('asked for, %i witnesses make it witnessed: %s', async (count, expected) => {
    log = await openTestLog(folder.path, { witnesses: honest.slice(0, count), quorum: { kind: 'none' } });
    await growTo(log, 1);
    expect(await log.reached(0, 'witnessed', expected ? 5000 : 50)).toBe(expected);
  });
});

describe('rounds', () => {
  it('know the witnesses of a policy by their keys', async () => {
    const lines = WITNESSES.map(({ key }, index) => `witness w${index} ${formatVerifierKey(key)}\n`);
    const policy = parsePolicy(`${lines.join('')}group all all w0 w1 w2\nquorum all\n`);
    log = await openTestLog(folder.path, { witnesses: honest, quorum: policy.quorum });
    await growTo(log, 1);
    expect(await log.reached(0, 'witnessed', 5000)).toBe(true);
  });

  it('start from where a witness that has forgotten says it is', async () => {
    log = await openTestLog(folder.path, { witnesses: honest, quorum: quorumOf(3) });
    await growTo(log, 300);
    await log.reached(299, 'witnessed', 5000);
    await log.close();
    const forgetful = temporaryFolder();
    log = await openTestLog(folder.path, {
      witnesses: await openWitnesses(forgetful.path),
      quorum: quorumOf(3),
    });
    await growTo(log, 301);
    expect(await log.reached(300, 'witnessed', 5000)).toBe(true);
    forgetful.remove();
  });

  it('are one at a time, and spaced', async () => {
    const times: number[] = [];
    let under = 0;
    const slow = async (request: Parameters<Witness['addCheckpoint']>[0]) => {
      times.push(performance.now());
      expect(++under).toBe(1);
      await new Promise(resolve => setTimeout(resolve, 10));
      under--;
      return (honest[2] as Witness).addCheckpoint(request);
    };
    const timing = { spacing: 40, patience: 1000, patienceAtStart: 1000, longestWait: 40 };
    log = await openTestLog(folder.path, { witnesses: withThird(slow), quorum: quorumOf(3), timing });
    for (let size = 1; size < 60; size++) await growTo(log, size);
    await log.reached(58, 'witnessed', 5000);
    for (const [index, time] of times.entries()) {
      if (index > 1) expect(time - (times[index - 1] as number)).toBeGreaterThan(38);
    }
  });

  it('are taken up again after a restart, and what was witnessed stays so', async () => {
    log = await openTestLog(folder.path, { witnesses: honest, quorum: quorumOf(3) });
    await growTo(log, 5);
    await log.reached(4, 'witnessed', 5000);
    await log.close();
    const silent = honest.map(({ keys }) => ({
      keys,
      addCheckpoint: () => Promise.reject(new Error('down')),
    }));
    // They may have seen more than this folder holds, if it is an old copy.
    await expect(openTestLog(folder.path, { witnesses: silent, quorum: quorumOf(3) })).rejects.toMatchObject({
      code: 'log/witnesses-silent',
    });
    log = await openTestLog(folder.path, { witnesses: silent, quorum: { kind: 'none' } });
    expect(log.witnessed?.size).toBe(5);
    await log.close();
    let down = false;
    const leaving = honest.map(witness => ({
      keys: witness.keys,
      addCheckpoint: (request: Parameters<Witness['addCheckpoint']>[0]) =>
        down ? Promise.reject(new Error('down')) : witness.addCheckpoint(request),
    }));
    log = await openTestLog(folder.path, { witnesses: leaving, quorum: quorumOf(3) });
    down = true;
    expect(log.witnessed?.size).toBe(5);
    expect(await cosignersOf(await log.prove(4))).toHaveLength(3);
    log.append(testEntry(5));
    expect(await log.reached(5, 'witnessed', 30)).toBe(false);
  });
});
