/**
 * The corpus as `interop/checker` sees it: a second implementation, in Go, that shares nothing with ours but the specifications and the
 * profile in `spec/corpus/README.md`. The two must agree about every case, and about cases that neither has seen.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import '../../src/shell/node.js';
import { runs, SEED } from '../fuzz/budget.js';
import { partsDamage } from '../fuzz/tree.js';
import { type Context, type Input, judge, octetsOf, readCorpus } from '../support/corpus.js';
import { mutants } from '../support/mutation.js';
import { buildGo } from './go-program.js';

interface Question {
  readonly kind: string;
  readonly input: Input;
  readonly context?: Context;
}

/** What the checker says; the value only of what it accepts, and why only of what it refuses. */
interface Answer {
  readonly verdict: string;
  readonly value?: unknown;
  readonly why?: string;
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-checker-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const checker = await buildGo({ module: 'interop/checker', folder });
const corpus = readCorpus();

/** One answer for each question, in order. */
function askChecker(questions: readonly Question[]): Answer[] {
  if (checker.missing !== null) throw new Error(checker.missing);
  const input = questions.map(question => `${JSON.stringify(question)}\n`).join('');
  const output = execFileSync(checker.path, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return output
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Answer);
}

/** Without what only people read, so that two verdicts can be compared. */
const plain = ({ verdict, value }: Answer) => (value === undefined ? { verdict } : { verdict, value });

interface Damaged {
  readonly octets: Uint8Array;
  readonly context?: Context;
}

/** The inputs of each kind with some damage, in the context that they came with. A claim has no octets to damage. */
const DAMAGED = corpus.flatMap(({ kind, cases }) => {
  const seeds = cases.flatMap(({ input, context, expect: { verdict } }) => {
    if ('claim' in input) return [];
    const octets = octetsOf(input);
    return octets.length > 8192 ? [] : [{ octets, verdict, ...(context && { context }) }];
  });
  if (seeds.length === 0) return [];
  // What is genuine is nearest to the line between the verdicts once it is damaged; it comes as often as all the rest.
  const genuine = seeds.filter(({ verdict }) => verdict === 'accepted');
  const donors = seeds.map(({ octets }) => octets);
  const inputs: fc.Arbitrary<Damaged> = fc
    .oneof(fc.constantFrom(...genuine), fc.constantFrom(...seeds))
    .chain(({ octets, context }) =>
      mutants([octets], donors).map(damaged => ({ octets: damaged, ...(context && { context }) })),
    );
  if (kind !== 'cose-receipt') return [{ kind, inputs }];
  const inside = partsDamage.chain(octets =>
    fc.boolean().map(unprotected => ({ octets, context: { unprotected } })),
  );
  return [{ kind, inputs: fc.oneof(inputs, inside) }];
});

describe.skipIf(checker.missing !== null)(
  `a second implementation of the corpus ${checker.missing ?? ''}`,
  () => {
    it.each(corpus)('$kind: agrees about every case', ({ kind, cases }) => {
      const answers = askChecker(
        cases.map(({ input, context }) => ({ kind, input, ...(context && { context }) })),
      );
      expect(answers).toHaveLength(cases.length);
      for (const [at, { id, expect: expected }] of cases.entries())
        expect({ id, ...plain(answers[at] as Answer) }).toEqual({
          id,
          ...plain({ verdict: expected.verdict, value: 'value' in expected ? expected.value : undefined }),
        });
    });

    it('judges a folder by itself, as others would use it', () => {
      if (checker.missing !== null) throw new Error(checker.missing);
      const output = execFileSync(checker.path, [new URL('../../spec/corpus', import.meta.url).pathname], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      expect(output.trimEnd().split('\n')).toHaveLength(corpus.flatMap(({ cases }) => cases).length);
    });

    it.each(DAMAGED)('$kind: agrees about what nobody has written down', async ({ kind, inputs }) => {
      const questions = fc.sample(inputs, { numRuns: runs(1000), seed: SEED }).map(({ octets, context }) => ({
        kind,
        input: { base64: toBase64(octets) },
        ...(context && { context }),
      }));
      const answers = askChecker(questions);
      expect(answers).toHaveLength(questions.length);
      for (const [at, question] of questions.entries()) {
        const ours = await judge(kind, question.input, question.context);
        expect({ question, ...plain(answers[at] as Answer) }).toEqual({
          question,
          ...plain({ verdict: ours.verdict, value: 'value' in ours ? ours.value : undefined }),
        });
      }
    });
  },
);
