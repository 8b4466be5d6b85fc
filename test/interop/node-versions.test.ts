/** The built package on the other Node.js releases that it promises to run on, each had from the npm registry. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const run = promisify(execFile);
const MAIN = new URL('../../dist/shell/cli/main.js', import.meta.url).pathname;
const VERSIONS = ['22.23.3', '24.21.0'];

/** The path of that release's executable, or why it cannot be had. */
async function install(version: string): Promise<{ path: string } | { missing: string }> {
  const folder = join(tmpdir(), `countersign-node-${version}`);
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  try {
    await mkdir(folder, { recursive: true });
    await run(path, ['--version']).catch(() =>
      run('npm', ['install', '--prefix', folder, '--no-save', `node@${version}`]),
    );
    await run(path, ['--version']);
    return { path };
  } catch (error) {
    return {
      missing: `node@${version} cannot be installed: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
    };
  }
}

describe.each(VERSIONS)('Node.js %s', async version => {
  const node = await install(version);
  const missing = 'missing' in node ? node.missing : null;

  test.skipIf(missing !== null)(
    `the demonstration ends as it should${missing === null ? '' : ` (skipped: ${missing})`}`,
    async () => {
      if ('missing' in node) return;
      const { stdout } = await run(node.path, [MAIN, 'demo', '--json'], { timeout: 60_000 });
      const steps = JSON.parse(stdout) as Record<string, { outcome: string }>;
      expect(steps.genuine?.outcome).toBe('pass');
      expect(steps.answerAltered?.outcome).toBe('fail');
      expect(steps.bundleAltered?.outcome).toBe('fail');
    },
  );
});
