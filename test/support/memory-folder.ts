/**
 * A folder in memory for what the unit suite writes. Most of it is written durably, and waiting for the platter takes longer than all else that
 * such a test does; the slow suite writes to disk.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux has files that are kept nowhere. */
const MEMORY = '/dev/shm';
/** Far more than tests have written at a time, in bytes. */
const ROOM = 2 ** 30;
const NAME = /^countersign-tests-(\d+)$/;

/** Makes the folder, which goes when this process ends; null where there is no such memory, too little, or no program may be run from it. */
export function memoryFolder(): string | null {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < ROOM) return null;
    removeLeftovers();
    const folder = join(MEMORY, `countersign-tests-${process.pid}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const program = join(folder, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
    execFileSync(program);
    return folder;
  } catch {
    return null;
  }
}

/** Of processes that were killed. */
function removeLeftovers(): void {
  for (const name of readdirSync(MEMORY)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(MEMORY, name), { recursive: true, force: true });
  }
}
