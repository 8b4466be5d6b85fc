/** `countersign releases`: what others have signed about their software and their models, for appraisal policies to rest on. */
import { Command } from 'commander';
import { stringify } from 'yaml';
import type { SignedRelease } from '../../evidence/release/release.js';
import { advice, Failure, says } from '../../reason.js';
import { keepRelease } from '../releases/kept-releases.js';
import { entryOf, type SignedEntry } from '../releases/signed-off.js';
import { EXIT } from './exit-code.js';
import { writeOutput } from './files.js';
import { paint, print, printable, printError, printJson } from './print.js';
import { checkReleases } from './releases/check.js';
import { givenReleases, type ReleaseOptions, withReleaseOptions } from './releases/given.js';
import { timeArgument } from './time-argument.js';

interface ImportOptions extends ReleaseOptions {
  readonly name: string;
  readonly keep: string;
  readonly out?: string;
}

export function releasesCommand(): Command {
  return new Command('releases')
    .description('take the measurements and model digests of an appraisal policy from signed statements')
    .addCommand(
      withReleaseOptions(new Command('verify'))
        .description('verify signed bundles, and say who has signed what')
        .addHelpText('after', `${VERIFYING}\n${EXITS}`)
        .action(verify),
    )
    .addCommand(
      withReleaseOptions(new Command('import'))
        .description('verify signed bundles, keep them, and write the entry of a policy that rests on them')
        .requiredOption('--name <name>', 'what the policy is to call the release or the model')
        .requiredOption('--keep <folder>', 'where the bundles are kept, with what they were verified with')
        .option('--out <file>', 'write the entry here instead of printing it')
        .addHelpText('after', `${IMPORTING}\n${EXITS}`)
        .action(importReleases),
    )
    .addCommand(
      new Command('check')
        .description('verify again what the entries of a policy rest on, from what was kept')
        .argument('<policy>', 'the appraisal policy, in YAML or JSON')
        .requiredOption('--kept <folder>', 'where import has kept the bundles')
        .option(
          '--as-of <time>',
          'when certificates of an authority must be valid (default: now)',
          timeArgument,
        )
        .option('--json', 'print one line of JSON instead of words')
        .addHelpText(
          'after',
          `
Examples:
  countersign releases check policy.yaml --kept releases/

Entries that rest on no signature are named, and are nobody's fault: they are the word of the policy's author.
${EXITS.replace('0 verified', '0 all are what was signed')}`,
        )
        .action(check),
    )
    .addHelpText(
      'after',
      `
Examples:
  countersign releases verify release.sigstore.json --issuer https://token.actions.githubusercontent.com --identity <workflow>
  countersign releases import model.sig --root key.pem --name small --keep releases/
  countersign releases check policy.yaml --kept releases/

docs/releases.md says what is read, and what a signature proves.
${EXITS}`,
    );
}

const VERIFYING = `
Examples:
  countersign releases verify release.sigstore.json --issuer https://token.actions.githubusercontent.com \\
    --identity 'https://github.com/example/gateway/.github/workflows/release.yml@refs/tags/*'
  countersign releases verify model.sig --root key.pem
  countersign releases verify model.sig --root authority.pem --identity 'releases of the house'`;

const IMPORTING = `
Examples:
  countersign releases import software.json hardware.json --name 'gateway 1.0' --keep releases/ \\
    --issuer https://token.actions.githubusercontent.com --identity <workflow> --identity <other workflow>
  countersign releases import provenance.json --measured enclave --name 'gateway 1.0' --keep releases/ \\
    --issuer https://token.actions.githubusercontent.com --identity <workflow> --builder <uri> --source <repository>`;

const EXITS = `
Nothing is fetched. Each command takes --json.
Exit codes: 0 verified, 10 refused, 30 malformed, 64 wrong usage, 1 anything else.`;

async function verify(paths: readonly string[], options: ReleaseOptions): Promise<void> {
  await refusing(options, async () => {
    const given = await givenReleases(paths, options);
    if (options.json)
      printJson({
        releases: given.map(({ path, release }) => ({ file: path, ...release })),
        exitCode: EXIT.pass,
      });
    else for (const { path, release } of given) for (const line of words(path, release)) print(line);
  });
}

async function importReleases(paths: readonly string[], options: ImportOptions): Promise<void> {
  await refusing(options, async () => {
    const given = await givenReleases(paths, options);
    const entry = entryOf(
      options.name,
      given.map(({ release }) => release),
      options.measured,
    );
    for (const { bundle, root } of given)
      for (const bytes of [bundle, root]) await keepRelease(options.keep, bytes);
    const text = entryText(entry);
    if (options.out !== undefined) await writeOutput(options.out, new TextEncoder().encode(text));
    if (options.json) printJson({ [entry.list]: [entry.entry], kept: options.keep, exitCode: EXIT.pass });
    else if (options.out === undefined) process.stdout.write(text);
    else print(`${options.out} has the entry; the bundles are kept in ${options.keep}.`);
  });
}

async function check(policy: string, options: CheckOptions): Promise<void> {
  process.exitCode = await checkReleases(policy, options);
}

interface CheckOptions {
  readonly kept: string;
  readonly asOf?: number;
  readonly json?: true;
}

/** To be put into a policy as it is. */
function entryText({ list, entry }: SignedEntry): string {
  return stringify({ [list]: [entry] }, { lineWidth: 0 });
}

/** What is refused ends with 10, and what is none with 30. */
async function refusing(options: ReleaseOptions, attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, field = null, detail = null } = error;
    const exitCode = code.endsWith('-malformed') || code.endsWith('/malformed') ? EXIT.malformed : EXIT.fail;
    process.exitCode = exitCode;
    if (options.json) printJson({ code, field, detail, exitCode });
    else {
      const found = detail === null ? '' : ` Found: ${detail}.`;
      printError(`countersign: ${code}: ${says(code)}${found} ${advice(code)}`);
    }
  }
}

function words(path: string, { what, signer, predicateType, provenance, subjects }: SignedRelease): string[] {
  const { identity, issuer } = signer;
  const facts = [
    `signed by   ${identity}${issuer === null ? '' : `, for whom ${issuer} vouches`}`,
    `statement   ${predicateType}, about ${subjects.join(', ')}`,
  ];
  if (provenance !== null)
    facts.push(`built by    ${provenance.builder}, from ${provenance.source ?? 'what it does not say'}`);
  if (what.kind === 'software') facts.push(...what.measurements.map(each => `measures    ${each}`));
  else {
    const { digest, files, asReceiptsHaveIt } = what.model;
    facts.push(`model       ${digest} (${files} files)`);
    if (!asReceiptsHaveIt) facts.push(`            ${OTHERWISE_HASHED}`);
  }
  return [
    `${paint(['bold', 'green'], 'VERIFIED')} ${printable(path)}`,
    ...facts.map(fact => `  ${printable(fact)}`),
  ];
}

const OTHERWISE_HASHED =
  'It was hashed in another way than gateways of ours do it: their receipts have another digest.';
