/** The processes that a benchmark starts: their first line, their end, and what they and their children use. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { usage } from './machine.mjs';

/** Starts a process whose first line is JSON. Resolves to the process and what it said; rejects when it ends before. */
export async function startSaying(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  return { child, said: JSON.parse(await firstLine(child)) };
}

/** The first line that a process writes. Rejects when it ends before. */
export function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', chunk => {
      if (text.includes('\n')) return;
      text += chunk;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`it ended with ${code} before it was ready`)));
  });
}

/** Ends a process, by force when it does not end by itself. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(patience);
}

/** Processor seconds and memory of a process and all its descendants; memory that they share counts for each. */
export function usageOfTree(pid) {
  const all = [pid, ...descendants(pid)].map(usage);
  const sum = member => all.reduce((total, one) => total + one[member], 0);
  return { cpu: sum('cpu'), peakMiB: sum('peakMiB'), residentMiB: sum('residentMiB') };
}

function descendants(pid) {
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => ({ pid: Number(name), parent: parentOf(name) }));
  const below = of =>
    parents.filter(({ parent }) => parent === of).flatMap(child => [child.pid, ...below(child.pid)]);
  return below(pid);
}

/** Null for a process that has ended meanwhile. */
function parentOf(pid) {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /, '')
        .split(' ')[1],
    );
  } catch {
    return null;
  }
}

/** A port of the loopback interface that nobody listens on now, for programs that have to be told one. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
