/**
 * `countersign log restore`: brings back what a log has lost, from a mirror.
 *
 * Trusted: the trust file, which says whose signatures count, and whoever names a mirror's key. Not trusted: where the entries come from;
 * they have to be those that the log has signed, and a quorum of its witnesses or that mirror.
 */
import { Command } from 'commander';
import type { Trust } from '../../appraise/trust.js';
import { equal } from '../../bytes/octets.js';
import { isCosignerType, keyLabel, parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { type Restored, restoreLog } from '../log/restore.js';
import { RemoteLog } from '../tiles/remote-log.js';
import { type AtRestOptions, alone, findLog, withAtRestOptions } from './at-rest.js';
import { EXIT, UsageError } from './exit-code.js';
import { paint, print, printable, printError, printJson } from './print.js';
import { progressOf } from './progress.js';

interface RestoreOptions extends AtRestOptions {
  readonly from: string;
  readonly mirror: readonly string[];
}

export function restoreCommand(): Command {
  return withAtRestOptions(new Command('restore'))
    .description('bring back what the log has lost, as far as its witnesses or a mirror vouch for it')
    .requiredOption(
      '--from <url>',
      "a mirror of the log, or the log's own tiles elsewhere: <url>/checkpoint is read first",
    )
    .option(
      '--mirror <vkey>',
      "a mirror's verifier key, whose cosignature is enough without a quorum of witnesses; may be repeated",
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign log restore --from https://mirror.example/8f43…e1 --mirror "$(cat mirror.vkey)"
  countersign log restore --from http://127.0.0.1:9000/log --data /srv/countersign --json

A mirror prints the address of each copy when it starts, with the log's hash at its end, and its key.

Nothing is taken that the log has not signed, and besides a quorum of its witnesses or one of the mirrors whose keys were given; and
nothing that does not extend the checkpoint here. What is right stays as it is. It wants the gateway to be stopped. When it was broken
off, the same again goes on.

Exit codes: 0 the log holds all that the mirror's checkpoint covers, 10 the mirror has less, or something else, 30 not a trust file,
64 wrong usage, 1 anything else, such as an address at which there is no log.`;

async function run(options: RestoreOptions): Promise<void> {
  const json = options.json === true;
  if (!/^https?:\/\/[^/]/.test(options.from))
    throw new UsageError('--from takes a URL, such as https://mirror.example/8f43…e1.');
  try {
    const { folder, trust, keys } = await findLog(options);
    const mirrors = options.mirror.map(text => mirrorKey(text, trust));
    const progress = progressOf('bundles compared', json);
    const from = new RemoteLog(options.from);
    const restored = await alone(folder, () =>
      restoreLog({ folder, keys, quorum: trust.policy.quorum, mirrors, from, onProgress: progress.show }),
    ).finally(progress.end);
    report(folder, restored, json);
  } catch (error) {
    const code = error instanceof Failure ? exitCodeOf(error) : null;
    if (code === null) throw error;
    printError(`countersign: ${(error as Failure).message}`);
    process.exitCode = code;
  }
}

/**
 * A key that says that it has stored everything. The log's own says no such thing, nor does a witness's, unless the trust file says so:
 * taken for a mirror's it would be a quorum of one.
 */
function mirrorKey(text: string, { log, logCosigner, policy, retired, statements }: Trust): VerifierKey {
  let key: VerifierKey;
  try {
    key = parseVerifierKey(text);
  } catch {
    throw new UsageError(`--mirror takes a verifier key (<name>+<hash>+<base64>), and this is none: ${text}`);
  }
  if (!isCosignerType(key.type))
    throw new UsageError(`${key.name} is a key of type 01: a mirror cosigns with type 04 or 06.`);
  const isKey = (other: VerifierKey | null) => other !== null && equal(other.publicKey, key.publicKey);
  if ([log, logCosigner].some(isKey))
    throw new UsageError(`${key.name} is the log's own key: --mirror takes the key of somebody else.`);
  const witnesses = [...policy.witnesses.values(), ...retired];
  const saysMirrored = statements.some(
    ({ key: label, says }) => label === keyLabel(key) && says === 'mirrored',
  );
  if (!saysMirrored && witnesses.some(witness => isKey(witness.key)))
    throw new UsageError(
      `${key.name} is a witness, and the trust file does not say that its key is "mirrored": --mirror takes the key of a mirror.`,
    );
  return key;
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
