/** `countersign evidence simulate`: makes evidence for development, which says what it is and is accepted by nobody. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { utf8 } from '../../../bytes/octets.js';
import type { NvidiaArchitecture } from '../../../evidence/nvidia/device.js';
import { NONCE_BYTES } from '../../../evidence/nvidia/spdm.js';
import type { SnpProduct } from '../../../evidence/snp/product.js';
import { formatPem } from '../../../evidence/x509/pem.js';
import type { SimulatedAttester } from '../../attester/attester.js';
import { defaultDataFolder } from '../data-folder.js';
import { UsageError } from '../exit-code.js';
import { writeOutput } from '../files.js';
import { print, printJson } from '../print.js';
import { timeArgument } from '../time-argument.js';
import { octetsArgument } from './given.js';

const KINDS = ['nitro', 'sev-snp', 'tdx', 'sgx', 'nvidia'] as const;

interface SimulateOptions {
  readonly kind: (typeof KINDS)[number];
  readonly out: string;
  readonly data: string;
  readonly nonce?: Uint8Array;
  readonly reportData?: Uint8Array;
  readonly measurement?: Uint8Array;
  readonly product: SnpProduct;
  readonly signer: 'vcek' | 'vlek';
  readonly reportVersion?: '2' | '3' | '4' | '5';
  readonly architecture: NvidiaArchitecture;
  /** Milliseconds. */
  readonly at?: number;
  readonly json?: true;
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description(
      'make evidence for development: its bytes say that it is simulated, and it is never accepted',
    )
    .addOption(new Option('--kind <kind>', 'which hardware').choices(KINDS).makeOptionMandatory())
    .requiredOption('--out <folder>', 'where to write the evidence and what it is judged with')
    .option('--data <folder>', 'whose simulated attester, made when there is none', defaultDataFolder())
    .option(
      '--nonce <hex>',
      'what is asked with (Nitro: any; NVIDIA: 32 bytes, by default random)',
      octetsArgument,
    )
    .option(
      '--report-data <hex>',
      'what the software puts in, up to 64 bytes (SEV-SNP, TDX, SGX)',
      octetsArgument,
    )
    .option('--measurement <hex>', 'which software it is (SEV-SNP, TDX: 48 bytes; SGX: 32)', octetsArgument)
    .addOption(line('--product <line>', "AMD's product line", ['milan', 'genoa', 'turin']))
    .addOption(line('--signer <kind>', "the chip's key, or one that is lent to a cloud", ['vcek', 'vlek']))
    .addOption(
      new Option('--report-version <number>', 'the form of an SEV-SNP report').choices(['2', '3', '4', '5']),
    )
    .addOption(line('--architecture <name>', "NVIDIA's", ['hopper', 'blackwell', 'nvswitch']))
    .option('--at <time>', 'when it is made (default: now)', timeArgument)
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

function line(flags: string, about: string, choices: readonly [string, ...string[]]): Option {
  return new Option(flags, about).choices(choices).default(choices[0]);
}

const EXAMPLES = `
Examples:
  countersign evidence simulate --kind nitro --out ./evidence
  countersign evidence simulate --kind sev-snp --product turin --signer vlek --out ./evidence
  countersign evidence verify ./evidence/report.bin --chain ./evidence/chain.pem --simulated ~/.local/share/countersign

The last one says evidence/simulated, and what else there would be to say.
Exit codes: 0 written, 64 wrong usage, 1 anything else.`;

/** What each of the others says of some kinds only. */
const KINDS_OF: Readonly<Record<string, readonly SimulateOptions['kind'][]>> = {
  nonce: ['nitro', 'nvidia'],
  reportData: ['sev-snp', 'tdx', 'sgx'],
  measurement: ['sev-snp', 'tdx', 'sgx'],
  product: ['sev-snp'],
  signer: ['sev-snp'],
  reportVersion: ['sev-snp'],
  architecture: ['nvidia'],
};

/** Throws a usage error for an option that would be passed over. */
function requireMeaning(command: Command, kind: SimulateOptions['kind']): void {
  for (const option of command.options) {
    const kinds = KINDS_OF[option.attributeName()];
    const isGiven = command.getOptionValueSource(option.attributeName()) === 'cli';
    if (isGiven && kinds !== undefined && !kinds.includes(kind))
      throw new UsageError(
        `${option.long} is of ${kinds.join(', ')}, and says nothing of ${kind}: leave it out.`,
      );
  }
}

async function run(options: SimulateOptions, command: Command): Promise<void> {
  const { out, data, kind, json } = options;
  requireMeaning(command, kind);
  const { openAttester } = await import('../../attester/attester.js');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const files = made(await openAttester(data), options);
  await mkdir(out, { recursive: true });
  const written: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(files)) {
    written[name] = join(out, name);
    await writeOutput(join(out, name), bytes);
  }
  if (json) return printJson({ kind, simulated: true, files: Object.values(written) });
  print(`Simulated evidence of ${kind}, which nobody accepts: ${Object.values(written).join(', ')}`);
  const [document = '', ...others] = Object.keys(files).map(name => written[name] as string);
  const given = others.map(
    path => ` ${OPTION_OF.find(([ending]) => path.endsWith(ending))?.[1] ?? ''} ${path}`,
  );
  print(`Look at it:  npx countersign evidence explain ${document}${given.join('')} --simulated ${data}`);
}

/** With which option each file is given to `verify`. */
const OPTION_OF: readonly (readonly [string, string])[] = [
  ['chain.pem', '--chain'],
  ['collateral.json', '--collateral'],
  ['revocations.crl', '--crl'],
];

/** The evidence first, then what it is judged with. */
function made(attester: SimulatedAttester, options: SimulateOptions): Readonly<Record<string, Uint8Array>> {
  const { kind, nonce, product, signer, architecture, reportVersion } = options;
  const at = (options.at ?? Date.now()) / 1000;
  const said = {
    ...(options.reportData === undefined
      ? {}
      : { reportData: atMost(options.reportData, 64, '--report-data') }),
    ...(options.measurement === undefined ? {} : { measurement: measured(options.measurement, kind) }),
  };
  switch (kind) {
    case 'nitro': {
      const { document } = attester.nitro({
        at,
        ...(nonce === undefined ? {} : { nonce: atMost(nonce, 1024, '--nonce') }),
      });
      return { 'document.bin': document };
    }
    case 'sev-snp': {
      const version = reportVersion === undefined ? {} : { version: Number(reportVersion) as 2 | 3 | 4 | 5 };
      const { report, signer: own, authority, root } = attester.snp({ product, signer, ...version, ...said });
      return {
        'report.bin': report,
        'chain.pem': utf8(formatPem('CERTIFICATE', [own.certificate, authority, root])),
        'revocations.crl': attester.snpRevocations(product, at),
      };
    }
    case 'tdx':
    case 'sgx': {
      const { quote, collateral } = attester[kind]({ at, ...said });
      return { 'quote.bin': quote, 'collateral.json': collateral };
    }
    case 'nvidia': {
      const asked = nonce ?? randomBytes(NONCE_BYTES);
      if (asked.length !== NONCE_BYTES)
        throw new UsageError(`--nonce takes ${NONCE_BYTES} bytes of NVIDIA's.`);
      const { evidence, certificateChain } = attester.nvidia({ nonce: asked, architecture });
      return { 'evidence.bin': evidence, 'chain.pem': utf8(certificateChain) };
    }
  }
}

function measured(octets: Uint8Array, kind: SimulateOptions['kind']): Uint8Array {
  const length = kind === 'sgx' ? 32 : 48;
  if (octets.length !== length) throw new UsageError(`--measurement takes ${length} bytes of ${kind}.`);
  return octets;
}

function atMost(octets: Uint8Array, most: number, option: string): Uint8Array {
  if (octets.length > most) throw new UsageError(`${option} takes ${most} bytes at most.`);
  return octets;
}
