import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { serve } from '../../../test/end-to-end/process.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-npm-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('as a newcomer types it', { timeout: 120_000 }, () => {
  it('npm start passes its options through, and ends with the gateway', async () => {
    // `serve` puts the command's name first, which `npm start` already has.
    const npm = ['sh', '-c', 'shift; exec npm start -- "$@"', 'sh'];
    const gateway = await serve(['--data', folder], { command: npm, group: true });
    expect(gateway.summary.data).toBe(folder);
    expect((await ask(gateway.summary.address, { path: '/healthz' })).status).toBe(200);
    await gateway.stop();
    await expect(ask(gateway.summary.address, { path: '/healthz' })).rejects.toThrow();
  });
});
