/**
 * Portkey's gateway from npm, the best known one in TypeScript. With the Hono that a fresh install gets it answers every stream with 500, so
 * the versions are those of its own lockfile; and it listens on every interface unless it is kept from it.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, MODULES, versionOf } from '../../modules.mjs';
import { freePort } from '../../processes.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const PROGRAM = join(MODULES, '@portkey-ai', 'gateway', 'build', 'start-server.js');

export const portkey = {
  name: 'Portkey',
  /** Installs it when it is not here. */
  missing: () => install('@portkey-ai/gateway'),
  version: () =>
    `${versionOf('@portkey-ai/gateway')}, hono ${versionOf('hono')}, node-server ${versionOf('@hono/node-server')}`,

  async start(upstream) {
    const port = await freePort();
    const child = spawn(
      process.execPath,
      ['--require', here('loopback-only.cjs'), PROGRAM, '--headless', `--port=${port}`],
      { stdio: 'ignore', env: { PATH: process.env.PATH, NODE_ENV: 'production' } },
    );
    const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1` };
    return { child, port, headers };
  },
};
