/**
 * `countersign submit`: hands a receipt in, at its log or at a mirror of that log, so that nobody can keep it out by forgetting it. Source:
 * spec/submission.md, spec/mirror.md §2.
 *
 * Who is asked is not trusted: what it answers is bounded, and a stamp or a proof is only kept when it is of what was handed in.
 */
import { Command, InvalidArgumentError } from 'commander';
import * as v from 'valibot';
import { toHex } from '../../bytes/hex.js';
import { type Json, parseCanonical } from '../../bytes/json.js';
import { parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure, isReasonCode, type ReasonCode } from '../../reason.js';
import { formatBundle, MAX_BUNDLE_BYTES } from '../../receipt/bundle.js';
import { readEntry } from '../../receipt/entry.js';
import { type Envelope, payloadDigest, readEnvelope } from '../../receipt/envelope.js';
import { readStamp, type Stamp, verifyStamp } from '../../receipt/stamp.js';
import { type Asked, ask } from '../http/client.js';
import { entryIn } from './entry-input.js';
import { EXIT, UsageError } from './exit-code.js';
import { readInput, writeOutput } from './files.js';
import { print, printable, printError, printJson } from './print.js';
import { stageArgument } from './stage-argument.js';
import { THEIR_TRUST_FILE } from './trust-file.js';

interface SubmitOptions {
  readonly to: string;
  readonly wait?: string;
  readonly stamper?: VerifierKey;
  readonly out?: string;
  readonly json?: true;
}

export function submitCommand(): Command {
  return new Command('submit')
    .description('hand a receipt in, at its log or at a mirror, when the log may have forgotten it')
    .argument('<file>', 'a bundle, or the exact bytes of a log entry')
    .option('--to <url>', 'where the log is read, at its gateway or at a mirror', DEFAULT_LOG)
    .option(
      '--wait <stage>',
      'at a log: wait for it to be included or witnessed, 10 s at most',
      stageArgument,
    )
    .option('--stamper <vkey>', 'at a mirror: the key of its stamps, to check what it says', stamperArgument)
    .option('--out <file>', 'where to write what comes back: a new bundle, or a stamp')
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const DEFAULT_LOG = 'http://127.0.0.1:8787/log';

const EXAMPLES = `
Examples:
  countersign submit bundle.json --to https://log.example
  countersign submit bundle.json --to https://log.example --wait witnessed --out bundle.json
  countersign submit bundle.json --to https://mirror.example/8f43…e1 --stamper "$(cat stamps.vkey)" --out stamp.json

A log answers with the entry's index, the same however often it is asked. A mirror answers with a stamp, which says when the entry was
handed in, and hands it on to the log. The mirror prints both when it starts: its address of the log, and the key of its stamps.

Exit codes: 0 taken, 10 refused, or a stamp that does not verify, 64 wrong usage, 1 anything else, such as an address at which there
is neither.`;

/** Room for a proof with many ML-DSA-44 cosignatures. */
const MAX_ANSWER_BYTES = 1 << 18;
/** A log lets a submission wait for ten seconds. */
const PATIENCE = 30_000;

/** What came of it. */
type Taken =
  | { readonly by: 'log'; readonly index: number; readonly proof: string | null }
  | { readonly by: 'mirror'; readonly stamp: Stamp; readonly isVerified: boolean };

async function run(path: string, options: SubmitOptions): Promise<void> {
  if (!/^https?:\/\/./.test(options.to) || !URL.canParse(options.to))
    throw new UsageError(`--to takes an http: or https: URL, and this is none: ${options.to}`);
  const entry = entryIn(await readInput(path, MAX_BUNDLE_BYTES));
  const envelope = readOwn(path, entry);
  const asked = await send(options, entry);
  if (asked.status !== 200 && asked.status !== 201) return refused(asked, options);
  const taken = await readAnswer(asked.body, envelope, options).catch(unverified);
  if (taken instanceof Failure) {
    tellFailure(
      taken.code,
      asked.status,
      `the stamp from ${options.to} does not verify: ${taken.message}`,
      options,
    );
    process.exitCode = EXIT.fail;
    return;
  }
  const out = await keep(asked.body, envelope, taken, options);
  if (options.json) printJson({ ...taken, isNew: asked.status === 201, out });
  else say(taken, asked.status === 201, out, options);
}

function readOwn(path: string, entry: Uint8Array): Envelope {
  try {
    return readEntry(entry);
  } catch (error) {
    if (error instanceof Failure)
      throw new UsageError(`${path} is neither a bundle nor an entry of a log: ${error.message}`);
    throw error;
  }
}

function send({ to, wait }: SubmitOptions, entry: Uint8Array): Promise<Asked> {
  const url = new URL(`${to.replace(/\/+$/, '')}/entries`);
  if (wait !== undefined) url.searchParams.set('wait', wait);
  return ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: entry,
    limit: MAX_ANSWER_BYTES,
    timeout: PATIENCE,
  });
}

const Logged = v.strictObject({
  index: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  proof: v.nullable(v.string()),
});

/** A log's answer or a mirror's. Throws `peer/answer-malformed`, and of a stamp `stamp/…`. */
async function readAnswer(body: Uint8Array, sent: Envelope, { to, stamper }: SubmitOptions): Promise<Taken> {
  const value = readJson(body, to);
  const logged = v.safeParse(Logged, value);
  if (logged.success) return { by: 'log', ...logged.output };
  const envelope = readEnvelope(value);
  const stamp = stamper === undefined ? readStamp(envelope) : await verifyStamp(envelope, [stamper]);
  if (stamp.digest !== toHex(payloadDigest(sent)))
    throw new Failure('peer/answer-malformed', { field: to, detail: 'a stamp of something else' });
  return { by: 'mirror', stamp, isVerified: stamper !== undefined };
}

function readJson(body: Uint8Array, to: string): Json {
  try {
    return parseCanonical(body);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('peer/answer-malformed', { field: to, detail: error.code });
  }
}

/** That a stamp does not verify is what this was to find out. */
function unverified(error: unknown): Failure {
  if (error instanceof Failure && error.code.startsWith('stamp/')) return error;
  throw error;
}

/** Resolves to the file that was written, or to null. */
async function keep(
  body: Uint8Array,
  envelope: Envelope,
  taken: Taken,
  { out }: SubmitOptions,
): Promise<string | null> {
  if (out === undefined) return null;
  await writeOutput(out, taken.by === 'mirror' ? body : formatBundle({ envelope, proof: taken.proof }));
  return out;
}

function refused({ status, headers }: Asked, options: SubmitOptions): void {
  const stated = headers['countersign-reason'];
  const code = typeof stated === 'string' && isReasonCode(stated) ? stated : null;
  const message = code === null ? `HTTP ${status}` : new Failure(code).message;
  tellFailure(code, status, `${options.to} does not take it: ${message}`, options);
  // What is wrong on their side, or with the address, may be right in a while; what is wrong with the entry will not.
  const isElsewhere = code === 'request/route-unknown' || status >= 500 || status === 429;
  process.exitCode = isElsewhere ? EXIT.internal : EXIT.fail;
}

function tellFailure(
  code: ReasonCode | null,
  status: number,
  message: string,
  { json }: SubmitOptions,
): void {
  if (json) printJson({ code, status, message });
  else printError(`countersign: ${message}`);
}

function say(taken: Taken, isNew: boolean, out: string | null, { to }: SubmitOptions): void {
  if (taken.by === 'log') {
    print(`${isNew ? 'The log has taken it' : 'The log had it already'}: entry ${taken.index}.`);
    const trust = to === DEFAULT_LOG ? '' : ' --trust trust.json';
    if (out !== null) {
      print(`The bundle is in ${out}. Check it:  npx countersign verify ${out}${trust}`);
      if (trust !== '') print(THEIR_TRUST_FILE);
    }
    return;
  }
  const { stamp, isVerified } = taken;
  const when = new Date(stamp.received).toISOString();
  print(`${isNew ? 'Stamped' : 'It was stamped before'}, for ${printable(stamp.origin)}: received ${when}`);
  print(
    isVerified
      ? `  by ${printable(stamp.stamper)}`
      : `  by ${printable(stamp.stamper)}, as it says: pass the key of its stamps with --stamper to check`,
  );
  if (out !== null) print(`The stamp is in ${out}: keep it with the receipt.`);
}

function stamperArgument(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch {
    throw new InvalidArgumentError('It takes a verifier key (<name>+<hash>+<base64>).');
  }
}
