/** `countersign log`: looking after a log that is at rest. */
import { Command } from 'commander';
import { fsckCommand } from './log-fsck.js';
import { restoreCommand } from './log-restore.js';
import { retentionCommands } from './log-retention.js';

export function logCommand(): Command {
  const log = new Command('log')
    .description('look after the log of a data folder, while its gateway is stopped')
    .addHelpText('after', EXAMPLES);
  // Not inherited by commands that are added, so that every one of them has to be told.
  for (const command of [fsckCommand(), restoreCommand(), ...retentionCommands()]) log.addCommand(command);
  return log;
}

const EXAMPLES = `
Examples:
  countersign log fsck
  countersign log fsck --data /srv/countersign --json
  countersign log restore --from https://mirror.example/8f43…e1
  countersign log deny 4711 --reason court-order

Each has its own --help, with examples and exit codes. docs/log.md explains what a log does to stay sound, and what to do when it is not.

Exit codes: 0 done, 64 wrong usage; each command's --help has its own. Each takes --json.`;
