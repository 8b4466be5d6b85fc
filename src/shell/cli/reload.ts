/** `countersign reload`: has a running gateway read again what can be read again. */
import { Command } from 'commander';
import { askToReload } from './control.js';
import { dataFolder, defaultDataFolder } from './data-folder.js';
import { EXIT, UsageError } from './exit-code.js';
import { paint, print, printError, printJson } from './print.js';

interface Options {
  readonly data: string;
  readonly json?: true;
}

export function reloadCommand(): Command {
  return new Command('reload')
    .description('have a running gateway read its configuration, prices and keys again')
    .option('--data <folder>', "the gateway's data folder", defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText(
      'after',
      `
Examples:
  countersign reload
  countersign reload --data ./data --json

What cannot be used changes nothing: the gateway goes on with what was in force. docs/operations.md says what can change while it runs.
Exit codes: 0 done, 10 something was refused, 64 no gateway runs there, 1 anything else.`,
    )
    .action(reload);
}

async function reload(options: Options): Promise<void> {
  const folder = dataFolder(options.data);
  const reloaded = await askToReload(folder.control);
  if (reloaded === null) throw new UsageError(`no gateway runs on ${folder.path}; pass --data.`);
  if (options.json) printJson({ reloaded });
  else
    for (const { name, outcome, problem, waiting } of reloaded) {
      print(`${name}: ${paint(outcome === 'refused' ? 'red' : 'green', outcome)}`);
      if (problem !== null) printError(`  ${problem}`);
      for (const setting of waiting) print(`  ${setting} changes at the next start`);
    }
  if (reloaded.some(({ outcome }) => outcome === 'refused')) process.exitCode = EXIT.fail;
}
