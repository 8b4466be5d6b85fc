import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { withNewKey } from '../../economy/key-changes.js';
import { formatKeyFile, NO_KEYS } from '../../economy/virtual-key.js';
import { acquireLock } from '../files/lock.js';
import { changeKeyFile, readKeyFile } from './key-file.js';

let above: string;
let folder: string;
let path: string;

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'countersign-access-'));
  folder = join(above, 'access');
  path = join(folder, 'keys.json');
});
afterEach(() => rmSync(above, { recursive: true, force: true }));

const made = (name: string) => (file: typeof NO_KEYS) =>
  withNewKey(
    file,
    {
      ...{
        id: 'a'.repeat(26).replace('a', name),
        name,
        team: null,
        models: ['*'],
        limits: [],
        expires: null,
      },
      digest: Buffer.from(name.repeat(32)).toString('hex'),
    },
    1,
  );

describe('the file of virtual keys', () => {
  it('holds none where there is none', async () => {
    expect(await readKeyFile(folder)).toEqual(NO_KEYS);
  });

  it('is made for its owner alone, and read as it was written', async () => {
    const changed = await changeKeyFile(folder, made('b'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await readKeyFile(folder)).toEqual(changed);
  });

  it('stays as it is where a change does not make another', async () => {
    await changeKeyFile(folder, made('b'));
    const before = readFileSync(path);
    expect(await changeKeyFile(folder, () => null)).toBeNull();
    expect(await changeKeyFile(folder, made('b'))).toBeNull();
    expect(readFileSync(path)).toEqual(before);
  });

  it('loses no change to another that is made at the same time', async () => {
    const results = await Promise.allSettled(['b', 'c', 'd'].map(name => changeKeyFile(folder, made(name))));
    const done = results.filter(({ status }) => status === 'fulfilled').length;
    expect((await readKeyFile(folder)).keys).toHaveLength(done);
    mkdirSync(folder, { recursive: true });
    const lock = acquireLock(folder);
    expect(await reasonOfAsync(() => changeKeyFile(folder, made('e')))).toBe('data/locked');
    lock.release();
  });

  it.each([
    ['nothing', ''],
    ['another form', '{"keys":[],"models":[],"teams":[],"version":2}'],
    ['a line break', `${formatKeyFile(NO_KEYS)}\n`],
    ['half of it', Buffer.from(formatKeyFile(NO_KEYS)).subarray(0, 9)],
    ['no text', Uint8Array.of(0xc3, 0x28)],
  ])('is refused with %s in it, and not written over', async (_, content) => {
    mkdirSync(folder);
    writeFileSync(path, content, { mode: 0o600 });
    expect(await reasonOfAsync(() => readKeyFile(folder))).toBe('access/file-malformed');
    expect(await reasonOfAsync(() => changeKeyFile(folder, made('b')))).toBe('access/file-malformed');
    expect(readFileSync(path)).toEqual(Buffer.from(content));
  });

  it('is refused where others may read it, also behind a link', async () => {
    await changeKeyFile(folder, made('b'));
    chmodSync(path, 0o640);
    expect(await reasonOfAsync(() => readKeyFile(folder))).toBe('data/key-exposed');
    const elsewhere = join(above, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(path, join(elsewhere, 'keys.json'));
    expect(await reasonOfAsync(() => readKeyFile(elsewhere))).toBe('data/key-exposed');
  });

  it('is never half written: a crash leaves another file beside it, which the next change writes over', async () => {
    await changeKeyFile(folder, made('b'));
    writeFileSync(`${path}.new`, 'half');
    await changeKeyFile(folder, made('c'));
    expect(existsSync(`${path}.new`)).toBe(false);
    expect((await readKeyFile(folder)).keys).toHaveLength(2);
  });
});
