/** `countersign evidence`: checks evidence of hardware offline, each piece and whether all are of one run. */
import { Command, InvalidArgumentError } from 'commander';
import { CARRYING_FIELDS, CONVENTION_NAMES } from '../../appraise/binding/conventions.js';
import type { Carrying } from '../../appraise/binding/run.js';
import { fromHex } from '../../bytes/hex.js';
import { parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { parseBundle } from '../../receipt/bundle.js';
import { EXIT_CODES } from './conformance/answer.js';
import { MAKERS } from './conformance/evidence-input.js';
import { judgeFiles } from './evidence/judge.js';
import { readPolicies } from './evidence/policies.js';
import { evidenceLines } from './evidence/words.js';
import { readInput } from './files.js';
import { print, printJson } from './print.js';
import { timeArgument } from './time-argument.js';

interface EvidenceOptions {
  readonly policy?: string;
  readonly asOf?: number;
  readonly nonce?: Uint8Array;
  readonly collateral?: string;
  readonly chain: readonly string[];
  readonly carries: readonly Carrying[];
  readonly issuer?: VerifierKey;
  readonly tls?: Uint8Array;
  readonly statement?: string;
  readonly receipt?: string;
  readonly json?: true;
}

export function evidenceCommand(): Command {
  return new Command('evidence')
    .description(
      'check evidence of hardware offline: documents, reports and quotes, and whether they are of one run',
    )
    .addCommand(subcommand('verify', 'check it: every check of every piece, and what ties the pieces'))
    .addCommand(subcommand('explain', 'check it, and say what it states and which bytes nobody has signed'));
}

function subcommand(name: 'verify' | 'explain', about: string): Command {
  return new Command(name)
    .exitOverride()
    .description(about)
    .argument(
      '<file...>',
      'a Nitro document, an SEV-SNP report, a TDX or SGX quote, or evidence of NVIDIA (JSON or one device): binary, hexadecimal or base64',
    )
    .option(
      '--as-of <time>',
      'judge as of this time, such as 2026-11-21T12:00:00Z (default: now)',
      timeArgument,
    )
    .option(
      '--policy <file>',
      'what to require, as JSON by kind: {"nitro": {…}, "snp": {…}, "tdx": {…}, "nvidia": {…}}',
    )
    .option(
      '--chain <file>',
      'certificates of evidence that comes without (SEV-SNP; one NVIDIA device), PEM or DER; repeat it in the order of the files',
      collect,
      [],
    )
    .option('--collateral <file>', "what Intel has published about a quote's platform, as JSON")
    .option('--nonce <hex>', 'the nonce that was asked with', octetsArgument)
    .option(
      '--carries <field=convention>',
      'what a field carries (spec/binding.md); repeatable',
      collectCarrying,
      [],
    )
    .option('--issuer <vkey>', 'the key that receipts are signed with', keyArgument)
    .option('--tls <hex>', 'SHA-256 of the SubjectPublicKeyInfo of the TLS connection', digestArgument)
    .option('--statement <file>', "a gateway's statement, whose digest its evidence carries")
    .option('--receipt <bundle>', 'a receipt that is to be of the same run')
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action((files: string[], options: EvidenceOptions) => run(files, options, name === 'explain'));
}

const EXAMPLES = `
Examples:
  countersign evidence verify document.bin --as-of 2022-10-13T08:58:03Z
  countersign evidence verify report.bin --chain vcek.pem
  countersign evidence explain quote.bin --collateral collateral.json
  countersign evidence verify quote.bin gpus.json --collateral collateral.json --nonce 00ff… --carries reportData=sha-256-statement \\
    --carries nonce=sha-256-statement --statement statement.json --receipt bundle.json

Exit codes: 0 accepted, 10 refused, 20 inconclusive (collateral missing, something not shown) or unsupported, 30 malformed, 64 wrong usage,
1 anything else. Only the roots of makers of hardware count.`;

const MAX_FILE_BYTES = 4 * 1024 * 1024;

async function run(files: readonly string[], options: EvidenceOptions, explain: boolean): Promise<void> {
  const { policy, collateral, statement, receipt, asOf = Date.now() } = options;
  // Plain bytes: a slice of a Buffer would share its memory.
  const read = async (path: string) => new Uint8Array(await readInput(path, MAX_FILE_BYTES));
  const judged = await judgeFiles(
    {
      files: await Promise.all(files.map(async path => ({ path, bytes: await read(path) }))),
      chains: await Promise.all(options.chain.map(read)),
      collateral: collateral === undefined ? null : await read(collateral),
      policies: policy === undefined ? {} : readPolicies(await read(policy)),
      carries: options.carries,
      others: {
        nonce: options.nonce ?? null,
        key: options.issuer === undefined ? null : { kind: 'issuer', key: options.issuer },
        tls: options.tls ?? null,
        epoch: null,
        statement: statement === undefined ? null : await read(statement),
        receipt: receipt === undefined ? null : parseBundle(await read(receipt)).envelope,
        body: null,
      },
    },
    { asOf: asOf / 1000, roots: MAKERS },
  );
  const exitCode = EXIT_CODES[judged.status];
  if (options.json) {
    const evidence = judged.pieces.map(({ name, answer }) => ({ file: name, ...answer }));
    printJson({ status: judged.status, code: judged.code, evidence, edges: judged.edges, exitCode });
  } else for (const line of evidenceLines(judged, explain)) print(line);
  process.exitCode = exitCode;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function collectCarrying(text: string, before: readonly Carrying[]): readonly Carrying[] {
  const [field, name, ...more] = text.split('=');
  const known = CARRYING_FIELDS.find(each => each === field);
  const convention = CONVENTION_NAMES.find(each => each === name);
  if (known === undefined || convention === undefined || more.length > 0)
    throw new InvalidArgumentError(
      `It takes one of ${CARRYING_FIELDS.join(', ')}, = and one of ${CONVENTION_NAMES.join(', ')}.`,
    );
  return [...before, { field: known, convention }];
}

function octetsArgument(text: string): Uint8Array {
  const octets = fromHex(text.toLowerCase());
  if (octets === null || octets.length === 0) throw new InvalidArgumentError('It takes hexadecimal.');
  return octets;
}

function digestArgument(text: string): Uint8Array {
  const digest = octetsArgument(text);
  if (digest.length !== 32) throw new InvalidArgumentError('It takes the 64 digits of a SHA-256.');
  return digest;
}

function keyArgument(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new InvalidArgumentError('It takes a verifier key, as C2SP signed-note writes it.');
  }
}
