/** The command line as a process of its own, as people run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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
}

/** Runs `countersign` with these arguments to its end, for a minute at most. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = start(args, options);
  return gather(child, 60_000);
}

/** A gateway in a process of its own. */
export interface Served {
  readonly child: ChildProcess;
  /** What `up --json` printed. */
  readonly summary: Summary;
  /** Everything printed so far, on both outputs. */
  printed(): string;
  /** Asks it to end, and resolves when it has. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface Summary {
  readonly address: string;
  readonly data: string;
  readonly keys: string;
  readonly trust: string;
  readonly log: string;
  readonly models: readonly string[];
}

/** Starts `countersign up --json --port 0` with these arguments and waits until it is ready. */
export async function serve(args: readonly string[], options: RunOptions = {}): Promise<Served> {
  const child = start(['up', '--json', '--port', '0', ...args], options);
  let printed = '';
  child.stdout?.on('data', (text: string) => {
    printed += text;
  });
  child.stderr?.on('data', (text: string) => {
    printed += text;
  });
  const ended = gather(child, null);
  const line = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const found = /^\{"address".*\}$/m.exec(printed);
      if (found === null) return;
      child.stdout?.off('data', look);
      resolve(found[0]);
    };
    child.stdout?.on('data', look);
    void ended.then(({ code }) => reject(new Error(`it ended with ${code}: ${printed}`)));
  });
  return {
    child,
    summary: JSON.parse(line) as Summary,
    printed: () => printed,
    stop: signal => {
      child.kill(signal ?? 'SIGTERM');
      return ended;
    },
  };
}

function start(args: readonly string[], { environment, folder, command }: RunOptions): ChildProcess {
  const [program = process.execPath, ...first] = command ?? [process.execPath, MAIN];
  // A folder that does not exist, so that no test ever finds the data of whoever runs it.
  const own = { XDG_DATA_HOME: '/nonexistent', NO_COLOR: '1' };
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:OPENAI_|COUNTERSIGN_|FORCE_COLOR$|NODE_OPTIONS$|VITEST)/.test(name),
  );
  const child = spawn(program, [...first, ...args], {
    cwd: folder ?? ROOT,
    env: { ...Object.fromEntries(inherited), ...own, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
