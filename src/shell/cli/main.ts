#!/usr/bin/env node
/** `countersign`: the command line. It alone reads configuration; everything else is given what it needs. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import '../node.js';
import { Failure } from '../../reason.js';
import { demoCommand } from './demo.js';
import { EXIT, UsageError } from './exit-code.js';
import { keyCommand } from './keys.js';
import { logCommand } from './log.js';
import { mirrorCommand } from './mirror.js';
import { monitorCommand } from './monitor.js';
import { printError } from './print.js';
import { receiptCommand } from './receipt.js';
import { trustCommand } from './trust.js';
import { upCommand } from './up.js';
import { verifyCommand } from './verify.js';
import { verifyCoseCommand } from './verify-cose.js';
import { verifyMisbehaviourCommand } from './verify-misbehaviour.js';
import { witnessCommand } from './witness.js';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Commands that judge what they are given. */
const CHECKING: readonly string[] = ['verify', 'verify-cose', 'verify-misbehaviour', 'trust'];

const program = new Command('countersign')
  .description(
    'Verifiable and accountable AI inference: every answer leaves with a receipt that anyone can check.',
  )
  .version(version)
  .exitOverride()
  // Otherwise a command takes options that stand after its subcommand, such as --log in `mirror push`.
  .enablePositionalOptions()
  .addHelpText(
    'after',
    `
Examples:
  countersign demo
  countersign up
  countersign verify bundle.json --trust trust.json

Each command has its own --help, with examples and exit codes.`,
  );
for (const command of [
  upCommand(),
  verifyCommand(),
  monitorCommand(),
  verifyMisbehaviourCommand(),
  verifyCoseCommand(),
  trustCommand(),
  receiptCommand(),
  demoCommand(),
  witnessCommand(),
  mirrorCommand(),
  keyCommand(),
  logCommand(),
]) {
  // Not inherited by commands that are added, so that every one of them has to be told.
  program.addCommand(command.exitOverride());
}

// A reader that has seen enough, such as `head`, is no reason to forget the verdict.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Says what happened, and which exit code that is. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
  if (error instanceof UsageError) {
    printError(`countersign: ${error.message}`);
    return EXIT.usage;
  }
  printError(`countersign: ${describe(error)}`);
  // The one thing that a checking command reads besides what it checks is the trust file.
  return error instanceof Failure && CHECKING.includes(program.args[0] ?? '')
    ? EXIT.malformed
    : EXIT.internal;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'something unknown went wrong';
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `port ${port} is taken. Stop what uses it, or listen on another one (0 for any that is free).`;
  if (code === 'EACCES')
    return `not allowed: ${error.message}. Check who owns the folder, or pass --data or --port.`;
  return error.message;
}
