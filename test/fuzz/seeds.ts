/** Where damage begins: the corpus. */
import { parseVerifierKey, type VerifierKey } from '../../src/note/key.js';
import { type CorpusCase, octetsOf, readCorpus } from '../support/corpus.js';

/** Larger ones show the same and cost more. */
const MAX_SEED = 8192;

const corpus = new Map(readCorpus().map(({ kind, cases }) => [kind, cases]));

export interface Seeds {
  readonly genuine: readonly Uint8Array[];
  readonly others: readonly Uint8Array[];
}

/** The inputs of one kind of the corpus that are octets. */
export function seedsOf(kind: string, includes: (each: CorpusCase) => boolean = () => true): Seeds {
  const cases = casesOf(kind).filter(includes);
  const octets = (verdict: 'accepted' | 'refused') =>
    cases.flatMap(({ input, expect }) => {
      if (expect.verdict !== verdict || 'claim' in input) return [];
      const bytes = octetsOf(input);
      return bytes.length > MAX_SEED ? [] : [bytes];
    });
  return { genuine: octets('accepted'), others: octets('refused') };
}

/** The keys that the cases of one kind know, each once. */
export function keysOf(kind: string): VerifierKey[] {
  return [...new Set(casesOf(kind).flatMap(({ context }) => context?.keys ?? []))].map(parseVerifierKey);
}

function casesOf(kind: string): readonly CorpusCase[] {
  const cases = corpus.get(kind);
  if (cases === undefined) throw new Error(`the corpus has no ${kind}`);
  return cases;
}
