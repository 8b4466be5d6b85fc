/** `countersign verify`: checks a bundle without asking anybody. */
import { stat } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { parseTrust, type Trust } from '../../appraise/trust.js';
import { parseOpening } from '../../receipt/opening.js';
import { verify } from '../../verify.js';
import { dataFolder, defaultDataFolder } from './data-folder.js';
import { exitCodeOf } from './exit-code.js';
import { readInput } from './files.js';
import { print, printJson } from './print.js';
import { report } from './report.js';

interface VerifyOptions {
  readonly opening?: Uint8Array;
  readonly request?: string;
  readonly response?: string;
  readonly trust?: string;
  readonly asOf?: number;
  readonly json?: true;
}

/** More than any gateway takes or gives. */
const MAX_CONTENT_BYTES = 1 << 28;

export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'check a bundle offline: who signed it, what it says, and whether it is logged and witnessed',
    )
    .argument('<bundle>', 'the file that GET /v1/receipts/<id> returned')
    .option(
      '--opening <text>',
      "the exchange's countersign-opening header, needed to compare content",
      openingArgument,
    )
    .option('--request <file>', 'the exact bytes that were sent')
    .option('--response <file>', 'the exact bytes that came; for a stream, all of its events')
    .option(
      '--trust <file>',
      `whom to believe (default: ${dataFolder(defaultDataFolder()).trust}, when it is there)`,
    )
    .option(
      '--as-of <time>',
      'judge as of this time, such as 2026-11-21T12:00:00Z (default: now)',
      timeArgument,
    )
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign verify bundle.json --trust trust.json
  countersign verify bundle.json --opening NjQgc2VjcmV0… --request request.json --response response.json

Exit codes: 0 pass, 10 fail, 20 inconclusive (no trust file, proof or quorum), 30 malformed, 64 wrong usage, 1 anything else.
Content that was not given is reported as not checked and does not change the code.`;

async function run(bundle: string, options: VerifyOptions): Promise<void> {
  const verification = await verify({
    bundle: await readInput(bundle, MAX_CONTENT_BYTES),
    trust: await readTrust(options.trust),
    content: {
      opening: options.opening ?? null,
      request: options.request === undefined ? null : await readInput(options.request, MAX_CONTENT_BYTES),
      response: options.response === undefined ? null : await readInput(options.response, MAX_CONTENT_BYTES),
    },
    asOf: options.asOf ?? Date.now(),
  });
  const exitCode = exitCodeOf(verification.outcome);
  if (options.json) printJson({ ...verification, exitCode });
  else for (const line of report(verification)) print(line);
  process.exitCode = exitCode;
}

/** The trust file that was named, or else this machine's own gateway's, or else none. */
async function readTrust(path: string | undefined): Promise<Trust | null> {
  if (path !== undefined) return parseTrust(await readInput(path, MAX_CONTENT_BYTES));
  const own = dataFolder(defaultDataFolder()).trust;
  const exists = await stat(own).then(
    () => true,
    () => false,
  );
  return exists ? parseTrust(await readInput(own, MAX_CONTENT_BYTES)) : null;
}

function openingArgument(text: string): Uint8Array {
  try {
    return parseOpening(text);
  } catch {
    throw new InvalidArgumentError('It takes the 43 characters of the countersign-opening header.');
  }
}

function timeArgument(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new InvalidArgumentError('It takes a time with its zone, such as 2026-11-21T12:00:00Z.');
}
