import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STORE_BEHAVIOUR } from '../../../test/support/store-behaviour.js';
import type { ReceiptStore } from '../../client/receipt-store.js';
import { fileStore } from './file-store.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('a store of files', () => {
  let store: ReceiptStore;
  beforeAll(async () => {
    store = await fileStore(join(folder, 'behaviour'));
  });

  it.each(Object.entries(STORE_BEHAVIOUR))('%s', async (_, step) => {
    await expect(step(store)).resolves.toBeUndefined();
  });

  it('is there again after a restart', async () => {
    await store.put('open-kept', 'text');
    const again = await fileStore(join(folder, 'behaviour'));
    expect(await again.get('open-kept')).toBe('text');
  });

  it('makes its folder, which nobody else may read, and what is above it', async () => {
    const path = join(folder, 'above', 'below');
    await (await fileStore(path)).put('open-a', 'text');
    expect(await modeOf(path)).toBe(0o700);
    expect(await modeOf(join(path, 'open-a.json'))).toBe(0o600);
  });

  it('takes others’ rights from a folder that was there', async () => {
    const path = join(folder, 'open');
    await (await fileStore(path)).put('open-a', 'text');
    await chmod(path, 0o755);
    await fileStore(path);
    expect(await modeOf(path)).toBe(0o700);
  });

  it('takes files that are not its own for nothing', async () => {
    const path = join(folder, 'strange');
    const strange = await fileStore(path);
    await strange.put('open-a', 'text');
    const [written = ''] = await readdir(path);
    for (const name of [`${written}.part`, 'open-b', 'open-c.txt', 'open-D.json'])
      await writeFile(join(path, name), 'x');
    expect(await strange.names('open-')).toEqual(['open-a']);
  });

  it('fails where its folder has gone', async () => {
    const path = join(folder, 'gone');
    const gone = await fileStore(path);
    await rm(path, { recursive: true });
    expect(await gone.names('')).toEqual([]);
    await expect(gone.put('open-a', 'text')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
