/** The command line as people run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { thorough } from '../support/thoroughness.js';
import { performWarm, type WarmProcess } from './warm-processes.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/shell/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Added to an environment that holds nothing of this machine's own data folder or keys. */
  readonly environment?: Record<string, string>;
  readonly folder?: string;
  /** What is run with the arguments; the built command line when it is left out. */
  readonly command?: readonly string[];
  /** Whether it is in a process of its own, which ends with it. */
  readonly isAlone?: boolean;
  /** Whether signals go to everything that the command starts, as a terminal sends them. */
  readonly group?: boolean;
  /** What stands on its standard input; nothing when it is left out. */
  readonly input?: string;
  /** When a command that is still running is killed, in milliseconds. */
  readonly limit?: number;
}

/** How long a command may take that comes to its own end, in milliseconds. */
const LIMIT = 15_000;

/** Commands that go on until they are told to end. */
const SERVING = new Set(['up', 'witness', 'mirror', 'demo']);

/** In the slow suite every server is a process of its own, as it is where it serves; in the unit suite only those that are asked for. */
const SHARES_SERVERS = thorough(false, true);

/**
 * Runs `countersign` with these arguments to its end; one that does not end is killed, and has no exit code. It is performed in a process that
 * has performed other commands before.
 */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return perform(args, options, options.limit ?? LIMIT).ended;
}

/** A command on its way: in a process that has performed others before, where nothing speaks against it. */
function perform(args: readonly string[], options: RunOptions, limit: number | null): WarmProcess {
  const { environment = {}, folder = ROOT, command, input = '', group = false, isAlone = false } = options;
  const serves = isServing(args);
  const isOther = 'FORCE_COLOR' in environment || 'NODE_OPTIONS' in environment || command !== undefined;
  if (isOther || group || isAlone || (serves && !SHARES_SERVERS)) return performAlone(args, options, limit);
  return performWarm({ args, environment: environmentWith(environment), folder, input, serves }, limit);
}

function performAlone(args: readonly string[], options: RunOptions, limit: number | null): WarmProcess {
  const child = start(args, options);
  return {
    child,
    ended: gather(child, limit),
    onPrinted: listener => {
      child.stdout?.on('data', listener);
      child.stderr?.on('data', listener);
    },
  };
}

function isServing([name = '', next, ...others]: readonly string[]): boolean {
  if (next === '--help' || others.includes('--help')) return false;
  // A validator that looks once comes to its own end.
  if (name === 'validator') return others.includes('--listen');
  return SERVING.has(name) && next !== 'push';
}

/** {@link run}, in a process of its own. */
export function runAlone(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return run(args, { ...options, isAlone: true });
}

/** A server: a gateway unless it says otherwise. */
export interface Served<Printed = Summary> {
  readonly child: ChildProcess;
  /** What `--json` made it print. */
  readonly summary: Printed;
  /** Everything printed so far, on both outputs. */
  printed(): string;
  /** Asks it to end, and resolves when it has. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface Summary {
  readonly address: string;
  /** Where the admin API is. */
  readonly admin: string;
  readonly data: string;
  readonly keys: string;
  readonly trust: string;
  readonly log: string;
  readonly models: readonly string[];
}

/** Starts `countersign up --json --port 0` with these arguments and waits until it is ready. */
export function serve(args: readonly string[], options: RunOptions = {}): Promise<Served> {
  return untilReady(['up', '--json', '--port', '0', ...args], options, printed => {
    const line = /^\{"address".*\}$/m.exec(printed)?.[0];
    return line === undefined ? null : (JSON.parse(line) as Summary);
  });
}

/** What `countersign witness --json` prints. */
export interface WitnessSummary {
  readonly address: string;
  readonly data: string;
  /** Verifier keys. */
  readonly keys: readonly string[];
  /** Origins. */
  readonly logs: readonly string[];
  readonly statement: string;
}

/** Starts `countersign witness --json` on a free port with these arguments and waits until it is ready. */
export function serveWitness(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Served<WitnessSummary>> {
  const first = ['witness', '--json', '--listen', '127.0.0.1:0'];
  return untilReady([...first, ...args], options, printed => {
    const line = /^\{"address".*\}$/m.exec(printed)?.[0];
    return line === undefined ? null : (JSON.parse(line) as WitnessSummary);
  });
}

/** What `countersign mirror --json` prints. */
export interface MirrorSummary {
  readonly address: string;
  readonly data: string;
  /** Verifier keys. */
  readonly keys: readonly string[];
  readonly stampKey: string | null;
  readonly logs: readonly { readonly origin: string; readonly url: string; readonly size: number }[];
}

/** Starts `countersign mirror --json` on a free port with these arguments and waits until it is ready. */
export function serveMirror(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Served<MirrorSummary>> {
  const first = ['mirror', '--json', '--listen', '127.0.0.1:0'];
  return untilReady([...first, ...args], options, printed => {
    const line = /^\{"address".*\}$/m.exec(printed)?.[0];
    return line === undefined ? null : (JSON.parse(line) as MirrorSummary);
  });
}

/** Starts `countersign validator --json` on a free port with these arguments and waits until it listens. */
export function serveValidator(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Served<{ readonly address: string; readonly validator: string }>> {
  return untilReady(['validator', '--json', '--listen', '127.0.0.1:0', ...args], options, printed => {
    const line = /^\{"address".*\}$/m.exec(printed)?.[0];
    return line === undefined ? null : (JSON.parse(line) as { address: string; validator: string });
  });
}

/** {@link serve} without `--json`: of the summary there is the address alone. */
export function serveInWords(args: readonly string[], options: RunOptions = {}): Promise<Served> {
  return untilReady(['up', '--port', '0', ...args], options, printed => {
    const address = /listening on (http:\S+)\/v1/.exec(printed)?.[1];
    const rest = { admin: '', data: '', keys: '', trust: '', log: '', models: [] };
    return address === undefined ? null : { address, ...rest };
  });
}

async function untilReady<Printed>(
  args: readonly string[],
  options: RunOptions,
  read: (printed: string) => Printed | null,
): Promise<Served<Printed>> {
  const { child, ended, onPrinted } = perform(args, options, null);
  let printed = '';
  const summary = await new Promise<Printed>((resolve, reject) => {
    let isReady = false;
    onPrinted(text => {
      printed += text;
      const found = isReady ? null : read(printed);
      if (found === null) return;
      isReady = true;
      resolve(found);
    });
    void ended.then(({ code }) => reject(new Error(`it ended with ${code}: ${printed}`)));
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  return {
    child,
    summary,
    printed: () => printed,
    stop: signal => {
      // Whatever its process does now is somebody else's.
      if (isOver) return ended;
      if (options.group === true && child.pid !== undefined) process.kill(-child.pid, signal ?? 'SIGTERM');
      else child.kill(signal ?? 'SIGTERM');
      return ended;
    },
  };
}

/** Nothing that a test has started outlives it, however the test ended. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function environmentWith(given: Record<string, string> = {}): Record<string, string | undefined> {
  // A folder that does not exist, so that no test ever finds the data of whoever runs it.
  const own = { XDG_DATA_HOME: '/nonexistent', NO_COLOR: '1' };
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:OPENAI_|COUNTERSIGN_|FORCE_COLOR$|NODE_OPTIONS$|VITEST)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...own, ...given };
}

function start(
  args: readonly string[],
  { environment, folder, command, group = false, input = '' }: RunOptions,
): ChildProcess {
  const [program = process.execPath, ...first] = command ?? [process.execPath, MAIN];
  const child = spawn(program, [...first, ...args], {
    cwd: folder ?? ROOT,
    env: environmentWith(environment),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: group,
  });
  // One that does not read it may have ended by now.
  child.stdin.on('error', () => undefined).end(input);
  running.add(child);
  child.once('close', () => running.delete(child));
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  return child;
}

function gather(child: ChildProcess, limit: number | null): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    child.stdout?.on('data', (text: string) => {
      output.stdout += text;
    });
    child.stderr?.on('data', (text: string) => {
      output.stderr += text;
    });
    const patience = limit === null ? undefined : setTimeout(() => child.kill('SIGKILL'), limit);
    child.once('error', reject);
    child.once('close', code => {
      clearTimeout(patience);
      resolve({ code, ...output });
    });
  });
}
