/** `countersign evidence`: checks evidence of hardware offline, each piece and whether all are of one run; keeps it, and finds what rests on it. */
import { Command } from 'commander';
import { EXIT_CODES } from './conformance/answer.js';
import { type EvidenceRoots, MAKERS } from './conformance/evidence-input.js';
import { archiveCommand } from './evidence/archive.js';
import { collateralCommand } from './evidence/collateral.js';
import { indexCommand } from './evidence/fact-search.js';
import {
  FILES,
  givenFiles,
  type MaterialOptions,
  type RunOptions,
  withMaterialOptions,
  withRunOptions,
} from './evidence/given.js';
import { judgeFiles } from './evidence/judge.js';
import { simulateCommand } from './evidence/simulate.js';
import { evidenceLines } from './evidence/words.js';
import { UsageError } from './exit-code.js';
import { print, printJson } from './print.js';

interface EvidenceOptions extends MaterialOptions, RunOptions {
  readonly simulated?: string;
  readonly json?: true;
}

export function evidenceCommand(): Command {
  return new Command('evidence')
    .description(
      'check evidence of hardware offline: documents, reports and quotes, and whether they are of one run',
    )
    .addCommand(subcommand('verify', 'check it: every check of every piece, and what ties the pieces'))
    .addCommand(subcommand('explain', 'check it, and say what it states and which bytes nobody has signed'))
    .addCommand(simulateCommand())
    .addCommand(collateralCommand())
    .addCommand(archiveCommand())
    .addCommand(indexCommand())
    .addHelpText('after', OVERVIEW);
}

const OVERVIEW = `
Examples:
  countersign evidence verify report.bin --chain vcek.pem --crl milan.crl
  countersign evidence collateral fetch quote.bin --out ./collateral
  countersign evidence archive add quote.bin --collateral collateral.json
  countersign evidence index find --chip 5a6f…
  countersign evidence simulate --kind nitro --out ./evidence

Each has its own --help, with the options that it takes. docs/evidence.md says what evidence proves.
Exit codes: 0 accepted or done, 10 refused, 20 inconclusive, 30 malformed, 64 wrong usage, 1 anything else.`;

function subcommand(name: 'verify' | 'explain', about: string): Command {
  const command = new Command(name).description(about).argument('<file...>', FILES);
  return withRunOptions(withMaterialOptions(command))
    .option(
      '--simulated <folder>',
      'know the roots of the simulated attester of that data folder too; what leads to them stays refused',
    )
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action((files: string[], options: EvidenceOptions) => run(files, options, name === 'explain'));
}

const EXAMPLES = `
Examples:
  countersign evidence verify document.bin --as-of 2022-10-13T08:58:03Z
  countersign evidence verify report.bin --chain vcek.pem --crl milan.crl
  countersign evidence explain quote.bin --collateral collateral.json
  countersign evidence verify gpu.json --nonce 00ff… --manifest driver.xml --manifest vbios.xml --ocsp 1.der --ocsp 2.der --ocsp 3.der
  countersign evidence verify answer.json --keys jwks.json --keys-root root.pem --nonce 00ff…
  countersign evidence verify quote.bin gpus.json --collateral collateral.json --nonce 00ff… --carries reportData=sha-256-statement \\
    --carries nonce=sha-256-statement --statement statement.json --receipt bundle.json

Exit codes: 0 accepted, 10 refused, 20 inconclusive (collateral missing, something not shown) or unsupported, 30 malformed, 64 wrong usage,
1 anything else. Only the roots of makers of hardware count.`;

async function run(files: readonly string[], options: EvidenceOptions, explain: boolean): Promise<void> {
  const { asOf = Date.now(), simulated } = options;
  const judged = await judgeFiles(await givenFiles(files, options), {
    asOf: asOf / 1000,
    roots: simulated === undefined ? MAKERS : await rootsWith(simulated),
  });
  const exitCode = EXIT_CODES[judged.status];
  if (options.json) {
    const evidence = judged.pieces.map(({ name, answer }) => ({ file: name, ...answer }));
    printJson({ status: judged.status, code: judged.code, evidence, edges: judged.edges, exitCode });
  } else for (const line of evidenceLines(judged, explain)) print(line);
  process.exitCode = exitCode;
}

/** Those of the makers, and those of a simulated attester, which are marked as what they are. */
async function rootsWith(folder: string): Promise<EvidenceRoots> {
  const { hasAttester, knownAttester } = await import('../attester/attester.js');
  if (!hasAttester(folder))
    throw new UsageError(
      `there is no simulated attester in ${folder}: pass the --data folder of countersign evidence simulate, which makes one.`,
    );
  const { roots } = await knownAttester(folder);
  return {
    nitro: [...MAKERS.nitro, ...roots.nitro],
    snp: [...MAKERS.snp, ...roots.snp],
    dcap: [...MAKERS.dcap, ...roots.dcap],
    nvidia: [...MAKERS.nvidia, ...roots.nvidia],
    nvidiaReference: MAKERS.nvidiaReference,
  };
}
