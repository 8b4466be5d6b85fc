/**
 * One process to a data folder.
 *
 * A process announces itself with a file whose name says who it is, and only then looks who else is there: if anybody lives, it
 * withdraws. Of two processes, the one that announced itself later sees the other, so never do both stay (two that start in the same
 * instant may both withdraw). Names are never used twice, so the file of a dead process can be removed without a race: it cannot have
 * become somebody else's. A crash thus never leaves a folder locked.
 *
 * Trusted: whoever can write in the folder. Not seen: a holder on another machine or in another process namespace (two containers that
 * share a volume); such holders must be kept apart by whoever starts them.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';

export interface Lock {
  release(): void;
}

/** Takes the folder, which must exist. Throws `data/locked` when a living process has it, this one included. */
export function acquireLock(folder: string): Lock {
  const announcement = announce(folder);
  const holder = announcement.otherHolder();
  if (holder === null) return { release: announcement.withdraw };
  announcement.withdraw();
  throw new Failure('data/locked', { detail: `process ${holder}` });
}

export interface Announcement {
  /** The process id of a living process that has announced itself too, or null. */
  otherHolder(): number | null;
  withdraw(): void;
}

/** The first of the two steps of {@link acquireLock}. */
export function announce(folder: string): Announcement {
  const own = `lock-${process.pid}-${processStart(process.pid) ?? '0'}-${bootId()}-${toHex(randomBytes(8))}`;
  closeSync(openSync(join(folder, own), 'wx', 0o600));
  return {
    otherHolder: () => {
      for (const name of readdirSync(folder)) {
        const holder = name === own ? null : parseName(name);
        if (holder === null) continue;
        if (isAlive(holder)) return holder.pid;
        rmSync(join(folder, name), { force: true });
      }
      return null;
    },
    withdraw: () => rmSync(join(folder, own), { force: true }),
  };
}

interface Holder {
  readonly pid: number;
  /** When it started, in clock ticks since the machine did; `0` where that is not known. */
  readonly start: string;
  /** Which run of the machine it belongs to; `0` where that is not known. */
  readonly boot: string;
}

function parseName(name: string): Holder | null {
  const match = /^lock-([1-9][0-9]{0,9})-([0-9]+)-([0-9a-f]+)-[0-9a-f]{16}$/.exec(name);
  return match === null ? null : { pid: Number(match[1]), start: match[2] ?? '', boot: match[3] ?? '' };
}

/** A process id alone may have been given to somebody else since, hence the start time and the boot. */
function isAlive({ pid, start, boot }: Holder): boolean {
  if (boot !== bootId()) return false;
  const runningSince = processStart(pid);
  if (runningSince !== null) return runningSince === start;
  if (start !== '0') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process that may not be signalled is still a process.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * From proc(5): the 22nd field of `stat`, counted after the name, which is in parentheses and may hold anything. A process that has ended
 * but that nobody has waited for (state `Z` or `X`) holds nothing any more.
 */
function processStart(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? null : /[ZX]/.test(fields[0] ?? '') ? 'ended' : (fields[19] ?? null);
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim().replaceAll('-', '') ?? '0';
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
