/** The verifying client in Deno and in Bun, each from the path or else from the npm registry; one that cannot be had is skipped, and said so. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../end-to-end/gateway.js';
import { answer, completion, HELLO, stream, TestUpstream } from '../end-to-end/upstreams.js';

const run = promisify(execFile);
const CLIENT = new URL('runtime-client.mjs', import.meta.url).pathname;

const RUNTIMES = [
  { name: 'node', version: null, flags: [] },
  { name: 'deno', version: '2.9.6', flags: ['run', '-A', '--quiet', '--node-modules-dir=manual'] },
  { name: 'bun', version: '1.4.5', flags: ['run'] },
] as const;

/** The path of its executable, or why it cannot be had. */
async function find(
  name: string,
  version: string | null,
): Promise<{ readonly path: string } | { readonly missing: string }> {
  if (version === null) return { path: process.execPath };
  const folder = join(tmpdir(), `countersign-${name}-${version}`);
  const installed = join(folder, 'node_modules', '.bin', name);
  try {
    for (const path of [name, installed])
      if (await run(path, ['--version']).then(Boolean, () => false)) return { path };
    await mkdir(folder, { recursive: true });
    await run('npm', ['install', '--prefix', folder, '--no-save', `${name}@${version}`]);
    await run(installed, ['--version']);
    return { path: installed };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : error;
    return { missing: `none is on the path, and ${name}@${version} cannot be installed: ${reason}` };
  }
}

let upstream: TestUpstream;
let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  upstream.behaviour = (response, request) => {
    const { stream: isStream } = JSON.parse(request.body.toString()) as { stream: boolean };
    return (isStream ? stream(...HELLO) : answer(200, completion()))(response, request);
  };
  gateway = await openGateway({ upstream: upstream.base });
  folder = await mkdtemp(join(tmpdir(), 'countersign-runtimes-'));
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(RUNTIMES)('$name', async ({ name, version, flags }) => {
  const found = await find(name, version);
  const missing = 'missing' in found ? found.missing : null;

  test.skipIf(missing !== null)(
    `the client verifies, refuses what was altered, and checks later by itself${missing === null ? '' : ` (skipped: ${missing})`}`,
    async () => {
      if ('missing' in found) return;
      const args = [...flags, CLIENT, gateway.address, gateway.trustText, join(folder, name)];
      const { stdout } = await run(found.path, args, {
        timeout: 60_000,
        env: { ...process.env, NO_COLOR: '1' },
      });
      expect(JSON.parse(stdout)).toEqual({
        body: JSON.stringify(completion()),
        stream: expect.stringContaining(HELLO.at(-1) as string),
        altered: ['content/response-mismatch', 'content/response-mismatch'],
        verified: 2,
        settledByItself: 2,
        found: [],
        check: {
          outcome: 'settled',
          witnessed: [],
          open: [],
          findings: [],
        },
      });
    },
  );
});
