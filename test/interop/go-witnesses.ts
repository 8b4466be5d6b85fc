/** Go's witnesses, as their operators run them. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import './build-programs.js';
import { answers, ForeignProcess, freePort } from './foreign-process.js';
import type { PeerKey } from './keys.js';

const run = promisify(execFile);
const { torchwood, litewitness, omniwitness } = inject('goPrograms');

export interface GoWitness {
  /** Where `add-checkpoint` is asked. */
  readonly url: string;
  /** Verifier keys. */
  readonly keys: readonly string[];
  stop(): Promise<void>;
}

/** A log that a witness is told of. */
export interface KnownLog {
  readonly origin: string;
  readonly key: string;
}

/** Why there is no litewitness here, or null. Its key lives in an ssh-agent. */
export async function missingLitewitness(): Promise<string | null> {
  for (const { missing } of [torchwood, litewitness]) if (missing !== null) return missing;
  try {
    await run('ssh-agent', ['-h']).catch((error: NodeJS.ErrnoException) => {
      // Any answer will do.
      if (error.code === 'ENOENT') throw error;
    });
    return null;
  } catch {
    return 'skipped: there is no ssh-agent; install the package openssh-client';
  }
}

export async function startLitewitness(folder: string, name: string, log: KnownLog): Promise<GoWitness> {
  if (torchwood.missing !== null) throw new Error(torchwood.missing);
  if (litewitness.missing !== null) throw new Error(litewitness.missing);
  const [socket, key, database] = ['agent.sock', 'key', 'litewitness.db'].map(file => join(folder, file)) as [
    string,
    string,
    string,
  ];
  const agent = new ForeignProcess('ssh-agent', ['-D', '-a', socket]);
  const inAgent = { env: { ...process.env, SSH_AUTH_SOCK: socket } };
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'litewitness', '-f', key]);
  // Exit code 1 says that there is an agent and that it holds no key.
  await agent.until(() =>
    run('ssh-add', ['-l'], inAgent).then(
      () => true,
      ({ code }) => code === 1,
    ),
  );
  await run('ssh-add', ['-q', key], inAgent);
  const { stdout } = await run('ssh-keygen', ['-l', '-E', 'sha256', '-f', `${key}.pub`]);
  const fingerprint = stdout.split(' ')[1] ?? '';
  const address = `127.0.0.1:${await freePort()}`;
  const server = new ForeignProcess(litewitness.path, [
    ...['-name', name],
    ...['-db', database],
    ...['-ssh-agent', socket],
    ...['-key', fingerprint],
    ...['-listen', address],
  ]);
  await server.until(() => answers(`http://${address}/`));
  await run(torchwood.path, ['enroll', database, log.origin, log.key]);
  const verifierKey = /vkey="?([^\s"]+)/.exec(server.complaints)?.[1];
  if (verifierKey === undefined) throw new Error(`it does not name its key: ${server.complaints}`);
  return {
    url: `http://${address}`,
    keys: [verifierKey],
    stop: async () => {
      await server.stop('SIGINT');
      await agent.stop('SIGTERM');
    },
  };
}

/** Why there is no omniwitness here, or null. */
export const missingOmniwitness: string | null = omniwitness.missing;

export async function startOmniwitness(
  folder: string,
  keys: readonly PeerKey[],
  log: KnownLog,
): Promise<GoWitness> {
  if (omniwitness.missing !== null) throw new Error(omniwitness.missing);
  const logs = join(folder, 'logs.yaml');
  await writeFile(
    logs,
    `Logs:\n  - Origin: ${log.origin}\n    PublicKey: ${log.key}\n    URL: http://127.0.0.1\n`,
  );
  const keyArguments: string[] = [];
  for (const [i, { secretKey }] of keys.entries()) {
    const file = join(folder, `omniwitness-${i}.key`);
    await writeFile(file, secretKey);
    keyArguments.push('--private_key_path', file);
  }
  const address = `127.0.0.1:${await freePort()}`;
  const server = new ForeignProcess(omniwitness.path, [
    ...['--listen', address],
    ...['--metrics_listen', ''],
    ...['--db_file', join(folder, 'omniwitness.db')],
    ...['--additional_logs', logs],
    ...keyArguments,
  ]);
  await server.until(() => answers(`http://${address}/`));
  return {
    url: `http://${address}`,
    keys: keys.map(({ verifierKey }) => verifierKey),
    stop: () => server.stop('SIGTERM'),
  };
}
