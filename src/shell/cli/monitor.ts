/** `countersign monitor`: follows a log, checks everything in it, and keeps proof of what is wrong. */
import { Command, InvalidArgumentError } from 'commander';
import { beginningOf } from '../../appraise/standing.js';
import { parseTrust, type Trust } from '../../appraise/trust.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { knownKeys } from '../../court/misbehaviour/known-keys.js';
import { parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { advice, Failure } from '../../reason.js';
import { MAX_BUNDLE_BYTES, parseBundle } from '../../receipt/bundle.js';
import { type Envelope, readEnvelope } from '../../receipt/envelope.js';
import { verifyStamp } from '../../receipt/stamp.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import type { MonitorEvent } from '../monitor/events.js';
import { Monitor } from '../monitor/monitor.js';
import type { WatchedPromise } from '../monitor/promises.js';
import { defaultDataFolder } from './data-folder.js';
import { EXIT, UsageError } from './exit-code.js';
import { readInput } from './files.js';
import { closeOnSignal } from './on-signal.js';
import { print, printable, printError, printJson } from './print.js';
import { type Progress, progressOf } from './progress.js';

interface MonitorCommandOptions {
  readonly trust: string;
  readonly data: string;
  readonly witnessUrl: readonly string[];
  readonly checkpoint: readonly string[];
  readonly receipt: readonly string[];
  readonly stamp: readonly string[];
  readonly stamper: readonly string[];
  readonly interval: number;
  readonly skipMissing?: true;
  readonly once?: true;
  readonly json?: true;
}

const MAX_TRUST_BYTES = 1 << 20;
const DEFAULT_INTERVAL = 10;

export function monitorCommand(): Command {
  return new Command('monitor')
    .description('follow a log: check every entry and every checkpoint, and keep proof of what is wrong')
    .argument('<log url>', 'where the log is read: <log url>/checkpoint is its checkpoint')
    .requiredOption('--trust <file>', 'the trust file that names the log, its issuers and its witnesses')
    .option('--data <folder>', 'where it keeps what it knows', `${defaultDataFolder()}-monitor`)
    .option('--once', 'check everything that there is, then end')
    .option('--interval <seconds>', 'how long to wait between two looks', seconds, DEFAULT_INTERVAL)
    .option('--witness-url <url>', "a witness's monitoring address, beside those of the policy", gather, [])
    .option('--checkpoint <file>', 'a checkpoint, or a bundle, that somebody was given', gather, [])
    .option('--receipt <file>', 'a bundle or envelope whose promise to watch, with --stamp', gather, [])
    .option(
      '--stamp <file>',
      'the stamp of its submission, one for each --receipt, in the same order',
      gather,
      [],
    )
    .option('--stamper <verifier key>', 'a mirror whose stamps count', gather, [])
    .option('--skip-missing', 'go on, with hashes alone, where the log no longer serves entries')
    .option('--json', 'print one line of JSON for each event instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign monitor http://127.0.0.1:8787/log --trust trust.json --once
  countersign monitor https://log.example --trust trust.json --data ./monitor --witness-url https://witness.example
  countersign monitor https://log.example --trust trust.json --once --checkpoint bundle.json

It goes on where it stopped. Evidence comes into <data>/evidence, for countersign verify-misbehaviour; what is wrong but proves nothing
to a stranger, into <data>/findings.jsonl. Whatever lies there counts until it is moved away.

Exit codes with --once: 0 all is well, 10 misbehaviour or findings, 20 something could not be checked (unreachable, pruned, garbage),
30 the trust file or another file is malformed, or a stamp is by none of the --stamper keys, 64 wrong usage, 1 anything else. Without --once: 0 after a regular end.`;

async function run(url: string, options: MonitorCommandOptions): Promise<void> {
  if (!/^https?:\/\/./.test(url))
    throw new UsageError('the log is named by its URL, such as https://log.example/log.');
  if (options.receipt.length !== options.stamp.length)
    throw new UsageError(
      'each --receipt takes a --stamp: without one nobody can tell that it was submitted.',
    );
  if (options.receipt.length > 0 && options.stamper.length === 0)
    throw new UsageError(
      'each --stamp takes the key that it is by: pass --stamper, with the key of its stamps that the mirror prints.',
    );
  const progress = progressOf('entries checked', options.json === true);
  const settings = await readSettings(options);
  if (settings === null) return;
  const monitor = await Monitor.open({
    url,
    ...settings,
    folder: options.data,
    ...(options.skipMissing && { skipMissing: true }),
    onEvent: teller(progress, options),
    onProgress: progress.show,
  });
  await (options.once ? lookOnce(monitor) : lookOn(monitor, options.interval));
  progress.end();
  // Else a look that finds nothing new would end with 10 for a reason that nobody sees.
  if (options.once && !options.json && monitor.hasFindings)
    print(
      `${label('on record')}what was found, now or before, is in ${options.data}: evidence and findings.jsonl. It counts until it is moved away.`,
    );
}

/** What the files on the command line say; null when one of them is not what it should be, which has been told. */
async function readSettings(options: MonitorCommandOptions) {
  try {
    const trust = parseTrust(await readInput(options.trust, MAX_TRUST_BYTES));
    const stampers = options.stamper.map(stamperKey);
    return {
      log: trust.log,
      known: knownKeys(trust, [], stampers),
      beginning: beginningOf(trust),
      witnesses: [...witnessUrls(trust), ...options.witnessUrl],
      checkpoints: await Promise.all(options.checkpoint.map(readCheckpoint)),
      promises: await Promise.all(
        options.receipt.map((path, at) => readPromise(path, options.stamp[at] as string, stampers)),
      ),
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    printError(`countersign: ${error.message}`);
    process.exitCode = EXIT.malformed;
    return null;
  }
}

async function lookOnce(monitor: Monitor): Promise<void> {
  closeOnSignal(() => monitor.close());
  try {
    const isComplete = await monitor.round();
    process.exitCode = monitor.hasFindings ? EXIT.fail : isComplete ? EXIT.pass : EXIT.inconclusive;
  } finally {
    await monitor.close();
  }
}

async function lookOn(monitor: Monitor, interval: number): Promise<void> {
  let isEnding = false;
  let wake: () => void = () => undefined;
  closeOnSignal(async () => {
    isEnding = true;
    wake();
    await monitor.close();
  });
  while (!isEnding) {
    await monitor.round();
    if (isEnding) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, interval * 1000);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Tells each event once it happens; how it stands only when that has changed. */
function teller(progress: Progress, { json, once }: MonitorCommandOptions): (event: MonitorEvent) => void {
  let last = '';
  let isBroken = false;
  return event => {
    // What has been checked is told last in each round.
    const wasBroken = isBroken;
    isBroken = event.kind === 'unchecked' || (isBroken && event.kind !== 'checked');
    const text = JSON.stringify(event);
    if (!once && event.kind !== 'misbehaviour' && event.kind !== 'finding' && text === last) return;
    last = text;
    progress.end();
    if (json) printJson(event);
    else for (const line of words(event, wasBroken)) print(printable(line));
  };
}

/** `isBroken`: whether something could not be checked in this round. */
function words(event: MonitorEvent, isBroken: boolean): string[] {
  switch (event.kind) {
    case 'misbehaviour':
      return [
        `${label('MISBEHAVIOUR')}${event.says}`,
        `              by ${event.accused}: ${event.code}`,
        `              evidence: ${event.file}`,
        `              ${advice(event.code)}`,
      ];
    case 'finding': {
      const where = event.index === null ? '' : `entry ${event.index}: `;
      const detail = event.detail === null ? '' : ` (${event.detail})`;
      return [`${label('FINDING')}${where}${event.code}${detail}`, `              ${advice(event.code)}`];
    }
    case 'promise':
      return [`${label('promise')}${event.code}: ${event.says}`];
    case 'unchecked':
      return [`${label('UNCHECKED')}${event.message}`];
    case 'checked': {
      const { size, root, receipts, epochs, closings, openNumbers, withheld, pending } = event;
      const more = [
        ...(openNumbers > 0 ? [`open numbers in ${counted(openNumbers, 'place')}`] : []),
        ...(withheld > 0 ? [`${counted(withheld, 'entry', 'entries')} withheld`] : []),
        ...(pending > 0
          ? [`${counted(pending, 'checkpoint')} beyond what could be read of the log so far`]
          : []),
      ];
      const what = `${counted(receipts, 'receipt')} in ${counted(epochs, 'epoch')} (${closings} closed), root ${root}`;
      return [
        `${label(isBroken ? 'so far' : 'checked')}${counted(size, 'entry', 'entries')} of ${event.origin}: ${what}`,
        ...more.map(line => `              ${line}`),
      ];
    }
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function label(text: string): string {
  return text.padEnd(14);
}

/** Where the policy says that witnesses are. */
function witnessUrls(trust: Trust): string[] {
  return [...trust.policy.witnesses.values()].flatMap(({ url }) => (url === null ? [] : [url]));
}

/** A note as it is, or the one in a bundle's proof. */
async function readCheckpoint(path: string): Promise<Uint8Array> {
  const bytes = await readInput(path, MAX_BUNDLE_BYTES);
  if (bytes[0] !== 0x7b) return bytes;
  const { proof } = parseBundle(bytes);
  if (proof === null)
    throw new UsageError(`${path} is a bundle without a proof, so there is no checkpoint in it.`);
  return utf8(parseTlogProof(proof).checkpoint);
}

/** Throws `stamp/…` for a stamp that would never count. */
async function readPromise(
  receipt: string,
  stamp: string,
  stampers: readonly VerifierKey[],
): Promise<WatchedPromise> {
  const watched = { receipt: await readEnvelopeFile(receipt), stamp: await readEnvelopeFile(stamp) };
  await verifyStamp(watched.stamp, stampers);
  return watched;
}

/** An envelope as it is, or the one in a bundle. */
async function readEnvelopeFile(path: string): Promise<Envelope> {
  const bytes = await readInput(path, MAX_BUNDLE_BYTES);
  const value = parseCanonical(bytes);
  const isBundle = typeof value === 'object' && value !== null && 'envelope' in value;
  return isBundle ? parseBundle(canonicalize(value)).envelope : readEnvelope(value);
}

function stamperKey(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch {
    throw new UsageError('--stamper takes a verifier key, as its owner publishes it.');
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^[0-9]{1,6}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('It takes a number of seconds from 1 on.');
}

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
