/** `countersign views`: the tables that are made of a log, for finding things in it. */
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { Failure } from '../../reason.js';
import { type AtRestOptions, withAtRestOptions } from './at-rest.js';
import { EXIT } from './exit-code.js';
import { closeOnSignal } from './on-signal.js';
import { print, printError, printJson } from './print.js';
import { type Progress, progressOf } from './progress.js';
import { type HouseViews, openHouseViews } from './views-of-house.js';

export function viewsCommand(): Command {
  const views = new Command('views')
    .description('the tables that are made of a log, for finding things in it')
    .addHelpText('after', EXAMPLES);
  const commands = [
    new Command('rebuild')
      .description('drop the tables and make them anew from the log')
      .action((options: AtRestOptions) => make(options, true)),
    new Command('update')
      .description('take in what the log has published since')
      .action((options: AtRestOptions) => make(options, false)),
    new Command('follow')
      .description('take in what the log publishes, until the process is told to end')
      .action(follow),
  ];
  for (const command of commands)
    views.addCommand(
      withAtRestOptions(command).addHelpText(
        'after',
        `\nExamples:\n  countersign views ${command.name()}\n  countersign views ${command.name()} --data /srv/countersign\n\n${CODES}`,
      ),
    );
  return views;
}

const CODES =
  'Exit codes: 0 done, 10 the entries are not those that the log has signed, 64 wrong usage, 1 anything else.';

const EXAMPLES = `
They are made of the log alone: to drop them loses nothing, and to make them again gives the same. It needs the package libsql, which is not
installed with this one: npm install libsql. The gateway may run meanwhile, and does not notice.

Examples:
  countersign views rebuild
  countersign views follow --data /srv/countersign
  countersign receipts --since 2026-11-01T00:00:00Z --status failed

${CODES}`;

async function make(options: AtRestOptions, anew: boolean): Promise<void> {
  const json = options.json === true;
  await withViews(options, async ({ views, catchUp }, progress) => {
    if (anew) views.clear();
    const size = await catchUp(progress.show);
    progress.end();
    if (json) printJson({ entries: size, exitCode: EXIT.pass });
    else print(`${size} entries of the log are in the views.`);
  });
}

/** Between two looks at whether there is a newer checkpoint, in milliseconds. */
const BETWEEN_LOOKS = 1000;

async function follow(options: AtRestOptions): Promise<void> {
  // Whatever else runs on the machine comes first.
  setPriority(constants.priority.PRIORITY_LOW);
  const ending = new AbortController();
  closeOnSignal(async () => ending.abort());
  await withViews(options, async ({ catchUp }, progress) => {
    let told = -1;
    while (!ending.signal.aborted) {
      const size = await catchUp(progress.show);
      progress.end();
      if (size !== told && options.json) printJson({ entries: size });
      else if (size !== told) print(`${size} entries of the log are in the views.`);
      told = size;
      await sleep(BETWEEN_LOOKS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  });
}

/** Uses the views, and says with which exit code it ended. */
export async function withViews(
  options: AtRestOptions,
  use: (views: HouseViews, progress: Progress) => Promise<void>,
): Promise<void> {
  const progress = progressOf('entries in the views', options.json === true);
  const house = await openHouseViews(options);
  try {
    await use(house, progress);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'views/log-contradicted') throw error;
    progress.end();
    printError(`countersign: ${error.message}`);
    process.exitCode = EXIT.fail;
  } finally {
    progress.end();
    house.views.close();
  }
}
