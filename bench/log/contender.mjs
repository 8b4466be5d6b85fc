/** Starting one contender, putting it under load, and taking it down. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { usage } from '../machine.mjs';
import { firstLine } from '../processes.mjs';

const LOAD = fileURLToPath(new URL('load.mjs', import.meta.url));
const run = promisify(execFile);

/**
 * Measures one contender in a folder of its own.
 *
 * @param start command and arguments, given the folder
 * @param load what `load.mjs` takes, but the port
 */
export async function measure(start, load, parent) {
  const folder = mkdtempSync(join(parent, 'countersign-bench-'));
  const [command, ...args] = await start(folder);
  const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const { address } = JSON.parse(await firstLine(server));
    const port = Number(new URL(address).port);
    const before = usage(server.pid);
    const { stdout } = await run(process.execPath, [LOAD, JSON.stringify({ ...load, port })], {
      maxBuffer: 2 ** 24,
    });
    const after = usage(server.pid);
    const result = JSON.parse(stdout);
    return {
      perSecond: result.taken / result.seconds,
      sent: result.sent,
      refusals: result.refusals,
      ...result.latencies,
      loadCpuMicroseconds: result.cpuMicroseconds,
      cpuMicroseconds: ((after.cpu - before.cpu) * 1e6) / Math.max(1, result.sent),
      peakMiB: after.peakMiB,
    };
  } finally {
    const ended = new Promise(resolve => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Best, median and worst of a list of numbers. */
export function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return { least: sorted[0], median: sorted[Math.floor(sorted.length / 2)], most: sorted.at(-1) };
}
