/** How much memory another process has in use, as proc(5) tells. */
import { readFileSync } from 'node:fs';

export const MEGABYTE = 1 << 20;

/** The resident set of a process, in bytes. */
export function residentBytes(pid: number): number {
  const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** Watches a process while something is done; resolves with the most that it had. */
export async function mostResident(pid: number, act: () => Promise<void>): Promise<number> {
  let most = residentBytes(pid);
  const watch = setInterval(() => {
    most = Math.max(most, residentBytes(pid));
  }, 50);
  try {
    await act();
  } finally {
    clearInterval(watch);
  }
  return Math.max(most, residentBytes(pid));
}
