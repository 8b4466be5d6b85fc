/** `countersign evidence collateral`: gets what makers of hardware have published about a piece of evidence, or takes in what came another way. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { PieceRole } from '../../../appraise/kept/roles.js';
import { utf8 } from '../../../bytes/octets.js';
import { parseSnpReport } from '../../../evidence/snp/layout.js';
import { productOfCpu, type SnpProduct } from '../../../evidence/snp/product.js';
import { formatPem } from '../../../evidence/x509/pem.js';
import { Failure } from '../../../reason.js';
import type { Makers } from '../../collateral/renewal.js';
import { dataFolder, defaultDataFolder } from '../data-folder.js';
import { EXIT, UsageError } from '../exit-code.js';
import { readInput, writeOutput } from '../files.js';
import { print, printable, printError, printJson } from '../print.js';
import { type Detected, detect } from './detect.js';
import { FILES, readEvidence } from './given.js';
import { type MakersOptions, openMakers, withMakersOptions } from './makers.js';

interface FetchOptions extends MakersOptions {
  readonly out: string;
  readonly chain?: string;
  readonly product?: SnpProduct;
  readonly data: string;
  readonly offline?: true;
  readonly json?: true;
}

export function collateralCommand(): Command {
  const fetch = withMakersOptions(new Command('fetch'))
    .description('get what a piece of evidence is judged with, and write it into files for verify')
    .argument('<file>', FILES)
    .requiredOption('--out <folder>', 'where to write it')
    .option('--chain <file>', 'the certificates of one NVIDIA device, which come with its evidence')
    .addOption(
      new Option('--product <line>', 'for SEV-SNP reports of version 2, which do not say it').choices([
        'milan',
        'genoa',
        'turin',
      ]),
    )
    .option('--offline', 'ask nobody: take what the data folder keeps')
    .option('--data <folder>', 'where answers are kept', defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(runFetch);
  const importing = new Command('import')
    .description('take in collateral that came another way, such as by hand to a place without a network')
    .argument('<path...>', 'files, or folders of them')
    .option('--data <folder>', 'where it is kept', defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', IMPORTING)
    .action(runImport);
  return new Command('collateral')
    .description('get what makers of hardware have published: certificates, lists, TCB info, manifests')
    .addCommand(fetch)
    .addCommand(importing)
    .addHelpText('after', EXAMPLES);
}

const IMPORTING = `
Examples:
  countersign evidence collateral import /media/usb/collateral
  countersign evidence collateral import vcek.der milan.crl --data /srv/countersign

Exit codes: 0 all were taken in, 30 a file is nothing of the kind, 64 wrong usage, 1 anything else.`;

const EXAMPLES = `
Examples:
  countersign evidence collateral fetch quote.bin --out ./collateral
  countersign evidence collateral fetch report.bin --out ./collateral --kds https://kds.internal
  countersign evidence collateral fetch quote.bin --out ./collateral --pccs https://pccs.internal:8081

Answers are kept in the data folder and asked for again once a day. Publishers are not trusted: verify checks what they have signed.
Exit codes: 0 everything was had, 20 something was not, 30 malformed, 64 wrong usage, 1 anything else.`;

/** A file to write, with the option of `verify` that it is for. */
interface Had {
  readonly name: string;
  readonly option: string;
  readonly bytes: Uint8Array;
}

async function runFetch(file: string, options: FetchOptions): Promise<void> {
  const detected = detect(await readEvidence(file));
  const problems: Failure[] = [];
  const onProblem = (problem: Error) => {
    if (!(problem instanceof Failure)) throw problem;
    problems.push(problem);
  };
  const folder = dataFolder(options.data);
  const makers = await openMakers(folder, options, { offline: options.offline === true, onProblem });
  const had = await collateralFor(detected, makers, options, onProblem);
  await mkdir(options.out, { recursive: true });
  const files = await Promise.all(
    had.map(async ({ name, option, bytes }) => {
      const path = join(options.out, name);
      await writeOutput(path, bytes);
      return { path, option };
    }),
  );
  process.exitCode = problems.length === 0 ? EXIT.pass : EXIT.inconclusive;
  if (options.json) {
    const told = problems.map(({ code, field = null, detail = null }) => ({ code, field, detail }));
    return printJson({ kind: detected.kind, files, problems: told, exitCode: process.exitCode });
  }
  for (const { message } of problems) printError(printable(message));
  if (files.length === 0) return print('There is nothing to be had for this kind of evidence.');
  const given = files.map(({ path, option }) => ` ${option} ${path}`).join('');
  print(`Judge it:  npx countersign evidence verify ${file}${given}`);
}

async function collateralFor(
  detected: Detected,
  makers: Required<Makers>,
  options: FetchOptions,
  onProblem: (problem: Error) => void,
): Promise<readonly Had[]> {
  const attempt = async (
    name: string,
    option: string,
    get: () => Promise<Uint8Array>,
  ): Promise<readonly Had[]> => {
    try {
      return [{ name, option, bytes: await get() }];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      onProblem(error);
      return [];
    }
  };
  switch (detected.kind) {
    case 'nitro':
      return [];
    case 'dcap':
      return attempt(
        'collateral.json',
        '--collateral',
        async () => (await makers.intel.forQuote(detected.bytes)).bytes,
      );
    case 'nras':
      return attempt('keys.json', '--keys', async () => (await makers.nvidia.keys()).bytes);
    case 'snp': {
      const { stated } = parseSnpReport(detected.bytes);
      const line = options.product ?? (stated.cpu === null ? null : productOfCpu(stated.cpu));
      if (line === null)
        throw new UsageError('The report does not say of which product line it is; pass --product.');
      return [
        ...(await attempt('chain.pem', '--chain', () => snpChain(detected.bytes, line, makers))),
        ...(await attempt(
          'revocations.crl',
          '--crl',
          async () => (await makers.amd.revocations(line)).bytes,
        )),
      ];
    }
    case 'spdm':
    case 'nvidia-file':
      return ofDevices(devicesIn(detected, await chainIn(options.chain)), makers, onProblem);
  }
}

/** The chip's certificate and its authorities. That of a key which is lent to a cloud only the cloud has. */
async function snpChain(
  report: Uint8Array,
  line: SnpProduct,
  { amd }: Required<Makers>,
): Promise<Uint8Array> {
  if (parseSnpReport(report).stated.signingKey === 'vlek')
    throw new Failure('evidence/certificates-missing', {
      detail: 'the key is lent to a cloud, which has its certificate',
    });
  const [{ bytes }, { authority, root }] = await Promise.all([amd.vcek(report, line), amd.signers(line)]);
  return utf8(formatPem('CERTIFICATE', [bytes, authority, root]));
}

interface Device {
  readonly evidence: Uint8Array;
  /** PEM. */
  readonly chain: Uint8Array;
}

async function chainIn(path: string | undefined): Promise<Uint8Array | null> {
  return path === undefined ? null : new Uint8Array(await readInput(path, MAX_CHAIN_BYTES));
}

const MAX_CHAIN_BYTES = 256 * 1024;

function devicesIn(
  detected: Extract<Detected, { readonly kind: 'spdm' | 'nvidia-file' }>,
  chain: Uint8Array | null,
): readonly Device[] {
  if (detected.kind === 'nvidia-file')
    return detected.devices.map(({ evidence, certificateChain }) => ({
      evidence,
      chain: utf8(certificateChain),
    }));
  if (chain === null) throw new Failure('evidence/certificates-missing');
  return [{ evidence: detected.bytes, chain }];
}

const FORMS: Readonly<Partial<Record<PieceRole, readonly [name: string, ending: string, option: string]>>> = {
  'driver-manifest': ['driver', 'xml', '--manifest'],
  'firmware-manifest': ['firmware', 'xml', '--manifest'],
  ocsp: ['ocsp', 'der', '--ocsp'],
};

/** Manifests and what the responder says of all certificates; what several devices have in common once. */
async function ofDevices(
  devices: readonly Device[],
  makers: Required<Makers>,
  onProblem: (problem: Error) => void,
): Promise<readonly Had[]> {
  const { Renewal } = await import('../../collateral/renewal.js');
  const renewal = new Renewal(makers);
  const distinct = new Map<string, { readonly role: PieceRole; readonly bytes: Uint8Array }>();
  for (const { evidence, chain } of devices) {
    const pieces = [
      { role: 'evidence', bytes: evidence },
      { role: 'chain', bytes: chain },
    ] as const;
    for (const piece of await renewal.renew({ kind: 'nvidia', pieces }, Date.now() / 1000, onProblem))
      distinct.set(`${piece.role} ${Buffer.from(piece.bytes).toString('base64')}`, piece);
  }
  const counts = new Map<string, number>();
  return [...distinct.values()].flatMap(({ role, bytes }): Had[] => {
    const form = FORMS[role];
    if (form === undefined) return [];
    const [name, ending, option] = form;
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    return [{ name: `${name}-${number}.${ending}`, option, bytes }];
  });
}

interface ImportOptions {
  readonly data: string;
  readonly json?: true;
}

async function runImport(paths: readonly string[], { data, json }: ImportOptions): Promise<void> {
  const { importCollateral } = await import('../../collateral/import.js');
  const makers = await openMakers(dataFolder(data), {}, { offline: true, onProblem: () => undefined });
  const all = (await Promise.all(paths.map(path => importCollateral(path, makers)))).flat();
  const isComplete = all.every(({ outcome }) => !(outcome instanceof Failure));
  process.exitCode = isComplete ? EXIT.pass : EXIT.malformed;
  const plain = all.map(({ path, outcome }) =>
    outcome instanceof Failure
      ? { path, taken: null, code: outcome.code, reason: outcome.message }
      : { path, taken: outcome, code: null, reason: null },
  );
  if (json) return printJson({ files: plain, exitCode: process.exitCode });
  for (const { path, taken, reason } of plain)
    print(`  ${printable(path)}  ${taken ?? printable(reason ?? '')}`);
}
