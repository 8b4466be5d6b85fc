/**
 * `countersign log fsck`: reads everything that a log keeps, and names every file that is not what was signed. It changes nothing.
 *
 * Trusted: the trust file, which says whose signatures count. Not trusted: anything in the log's folder.
 */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { Trust } from '../../appraise/trust.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { parseVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { entryIsByOneOf } from '../../receipt/entry.js';
import { readIfPresent } from '../files/durable.js';
import { type Examination, examineLog } from '../log/examine.js';
import { type AtRestOptions, alone, findLog, retiredKeys, withAtRestOptions } from './at-rest.js';
import { EXIT } from './exit-code.js';
import { paint, print, printable, printError, printJson } from './print.js';
import { progressOf } from './progress.js';

export function fsckCommand(): Command {
  return withAtRestOptions(new Command('fsck'))
    .description('read everything that the log keeps, and name every file that is not what was signed')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  countersign log fsck
  countersign log fsck --data /srv/countersign
  countersign log fsck --log /mnt/backup/log --trust trust.json --json

It changes nothing, and wants the gateway to be stopped: what is being written is not at rest.

Exit codes: 0 sound, 10 damaged, 30 not a log or not a trust file, 64 wrong usage, 1 anything else.`;

async function run(options: AtRestOptions): Promise<void> {
  const json = options.json === true;
  try {
    const asked = options.log ?? options.data;
    if (!existsSync(asked)) throw new Failure('log/not-found', { field: asked });
    const { data, folder, trust, keys } = await findLog(options);
    const known = await entrySigners(trust, data.recoveryPublic);
    const progress = progressOf('bundles examined', json);
    const examination = await alone(folder, () =>
      examineLog({
        folder,
        keys,
        accepts: entry => entryIsByOneOf(known, entry),
        onProgress: progress.show,
      }),
    ).finally(progress.end);
    report(folder, examination, json);
  } catch (error) {
    if (!(error instanceof Failure) || !/^(?:log\/not-found|trust\/|policy\/)/.test(error.code)) throw error;
    printError(`countersign: ${error.message}`);
    process.exitCode = EXIT.malformed;
  }
}

/** Who may have signed the entries that no checkpoint on disk covers yet. */
async function entrySigners(trust: Trust, recoveryPublic: string): Promise<readonly VerifierKey[]> {
  const bytes = await readIfPresent(recoveryPublic);
  const recovery = bytes === null ? [] : [parseVerifierKey((fromUtf8(bytes) ?? '').trimEnd())];
  const validators = [...trust.validators, ...retiredKeys(trust, 'validator')];
  return [...trust.issuers, ...retiredKeys(trust, 'issuer'), ...validators, ...recovery];
}

function report(folder: string, { kept, entries, damage, leftovers }: Examination, json: boolean): void {
  const exitCode = damage.length === 0 ? EXIT.pass : EXIT.fail;
  process.exitCode = exitCode;
  const size = kept?.checkpoint.size ?? null;
  if (json) {
    const found = damage.map(({ file, what, advice }) => ({ file, what, do: advice }));
    printJson({ log: folder, size, entries, damage: found, leftovers, exitCode });
    return;
  }
  if (damage.length === 0) {
    const witnesses = `${kept?.cosigners.length ?? 0} witness ${kept?.cosigners.length === 1 ? 'key' : 'keys'}`;
    print(
      `${paint(['bold', 'green'], 'SOUND')}  ${entries} entries, ${size} of them under a checkpoint by the log and ${witnesses}.`,
    );
  } else {
    print(
      `${paint(['bold', 'red'], 'DAMAGED')}  ${damage.length === 1 ? 'One file is' : `${damage.length} files are`} not what was signed.`,
    );
    print('Do not start the gateway before this is repaired, and keep a copy of the folder as it is.');
  }
  for (const { file, what, advice } of damage) {
    print();
    print(`  ${paint('bold', printable(file))}`);
    print(`    ${printable(what)}`);
    print(`    ${advice}`);
  }
  if (leftovers.length > 0) {
    print();
    print(
      `Left over from writes that did not finish, and in nobody's way: ${leftovers.map(printable).join(', ')}`,
    );
  }
}
