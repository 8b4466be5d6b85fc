/** `countersign appraise`: holds a receipt against a policy, clause by clause, and signs what came of it. */
import { Command } from 'commander';
import type { Trust } from '../../appraise/trust.js';
import { appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { type Appraisal, appraise } from '../../appraise/verdict/appraise.js';
import type { Claim } from '../../appraise/verdict/claim.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { advice, says } from '../../reason.js';
import { envelopeBytes, envelopeJson, seal } from '../../receipt/envelope.js';
import { type Clause, verdictDigest, verdictStatement } from '../../receipt/verdict.js';
import type { SigningKey } from '../files/keys.js';
import { collect } from './collect.js';
import { EXIT, exitCodeOf, UsageError } from './exit-code.js';
import { readInput, writeOutputDurably } from './files.js';
import { indexArgument } from './index-argument.js';
import { hang, paint, print, printJson, type Style } from './print.js';
import { timeArgument } from './time-argument.js';
import { ownTrustFile, readTrust } from './trust-file.js';
import { openValidatorKey, readAppraisalPolicy, readEvidenceFiles } from './verdict-artefacts.js';

interface AppraiseOptions {
  readonly policy: string;
  readonly trust?: string;
  readonly evidence: readonly string[];
  readonly key?: string;
  readonly name?: string;
  readonly out?: string;
  readonly policyIndex?: number;
  readonly asOf?: number;
  readonly json?: true;
}

const MAX_BUNDLE_BYTES = 1 << 20;

export function appraiseCommand(): Command {
  return new Command('appraise')
    .description('hold a receipt against a policy, clause by clause, and sign the verdict')
    .argument('<bundle>', 'the file that GET /v1/receipts/<id> returned')
    .requiredOption('--policy <file>', 'your appraisal policy, in YAML or JSON')
    .option('--trust <file>', `whom to believe (default: ${ownTrustFile()}, when it is there)`)
    .option(
      '--evidence <file>',
      'evidence that belongs to it, such as the answer of /v1/attestation; repeat it for several',
      collect,
      [],
    )
    .option('--key <file>', 'sign the verdict with this key, which is made when there is none')
    .option('--name <name>', 'the name of a key that is made: a domain or path of yours')
    .option('--out <file>', 'write the signed verdict here')
    .option(
      '--policy-index <n>',
      'where the log has the policy, for a verdict that is to enter the log',
      indexArgument,
    )
    .option(
      '--as-of <time>',
      'judge as of this time, such as 2026-11-21T12:00:00Z (default: now)',
      timeArgument,
    )
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign appraise bundle.json --policy policy.yaml --trust trust.json
  countersign appraise bundle.json --policy policy.yaml --evidence nitro.json --key validator.key --out verdict.json

The same bundle, trust file, policy, evidence and time always give the same verdict: whoever has them can judge again
(countersign compare). A verdict is an accountable act: one that is wrong can be proven to be.

Exit codes: 0 pass, 10 fail, 20 inconclusive, 30 malformed, 64 wrong usage, 1 anything else.`;

async function run(path: string, options: AppraiseOptions): Promise<void> {
  if (options.out !== undefined && options.key === undefined)
    throw new UsageError('--out is for a signed verdict: pass --key as well.');
  if (options.key === undefined && (options.name !== undefined || options.policyIndex !== undefined))
    throw new UsageError('--name and --policy-index are for a signed verdict: pass --key as well.');
  const policy = await readAppraisalPolicy(options.policy);
  const trusted = await readTrust(options.trust);
  const { policyIndex } = options;
  if (policyIndex !== undefined && trusted === null)
    throw new UsageError('--policy-index takes the trust file of the log that it is about: pass --trust.');
  const asOf = options.asOf ?? Date.now();
  const appraisal = await appraise({
    bundle: await readInput(path, MAX_BUNDLE_BYTES),
    trust: trusted,
    policy: appraisalPolicyOf(policy),
    evidence: await readEvidenceFiles(options.evidence),
    asOf,
  });
  const key = options.key === undefined ? null : await openValidatorKey(options.key, options.name);
  const envelope = key === null ? null : signed(appraisal, key, placeIn(trusted?.trust ?? null, policyIndex));
  if (envelope !== null && options.out !== undefined)
    await writeOutputDurably(options.out, envelopeBytes(envelope));
  const { verdict, claims, verification } = appraisal;
  const exitCode = verification.outcome === 'malformed' ? EXIT.malformed : exitCodeOf(verdict.outcome);
  const signedVerdict = envelope === null ? null : envelopeJson(envelope);
  if (options.json)
    printJson({ verdict, digest: verdictDigest(verdict), claims, signed: signedVerdict, exitCode });
  else {
    for (const line of words(appraisal, key)) print(line);
    print(
      `Judged by ${trusted === null ? 'no trust file: pass --trust' : `the trust file ${trusted.path}`}.`,
    );
  }
  process.exitCode = exitCode;
}

function placeIn(trust: Trust | null, policyIndex: number | undefined) {
  return trust === null || policyIndex === undefined ? null : { log: trust.log.name, policyIndex };
}

function signed({ verdict }: Appraisal, { key, signer }: SigningKey, place: ReturnType<typeof placeIn>) {
  const label = keyLabel(key);
  return seal(verdictStatement(verdict, label, Date.now(), place), label, signer);
}

const STYLES: Record<Clause['status'], Style> = { pass: 'green', fail: 'red', inconclusive: 'yellow' };

function words({ verdict, claims, verification }: Appraisal, key: SigningKey | null): string[] {
  const { outcome, clauses } = verdict;
  const what = verification.outcome === 'malformed' ? ': this is not a bundle with a receipt in it' : '';
  return [
    paint(['bold', STYLES[outcome]], `${outcome.toUpperCase()}${what}`),
    '',
    ...clauses.flatMap((clause, at) =>
      clauseLines(clause, clauses.findIndex(({ code }) => code === clause.code) === at),
    ),
    '',
    ...claims.map(claimLine),
    '',
    `Verdict ${verdictDigest(verdict)}, ${key === null ? 'not signed: pass --key' : `signed by ${formatVerifierKey(key.key)}`}.`,
  ];
}

function claimLine({ about, status, source, strength, revoked }: Claim): string {
  const line = `  ${about.padEnd(12)} ${status === 'verified' ? paint('green', status) : status}, ${strength} (${source})`;
  if (revoked === undefined) return line;
  const until = new Date(revoked.until).toISOString();
  return `${line}; ${paint('yellow', `was ${revoked.was} until ${until}: ${revoked.code}`)}`;
}

/** `isFirst`: whether it is the first with its code, which is explained once. */
function clauseLines({ clause, status, code }: Clause, isFirst: boolean): string[] {
  const line = `  ${paint(STYLES[status], status.padEnd(12))} ${clause}`;
  if (code === null) return [line];
  const why = `               ${hang(`${says(code)} ${advice(code)}`, 15)}`;
  return isFirst ? [`${line}: ${code}`, why] : [`${line}: ${code}`];
}
