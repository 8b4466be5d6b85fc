/** `countersign import`: checks the receipts and signed answers of others, and says what they prove and what they do not. It trusts no file. */
import { Command, InvalidArgumentError } from 'commander';
import { plain } from '../../appraise/evidence/plain.js';
import { dcapPolicyOf, nitroPolicyOf } from '../../appraise/evidence/policy-form.js';
import type { Imported } from '../../appraise/imports/imported.js';
import { fromHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import { EXIT_CODES } from './conformance/answer.js';
import { claimsOf } from './conformance/evidence.js';
import { MAKERS } from './conformance/evidence-input.js';
import { readPolicies } from './evidence/policies.js';
import { EXIT } from './exit-code.js';
import { readInput } from './files.js';
import { judgeImport } from './import/judge.js';
import type { Origin } from './import/parts.js';
import { importLines } from './import/words.js';
import { print, printError, printJson } from './print.js';
import { timeArgument } from './time-argument.js';

interface ImportOptions {
  readonly request?: string;
  readonly response?: string;
  readonly nonce?: Uint8Array;
  readonly key?: Uint8Array;
  readonly tls?: Uint8Array;
  readonly root?: Uint8Array;
  readonly collateral?: string;
  readonly policy?: string;
  readonly asOf?: number;
  readonly json?: true;
}

export function importCommand(): Command {
  return new Command('import')
    .description(
      "check the receipts and signed answers of others offline, and say what they prove and what they don't",
    )
    .addHelpText(
      'after',
      `\nExamples:\n${LINES.map(line => `  ${line}`).join('\n')}\n\nEach has its own --help.\n${EXIT_CODE_TEXT}`,
    )
    .addCommand(
      subcommand('opengradient', 'an answer of OpenGradient, or a batch of its settlements', {
        files:
          'the answer with its tee_signature; the request; the signing key (PEM, or as /signing-key answers); the attestation document; the TLS certificate (PEM); or a batch (JSON), with signing keys',
        options: ['root'],
      }),
    )
    .addCommand(
      subcommand('aci', 'a receipt of Attested Confidential Inference (aci/1)', {
        files: 'the receipt; the attestation report that its key comes from; the sessions that it cites',
        options: ['nonce', 'tls', 'collateral'],
      }),
    )
    .addCommand(
      subcommand('near', 'a signed response of NEAR AI', {
        files: 'the answer of /v1/signature/<id>; that of /v1/attestation/report',
        options: ['nonce', 'collateral'],
      }),
    )
    .addCommand(
      subcommand('air', 'an Attested Inference Receipt, version 1', {
        files: 'the receipt; the attestation document or quote that it names: binary, hexadecimal or base64',
        options: ['nonce', 'key', 'collateral'],
      }),
    );
}

const LINES = [
  'countersign import opengradient request.json response.json key.json attestation.b64 --as-of 2026-04-28T12:00:00Z',
  'countersign import opengradient batch.json key.pem --root 5e1f…',
  'countersign import aci receipt.json report.json session.json --request sent.json --response came.sse --nonce 00ff… --collateral collateral.json',
  'countersign import near signature.json report.json --request sent.json --response came.json --nonce 00ff… --collateral collateral.json',
  'countersign import air receipt.cbor attestation.bin --request sent --response came',
] as const;

const EXIT_CODE_TEXT = `Exit codes: 0 accepted, 10 refused, 20 inconclusive (something that a check needs was not given), 30 malformed, 64 wrong usage, 1 anything else.
Accepted means that the receipt is what its makers say: read what follows from that, and what does not. Only the roots of makers of hardware count.`;

type Extra = 'root' | 'nonce' | 'tls' | 'key' | 'collateral';

function subcommand(
  origin: Origin,
  about: string,
  { files, options }: { readonly files: string; readonly options: readonly Extra[] },
): Command {
  const command = new Command(origin)
    .description(`check ${about}`)
    .argument('<file...>', files)
    .option('--request <file>', 'the request, byte for byte as it was sent')
    .option('--response <file>', 'the response, byte for byte as it came');
  for (const option of options) OPTIONS[option](command);
  const examples = LINES.filter(line => line.startsWith(`countersign import ${origin} `));
  return command
    .option('--policy <file>', 'what to require of evidence, as JSON by kind: {"nitro": {…}, "tdx": {…}}')
    .option(
      '--as-of <time>',
      'judge as of this time, such as 2026-11-21T12:00:00Z (default: now)',
      timeArgument,
    )
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', `\nExamples:\n${examples.map(line => `  ${line}`).join('\n')}\n\n${EXIT_CODE_TEXT}`)
    .action((paths: string[], given: ImportOptions) => run(origin, paths, given));
}

const OPTIONS: Readonly<Record<Extra, (command: Command) => Command>> = {
  root: command => command.option('--root <hex>', "the batch's root as it was published", octets(32)),
  nonce: command => command.option('--nonce <hex>', 'the nonce that was asked with', octets(8, 64)),
  tls: command =>
    command.option('--tls <hex>', 'SHA-256 of the SubjectPublicKeyInfo of the TLS connection', octets(32)),
  key: command =>
    command.option(
      '--key <hex>',
      'the Ed25519 key that signs (default: the one in a Nitro document)',
      octets(32),
    ),
  collateral: command =>
    command.option('--collateral <file>', "what Intel has published about a quote's platform, as JSON"),
};

/** An answer with images in it; everything else is far smaller. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

async function run(origin: Origin, paths: readonly string[], options: ImportOptions): Promise<void> {
  // Plain bytes: a slice of a Buffer would share its memory.
  const read = async (path: string) => new Uint8Array(await readInput(path, MAX_FILE_BYTES));
  const optional = async (path: string | undefined) => (path === undefined ? null : read(path));
  const files = await Promise.all(paths.map(async path => ({ path, bytes: await read(path) })));
  const policies = options.policy === undefined ? {} : readPolicies(await read(options.policy));
  const beside = {
    request: await optional(options.request),
    response: await optional(options.response),
    nonce: options.nonce ?? null,
    key: options.key ?? null,
    tls: options.tls ?? null,
    root: options.root ?? null,
    collateral: await optional(options.collateral),
  };
  let judged: Imported;
  try {
    judged = await judgeImport(origin, files, beside, {
      asOf: (options.asOf ?? Date.now()) / 1000,
      roots: MAKERS,
      policies: { nitro: nitroPolicyOf(policies.nitro), dcap: dcapPolicyOf(policies.tdx) },
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message } = error;
    if (options.json)
      printJson({ format: origin, status: 'malformed', code, reason: message, exitCode: EXIT.malformed });
    else printError(`countersign: ${message}`);
    process.exitCode = EXIT.malformed;
    return;
  }
  const exitCode = EXIT_CODES[judged.status];
  if (options.json) {
    const { evidence, stated, ...rest } = judged;
    printJson({ ...rest, stated: plain(stated), evidence: evidence.map(claimsOf), exitCode });
  } else for (const line of importLines(judged)) print(line);
  process.exitCode = exitCode;
}

function octets(least: number, most = least): (text: string) => Uint8Array {
  return text => {
    const bytes = fromHex(text.replace(/^0x/, '').toLowerCase());
    if (bytes === null || bytes.length < least || bytes.length > most)
      throw new InvalidArgumentError(
        `It takes ${least === most ? least : `${least} to ${most}`} bytes in hexadecimal.`,
      );
    return bytes;
  };
}
