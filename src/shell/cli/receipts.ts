/** `countersign receipts`: finds receipts in the log of a data folder. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type FoundReceipt, searchReceipts, type WantedReceipts } from '../views/receipt-search.js';
import { type AtRestOptions, withAtRestOptions } from './at-rest.js';
import { exchangeArgument } from './exchange-argument.js';
import { paint, print, printable, printJson, type Style } from './print.js';
import { timeArgument } from './time-argument.js';
import { withViews } from './views.js';

const STATUSES = ['completed', 'refused', 'failed', 'aborted'];
const MOST = 1_000_000;

export function receiptsCommand(): Command {
  return withAtRestOptions(new Command('receipts'))
    .description('find receipts in the log of a data folder, the latest first')
    .option(
      '--since <time>',
      'exchanges that ended then or later, such as 2026-11-21T12:00:00Z',
      timeArgument,
    )
    .option('--until <time>', 'exchanges that ended before', timeArgument)
    .option('--upstream <name>', 'the upstream that was tried last')
    .option('--model <name>', 'the model that was asked for, or that is said to have answered')
    .addOption(new Option('--status <word>', 'how the exchange ended').choices(STATUSES))
    .option('--policy <digest>', "the policy's digest, or how it begins", digestArgument)
    .option('--client <name>', "the client's name in receipts, which changes with every epoch")
    .option('--epoch <id>', 'the epoch')
    .option('--exchange <id>', 'the id in the countersign-exchange header', exchangeArgument)
    .option('--erased', 'whose content was erased')
    .option('--limit <count>', 'how many at most', limitArgument, 100)
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
The views of the log are brought up to it first; the gateway may run or not. With --json, one object a line with everything that the views have of the
receipt. It needs the package libsql: npm install libsql.

Examples:
  countersign receipts --since 2026-11-21T00:00:00Z --status failed
  countersign receipts --upstream openai --model gpt-4o --limit 10 --json

Exit codes: 0 done, also where nothing is found, 10 the entries are not those that the log has signed, 64 wrong usage, 1 anything else.`;

async function run(options: AtRestOptions & WantedReceipts): Promise<void> {
  await withViews(options, async ({ views, catchUp }, progress) => {
    await catchUp(progress.show);
    progress.end();
    const found = searchReceipts(views, options);
    for (const receipt of found) {
      if (options.json) printJson(receipt);
      else print(inWords(receipt));
    }
    if (!options.json && found.length === 0) print('No receipt is like that.');
  });
}

const STYLES: Readonly<Record<string, Style>> = { completed: 'green', failed: 'red', aborted: 'yellow' };

function inWords(receipt: FoundReceipt): string {
  const { exchange, completed, status, upstream, requested, served, amount, currency, entry } = receipt;
  const text = (cell: unknown) => printable(`${cell ?? '-'}`);
  const model =
    served === null || served === requested ? text(requested) : `${text(requested)} → ${text(served)}`;
  const notes = [
    ...(amount === null ? [] : [`${text(amount)} ${text(currency)}`]),
    ...(receipt.erased === null ? [] : ['erased']),
    ...(receipt.refunded === null ? [] : ['refunded']),
  ];
  const style = STYLES[`${status}`] ?? 'cyan';
  return [
    new Date(Number(completed)).toISOString(),
    text(exchange),
    paint(style, text(status).padEnd(9)),
    `${text(upstream)}/${model}`,
    ...notes,
    paint('dim', `entry ${text(entry)}`),
  ].join('  ');
}

function digestArgument(text: string): string {
  if (/^[0-9a-f]{4,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It takes 4 to 64 hexadecimal digits, in small letters.');
}

function limitArgument(text: string): number {
  const limit = /^[1-9][0-9]{0,6}$/.test(text) ? Number(text) : Number.NaN;
  if (limit <= MOST) return limit;
  throw new InvalidArgumentError(`It takes a number from 1 to ${MOST}.`);
}
