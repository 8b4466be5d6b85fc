/** Processes that perform commands one after another, each only one at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const WARM = fileURLToPath(new URL('warm-command-line.mjs', import.meta.url));

export interface WarmCommand {
  readonly args: readonly string[];
  readonly environment: Record<string, string | undefined>;
  readonly folder: string;
  readonly input: string;
}

export interface WarmEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const idle: ChildProcess[] = [];
const all = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of all) child.kill('SIGKILL');
});

/** @param limit milliseconds, after which the command is given up and its process is killed: it then has no exit code */
export function performWarm(command: WarmCommand, limit: number): Promise<WarmEnd> {
  const child = idle.pop() ?? begin();
  return new Promise(resolve => {
    const patience = setTimeout(() => child.kill('SIGKILL'), limit);
    const settle = (end: WarmEnd) => {
      clearTimeout(patience);
      child.off('message', told).off('exit', left);
      resolve(end);
    };
    const told = (end: WarmEnd) => {
      idle.push(child);
      settle(end);
    };
    const left = (code: number | null) => settle({ code, stdout: '', stderr: 'the process has ended' });
    child.on('message', told).on('exit', left);
    child.send(command);
  });
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
