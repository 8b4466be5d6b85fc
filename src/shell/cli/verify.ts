/** `countersign verify`: checks a bundle without asking anybody. */
import { Command } from 'commander';
import { type Verification, type VerifyInput, verify } from '../../appraise/verify.js';
import { parseOpening } from '../../receipt/opening.js';
import { collect } from './collect.js';
import { exitCodeOf, UsageError } from './exit-code.js';
import { readInput } from './files.js';
import { print, printJson } from './print.js';
import { report } from './report.js';
import { timeArgument } from './time-argument.js';
import { ownTrustFile, readTrust } from './trust-file.js';

interface VerifyOptions {
  readonly opening?: string;
  readonly request?: string;
  readonly response?: string;
  readonly image?: string;
  readonly policy?: string;
  readonly evidence: readonly string[];
  readonly appraisalPolicy?: string;
  readonly trust?: string;
  readonly asOf?: number;
  readonly json?: true;
}

/** More than any gateway takes or gives. */
const MAX_CONTENT_BYTES = 1 << 28;

export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'check a bundle offline: who signed it, what it says, and whether it is logged and witnessed',
    )
    .argument('<bundle>', 'the file that GET /v1/receipts/<id> returned')
    .option(
      '--opening <text>',
      "the exchange's countersign-opening header, or @file: needed to compare content",
    )
    .option('--request <file>', 'the exact bytes that were sent')
    .option('--response <file>', 'the exact bytes that came; for a stream, all of its events')
    .option('--image <file>', "an image of the answer's, as the file that it is")
    .option('--policy <file>', "the log's entry with the policy that the receipt names")
    .option(
      '--evidence <file>',
      'evidence that belongs to it, as countersign appraise takes it; repeat it for several',
      collect,
      [],
    )
    .option(
      '--appraisal-policy <file>',
      'your appraisal policy: which evidence counts, of which software, and by which providers',
    )
    .option('--trust <file>', `whom to believe (default: ${ownTrustFile()}, when it is there)`)
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
  countersign verify bundle.json --trust trust.json
  countersign verify bundle.json --opening @opening --request request.json --response response.json
  countersign verify bundle.json --opening @opening --image seal.png
  countersign verify bundle.json --policy policy-entry.json     (from <gateway>/log/entries/<policy.index>)
  countersign verify bundle.json --evidence tdx.json --appraisal-policy policy.yaml

Evidence is judged as of the time of the receipt, and bound to the key that has signed it or to the connection that it names. Of an
appraisal policy only evidence, releases and providers are used here; countersign appraise holds the receipt against all of it.

Exit codes: 0 pass, 10 fail, 20 inconclusive (no trust file, proof or quorum, content without its opening, or evidence that leaves
it open), 30 malformed, 64 wrong usage, 1 anything else. What was not given is reported as not checked and does not change the code.`;

async function run(bundle: string, options: VerifyOptions): Promise<void> {
  const trusted = await readTrust(options.trust);
  if (options.appraisalPolicy !== undefined && options.evidence.length === 0)
    throw new UsageError('--appraisal-policy says which evidence counts: pass --evidence as well.');
  const verification = await verified(options, {
    bundle: await readInput(bundle, MAX_CONTENT_BYTES),
    trust: trusted?.trust ?? null,
    content: {
      opening: options.opening === undefined ? null : await readOpening(options.opening),
      request: options.request === undefined ? null : await readInput(options.request, MAX_CONTENT_BYTES),
      response: options.response === undefined ? null : await readInput(options.response, MAX_CONTENT_BYTES),
      ...(options.image === undefined ? {} : { image: await readInput(options.image, MAX_CONTENT_BYTES) }),
    },
    ...(options.policy === undefined ? {} : { policy: await readInput(options.policy, MAX_CONTENT_BYTES) }),
    asOf: options.asOf ?? Date.now(),
  });
  const exitCode = exitCodeOf(verification.outcome);
  const trust = trusted?.path ?? null;
  if (options.json) printJson({ ...verification, trust, exitCode });
  else {
    for (const line of report(verification)) print(line);
    print();
    print(`Judged by ${trust === null ? 'no trust file: pass --trust' : `the trust file ${trust}`}.`);
  }
  process.exitCode = exitCode;
}

/** What judges evidence is loaded where there is any. */
async function verified(
  { evidence, appraisalPolicy }: VerifyOptions,
  input: VerifyInput,
): Promise<Verification> {
  if (evidence.length === 0) return verify(input);
  const [{ verifyWithEvidence }, { readEvidenceFiles, readEvidenceMeasure }] = await Promise.all([
    import('../../appraise/verdict/verify-evidence.js'),
    import('./verdict-artefacts.js'),
  ]);
  return verifyWithEvidence(input, {
    evidence: await readEvidenceFiles(evidence),
    measure: await readEvidenceMeasure(appraisalPolicy),
  });
}

/** On the command line an opening can be seen by other users of the machine; in a file it need not be. */
async function readOpening(text: string): Promise<Uint8Array> {
  const opening = text.startsWith('@')
    ? Buffer.from(await readInput(text.slice(1), MAX_CONTENT_BYTES)).toString('utf8')
    : text;
  try {
    return parseOpening(opening.trim());
  } catch {
    throw new UsageError(
      '--opening takes the 43 characters of the countersign-opening header, or @ and a file that holds them.',
    );
  }
}
