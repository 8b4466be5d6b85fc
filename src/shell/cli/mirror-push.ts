/** `countersign mirror push`: brings a log's entries to somebody's mirror. */
import { Command } from 'commander';
import { keyLabel, parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { push } from '../mirror/push.js';
import { RemoteLog } from '../tiles/remote-log.js';
import { EXIT, UsageError } from './exit-code.js';
import { parseLogKey } from './open-mirror.js';
import { print, printable, printError, printJson } from './print.js';
import { progressOf } from './progress.js';

interface PushCommandOptions {
  readonly from: string;
  readonly to: string;
  readonly log: readonly string[];
  readonly mirror: readonly string[];
  readonly json?: true;
}

export function mirrorPushCommand(): Command {
  return new Command('push')
    .description("bring what a log serves to somebody's mirror, until the mirror has cosigned it")
    .requiredOption('--from <log url>', 'where the log is read')
    .requiredOption('--to <mirror url>', "the mirror's own address, without the hash of a log")
    .requiredOption('--log <vkey>', "the log's verifier key; repeated for a log with several", gather)
    .option(
      '--mirror <vkey>',
      "the mirror's verifier key, to check what it says; may be repeated",
      gather,
      [],
    )
    .option('--json', 'print one line of JSON instead of words')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign mirror push --from http://127.0.0.1:8787/log --to https://mirror.example --log "$(cat log.vkey)"

log.vkey holds the log's key, which countersign up prints: the member "log" of its trust file.
It goes on where it, or anybody else, has stopped.

Exit codes: 0 the mirror has all of it, 10 the mirror has another history, or none of the given keys has cosigned, 64 wrong usage,
1 anything else.`;

async function run({ from, to, log, mirror, json }: PushCommandOptions): Promise<void> {
  for (const url of [from, to])
    if (!/^https?:\/\/./.test(url) || !URL.canParse(url))
      throw new UsageError(`--from and --to take http: or https: URLs, and this is none: ${url}`);
  const logKeys = log.map(parseLogKey);
  if (new Set(logKeys.map(({ name }) => name)).size > 1)
    throw new UsageError('--log takes the keys of one log: push one log at a time.');
  const progress = progressOf('mirrored', json === true);
  const pushed = await push({
    from: new RemoteLog(from),
    to,
    log: logKeys,
    mirror: mirror.map(mirrorKey),
    onProgress: (there, size) => progress.show(there, size),
  })
    .catch((error: unknown) => forked(misdirected(error, to)))
    .finally(() => progress.end());
  if (pushed instanceof Failure) {
    process.exitCode = EXIT.fail;
    if (json) printJson({ code: pushed.code, message: pushed.message });
    else printError(`countersign: ${pushed.message}`);
    return;
  }
  const { checkpoint, cosigned } = pushed;
  const verified = cosigned.verified.map(({ key }) => keyLabel(key));
  const unknown = cosigned.unknown.map(({ name }) => name);
  if (mirror.length > 0 && verified.length === 0) process.exitCode = EXIT.fail;
  if (json) printJson({ origin: checkpoint.origin, size: checkpoint.size, cosigners: verified, unknown });
  else say(checkpoint, verified, unknown, mirror.length > 0);
}

/** A mirror shows a log under its hash, and takes entries of all logs at its own address. */
function misdirected(error: unknown, to: string): unknown {
  const [, own] = /^(.*)\/[0-9a-f]{64}\/*$/.exec(to) ?? [];
  const isRefused = error instanceof Failure && error.code === 'peer/answer-unexpected';
  if (own === undefined || !isRefused) return error;
  return new UsageError(`--to takes the mirror's own address, without the hash of the log: ${own}`);
}

/** That the mirror has another history is what this was to find out. */
function forked(error: unknown): Failure {
  if (error instanceof Failure && error.code === 'mirror/log-forked') return error;
  throw error;
}

function say(
  { origin, size }: { readonly origin: string; readonly size: number },
  verified: readonly string[],
  unknown: readonly string[],
  isNamed: boolean,
): void {
  print(`The mirror has ${size} entries of ${printable(origin)}.`);
  for (const key of verified) print(`  cosigned by ${printable(key)}`);
  for (const name of new Set(unknown))
    print(
      isNamed
        ? `  a line by ${printable(name)}, under none of the keys that --mirror names`
        : `  a line by ${printable(name)}, which nobody has checked: pass its key with --mirror`,
    );
  if (isNamed && verified.length === 0)
    printError(
      'countersign: no key that --mirror names has cosigned. Compare it with the one that the mirror prints when it starts.',
    );
}

function mirrorKey(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch {
    throw new UsageError(`--mirror takes a verifier key (<name>+<hash>+<base64>), and this is none: ${text}`);
  }
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
