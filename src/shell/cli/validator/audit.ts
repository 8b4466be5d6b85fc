/** `countersign validator audit`: judges again what another validator has published, and writes down the proof of what is wrong. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { knownKeys } from '../../../court/misbehaviour/known-keys.js';
import { parseVerifierKey, type VerifierKey } from '../../../note/key.js';
import { advice, Failure, type ReasonCode } from '../../../reason.js';
import { nodeDisk } from '../../files/disk.js';
import { writeDurably } from '../../files/durable.js';
import { type Audit, auditValidator, MAX_PROOFS } from '../../validator/audit.js';
import { OwnVerdicts } from '../../validator/own-verdicts.js';
import { Packages } from '../../validator/packages.js';
import { collect } from '../collect.js';
import { EXIT, UsageError } from '../exit-code.js';
import { print, printable, printError, printJson } from '../print.js';
import { progressOf } from '../progress.js';
import { ownTrustFile, readTrust } from '../trust-file.js';
import { requireValidatorFolder } from './folder.js';

interface AuditCommandOptions {
  readonly trust?: string;
  readonly key: readonly string[];
  readonly data?: string;
  readonly out?: string;
  readonly json?: true;
}

export function auditCommand(): Command {
  return new Command('audit')
    .description('judge again what another validator has published')
    .argument('<url>', 'where the other validator listens')
    .option('--trust <file>', `whose verdicts count: its validators (default: ${ownTrustFile()})`)
    .option('--key <verifier key>', 'whose verdicts count as well; repeat it for several', collect, [])
    .option('--data <folder>', 'the folder of your own validator, to compare with its verdicts')
    .option('--out <folder>', 'write the proofs of wrong verdicts here')
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText(
      'after',
      `
Examples:
  countersign validator audit https://other.example --trust trust.json --data ./validator --out proofs
  countersign verify-misbehaviour proofs/p11-0c6e….json --trust trust.json

Each verdict is judged again from what it says that it was made from. One that differs from yours because it was asked something else is no lie.

Exit codes: 0 nothing is wrong, 10 a verdict is, or what it publishes is malformed or missing, 20 it does not answer, signs with a key that you do not
know, or judges by rules that this version does not have, 30 a file on the command line is malformed, 64 wrong usage, 1 anything else.`,
    )
    .action((url: string, options: AuditCommandOptions) => unlessOutOfReach(() => run(url, options)));
}

/** What says nothing of the other's verdicts, for or against. */
const OUT_OF_REACH: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'peer/unreachable',
  'peer/resting',
  'peer/answer-unexpected',
  'peer/answer-missing',
  'misbehaviour/key-unknown',
]);

async function unlessOutOfReach(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure) || !OUT_OF_REACH.has(error.code)) throw error;
    printError(`countersign: ${error.message}`);
    process.exitCode = EXIT.inconclusive;
  }
}

async function run(url: string, options: AuditCommandOptions): Promise<void> {
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url))
    throw new UsageError('the other validator is named by its URL, such as https://other.example.');
  const trusted = await readTrust(options.trust);
  if (trusted === null) throw new UsageError('it takes the trust file of the log: pass --trust.');
  const own = options.data === undefined ? null : await ownVerdicts(options.data);
  const progress = progressOf('batches judged again', options.json === true);
  const files: string[] = [];
  const audit = await auditValidator({
    url,
    known: knownKeys(trusted.trust, options.key.map(readKey)),
    trust: trusted.trust,
    own: async index => own?.on(index) ?? null,
    receipts: async (start, end) => own?.within(start, end) ?? [],
    onProgress: progress.show,
    onProof: async ({ name, bytes }) => {
      if (options.out === undefined) return;
      await mkdir(options.out, { recursive: true });
      const path = join(options.out, name);
      await writeDurably(path, bytes);
      files.push(path);
    },
  }).finally(progress.end);
  const isWrong = audit.wrong.length + audit.findings.length > 0;
  const exitCode = isWrong ? EXIT.fail : audit.unjudged > 0 ? EXIT.inconclusive : EXIT.pass;
  if (options.json) printJson({ ...audit, files, exitCode });
  else for (const line of words(audit, files, own !== null)) print(line);
  process.exitCode = exitCode;
}

async function ownVerdicts(data: string): Promise<OwnVerdicts> {
  requireValidatorFolder(data);
  const packages = await Packages.open(join(data, 'batches'), nodeDisk);
  return new OwnVerdicts(packages, ((await packages.lastFrom(null))?.sequence ?? -1) + 1);
}

function readKey(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch {
    throw new UsageError(`--key takes a verifier key, <name>+<key id>+<base64>, and this is none: ${text}`);
  }
}

function words(
  { batches, verdicts, unjudged, same, otherQuestions, wrong, findings }: Audit,
  files: readonly string[],
  isCompared: boolean,
) {
  return [
    ...wrong.map((index, at) => {
      const proof =
        files[at] === undefined
          ? at < MAX_PROOFS
            ? 'pass --out for the proof'
            : 'one of many'
          : `proof: ${files[at]}`;
      return `WRONG         the verdict on entry ${index}; ${proof}`;
    }),
    ...findings.flatMap(({ code, sequence, detail }) => [
      `FINDING       batch ${sequence}: ${code} (${printable(detail)})`,
      `              ${advice(code)}`,
    ]),
    `judged again  ${verdicts - unjudged} verdicts in ${batches} batches; ${wrong.length} wrong`,
    ...(unjudged === 0
      ? []
      : [`not judged    ${unjudged} verdicts by rules that this version does not have`]),
    ...(isCompared ? [`compared      ${same} the same as yours, ${otherQuestions} ANOTHER QUESTION`] : []),
  ];
}
