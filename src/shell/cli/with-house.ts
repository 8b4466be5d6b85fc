/** Using a house whose gateway is stopped. */
import { existsSync } from 'node:fs';
import { parseTrust } from '../../appraise/trust.js';
import { readIfPresent } from '../files/durable.js';
import { acquireLock } from '../files/lock.js';
import { type DataFolder, dataFolder } from './data-folder.js';
import { UsageError } from './exit-code.js';
import { UNNAMED } from './house.js';
import type { HouseLogOptions } from './house-log.js';
import { printError } from './print.js';

/** Locks a data folder whose gateway is stopped, for a command that opens its log. */
export async function withHouse<Value>(
  data: string,
  use: (options: HouseLogOptions) => Promise<Value>,
): Promise<Value> {
  const folder = dataFolder(data);
  if (!existsSync(folder.keys))
    throw new UsageError(
      `${folder.path} is no gateway's data folder; pass --data, or start one with "countersign up".`,
    );
  const lock = acquireLock(folder.path);
  try {
    const operator = await operatorOf(folder);
    return await use({ folder, operator, onProblem: message => printError(`countersign: ${message}`) });
  } finally {
    lock.release();
  }
}

/** The name under which the trust file has the operator's keys, so that writing it again does not change it. */
async function operatorOf({ trust }: DataFolder): Promise<string> {
  const bytes = await readIfPresent(trust);
  return (bytes === null ? undefined : parseTrust(bytes).controllers[0]?.name) ?? UNNAMED;
}
