/**
 * `countersign log retention`, `prune`, `deny` and `undeny`: what may be read of a log, decided on its own machine while it stands still,
 * and logged there.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { Failure, type ReasonCode } from '../../reason.js';
import { readEntry } from '../../receipt/entry.js';
import {
  ACCESS,
  DENIAL_REASONS,
  type DenialReason,
  LEAST_RETENTION_DAYS,
  RETENTION,
} from '../../receipt/retention.js';
import { predicateTypeOf } from '../../receipt/statement.js';
import type { FileLog } from '../log/file-log.js';
import { checkPruning } from '../log/prune.js';
import type { Act, Retention } from '../log/retention.js';
import { announceActs } from './announce-acts.js';
import { defaultDataFolder } from './data-folder.js';
import { EXIT, UsageError } from './exit-code.js';
import { openHouseLog } from './house-log.js';
import { print, printError, printJson } from './print.js';
import { withHouse } from './with-house.js';

interface Options {
  readonly data: string;
  readonly json?: true;
}

interface RetentionOptions extends Options {
  readonly minimumDays?: number;
}

interface PruneOptions extends Options {
  readonly before: number;
  readonly lower?: true;
}

interface DenyOptions extends Options {
  readonly reason: DenialReason;
}

/** The sub-commands of `countersign log` that are about reading. */
export function retentionCommands(): Command[] {
  return [retentionCommand(), pruneCommand(), denyCommand(), undenyCommand()];
}

const EXIT_CODES = `
The gateway of the data folder has to be stopped. What is decided is in force from its next start, and is an entry of the log.

Exit codes: 0 done, 10 refused by the log's own rules, 64 wrong usage, 1 anything else.`;

function retentionCommand(): Command {
  return withCommonOptions(new Command('retention'))
    .description('show what may be read of the log, or publish a retention policy')
    .option('--minimum-days <days>', 'publish that entries are shown for at least so long', daysArgument)
    .addHelpText(
      'after',
      `
Examples:
  countersign log retention
  countersign log retention --minimum-days 365
${EXIT_CODES}`,
    )
    .action((options: RetentionOptions) =>
      decide(options, async () => {
        const { minimumDays } = options;
        return minimumDays === undefined
          ? null
          : { act: 'retain', retention: { minimumDays, prunes: 'oldest-entries' } };
      }),
    );
}

function pruneCommand(): Command {
  return withCommonOptions(new Command('prune'))
    .description('stop showing entries below an index, as far as the published retention policy allows it')
    .requiredOption(
      '--before <index>',
      'the first entry that is still shown: the minimum index',
      indexArgument,
    )
    .option('--lower', 'show entries again that were pruned')
    .addHelpText(
      'after',
      `
Nothing is deleted: the log refuses to show what is below the minimum index, and goes on to prove it to its witnesses.

Examples:
  countersign log prune --before 100000
  countersign log prune --before 0 --lower
${EXIT_CODES}`,
    )
    .action((options: PruneOptions) =>
      decide(options, async (log, retention) => {
        const { before: minimum, lower, json } = options;
        await checkPruning(retention, {
          minimum,
          mayLower: lower === true,
          size: log.size,
          now: Date.now(),
          entry: index => log.entry(index),
          onProgress: progressLine(json === true),
        });
        return minimum === retention.minimum
          ? `The minimum index is ${minimum} already; nothing has changed.`
          : { act: 'prune', minimum };
      }),
    );
}

function denyCommand(): Command {
  return withCommonOptions(new Command('deny'))
    .description('stop showing one entry, without changing the tree')
    .argument('<index>', 'the index of the entry', indexArgument)
    .addOption(
      new Option('--reason <word>', 'why; it is published, and nothing else is')
        .choices(DENIAL_REASONS)
        .makeOptionMandatory(),
    )
    .addHelpText('after', `\nExamples:\n  countersign log deny 4711 --reason court-order\n${EXIT_CODES}`)
    .action((index: number, options: DenyOptions) =>
      decide(options, async (log, retention) => {
        if (index >= log.size)
          throw new Failure('log/index-beyond-end', { detail: `${log.size} entries, and no entry ${index}` });
        const known = retention.denials.find(denial => denial.index === index);
        if (known !== undefined)
          return `Entry ${index} is denied already, ${known.reason}; nothing has changed.`;
        const type = predicateTypeOf(readEntry(await log.entry(index)));
        if (type === ACCESS.predicateType || type === RETENTION.predicateType) {
          throw new UsageError(`Entry ${index} says what may be read; it cannot be denied itself.`);
        }
        return { act: 'deny', index, reason: options.reason };
      }),
    );
}

function undenyCommand(): Command {
  return withCommonOptions(new Command('undeny'))
    .description('show an entry again that was denied')
    .argument('<index>', 'the index of the entry', indexArgument)
    .addHelpText('after', `\nExamples:\n  countersign log undeny 4711\n${EXIT_CODES}`)
    .action((index: number, options: Options) =>
      decide(options, async (_, retention) =>
        retention.denials.some(denial => denial.index === index)
          ? { act: 'undeny', index }
          : `Entry ${index} is not denied; nothing has changed.`,
      ),
    );
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'where data and keys are kept', defaultDataFolder())
    .option('--json', 'print one line of JSON instead of words');
}

/**
 * What is decided is in force before it is logged: of a crash in between, the next start makes up.
 *
 * @param choose resolves to what to do; to the sentence that says why there is nothing to do; or to null where that was all that was asked
 */
async function decide(
  options: Options,
  choose: (log: FileLog, retention: Retention) => Promise<Act['what'] | string | null>,
): Promise<void> {
  await withHouse(options.data, async houseOptions => {
    const house = await openHouseLog(houseOptions);
    try {
      const { retention } = house;
      const what = await choose(house.log, retention);
      const isChange = what !== null && typeof what !== 'string';
      if (isChange) await retention.decide(what, Date.now());
      await announceActs(retention, house.log, house.keys.issuer);
      if (typeof what === 'string' && !options.json) print(what);
      report(retention, house.log, isChange, options);
    } catch (error) {
      if (!(error instanceof Failure && REFUSALS.has(error.code))) throw error;
      printError(`countersign: ${error.message}`);
      process.exitCode = EXIT.fail;
    } finally {
      await house.close();
    }
  });
}

const REFUSALS: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'log/retention-unstated',
  'log/entry-too-young',
  'log/minimum-beyond-checkpoint',
  'log/minimum-lowered',
  'log/index-beyond-end',
]);

function report(retention: Retention, log: FileLog, changed: boolean, { json }: Options): void {
  const { minimum, denials } = retention;
  const policy = retention.policies.at(-1) ?? null;
  if (json) {
    printJson({ size: log.size, minimum, policy, denied: denials, changed });
    return;
  }
  print(
    policy === null
      ? 'There is no retention policy: the log must not be pruned.'
      : `Entries are shown for at least ${policy.minimumDays} days (policy in entry ${policy.logged}).`,
  );
  print(`Minimum index: ${minimum} of ${log.size} entries.`);
  print(denials.length === 0 ? 'No entry is denied.' : 'Denied:');
  for (const { index, reason, logged } of denials)
    print(`  entry ${index}, ${reason} (entry ${logged} says so)`);
}

/** A line that a person at a terminal sees change. */
function progressLine(isQuiet: boolean): (count: number) => void {
  if (isQuiet || process.stderr.isTTY !== true) return () => undefined;
  return count => {
    if (count % 1000 === 0) process.stderr.write(`\r  ${count} entries looked at`);
  };
}

function daysArgument(text: string): number {
  const days = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (days >= LEAST_RETENTION_DAYS && days <= 36_500) return days;
  throw new InvalidArgumentError(`It takes a number of days from ${LEAST_RETENTION_DAYS} to 36500.`);
}

function indexArgument(text: string): number {
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It takes the index of an entry: a whole number from 0.');
}
