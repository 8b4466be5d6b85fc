/** A validator that lies: it takes the verdicts of an honest one, says of one of them what is not so, and signs that. */
import {
  PackageWriter,
  type PackedVerdict,
  readPackage,
} from '../../src/appraise/verdict/verdict-package.js';
import { toHex } from '../../src/bytes/hex.js';
import { keyLabel } from '../../src/note/key.js';
import { seal } from '../../src/receipt/envelope.js';
import { outcomeOf, type Verdict } from '../../src/receipt/verdict.js';
import { batchStatement, type VerdictBatch, verdictLeaf } from '../../src/receipt/verdict-batch.js';
import type { SigningKey } from '../../src/shell/files/keys.js';
import { Frontier } from '../../src/tree/frontier.js';

/** The verdict with "fail" for what passed. */
export function lie(verdict: Verdict, clause: string): Verdict {
  const clauses = verdict.clauses.map(each =>
    each.clause === clause
      ? { ...each, status: 'fail' as const, code: 'appraisal/grade-missed' as const }
      : each,
  );
  return { ...verdict, clauses, outcome: outcomeOf(clauses) };
}

/** The package with a lie about the receipt at that place, as another validator's first batch. `tell`: another way of lying. */
export function lyingPackage(
  genuine: Uint8Array,
  { key, signer }: SigningKey,
  place: number,
  changes: Partial<VerdictBatch>,
  tell: (packed: PackedVerdict, at: number) => PackedVerdict = (packed, at) =>
    at === place ? { ...packed, verdict: lie(packed.verdict, 'record') } : packed,
): Uint8Array {
  const { batch, verdicts, checkpoint } = readPackage(genuine);
  const told = verdicts.map(tell);
  const tree = new Frontier();
  const counts = { fail: 0, inconclusive: 0, pass: 0 };
  for (const { verdict } of told) {
    tree.push(verdictLeaf(verdict));
    counts[verdict.outcome]++;
  }
  const lying: VerdictBatch = {
    ...batch,
    counts,
    previous: null,
    root: toHex(tree.root()),
    sequence: 0,
    start: 0,
    ...changes,
  };
  const label = keyLabel(key);
  const envelope = seal(batchStatement(lying, label, lying.asOf), label, signer);
  const writer = new PackageWriter();
  for (const packed of told) writer.add(packed);
  return writer.format(envelope, checkpoint);
}
