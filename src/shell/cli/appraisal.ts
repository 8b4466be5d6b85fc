/** `countersign appraisal`: looks at an appraisal policy before anybody relies on it. */
import { Command } from 'commander';
import { appraisalPolicyOf, measuresOf } from '../../appraise/verdict/appraisal-policy.js';
import { explainAppraisal } from '../../appraise/verdict/explain-appraisal.js';
import { says } from '../../reason.js';
import { type PlacedFinding, type PolicyDocument, readPolicyDocument } from './appraisal/policy-document.js';
import { type TryOptions, tryPolicy } from './appraisal/try.js';
import { collect } from './collect.js';
import { EXIT } from './exit-code.js';
import { hang, paint, print, printError, printJson } from './print.js';
import { inFinding } from './settings/problem-words.js';
import { timeArgument } from './time-argument.js';
import { ownTrustFile } from './trust-file.js';

interface Options {
  readonly json?: true;
}

export function appraisalCommand(): Command {
  return new Command('appraisal')
    .description('check, explain and try an appraisal policy before relying on it')
    .addCommand(
      withCommonOptions(new Command('lint'))
        .description('say whether an appraisal policy can be used, and what in it is wrong or left open')
        .addHelpText(
          'after',
          `\nExamples:\n  countersign appraisal lint policy.yaml\n  countersign appraisal lint policy.yaml --json\n${NOTES}`,
        )
        .action(lint),
    )
    .addCommand(
      withCommonOptions(new Command('explain'))
        .description('say in plain words what an appraisal policy asks')
        .addHelpText('after', `\nExamples:\n  countersign appraisal explain policy.yaml\n${NOTES}`)
        .action(explain),
    )
    .addCommand(
      withCommonOptions(new Command('try'))
        .description('say which of these receipts would pass, and by which clauses the others would not')
        .argument('<bundle...>', 'files that GET /v1/receipts/<id> returned')
        .option('--trust <file>', `whom to believe (default: ${ownTrustFile()}, when it is there)`)
        .option(
          '--evidence <file>',
          'evidence that belongs to all of them; repeat it for several',
          collect,
          [],
        )
        .option('--as-of <time>', 'judge as of this time (default: now)', timeArgument)
        .addHelpText(
          'after',
          `
Examples:
  countersign appraisal try policy.yaml bundles/*.json --trust trust.json
  countersign appraisal try policy.yaml bundle.json --as-of 2026-11-21T12:00:00Z --json

Nothing is signed, and nobody answers for what is said: a verdict is what countersign appraise gives.

Exit codes: 0 all would pass, 10 one would fail or the policy cannot be used, 20 none would fail and one is inconclusive,
30 the policy or a bundle is malformed, 64 wrong usage, 1 anything else.`,
        )
        .action(attempt),
    )
    .addHelpText(
      'after',
      `
Examples:
  countersign appraisal lint policy.yaml
  countersign appraisal explain policy.yaml
  countersign appraisal try policy.yaml bundle.json --trust trust.json
  countersign appraise bundle.json --policy policy.yaml --trust trust.json --key validator.key

docs/appraise.md has the language. It is another than that of a gateway's policy (countersign policy): this one says afterwards what to believe.
${NOTES}`,
    );
}

const NOTES = `
A refusal keeps a policy from being used, a caution does not. Nothing is logged or reached.
Exit codes: 0 the policy can be used, 10 it cannot, 30 it is no policy, 64 wrong usage, 1 anything else. Each takes --json.`;

function withCommonOptions(command: Command): Command {
  return command
    .argument('<file>', 'the appraisal policy, in YAML or JSON')
    .option('--json', 'print one line of JSON instead of words');
}

async function lint(file: string, options: Options): Promise<void> {
  const { written, findings } = await readPolicyDocument(file);
  const usable = isUsable(findings);
  const exitCode = written === null ? EXIT.malformed : usable ? EXIT.pass : EXIT.fail;
  process.exitCode = exitCode;
  if (options.json) {
    printJson({ usable, findings, exitCode });
    return;
  }
  for (const finding of findings) printFinding(finding);
  if (!usable) return;
  const cautions = findings.length === 1 ? '1 caution' : `${findings.length} cautions`;
  print(`${file} can be used${findings.length === 0 ? '' : `, with ${cautions}`}.`);
}

async function explain(file: string, options: Options): Promise<void> {
  const document = await readUsable(file, options);
  if (document === null) return;
  const { form, written } = document;
  const sentences = explainAppraisal(form, measuresOf(form.evidence));
  const { digest } = appraisalPolicyOf(written);
  if (options.json) {
    printJson({ name: form.name, digest, says: sentences });
    return;
  }
  print(paint('bold', `The appraisal policy "${form.name}" (${digest})`));
  print();
  for (const sentence of sentences) print(`- ${hang(sentence, 2)}`);
}

async function attempt(file: string, bundles: readonly string[], options: TryOptions): Promise<void> {
  const document = await readUsable(file, options);
  if (document !== null)
    process.exitCode = await tryPolicy(appraisalPolicyOf(document.written), bundles, options);
}

/** Null where it cannot be used, which has been said by then. */
async function readUsable(file: string, options: Options): Promise<PolicyDocument | null> {
  const document = await readPolicyDocument(file);
  if (document.written !== null && isUsable(document.findings)) return document;
  const exitCode = document.written === null ? EXIT.malformed : EXIT.fail;
  process.exitCode = exitCode;
  if (options.json) printJson({ usable: false, findings: document.findings, exitCode });
  else for (const finding of document.findings) printFinding(finding);
  return null;
}

function isUsable(findings: readonly PlacedFinding[]): boolean {
  return findings.every(({ weight }) => weight === 'caution');
}

/** Refusals are errors; what is only to be thought about is not. */
function printFinding({ weight, code, where, detail, hint }: PlacedFinding): void {
  const found = detail === null ? '' : ` Found: ${inFinding(detail)}.`;
  const line = `${where}: ${code}: ${says(code)}${found} ${hint}`;
  if (weight === 'refusal') printError(`countersign: ${line}`);
  else print(hang(`caution: ${line}`, 2));
}
