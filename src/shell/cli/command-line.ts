/** `countersign`'s command line: which commands there are, and how one is performed. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import '../node.js';
import { Failure, type ReasonCode } from '../../reason.js';
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
  { name: 'status', load: async () => (await import('./status.js')).statusCommand() },
  { name: 'reload', load: async () => (await import('./reload.js')).reloadCommand() },
  { name: 'config', load: async () => (await import('./config.js')).configCommand() },
  { name: 'policy', load: async () => (await import('./policy.js')).policyCommand() },
  {
    name: 'appraisal',
    checking: true,
    load: async () => (await import('./appraisal.js')).appraisalCommand(),
  },
  { name: 'releases', checking: true, load: async () => (await import('./releases.js')).releasesCommand() },
  { name: 'verify', checking: true, load: async () => (await import('./verify.js')).verifyCommand() },
  { name: 'appraise', checking: true, load: async () => (await import('./appraise.js')).appraiseCommand() },
  { name: 'compare', checking: true, load: async () => (await import('./compare.js')).compareCommand() },
  {
    name: 'validator',
    checking: true,
    load: async () => (await import('./validator.js')).validatorCommand(),
  },
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
  { name: 'import', checking: true, load: async () => (await import('./import.js')).importCommand() },
  { name: 'receipt', load: async () => (await import('./receipt.js')).receiptCommand() },
  { name: 'receipts', load: async () => (await import('./receipts.js')).receiptsCommand() },
  { name: 'views', load: async () => (await import('./views.js')).viewsCommand() },
  { name: 'submit', load: async () => (await import('./submit.js')).submitCommand() },
  { name: 'erase', load: async () => (await import('./erase.js')).eraseCommand() },
  { name: 'access', load: async () => (await import('./access.js')).accessCommand() },
  { name: 'fees', load: async () => (await import('./fees.js')).feesCommand() },
  { name: 'recount', load: async () => (await import('./recount.js')).recountCommand() },
  { name: 'refund', load: async () => (await import('./refund.js')).refundCommand() },
  { name: 'revoke', load: async () => (await import('./revoke.js')).revokeCommand() },
  {
    name: 'revocations',
    checking: true,
    load: async () => (await import('./revocations.js')).revocationsCommand(),
  },
  { name: 'demo', load: async () => (await import('./demo.js')).demoCommand() },
  { name: 'witness', load: async () => (await import('./witness.js')).witnessCommand() },
  { name: 'mirror', load: async () => (await import('./mirror.js')).mirrorCommand() },
  { name: 'key', load: async () => (await import('./keys.js')).keyCommand() },
  { name: 'log', load: async () => (await import('./log.js')).logCommand() },
];

/**
 * Performs one command. What it has to say goes to standard output and standard error, its verdict into `process.exitCode`.
 *
 * @param args what stands behind `countersign`
 */
export async function performCommand(args: readonly string[]): Promise<void> {
  const wanted = COMMANDS.filter(({ name }) => name === args[0]);
  try {
    const program = await programOf(wanted.length > 0 ? wanted : COMMANDS);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = explain(
      error,
      wanted.some(({ checking }) => checking),
    );
  }
}

async function programOf(commands: readonly CommandEntry[]): Promise<Command> {
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
  for (const { load } of commands) program.addCommand(withoutExits(await load()));
  return program;
}

/** Commander's own way out knows none of our exit codes. It is not inherited by commands that are added, so that every one of them has to be told. */
function withoutExits(command: Command): Command {
  for (const each of command.commands) withoutExits(each);
  return command.exitOverride();
}

/** What keeps a command from its work on this machine, whatever it was given. */
const OF_THIS_MACHINE: readonly ReasonCode[] = [
  'data/locked',
  'archive/unavailable',
  'archive/full',
  'verdict/state-corrupt',
  'verdict/submission-mixed',
];

/** Says what happened, and which exit code that is. */
function explain(error: unknown, checking: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
  if (error instanceof UsageError) {
    printError(`countersign: ${error.message}`);
    return EXIT.usage;
  }
  printError(`countersign: ${describe(error)}`);
  // Whatever else a checking command fails for is in what it has read.
  const isGiven = error instanceof Failure && !OF_THIS_MACHINE.includes(error.code);
  return isGiven && checking ? EXIT.malformed : EXIT.internal;
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
