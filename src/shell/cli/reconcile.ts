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
import { SourceReader } from './reconcile/sources.js';

interface ReconcileOptions {
  readonly trust: string;
  readonly store?: string;
  readonly closings?: string;
  readonly log?: string;
  readonly bill?: string;
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
    .option('--bill <file>', 'one JSON object a line: exchange, prompt_tokens, completion_tokens')
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
  countersign reconcile --trust trust.json --store ./receipts --bill november.jsonl

With a store, only its exchanges and the numbers of its clients are compared; without one, everything is. docs/reconcile.md says more.

Exit codes: 0 everything matches, 10 something is missing or extra, 20 nothing is, but something could not be compared yet, 30 the trust file
or the store is malformed, 64 wrong usage, 1 anything else.`;

type Sums = Record<Verdict, number>;

async function run(options: ReconcileOptions): Promise<void> {
  const { store = null, closings = null, log = null, bill = null } = options;
  if ([store, closings, log, bill].filter(source => source !== null).length < 2)
    throw new UsageError(
      'two of --store, --closings, --log and --bill are needed: one has nothing to be compared with.',
    );
  const trust = parseTrust(await readInput(options.trust, MAX_TRUST_BYTES));
  const work = await mkdtemp(join(tmpdir(), 'countersign-reconcile-'));
  const progress = progressOf('entries read', options.json === true);
  try {
    const reader = new SourceReader({
      trust,
      store,
      closings,
      log,
      bill,
      work,
      evidence: options.evidence,
      asOf: Date.now(),
      onProgress: progress.show,
    });
    await reader.read();
    progress.end();
    process.exitCode = await tellAll(reader, options);
  } catch (error) {
    progress.end();
    if (!(error instanceof Failure)) throw error;
    printError(`countersign: ${error.message}`);
    process.exitCode = error.code.startsWith('client/') ? EXIT.malformed : EXIT.inconclusive;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Tells everything that is to be told, and says with which exit code. */
async function tellAll(reader: SourceReader, { all, json }: ReconcileOptions): Promise<number> {
  const exchanges: Sums = { matched: 0, missing: 0, extra: 0, 'not-checkable': 0 };
  const billed: Sums = { ...exchanges };
  const tell = (line: Line, sums: Sums) => {
    sums[line.verdict]++;
    if (json) printJson(line);
    else if (all || line.verdict !== 'matched') for (const words of inWords(line)) print(words);
  };
  for await (const { verdict, code, exchange, evidence, number } of reader.compared()) {
    const { epoch, client, counter } = number;
    tell({ verdict, code, exchange, evidence, number: { epoch, client, counter } }, exchanges);
  }
  for (const { verdict, code, exchange } of reader.billed())
    tell({ verdict, code, exchange, evidence: null, number: null }, billed);
  for (const { what, failure } of reader.uncompared) {
    if (json) printJson({ uncompared: what, code: failure.code, message: failure.message });
    else print(`${paint('yellow', 'NOT COMPARED')}   ${hang(`${what}: ${failure.message}`, 15)}`);
  }
  const isWrong = [exchanges, billed].some(sums => sums.missing + sums.extra > 0);
  const isOpen = exchanges['not-checkable'] > 0 || reader.uncompared.length > 0;
  const exitCode = isWrong ? EXIT.fail : isOpen ? EXIT.inconclusive : EXIT.pass;
  if (json) printJson({ exchanges, billed, exitCode });
  else for (const words of sumsInWords(exchanges, billed)) print(words);
  return exitCode;
}

interface Line {
  readonly verdict: Verdict;
  readonly code: ReasonCode | null;
  readonly exchange: string | null;
  readonly evidence: string | null;
  /** Null for a line of a bill. */
  readonly number: { readonly epoch: string; readonly client: string; readonly counter: number } | null;
}

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
      ? ['on the bill']
      : [`number ${number.counter} of client ${number.client} in epoch ${number.epoch}`]),
  ].join(', ');
  return [
    `${paint(STYLES[verdict], verdict.padEnd(13))}  ${hang(what, 15)}`,
    ...(code === null ? [] : [`               ${hang(`${code}: ${says(code)}`, 15)}`]),
    ...(code === null ? [] : [`               ${hang(advice(code), 15)}`]),
    ...(evidence === null ? [] : [`               evidence: ${evidence}`]),
  ];
}

function sumsInWords(exchanges: Sums, billed: Sums): string[] {
  const words = (sums: Sums) =>
    `${sums.matched} matched, ${sums.missing} missing, ${sums.extra} extra, ${sums['not-checkable']} not checkable`;
  const hasBill = Object.values(billed).some(count => count > 0);
  return [`exchanges      ${words(exchanges)}`, ...(hasBill ? [`on the bill    ${words(billed)}`] : [])];
}
