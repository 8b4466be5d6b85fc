/** What the commands for a log at rest share: which folder, whose signatures count, and that nobody else is at work in it. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Trust } from '../../appraise/trust.js';
import type { VerifierKey } from '../../note/key.js';
import { errorCode } from '../files/disk.js';
import { acquireLock, type Lock } from '../files/lock.js';
import type { CheckpointKeys } from '../log/kept-checkpoint.js';
import { type DataFolder, dataFolder, defaultDataFolder } from './data-folder.js';
import { UsageError } from './exit-code.js';
import { readTrust } from './trust-file.js';

export interface AtRestOptions {
  readonly data: string;
  readonly log?: string;
  readonly trust?: string;
  readonly json?: true;
}

export function withAtRestOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'the data folder', defaultDataFolder())
    .option('--log <folder>', 'the log itself, where it is elsewhere (default: <data>/log)')
    .option('--trust <file>', 'whose signatures count (default: <data>/trust.json)')
    .option('--json', 'print one line of JSON instead of words');
}

export interface LogAtRest {
  readonly data: DataFolder;
  /** The log's own. */
  readonly folder: string;
  readonly trust: Trust;
  readonly keys: CheckpointKeys;
}

/** Throws `trust/…` or `policy/…` for a trust file that cannot be read. */
export async function findLog(options: AtRestOptions): Promise<LogAtRest> {
  const data = dataFolder(options.data);
  if (options.trust === undefined && !existsSync(data.trust))
    throw new UsageError(`${data.path} is no gateway's data folder; pass --data.`);
  const trusted = await readTrust(options.trust ?? data.trust);
  if (trusted === null) throw new UsageError('A trust file is needed: pass --trust.');
  const { trust } = trusted;
  const witnesses = [...trust.policy.witnesses.values()].map(({ key }) => key);
  const keys: CheckpointKeys = {
    log: trust.log,
    logCosigner: trust.logCosigner,
    witnesses: [...witnesses, ...retiredKeys(trust, 'witness')],
  };
  return { data, folder: resolve(options.log ?? data.log), trust, keys };
}

export function retiredKeys(trust: Trust, role: 'issuer' | 'validator' | 'witness'): readonly VerifierKey[] {
  return trust.retired.filter(retired => retired.role === role).map(({ key }) => key);
}

/**
 * Uses a log's folder as the only one. Throws `data/locked` while a gateway runs, which locks the folder above. On a medium that cannot be
 * written nobody else writes either.
 */
export async function alone<Value>(folder: string, use: () => Promise<Value>): Promise<Value> {
  const lock = lockAbove(folder);
  try {
    return await use();
  } finally {
    lock?.release();
  }
}

function lockAbove(folder: string): Lock | null {
  const above = dirname(folder);
  try {
    return acquireLock(above);
  } catch (error) {
    if (errorCode(error) === 'EROFS') return null;
    if (errorCode(error) === 'ENOENT') throw new UsageError(`There is no folder ${above}.`);
    throw error;
  }
}
