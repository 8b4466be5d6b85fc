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

/** How a gateway shares out the files that its process may open. */
export interface ConnectionShares {
  /** The most connections of clients at a time. */
  readonly clients: number;
  /** The most connections to upstreams at a time; at least as many, because every client may have one exchange under way. */
  readonly upstreams: number;
}

/** Of the files, this part is for the log, the vault and whatever else the process needs, and at least so many. */
const OWN_PART = 1 / 10;
const OWN_FILES = 256;

/** `most`: the most connections of clients, where there are files enough. */
export function connectionShares(
  most: number,
  files: number = openFileLimit(readLimits()),
): ConnectionShares {
  // Where nothing bounds the files, twice what is asked for is as good.
  const known = Number.isFinite(files) ? files : 4 * most + OWN_FILES;
  const left = Math.max(2, Math.floor(known - Math.max(known * OWN_PART, OWN_FILES)));
  const clients = Math.min(most, Math.floor(left / 2));
  return { clients, upstreams: left - clients };
}

/** Connections that are open at a time, counted over all who open any. */
export class OpenConnections {
  readonly most: number;
  #open = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** Makes room for one more; false when there is none. */
  take(): boolean {
    if (this.#open >= this.most) return false;
    this.#open++;
    return true;
  }

  give(): void {
    this.#open--;
  }
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
