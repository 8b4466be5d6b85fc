import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-npm-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('as a newcomer types it', { timeout: 120_000 }, () => {
  it('npx countersign is this package', async () => {
    // The first time npx makes a link to the package, which takes it a while; killed at that, it never works again.
    const npx = { command: ['npx', '--no-install', 'countersign'], limit: 100_000 };
    expect((await run(['--help'], npx)).stdout).toContain('countersign verify bundle.json');
    expect((await run(['verify', join(folder, 'nothing')], npx)).code).toBe(64);
  });

  it('npm run demo', async () => {
    const { code, stdout } = await run([], { command: ['npm', 'run', '--silent', 'demo'] });
    expect(code).toBe(0);
    expect(stdout).toContain('PASS');
  });
});
