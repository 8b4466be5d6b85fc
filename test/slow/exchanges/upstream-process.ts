/** The processes of upstreams that fail at random. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { UpstreamRecord } from './accounts.js';

const PROGRAM = fileURLToPath(new URL('faulty-upstreams.mjs', import.meta.url));

export interface UpstreamSettings {
  readonly names: readonly string[];
  readonly seed: number;
  /** Where the records go. */
  readonly file: string;
  /** Whether they are away now and then. */
  readonly outages: boolean;
}

export interface UpstreamCounts {
  /** Connections that were reset when they came. */
  readonly reset: number;
  /** Connections that there were when an upstream went away; those on which nothing ran were closed. */
  readonly closed: number;
  readonly outages: number;
  readonly records: readonly UpstreamRecord[];
}

export interface UpstreamProcess {
  /** In the order of the names. */
  readonly ports: readonly number[];
  stop(): Promise<UpstreamCounts>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function startUpstreams(settings: UpstreamSettings): Promise<UpstreamProcess> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? 'null');
  const { ports } = await next();
  return {
    ports,
    stop: async () => {
      child.kill('SIGTERM');
      const counts = await next();
      const records = readFileSync(settings.file, 'utf8').trimEnd().split('\n');
      return { ...counts, records: records.map(record => JSON.parse(record)) };
    },
  };
}
