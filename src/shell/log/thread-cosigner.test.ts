import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { formatCheckpoint } from '../../note/checkpoint.js';
import { cosignatureTime } from '../../note/cosignature.js';
import { KEY_TYPE } from '../../note/key.js';
import { emptyRoot } from '../../tree/hash.js';
import { openSigningKey, type SigningKey } from '../files/keys.js';
import { ThreadCosigner } from './thread-cosigner.js';

const NAME = 'log.example/test';
const TEXT = formatCheckpoint({ origin: NAME, size: 0, root: emptyRoot() });

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
let key: SigningKey['key'];
let cosigner: ThreadCosigner;
beforeEach(async () => {
  folder = temporaryFolder();
  path = join(folder.path, 'log-ml-dsa.key');
  ({ key } = await openSigningKey(path, NAME, KEY_TYPE.mlDsaCosignature));
  cosigner = new ThreadCosigner(path, key);
});
afterEach(async () => {
  await cosigner.close();
  folder.remove();
});

describe('a cosigner in a thread', () => {
  it('signs as the key in the file does, each order at its own time', async () => {
    const times = [1_700_000_000, 1_700_000_001, 1_700_000_002];
    const lines = await Promise.all(times.map(time => cosigner.cosign(TEXT, time)));
    for (const [at, line] of lines.entries()) {
      expect([line.name, line.keyId]).toEqual([NAME, key.id]);
      expect(await cosignatureTime(TEXT, key, line.signature)).toBe(times[at]);
    }
  });

  it('does not keep this thread from its work while it signs', async () => {
    await cosigner.cosign(TEXT, 1);
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const begun = performance.now();
    await Promise.all(Array.from({ length: 100 }, (_, time) => cosigner.cosign(TEXT, time + 1)));
    const whole = performance.now() - begun;
    clearInterval(watch);
    expect(longest).toBeLessThan(whole / 2);
  });

  it('whose key is gone fails with log/cosigner-failed, and works again once it is back', async () => {
    await cosigner.close();
    chmodSync(path, 0o644);
    cosigner = new ThreadCosigner(path, key);
    expect(await reasonOfAsync(() => cosigner.cosign(TEXT, 1))).toBe('log/cosigner-failed');
    chmodSync(path, 0o600);
    expect(await cosignatureTime(TEXT, key, (await cosigner.cosign(TEXT, 7)).signature)).toBe(7);
  });

  it('refuses another key than the one that it was opened for', async () => {
    await cosigner.close();
    rmSync(path);
    await openSigningKey(path, NAME, KEY_TYPE.mlDsaCosignature);
    cosigner = new ThreadCosigner(path, key);
    await expect(cosigner.cosign(TEXT, 1)).rejects.toMatchObject({
      code: 'log/cosigner-failed',
      detail: expect.stringContaining('another key'),
    });
  });

  it('that is asked for nonsense fails, and goes on', async () => {
    expect(await reasonOfAsync(() => cosigner.cosign('no checkpoint', 1))).toBe('log/cosigner-failed');
    expect((await cosigner.cosign(TEXT, 2)).name).toBe(NAME);
  });

  it('signs nothing once it is closed, and fails what it was about to sign', async () => {
    const waiting = reasonOfAsync(() => cosigner.cosign(TEXT, 1));
    await cosigner.close();
    expect(await waiting).toBe('log/cosigner-failed');
    expect(await reasonOfAsync(() => cosigner.cosign(TEXT, 1))).toBe('log/cosigner-failed');
  });
});
