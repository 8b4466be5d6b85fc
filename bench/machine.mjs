/** What the numbers were measured on. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export function machine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    go: versionOf('go', ['version']),
  };
}

/** What a program says of its version, or null when it is not there. */
export function versionOf(program, args) {
  try {
    return execFileSync(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return null;
  }
}

/** Processor seconds that a process has used, the memory that it holds, and the most that it has held, in MiB. */
export function usage(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const mebibytes = name =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) / 100,
    peakMiB: mebibytes('VmHWM'),
    residentMiB: mebibytes('VmRSS'),
  };
}
