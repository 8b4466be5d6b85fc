#!/usr/bin/env node
/** `countersign`: the command line. It alone reads configuration; everything else is given what it needs. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import '../node.js';
import { Failure } from '../../reason.js';
import { EXIT, UsageError } from './exit-code.js';
import { printError } from './print.js';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

interface CommandEntry {
  readonly name: string;
  /** Whether it judges what it is given. */
  readonly checking?: true;
  readonly load: () => Promise<Command>;
}

/** In the order of the help. What one command needs is loaded for it alone: checking a receipt loads no gateway. */
const COMMANDS: readonly CommandEntry[] = [
  { name: 'up', load: async () => (await import('./up.js')).upCommand() },
  { name: 'config', load: async () => (await import('./config.js')).configCommand() },
  { name: 'verify', checking: true, load: async () => (await import('./verify.js')).verifyCommand() },
  { name: 'monitor', load: async () => (await import('./monitor.js')).monitorCommand() },
  {
    name: 'verify-misbehaviour',
    checking: true,
    load: async () => (await import('./verify-misbehaviour.js')).verifyMisbehaviourCommand(),
  },
  {
    name: 'verify-cose',
    checking: true,
    load: async () => (await import('./verify-cose.js')).verifyCoseCommand(),
  },
  {
    name: 'evidence',
    checking: true,
    load: async () => (await import('./evidence.js')).evidenceCommand(),
  },
  { name: 'import', checking: true, load: async () => (await import('./import.js')).importCommand() },
  {
    name: 'conformance',
    load: async () => (await import('./conformance.js')).conformanceCommand(),
  },
  {
    name: 'reconcile',
    checking: true,
    load: async () => (await import('./reconcile.js')).reconcileCommand(),
  },
  { name: 'trust', checking: true, load: async () => (await import('./trust.js')).trustCommand() },
  { name: 'receipt', load: async () => (await import('./receipt.js')).receiptCommand() },
  { name: 'submit', load: async () => (await import('./submit.js')).submitCommand() },
  { name: 'erase', load: async () => (await import('./erase.js')).eraseCommand() },
  { name: 'access', load: async () => (await import('./access.js')).accessCommand() },
  { name: 'fees', load: async () => (await import('./fees.js')).feesCommand() },
  { name: 'recount', load: async () => (await import('./recount.js')).recountCommand() },
  { name: 'refund', load: async () => (await import('./refund.js')).refundCommand() },
  { name: 'demo', load: async () => (await import('./demo.js')).demoCommand() },
  { name: 'witness', load: async () => (await import('./witness.js')).witnessCommand() },
  { name: 'mirror', load: async () => (await import('./mirror.js')).mirrorCommand() },
  { name: 'key', load: async () => (await import('./keys.js')).keyCommand() },
  { name: 'log', load: async () => (await import('./log.js')).logCommand() },
];

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
const wanted = COMMANDS.filter(({ name }) => name === process.argv[2]);
for (const { load } of wanted.length > 0 ? wanted : COMMANDS) {
  // Not inherited by commands that are added, so that every one of them has to be told.
  program.addCommand((await load()).exitOverride());
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
  return error instanceof Failure && wanted.some(({ checking }) => checking) ? EXIT.malformed : EXIT.internal;
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
