/** Signatures, chains and revocation lists of hardware evidence, judged by Go's standard library and by us. Every disagreement is reported. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../src/shell/node.js';
import { runs, SEED } from '../fuzz/budget.js';
import { mutants } from '../support/mutation.js';
import { ABSENT } from '../support/vectors.js';
import {
  changedQuestions,
  emptyListQuestion,
  genuineQuestions,
  soundQuestions,
} from './evidence-documents.js';
import {
  askPeer,
  disagreement,
  type Kind,
  missing,
  ourFindings,
  type Question,
  sharedChecks,
} from './evidence-peer.js';

const SHOWN = 10;

/** How many both accept. Fails with a list of what they do not agree about. */
async function compare(questions: readonly Question[]): Promise<number> {
  const answers = askPeer(questions);
  expect(answers).toHaveLength(questions.length);
  const reports: object[] = [];
  let accepted = 0;
  for (const [place, question] of questions.entries()) {
    const theirs = answers[place] as (typeof answers)[number];
    const ours = await ourFindings(question);
    const about = disagreement(question, ours.findings, theirs.findings);
    const { kind, what, bytes, asOf } = question;
    const encoded = Object.entries(bytes).map(([name, value]) => [
      name,
      Buffer.from(value).toString('base64'),
    ]);
    if (about !== null)
      reports.push({ about, kind, what, asOf, ours: ours.said, theirs: theirs.said, bytes: encoded });
    else if (sharedChecks(question).every(name => ours.findings?.get(name) === true)) accepted++;
  }
  expect(reports.slice(0, SHOWN), `${reports.length} disagreements (seed ${SEED})`).toEqual([]);
  return accepted;
}

/** Each with some damage to one of its parts: half of them one bit, the others anything. */
function damaged(base: readonly Question[], count: number): readonly Question[] {
  const donors = base.flatMap(({ bytes }) => Object.values(bytes));
  const changes = fc.constantFrom(...base).chain(question =>
    fc.constantFrom(...Object.keys(question.bytes)).chain(name => {
      const own = question.bytes[name] as Uint8Array;
      const flipped = fc
        .nat(8 * own.length - 1)
        .map(bit => own.map((octet, at) => (at === bit >> 3 ? octet ^ (1 << (bit & 7)) : octet)));
      return fc.oneof(flipped, mutants([own], donors)).map(
        (changed): Question => ({
          ...question,
          what: `${question.what}, ${name} damaged`,
          bytes: { ...question.bytes, [name]: changed },
        }),
      );
    }),
  );
  return fc.sample(changes, { numRuns: count, seed: SEED });
}

const KINDS: readonly Kind[] = ['nitro', 'snp', 'dcap', 'nvidia'];
const ofKind = (questions: readonly Question[], kind: Kind) =>
  questions.filter(question => question.kind === kind);

describe.skipIf(missing !== null)(`crypto/x509 and crypto/ecdsa of Go ${missing ?? ''}`, () => {
  const sound = missing === null ? soundQuestions() : [];

  it.skipIf(ABSENT !== null)(`agree about genuine evidence ${ABSENT ?? ''}`, async () => {
    const questions = genuineQuestions();
    // One has a signature that is not its device's.
    expect(await compare(questions)).toBe(questions.length - 1);
  });

  it('agree about evidence of the tests that is as it should be', async () => {
    expect(await compare(sound)).toBe(sound.length);
  });

  it('agree about evidence that is wrong in one way', async () => {
    const questions = changedQuestions();
    const accepted = await compare(questions);
    expect(accepted).toBeGreaterThan(questions.length / 10);
    expect(accepted).toBeLessThan((questions.length * 9) / 10);
  });

  it('do not agree about one thing: a list of extensions with none in it', async () => {
    const question = emptyListQuestion();
    const [theirs] = askPeer([question]);
    const ours = await ourFindings(question);
    expect(disagreement(question, ours.findings, theirs?.findings ?? null)).toBe(
      'chain: refused here, accepted there',
    );
    expect(ours.said).toContain('certificate/malformed');
  });

  it.each(KINDS)('%s: agree about damaged evidence', async kind => {
    const genuine = ABSENT === null ? genuineQuestions() : [];
    const questions = damaged(ofKind([...genuine, ...sound], kind), runs(600));
    expect(questions.length).toBeGreaterThanOrEqual(runs(600));
    await compare(questions);
  });

  it.each(KINDS)('%s: agree about every time at which something begins or ends', async kind => {
    const genuine = ABSENT === null ? genuineQuestions() : [];
    const base = ofKind([...genuine, ...sound], kind);
    const times = [-1, 0, 1, 3600, 86_400, 40 * 86_400, 366 * 86_400, 3660 * 86_400, 1e10];
    const questions = base.flatMap(question =>
      times.flatMap(by => [-by, by].map(shift => ({ ...question, asOf: question.asOf + shift }))),
    );
    await compare(questions);
  });
});
