/** `countersign reconcile`: compares what a client holds, what an operator has closed, what the log has, and what was billed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { parseTrust } from '../../appraise/trust.js';
import type { Verdict } from '../../court/reconcile/compare-number.js';
import { advice, Failure, type ReasonCode, says } from '../../reason.js';
import { EXIT, UsageError } from './exit-code.js';
import { readInput } from './files.js';
import { hang, paint, print, printError, printJson, type Style } from './print.js';
import { progressOf } from './progress.js';
import type { PriceSums } from './reconcile/price-lists.js';
import { SourceReader } from './reconcile/sources.js';

interface ReconcileOptions {
  readonly trust: string;
  readonly store?: string;
  readonly closings?: string;
  readonly log?: string;
  readonly bill?: string;
  readonly prices: readonly string[];
  readonly evidence: string;
  readonly all?: true;
  readonly json?: true;
}

const MAX_TRUST_BYTES = 1 << 20;

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description(
      "compare a client's store, an operator's closings, the log and the bill, exchange by exchange",
    )
    .requiredOption('--trust <file>', 'the trust file that names the log and its issuers')
    .option('--store <folder>', 'where a verifying client keeps its exchanges')
    .option('--closings <url or folder>', "the gateway's address, or the closings folder of its data")
    .option('--log <url or folder>', 'the log, or a copy of it')
    .option(
      '--bill <file>',
      'one JSON object a line: exchange, prompt_tokens, completion_tokens, amount, currency',
    )
    .option(
      '--prices <file>',
      'a price list to compare receipts with, beside the one that comes with the package; may be repeated',
      (path: string, before: readonly string[]) => [...before, path],
      [],
    )
    .option('--evidence <folder>', 'where to write what can be proven', 'evidence')
    .option('--all', 'list what matches as well')
    .option('--json', 'print one line of JSON for each exchange, and one with the sums')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign reconcile --trust trust.json --store ./receipts --closings https://gateway.example --log https://gateway.example/log
  countersign reconcile --trust trust.json --closings ./data/closings --log ./data/log      (an operator, or an auditor)
  countersign reconcile --trust trust.json --store ./receipts --bill november.jsonl --prices prices.json

With a store, only its exchanges and the numbers of its clients are compared; without one, everything is. docs/reconcile.md says more.

Exit codes: 0 everything matches, 10 something is missing or extra, 20 nothing is, but something could not be compared yet, 30 the trust file
or the store is malformed, 64 wrong usage, 1 anything else.`;

type Sums = Record<Verdict, number>;

async function run(options: ReconcileOptions): Promise<void> {
  const { store = null, closings = null, log = null, bill = null } = options;
  const sources = [store, closings, log, bill].filter(source => source !== null).length;
  const isPriced = (store !== null || log !== null) && options.prices.length > 0;
  if (sources < 2 && !isPriced)
    throw new UsageError(
      'two of --store, --closings, --log and --bill are needed, or --prices with --store or --log: one has nothing to be compared with.',
    );
  const trust = parseTrust(await readInput(options.trust, MAX_TRUST_BYTES));
  const work = await mkdtemp(join(tmpdir(), 'countersign-reconcile-'));
  const progress = progressOf('entries read', options.json === true);
  try {
    const reader = await SourceReader.open({
      trust,
      store,
      closings,
      log,
      bill,
      prices: options.prices,
      work,
      evidence: options.evidence,
      asOf: Date.now(),
      onProgress: progress.show,
    });
    await reader.read();
    progress.end();
    process.exitCode = await tellAll(reader, options, sources >= 2);
  } catch (error) {
    progress.end();
    if (!(error instanceof Failure)) throw error;
    printError(`countersign: ${error.message}`);
    process.exitCode = error.code.startsWith('client/') ? EXIT.malformed : EXIT.inconclusive;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Tells everything that is to be told, and says with which exit code. `isCompared`: whether there is more than prices to be compared. */
async function tellAll(
  reader: SourceReader,
  { all, json }: ReconcileOptions,
  isCompared: boolean,
): Promise<number> {
  const exchanges: Sums = { matched: 0, missing: 0, extra: 0, 'not-checkable': 0 };
  const billed: Sums = { ...exchanges };
  const tell = (line: Line, sums: Sums) => {
    sums[line.verdict]++;
    if (json) printJson(line);
    else if (all || line.verdict !== 'matched') for (const words of inWords(line)) print(words);
  };
  for await (const { verdict, code, exchange, evidence, number } of isCompared ? reader.compared() : []) {
    const { epoch, client, counter } = number;
    tell({ verdict, code, exchange, evidence, number: { epoch, client, counter } }, exchanges);
  }
  for (const { verdict, code, exchange } of reader.billed())
    tell({ verdict, code, exchange, evidence: null, number: null }, billed);
  for (const { exchange, evidence } of reader.mispriced())
    tell({ ...MISPRICED, exchange, evidence, number: null }, { ...exchanges });
  for (const { what, failure } of reader.uncompared) {
    if (json) printJson({ uncompared: what, code: failure.code, message: failure.message });
    else print(`${paint('yellow', 'NOT COMPARED')}   ${hang(`${what}: ${failure.message}`, 15)}`);
  }
  const { prices } = reader;
  const isWrong = prices.wrong > 0 || [exchanges, billed].some(sums => sums.missing + sums.extra > 0);
  // What an operator's prices are is his business, as long as nobody asks.
  const isPriceOpen = prices.notCheckable > 0 && !isCompared;
  const isOpen = isPriceOpen || exchanges['not-checkable'] > 0 || reader.uncompared.length > 0;
  const exitCode = isWrong ? EXIT.fail : isOpen ? EXIT.inconclusive : EXIT.pass;
  if (json) printJson({ exchanges, billed, prices, exitCode });
  else for (const words of sumsInWords(exchanges, billed, prices)) print(words);
  return exitCode;
}

interface Line {
  readonly verdict: Verdict;
  readonly code: ReasonCode | null;
  readonly exchange: string | null;
  readonly evidence: string | null;
  /** Null for a line of a bill, and for a price. */
  readonly number: { readonly epoch: string; readonly client: string; readonly counter: number } | null;
}

/** The receipt asks more, or other, than its list. */
const MISPRICED = { verdict: 'extra', code: 'misbehaviour/wrong-bill' } as const;

const STYLES: Record<Verdict, Style> = {
  matched: 'green',
  missing: 'red',
  extra: 'red',
  'not-checkable': 'yellow',
};

function inWords({ verdict, code, exchange, evidence, number }: Line): string[] {
  const what = [
    ...(exchange === null ? [] : [`exchange ${exchange}`]),
    ...(number === null
      ? [code === MISPRICED.code ? 'its price' : 'on the bill']
      : [`number ${number.counter} of client ${number.client} in epoch ${number.epoch}`]),
  ].join(', ');
  return [
    `${paint(STYLES[verdict], verdict.padEnd(13))}  ${hang(what, 15)}`,
    ...(code === null ? [] : [`               ${hang(`${code}: ${says(code)}`, 15)}`]),
    ...(code === null ? [] : [`               ${hang(advice(code), 15)}`]),
    ...(evidence === null ? [] : [`               evidence: ${evidence}`]),
  ];
}

function sumsInWords(exchanges: Sums, billed: Sums, prices: PriceSums): string[] {
  const words = (sums: Sums) =>
    `${sums.matched} matched, ${sums.missing} missing, ${sums.extra} extra, ${sums['not-checkable']} not checkable`;
  const hasBill = Object.values(billed).some(count => count > 0);
  const { matched, wrong, notCheckable } = prices;
  const hasPrices = matched + wrong + notCheckable > 0;
  return [
    `exchanges      ${words(exchanges)}`,
    ...(hasBill ? [`on the bill    ${words(billed)}`] : []),
    ...(hasPrices
      ? [`prices         ${matched} matched, ${wrong} wrong, ${notCheckable} not checkable`]
      : []),
  ];
}
