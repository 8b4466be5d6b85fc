/** `countersign trust`: says in words whom a trust file believes, and how few of them would have to cheat. */
import { Command } from 'commander';
import { concentrationOf } from '../../appraise/concentration/concentration.js';
import { DIMENSIONS, type Dimension } from '../../appraise/concentration/holders.js';
import { controllerOf, type Trust } from '../../appraise/trust.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import type { Quorum } from '../../note/policy.js';
import { attackLines, headline } from './concentration.js';
import { EXIT, UsageError } from './exit-code.js';
import { hang, paint, print, printable, printJson } from './print.js';
import { ownTrustFile, readTrust } from './trust-file.js';

export function trustCommand(): Command {
  return new Command('trust')
    .description(
      'say whom a trust file believes, and the fewest parties that could fabricate, split and block',
    )
    .argument('[file]', `the trust file (default: ${ownTrustFile()})`)
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign trust
  countersign trust trust.json --json

Exit codes: 0 printed, 30 not a trust file, 64 wrong usage, 1 anything else.`;

async function run(named: string | undefined, { json }: { json?: true }): Promise<void> {
  const trusted = await readTrust(named);
  if (trusted === null)
    throw new UsageError(
      `there is no trust file at ${ownTrustFile()}. Name one, or start a gateway with "countersign up".`,
    );
  const { path, trust } = trusted;
  if (json) printJson({ trust: path, ...summary(trust), exitCode: EXIT.pass });
  else for (const line of describe(path, trust)) print(line);
}

/** What a program can use: keys by their labels, and the numbers. */
function summary(trust: Trust) {
  return {
    log: withController(trust, trust.log),
    logCosigner: trust.logCosigner === null ? null : withController(trust, trust.logCosigner),
    issuers: trust.issuers.map(key => withController(trust, key)),
    witnesses: [...trust.policy.witnesses.values()].map(({ key }) => withController(trust, key)),
    quorum: quorumJson(trust.policy.quorum),
    concentration: concentrationOf(trust),
  };
}

function withController(trust: Trust, key: VerifierKey) {
  return { key: keyLabel(key), controller: controllerOf(trust, key) };
}

function quorumJson(quorum: Quorum): unknown {
  switch (quorum.kind) {
    case 'none':
      return null;
    case 'witness':
      return { witness: keyLabel(quorum.key) };
    case 'group':
      return { threshold: quorum.threshold, members: quorum.members.map(quorumJson) };
  }
}

function describe(path: string, trust: Trust): string[] {
  const concentration = concentrationOf(trust);
  const stamps = trust.logCosigner === null ? [] : [keyLine('states when', trust, trust.logCosigner)];
  return [
    paint('bold', headline(concentration)),
    '',
    keyLine('log', trust, trust.log),
    ...stamps,
    ...trust.issuers.map(key => keyLine('issuer', trust, key)),
    ...[...trust.policy.witnesses.values()].map(({ key }) => keyLine('witness', trust, key)),
    ...trust.retired.map(
      ({ key, role, why, until }) =>
        `${keyLine(`was ${role}`, trust, key)} ${paint('dim', `${why} at ${until}`)}`,
    ),
    '',
    paint('bold', 'A checkpoint is witnessed when it is cosigned by'),
    ...quorumLines(trust, trust.policy.quorum, 2),
    ...DIMENSIONS.flatMap(dimension => ['', ...dimensionLines(trust, dimension)]),
    '',
    hang(EXPLANATION, 0),
    `Trust file: ${printable(path)}`,
  ];
}

const EXPLANATION =
  'Fabricate: make a false receipt pass. Split: show two histories, both witnessed. Block: keep receipts from being witnessed. ' +
  'Names are one smallest set; there may be others. "1 to 3" means: 1 if whoever holds the unattributed keys is a single adversary, 3 if ' +
  'each is a party of its own. See docs/trust.md.';

function keyLine(role: string, trust: Trust, key: VerifierKey): string {
  return `  ${role.padEnd(11)}  ${printable(keyLabel(key))}  ${paint('cyan', holder(trust, key))}`;
}

function holder(trust: Trust, key: VerifierKey): string {
  return printable(controllerOf(trust, key) ?? 'unattributed');
}

function quorumLines(trust: Trust, quorum: Quorum, indent: number): string[] {
  const margin = ' '.repeat(indent);
  switch (quorum.kind) {
    case 'none':
      return [`${margin}nobody: no witnesses are asked`];
    case 'witness':
      return [`${margin}${printable(quorum.name)} (${holder(trust, quorum.key)})`];
    case 'group': {
      const { name, threshold, members } = quorum;
      const heading = `${margin}${threshold} of the ${members.length} in ${printable(name)}`;
      return [heading, ...members.flatMap(member => quorumLines(trust, member, indent + 2))];
    }
  }
}

const TITLES: Readonly<Record<Dimension, string>> = {
  controller: 'The fewest controllers that can',
  cloud: 'The fewest cloud providers that can',
  jurisdiction: 'The fewest jurisdictions that can',
  hardware: 'The fewest hardware vendors that can',
};

function dimensionLines(trust: Trust, dimension: Dimension): string[] {
  const isStated =
    dimension === 'controller' || trust.controllers.some(party => party[dimension] !== undefined);
  if (!isStated)
    return [paint('dim', `${TITLES[dimension]}: not known, since the trust file names no ${dimension}`)];
  return [paint('bold', TITLES[dimension]), ...attackLines(concentrationOf(trust), dimension)];
}
