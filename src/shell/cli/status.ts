/** `countersign status`: how a running gateway is. */
import { Command } from 'commander';
import type { StatusAnswer } from './admin/answers.js';
import { askForStatus } from './control.js';
import { dataFolder, defaultDataFolder } from './data-folder.js';
import { EXIT, UsageError } from './exit-code.js';
import { paint, print, printJson } from './print.js';

interface Options {
  readonly data: string;
  readonly json?: true;
}

export function statusCommand(): Command {
  return new Command('status')
    .description('say how a running gateway is')
    .option('--data <folder>', "the gateway's data folder", defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText(
      'after',
      `
Examples:
  countersign status
  countersign status --data ./data --json

Exit codes: 0 it is ready, 10 it is not, 64 no gateway runs there, 1 anything else.`,
    )
    .action(status);
}

async function status(options: Options): Promise<void> {
  const folder = dataFolder(options.data);
  const found = await askForStatus(folder.control);
  if (found === null) throw new UsageError(`no gateway runs on ${folder.path}; pass --data.`);
  if (options.json) printJson(found);
  else describe(found);
  if (!found.ready) process.exitCode = EXIT.fail;
}

function describe({
  address,
  ready,
  draining,
  checks,
  exchanges,
  entries,
  configuration,
  ...rest
}: StatusAnswer) {
  const missing = Object.entries(checks).flatMap(([name, isSo]) => (isSo ? [] : [name]));
  print(`${ready ? paint('green', 'ready') : paint('red', `not ready: ${missing.join(', ')}`)}  ${address}`);
  print(`  version    ${rest.version}, since ${new Date(rest.started).toISOString()}`);
  print(`  exchanges  ${exchanges.running} running, ${exchanges.streams} of them streams`);
  print(`  log        ${rest.log}: ${entries.included} entries, ${entries.witnessed} of them witnessed`);
  print(`  upstreams  ${rest.upstreams}, the built-in model among them`);
  if (draining) print(paint('yellow', '  It is draining: traffic is to go elsewhere.'));
  if (configuration === 'refused')
    print(paint('yellow', '  What stands written cannot be used; what was before is in force.'));
  for (const { name, undelivered, problem } of rest.webhooks) {
    const why = problem === null ? '' : paint('yellow', `, ${problem}`);
    print(
      `  webhook    ${name}: ${undelivered === 0 ? 'told of everything' : `${undelivered} undelivered`}${why}`,
    );
  }
  for (const { name, problem } of rest.reloaded) if (problem !== null) print(`  ${name}: ${problem}`);
}
