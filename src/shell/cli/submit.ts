/**
 * `countersign submit`: hands receipts in, at their log or at a mirror of that log, so that nobody can keep them out by forgetting them.
 * Source: spec/submission.md, spec/mirror.md §2.
 */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { formatBundle, MAX_BUNDLE_BYTES } from '../../receipt/bundle.js';
import { readEntry } from '../../receipt/entry.js';
import { inRequests } from '../../receipt/submission.js';
import { entryIn } from './entry-input.js';
import { EXIT, UsageError } from './exit-code.js';
import { readInput, writeOutput } from './files.js';
import {
  type Counter,
  type Held,
  handIn,
  handInLines,
  type LogReceipt,
  type MirrorReceipt,
  type Outcome,
} from './hand-in.js';
import { stageArgument } from './stage-argument.js';
import { DEFAULT_LOG, exitCodeOf, tell, tellJson } from './tell-outcome.js';

interface SubmitOptions extends Counter {
  readonly out?: string;
  readonly json?: true;
}

export function submitCommand(): Command {
  return new Command('submit')
    .description('hand receipts in, at their log or at a mirror, when the log may have forgotten them')
    .argument('<file...>', 'bundles, or the exact bytes of log entries')
    .option('--to <url>', 'where the log is read, at its gateway or at a mirror', DEFAULT_LOG)
    .option(
      '--wait <stage>',
      'at a log: wait for them to be included or witnessed, 10 s at most',
      stageArgument,
    )
    .option('--stamper <vkey>', 'at a mirror: the key of its stamps, to check what it says', stamperArgument)
    .option('--out <path>', 'where to write what comes back, a new bundle or a stamp: of several, a folder')
    .option('--json', 'print one line of JSON for each instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign submit bundle.json --to https://log.example
  countersign submit bundle.json --to https://log.example --wait witnessed --out bundle.json
  countersign submit kept/*.json --to https://log.example --wait included --out proven
  countersign submit bundle.json --to https://mirror.example/8f43…e1 --stamper "$(cat stamps.vkey)" --out stamp.json

A log answers with the entry's index, the same however often it is asked; several go to it in one request. A mirror answers with a stamp, which
says when the entry was handed in, and hands it on to the log. The mirror prints both when it starts: its address of the log, and the
key of its stamps.

Exit codes: 0 all taken, 10 one refused, or a stamp that does not verify, 64 wrong usage, 1 anything else, such as an address at which
there is neither.`;

async function run(paths: readonly string[], options: SubmitOptions): Promise<void> {
  if (!/^https?:\/\/./.test(options.to) || !URL.canParse(options.to))
    throw new UsageError(`--to takes an http: or https: URL, and this is none: ${options.to}`);
  const outputs = await outputsFor(paths, options);
  const all: Held[] = [];
  for (const path of paths) all.push(await readHeld(path));
  for await (const [held, outcome] of all.length > 1 ? handInAll(all, options) : handInEach(all, options)) {
    const out = outcome.kind === 'taken' ? await keep(outputs.get(held.path), held, outcome.receipt) : null;
    const told = { held, outcome, out, counter: options, isOneOfMany: all.length > 1 };
    if (options.json) tellJson(told);
    else tell(told);
    // The larger ones are of what will not be right in a while.
    process.exitCode = Math.max(Number(process.exitCode ?? EXIT.pass), exitCodeOf(outcome));
  }
}

/** One request after another, so that what was taken is told also when a later one fails. */
async function* handInAll(all: readonly Held[], counter: Counter): AsyncGenerator<[Held, Outcome]> {
  // Only a mirror stamps.
  let takesLines = counter.stamper === undefined;
  for (const request of inRequests(all, ({ entry }) => entry.length)) {
    const outcomes = takesLines ? await handInLines(request, counter) : null;
    takesLines = outcomes !== null;
    if (outcomes === null) yield* handInEach(request, counter);
    else for (const [at, held] of request.entries()) yield [held, outcomes[at] as Outcome];
  }
}

async function* handInEach(all: readonly Held[], counter: Counter): AsyncGenerator<[Held, Outcome]> {
  for (const held of all) yield [held, await handIn(held, counter)];
}

async function readHeld(path: string): Promise<Held> {
  const entry = entryIn(await readInput(path, MAX_BUNDLE_BYTES));
  try {
    return { path, entry, envelope: readEntry(entry) };
  } catch (error) {
    if (error instanceof Failure)
      throw new UsageError(`${path} is neither a bundle nor an entry of a log: ${error.message}`);
    throw error;
  }
}

/** Where what comes back of each file is written. */
async function outputsFor(
  paths: readonly string[],
  { out }: SubmitOptions,
): Promise<ReadonlyMap<string, string>> {
  if (out === undefined) return new Map();
  if (paths.length === 1) return new Map(paths.map(path => [path, out]));
  const outputs = new Map(paths.map(path => [path, join(out, basename(path))]));
  if (new Set(outputs.values()).size < paths.length)
    throw new UsageError('Two of the files have one name, and what comes back of them would too.');
  try {
    await mkdir(out, { recursive: true });
  } catch {
    throw new UsageError(`${out} is to be a folder, and cannot be made one.`);
  }
  return outputs;
}

/** Resolves to the file that was written, or to null. */
async function keep(
  out: string | undefined,
  { envelope }: Held,
  receipt: LogReceipt | MirrorReceipt,
): Promise<string | null> {
  if (out === undefined) return null;
  await writeOutput(
    out,
    receipt.by === 'mirror' ? receipt.bytes : formatBundle({ envelope, proof: receipt.proof }),
  );
  return out;
}

function stamperArgument(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch {
    throw new InvalidArgumentError('It takes a verifier key (<name>+<hash>+<base64>).');
  }
}
