/**
 * How many connections a server takes at a time. Every connection is an open file, and a process that has no file left cannot write
 * what it has promised to keep: without a limit of its own, whoever opens enough connections stops the log.
 */
import { readFileSync } from 'node:fs';

/** Where the system does not say how many files a process may open: what the least generous ones give. */
const USUAL_LIMIT = 1024;

/** The most connections, at most `most`: two thirds of the files that this process may open are left for its own. */
export function connectionLimit(most: number): number {
  return Math.max(1, Math.min(most, Math.floor(openFileLimit(readLimits()) / 3)));
}

/** The files that a process may open. `limits`: what proc(5) says of it, null where there is nothing that does. */
export function openFileLimit(limits: string | null): number {
  const [, soft] = /^Max open files\s+([0-9]+|unlimited)\s/m.exec(limits ?? '') ?? [];
  if (soft === undefined) return USUAL_LIMIT;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

function readLimits(): string | null {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return null;
  }
}
