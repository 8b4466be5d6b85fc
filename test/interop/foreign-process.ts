/** Programs that are not ours, each in a process of its own. They are tools here: their answers are looked at, their faults reported. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server may take until it answers, in milliseconds. */
const PATIENCE = 30_000;

/** Nothing that a test has started outlives it, however the test ended. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class ForeignProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;
  readonly #input: Writable;
  /** What it has written to its standard error so far. */
  complaints = '';

  constructor(path: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const child = spawn(path, args, { env: { ...process.env, ...environment }, stdio: 'pipe' });
    running.add(child);
    child.once('close', () => running.delete(child));
    this.#child = child;
    this.#closed = once(child, 'close');
    // Looked at only when something is waited for.
    this.#closed.catch(() => undefined);
    this.#input = child.stdin;
    // Whoever has ended reads no more; the next answer tells.
    child.stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    (child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
    });
  }

  /** The line of JSON that answers a command. Rejects with the program's own words when it ends instead. */
  async ask<Value>(command: string): Promise<Value> {
    this.#input.write(`${command}\n`);
    return this.answer();
  }

  /** The next line of JSON that it prints. */
  async answer<Value>(): Promise<Value> {
    const { value, done } = await this.#lines.next();
    if (done !== true) return JSON.parse(value) as Value;
    await this.#closed;
    throw new Error(`it ended: ${this.complaints.trim()}`);
  }

  /** Resolves when `isReady` says so. Rejects with the program's own words when it ends before. */
  async until(isReady: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (!(await isReady())) {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null || performance.now() > deadline)
        throw new Error(`it does not answer: ${this.complaints.trim()}`);
      await sleep(20);
    }
  }

  /** Ends its input, or interrupts it, and resolves when it is gone. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    if (!running.has(this.#child)) return;
    if (signal === undefined) this.#input.end();
    else this.#child.kill(signal);
    await this.#closed;
  }
}

/** Whether a server answers anything at all there. */
export async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    async response => {
      await response.arrayBuffer();
      return true;
    },
    () => false,
  );
}

/** A port of the loopback interface that nobody listens on, for servers that do not say which one they have taken. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
