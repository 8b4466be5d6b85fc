/** What would come of an appraisal policy: receipts that are at hand, held against it, and nothing signed. */
import type { AppraisalPolicy } from '../../../appraise/verdict/appraisal-policy.js';
import { appraise } from '../../../appraise/verdict/appraise.js';
import { advice, says } from '../../../reason.js';
import type { Clause, ClauseStatus } from '../../../receipt/verdict.js';
import { EXIT } from '../exit-code.js';
import { readInput } from '../files.js';
import { hang, paint, print, printable, printJson, type Style } from '../print.js';
import { readTrust } from '../trust-file.js';
import { readEvidenceFiles } from '../verdict-artefacts.js';

export interface TryOptions {
  readonly trust?: string;
  readonly evidence: readonly string[];
  readonly asOf?: number;
  readonly json?: true;
}

interface Tried {
  readonly bundle: string;
  readonly outcome: ClauseStatus | 'malformed';
  /** Those that did not pass. */
  readonly clauses: readonly Omit<Clause, 'decidedBy'>[];
}

const MAX_BUNDLE_BYTES = 1 << 20;
const STYLES: Record<Tried['outcome'], Style> = {
  pass: 'green',
  fail: 'red',
  malformed: 'red',
  inconclusive: 'yellow',
};

/** The exit code. One bundle at a time is held. */
export async function tryPolicy(
  policy: AppraisalPolicy,
  bundles: readonly string[],
  options: TryOptions,
): Promise<number> {
  const trust = await readTrust(options.trust);
  const evidence = await readEvidenceFiles(options.evidence);
  const asOf = options.asOf ?? Date.now();
  const all: Tried[] = [];
  for (const path of bundles) {
    const bundle = await readInput(path, MAX_BUNDLE_BYTES);
    const { verdict, verification } = await appraise({ bundle, trust, policy, evidence, asOf });
    const tried: Tried = {
      bundle: path,
      outcome: verification.outcome === 'malformed' ? 'malformed' : verdict.outcome,
      clauses: verdict.clauses
        .filter(({ status }) => status !== 'pass')
        .map(({ clause, code, status }) => ({ clause, code, status })),
    };
    all.push(tried);
    if (!options.json) printTried(tried);
  }
  const count = (outcome: Tried['outcome']) => all.filter(each => each.outcome === outcome).length;
  const totals = {
    pass: count('pass'),
    fail: count('fail'),
    inconclusive: count('inconclusive'),
    malformed: count('malformed'),
  };
  const exitCode =
    totals.malformed > 0
      ? EXIT.malformed
      : totals.fail > 0
        ? EXIT.fail
        : totals.inconclusive > 0
          ? EXIT.inconclusive
          : EXIT.pass;
  if (options.json) printJson({ policy: policy.digest, asOf, receipts: all, totals, exitCode });
  else printTotals(all, totals);
  return exitCode;
}

function printTried({ bundle, outcome, clauses }: Tried): void {
  const why = clauses.map(({ clause, code }) => `${clause} ${code}`).join(', ');
  const line = `${paint(STYLES[outcome], outcome.toUpperCase().padEnd(12))} ${printable(bundle)}`;
  print(why === '' ? line : `${line}: ${why}`);
}

function printTotals(all: readonly Tried[], totals: Readonly<Record<Tried['outcome'], number>>): void {
  const words = Object.entries(totals).flatMap(([outcome, number]) =>
    number === 0 && outcome !== 'pass' ? [] : [`${outcome} ${number}`],
  );
  print();
  print(`${all.length === 1 ? '1 receipt' : `${all.length} receipts`}: ${words.join(', ')}.`);
  const codes = new Map<string, number>();
  for (const { clauses } of all)
    for (const { clause, code } of clauses) {
      const key = `${clause} ${code}`;
      codes.set(key, (codes.get(key) ?? 0) + 1);
    }
  if (all.length > 1)
    for (const [key, number] of [...codes].sort(([, a], [, b]) => b - a)) print(`  ${number} × ${key}`);
  const reasons = all.flatMap(({ clauses }) => clauses.flatMap(({ code }) => (code === null ? [] : [code])));
  for (const code of new Set(reasons)) {
    print();
    print(`${code}: ${says(code)}`);
    print(`  ${hang(advice(code), 2)}`);
  }
}
