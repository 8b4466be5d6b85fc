/** `countersign policy`: looks at a policy before a gateway is started with it. */
import { Command } from 'commander';
import { CompiledPolicy } from '../../appraise/policy/compile.js';
import { explainPolicy } from '../../appraise/policy/explain.js';
import type { Surroundings } from '../../appraise/policy/surroundings.js';
import { PROVIDERS } from '../../exchange/providers.js';
import { readKeyFile } from '../access/key-file.js';
import { dataFolder, defaultDataFolder } from './data-folder.js';
import { EXIT } from './exit-code.js';
import { namesIn } from './house-money.js';
import { NO_SECRET, type ReadPolicy, readPolicy } from './policy/policy-file.js';
import { type PolicyProblem, PolicyRefused, sentenceOf } from './policy/problem.js';
import { hang, paint, print, printError, printJson } from './print.js';
import { type NamedGateway, namedGateway } from './settings/named-gateway.js';
import { BUILT_IN } from './upstreams.js';

interface Options {
  readonly data: string;
  readonly config?: string;
  readonly upstream: readonly string[];
  readonly json?: true;
}

interface TryOptions extends Options {
  readonly key?: string;
  readonly team?: string;
  readonly model: string;
}

export function policyCommand(): Command {
  return new Command('policy')
    .description('check, explain and try a policy without starting anything')
    .addCommand(
      withCommonOptions(new Command('lint'))
        .description(
          'say whether a policy can be used by a gateway with these upstreams and keys, and if not, where and why',
        )
        .addHelpText(
          'after',
          `\nExamples:\n  countersign policy lint policy.yaml --config countersign.yaml\n  countersign policy lint policy.yaml --upstream openai --upstream mistral --json\n${NOTES}`,
        )
        .action(lint),
    )
    .addCommand(
      withCommonOptions(new Command('explain'))
        .description('say in plain words what a policy does')
        .addHelpText(
          'after',
          `\nExamples:\n  countersign policy explain policy.yaml\n  countersign policy explain policy.yaml --config countersign.yaml --json\n${NOTES}`,
        )
        .action(explain),
    )
    .addCommand(
      withCommonOptions(new Command('try'))
        .description('say which rule a request would come to, and who could be asked')
        .requiredOption('--model <name>', 'the model, as the client names it')
        .option('--key <name>', 'the virtual key that it is shown')
        .option('--team <name>', 'the team of that key')
        .addHelpText(
          'after',
          `\nExamples:\n  countersign policy try policy.yaml --upstream openai --model openai/gpt-4o --key alice\n${NOTES}`,
        )
        .action(attempt),
    )
    .addHelpText(
      'after',
      `
Examples:
  countersign policy lint policy.yaml --config countersign.yaml
  countersign policy explain policy.yaml
  countersign up --policy policy.yaml

docs/policy.md has the language.
${NOTES}`,
    );
}

const NOTES = `
Which upstreams there are is read from --config or --upstream, which keys from --data. Nothing is started, logged or reached.
Exit codes: 0 the policy can be used, 10 it cannot, 30 it is no policy, 64 wrong usage, 1 anything else. Each takes --json.`;

function withCommonOptions(command: Command): Command {
  return command
    .argument('<file>', 'the policy, in YAML or JSON')
    .option('--config <file>', 'the configuration of the gateway that it is for')
    .option(
      '--upstream <name|url|name=url>',
      'an upstream of that gateway; repeat it for several',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option('--data <folder>', "that gateway's data folder", defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words');
}

async function lint(file: string, options: Options): Promise<void> {
  const read = await readOrRefuse(file, options);
  if (read === null) return;
  const { logged, surroundings } = read;
  if (options.json) {
    printJson({ usable: true, problems: [], rules: logged.rules.length, exitCode: EXIT.pass });
    return;
  }
  const among = surroundings.upstreams.map(({ name }) => name).join(', ');
  print(`${file} can be used: ${logged.rules.length} rules, for a gateway with ${among}.`);
}

async function explain(file: string, options: Options): Promise<void> {
  const read = await readOrRefuse(file, options);
  if (read === null) return;
  const rules = explainPolicy(read.policy);
  if (options.json) {
    printJson({ name: read.policy.name, rules });
    return;
  }
  print(
    `${paint('bold', `The policy "${read.policy.name}"`)}: the first rule that is for a request decides.`,
  );
  for (const [at, { name, whom, says }] of rules.entries()) {
    print();
    print(paint('bold', `${at + 1}. ${name}`));
    print(`   ${hang(whom, 3)}`);
    for (const sentence of says) print(`   - ${hang(sentence, 5)}`);
  }
  print();
  print('A request that no rule is for is refused.');
}

async function attempt(file: string, options: TryOptions): Promise<void> {
  const read = await readOrRefuse(file, options);
  if (read === null) return;
  const { policy, surroundings } = read;
  const { key = null, team = null, model } = options;
  const bare = model.slice(model.indexOf('/') + 1);
  const rule = new CompiledPolicy(policy, surroundings).ruleFor({ key, team }, [...new Set([model, bare])]);
  const upstreams = surroundings.upstreams.map(({ name }) => ({
    name,
    refusal: rule === null ? 'clause/none-applies' : rule.refusal(name),
  }));
  if (options.json) {
    printJson({ rule: rule?.name ?? null, upstreams });
    return;
  }
  if (rule === null) print('No rule is for it: it is refused (clause/none-applies).');
  else print(`Rule ${rule.at + 1}, "${rule.name}", is for it.`);
  for (const { name, refusal } of upstreams)
    print(`  ${name}: ${refusal === null ? 'may be asked' : `is not asked (${refusal})`}`);
}

/** Null where it was refused, which has been said by then. */
async function readOrRefuse(file: string, options: Options): Promise<ReadPolicy | null> {
  try {
    return await readPolicy(file, await surroundingsOf(options), NO_SECRET);
  } catch (error) {
    if (!(error instanceof PolicyRefused)) throw error;
    const exitCode = isForm(error.problems) ? EXIT.malformed : EXIT.fail;
    if (options.json) printJson({ usable: false, problems: error.problems, exitCode });
    else for (const problem of error.problems) printError(`countersign: ${sentenceOf(problem)}`);
    process.exitCode = exitCode;
    return null;
  }
}

function isForm(problems: readonly PolicyProblem[]): boolean {
  return problems.some(({ code }) => code === 'clause/malformed');
}

async function surroundingsOf({ data, config, upstream }: Options): Promise<Surroundings> {
  const gateway: NamedGateway = await namedGateway({ config, upstream, environment: process.env });
  return {
    upstreams: [
      { name: BUILT_IN, givesReceipts: false, givesDigests: true },
      ...gateway.upstreams.map(name => ({
        name,
        givesReceipts: PROVIDERS.get(name)?.givesReceipts ?? false,
        givesDigests: false,
        isAttested: gateway.attested.has(name),
      })),
    ],
    ...namesIn(await readKeyFile(dataFolder(gateway.data ?? data).access)),
    hasPrices: gateway.hasPrices,
  };
}
