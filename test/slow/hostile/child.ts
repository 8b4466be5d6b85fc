/** A helper process of a test, which says on standard output, in lines of JSON, how it goes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child<Said> {
  /** What it said last; null when it has not said anything. */
  readonly said: Said | null;
  /** What it said first. */
  readonly first: Promise<Said>;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts one of the programs in this folder. */
export function startChild<Said>(program: string, argument: object = {}): Child<Said> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [path, JSON.stringify(argument)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  let said: Said | null = null;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', line => {
    said = JSON.parse(line) as Said;
  });
  const first = new Promise<Said>(resolve => lines.once('line', line => resolve(JSON.parse(line) as Said)));
  const ended = new Promise<void>(resolve => {
    child.once('close', () => {
      running.delete(child);
      resolve();
    });
  });
  return {
    get said() {
      return said;
    },
    first,
    stop: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}
