/** Processes that perform commands one after another, each only one at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const WARM = fileURLToPath(new URL('warm-command-line.mjs', import.meta.url));

export interface WarmCommand {
  readonly args: readonly string[];
  readonly environment: Record<string, string | undefined>;
  readonly folder: string;
  readonly input: string;
  /** Whether it goes on until a signal ends it, and tells what it prints as it goes. */
  readonly serves: boolean;
}

export interface WarmEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is being performed. */
export interface WarmProcess {
  /** It takes the signals of the command, and is somebody else's when that has ended. */
  readonly child: ChildProcess;
  /** Calls this with whatever it prints from now on. */
  onPrinted(listener: (text: string) => void): void;
  readonly ended: Promise<WarmEnd>;
}

interface Printed {
  readonly output: 'stdout' | 'stderr';
  readonly text: string;
}

const idle: ChildProcess[] = [];
const all = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of all) child.kill('SIGKILL');
});

/** @param limit milliseconds, after which the command is given up and its process is killed: it then has no exit code; null for no limit */
export function performWarm(command: WarmCommand, limit: number | null): WarmProcess {
  const child = idle.pop() ?? begin();
  const listeners: ((text: string) => void)[] = [];
  const ended = new Promise<WarmEnd>(resolve => {
    const patience = limit === null ? undefined : setTimeout(() => child.kill('SIGKILL'), limit);
    const printed = { stdout: '', stderr: '' };
    const settle = (end: WarmEnd) => {
      clearTimeout(patience);
      child.off('message', told).off('exit', left);
      resolve({
        code: end.code,
        stdout: printed.stdout + end.stdout,
        stderr: printed.stderr + end.stderr,
      });
    };
    const told = (message: WarmEnd | Printed) => {
      if ('output' in message) {
        printed[message.output] += message.text;
        for (const listener of listeners) listener(message.text);
        return;
      }
      idle.push(child);
      settle(message);
    };
    const left = (code: number | null) => settle({ code, stdout: '', stderr: '' });
    child.on('message', told).on('exit', left);
    child.send(command);
  });
  return { child, ended, onPrinted: listener => listeners.push(listener) };
}

function begin(): ChildProcess {
  // Whether there are colours is decided once, when the command line is loaded.
  const child = fork(WARM, { env: { NO_COLOR: '1' }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  // Nobody waits for one that has nothing to do.
  child.unref();
  child.channel?.unref();
  all.add(child);
  child.once('exit', () => {
    all.delete(child);
    const at = idle.indexOf(child);
    if (at >= 0) idle.splice(at, 1);
  });
  return child;
}
