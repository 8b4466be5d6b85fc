/** Where a gateway keeps what it must not lose. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface DataFolder {
  readonly path: string;
  readonly keys: string;
  readonly log: string;
  readonly vault: string;
  readonly archive: string;
  /** From facts of evidence and receipts to log entries; made from log and archive. */
  readonly facts: string;
  /** What makers of hardware have published, as it was asked for or taken in. */
  readonly collateral: string;
  readonly witnesses: string;
  /** What has been asked to be erased, until it is erased and logged. */
  readonly erasures: string;
  /** The numbers that were given in each epoch. */
  readonly closings: string;
  /** The virtual keys, and what has been spent of their limits. */
  readonly access: string;
  /** The tables that are made of the log; of no worth. */
  readonly views: string;
  /** Up to where in the log everything that is owed back has been ordered. */
  readonly refunds: string;
  /** How far each subscriber of its webhooks has been told. */
  readonly webhooks: string;
  /** How a running gateway is asked for what its owner alone may ask. */
  readonly control: string;
  /** The key of its admin API. */
  readonly adminKey: string;
  readonly trust: string;
  /** Who has to cosign, where the owner has said so; who controls those keys; and what they say beyond a consistent tree. */
  readonly policy: string;
  readonly controllers: string;
  readonly statements: string;
  /** The key that undoes a theft; its owner moves it away. */
  readonly recoveryKey: string;
  /** Its public part, which stays. */
  readonly recoveryPublic: string;
}

/** `${XDG_DATA_HOME:-~/.local/share}/countersign`, as the XDG base directory specification has it. */
export function defaultDataFolder(): string {
  return join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'countersign');
}

export function dataFolder(folder: string): DataFolder {
  const path = resolve(folder);
  return {
    path,
    keys: join(path, 'keys'),
    log: join(path, 'log'),
    vault: join(path, 'vault'),
    archive: join(path, 'archive'),
    facts: join(path, 'facts'),
    collateral: join(path, 'collateral'),
    witnesses: join(path, 'witnesses'),
    erasures: join(path, 'erasures'),
    closings: join(path, 'closings'),
    access: join(path, 'access'),
    views: join(path, 'views'),
    refunds: join(path, 'refunds'),
    webhooks: join(path, 'webhooks'),
    control: join(path, 'control.json'),
    adminKey: join(path, 'keys', 'admin.key'),
    trust: join(path, 'trust.json'),
    policy: join(path, 'witnesses.policy'),
    controllers: join(path, 'controllers.json'),
    statements: join(path, 'statements.json'),
    recoveryKey: join(path, 'keys', 'recovery.key'),
    recoveryPublic: join(path, 'recovery.pub'),
  };
}
