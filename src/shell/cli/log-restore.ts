/**
 * `countersign log restore`: brings back what a log has lost, from a mirror.
 *
 * Trusted: the trust file, which says whose signatures count. Not trusted: the mirror, whose entries have to be those that the log and a
 * quorum of its witnesses have signed.
 */
import { Command } from 'commander';
import { Failure } from '../../reason.js';
import { type Restored, restoreLog } from '../log/restore.js';
import { RemoteLog } from '../tiles/remote-log.js';
import { type AtRestOptions, alone, findLog, withAtRestOptions } from './at-rest.js';
import { EXIT, UsageError } from './exit-code.js';
import { paint, print, printable, printError, printJson } from './print.js';
import { progressOf } from './progress.js';

interface RestoreOptions extends AtRestOptions {
  readonly from: string;
}

export function restoreCommand(): Command {
  return withAtRestOptions(new Command('restore'))
    .description('bring back from a mirror what the log has lost, as far as its witnesses vouch for it')
    .requiredOption(
      '--from <url>',
      "a mirror of the log, or the log's own tiles elsewhere: <url>/checkpoint is read first",
    )
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign log restore --from https://mirror.example/8f43…e1
  countersign log restore --from http://127.0.0.1:9000/log --data /srv/countersign --json

A mirror prints the address of each copy when it starts, with the log's hash at its end.

Nothing is taken that the log and a quorum of its witnesses have not signed, and what is right stays as it is. It wants the gateway to be
stopped. When it was broken off, the same again goes on.

Exit codes: 0 the log holds all that the mirror's checkpoint covers, 10 the mirror has less, or something else, 30 not a trust file,
64 wrong usage, 1 anything else, such as an address at which there is no log.`;

async function run(options: RestoreOptions): Promise<void> {
  const json = options.json === true;
  if (!/^https?:\/\/[^/]/.test(options.from))
    throw new UsageError('--from takes a URL, such as https://mirror.example/8f43…e1.');
  try {
    const { folder, trust, keys } = await findLog(options);
    const progress = progressOf('bundles compared', json);
    const from = new RemoteLog(options.from);
    const restored = await alone(folder, () =>
      restoreLog({ folder, keys, quorum: trust.policy.quorum, from, onProgress: progress.show }),
    ).finally(progress.end);
    report(folder, restored, json);
  } catch (error) {
    const code = error instanceof Failure ? exitCodeOf(error) : null;
    if (code === null) throw error;
    printError(`countersign: ${(error as Failure).message}`);
    process.exitCode = code;
  }
}

/** Null for what is neither the mirror's nor the trust file's fault. */
function exitCodeOf({ code }: Failure): number | null {
  if (/^(?:trust|policy)\//.test(code)) return EXIT.malformed;
  return /^(?:log\/mirror-|checkpoint\/|note\/|witness\/|peer\/answer-[dm])/.test(code) ? EXIT.fail : null;
}

function report(folder: string, { size, written, removed }: Restored, json: boolean): void {
  process.exitCode = EXIT.pass;
  if (json) {
    printJson({ log: folder, size, written, removed, exitCode: EXIT.pass });
    return;
  }
  const changes = written.length + removed.length;
  print(
    changes === 0
      ? `${paint(['bold', 'green'], 'NOTHING TO DO')}  All ${size} entries that the mirror's checkpoint covers are here.`
      : `${paint(['bold', 'green'], 'RESTORED')}  All ${size} entries that the mirror's checkpoint covers are here now.`,
  );
  for (const file of written) print(`  written  ${printable(file)}`);
  for (const file of removed) print(`  removed  ${printable(file)}  (the log makes it again when it starts)`);
}
