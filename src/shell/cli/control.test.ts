import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { Failure } from '../../reason.js';
import { openControl, tellOfKeys } from './control.js';
import type { Erasures } from './erasures.js';

let folder: string;
let file: string;
let reloaded: number;
let failure: Failure | null;
let control: { close(): Promise<void> };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-control-'));
  file = join(folder, 'control.json');
  reloaded = 0;
  failure = null;
  control = await openControl({
    file,
    // Nobody erases here.
    erasures: {} as Erasures,
    access: {
      reload: async () => {
        if (failure !== null) throw failure;
        return ++reloaded;
      },
    },
    onProblem: message => expect.fail(message),
  });
});
afterEach(async () => {
  await control.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('telling a gateway that its virtual keys have changed', () => {
  it('has it read them again', async () => {
    expect(await tellOfKeys(file)).toBe(1);
    expect(await tellOfKeys(file)).toBe(2);
  });

  it('does nothing for those who do not have its token', async () => {
    const { address } = JSON.parse(readFileSync(file, 'utf8')) as { address: string };
    for (const headers of [{}, { authorization: `Bearer ${'0'.repeat(64)}` }] as Record<string, string>[]) {
      const { status } = await ask(address, { path: '/access', method: 'POST', headers, body: '' });
      expect(status).toBe(403);
    }
    expect(reloaded).toBe(0);
  });

  it('says what keeps it from doing so', async () => {
    failure = new Failure('access/file-malformed');
    expect(await reasonOfAsync(() => tellOfKeys(file))).toBe('access/file-malformed');
  });

  it('is nothing where no gateway runs', async () => {
    expect(await tellOfKeys(join(folder, 'none.json'))).toBeNull();
    const text = readFileSync(file, 'utf8');
    await control.close();
    writeFileSync(file, text, { mode: 0o600 });
    expect(await tellOfKeys(file)).toBeNull();
  });
});
