import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { fromBase64 } from '../../bytes/base64.js';
import { utf8 } from '../../bytes/octets.js';
import { cosign, cosignatureTime } from '../../note/cosignature.js';
import { KEY_TYPE, keyId } from '../../note/key.js';
import { formatNote, parseNote, signNote, verifyNote } from '../../note/signed-note.js';
import { mlDsaSignerFromSeed, signerFromSeed } from '../node.js';
import { openSigningKey, readSigningKey } from './keys.js';
import { openSecret, readSecret } from './secret.js';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'log.key');
});
afterEach(() => folder.remove());

const open = (name = 'log.example', type: 1 | 4 = KEY_TYPE.ed25519) => openSigningKey(path, name, type);

describe('a signing key', () => {
  it('is made once, for its owner alone, and then always the same', async () => {
    const made = await open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const content = readFileSync(path, 'utf8');
    const again = await open();
    expect(again.key).toEqual(made.key);
    expect(readFileSync(path, 'utf8')).toBe(content);
    expect(readdirSync(folder.path)).toEqual(['log.key']);
    const text = 'signed by one, verified by the other\n';
    const note = formatNote({ text, signatures: [signNote(text, again.key, again.signer)] });
    expect((await verifyNote(parseNote(note), [made.key])).verified).toHaveLength(1);
  });

  it('stands in the file as Go’s note package writes it', async () => {
    const seed = new Uint8Array(32).fill(5);
    const { key } = await openSigningKey(path, 'log.example', KEY_TYPE.ed25519, () => seed);
    const [, name, hash, encoded] =
      /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.*)\n$/.exec(readFileSync(path, 'utf8')) ?? [];
    expect(name).toBe('log.example');
    expect(Buffer.from(fromBase64(encoded ?? '') ?? []).toString('hex')).toBe(`01${'05'.repeat(32)}`);
    const { publicKey } = signerFromSeed(seed);
    expect(hash).toBe(Buffer.from(keyId('log.example', KEY_TYPE.ed25519, publicKey)).toString('hex'));
    expect(key.publicKey).toEqual(publicKey);
  });

  it('can be named after itself', async () => {
    const naming = (publicKey: Uint8Array) => `log.example/${Buffer.from(publicKey).toString('hex', 0, 4)}`;
    const made = await openSigningKey(path, naming, KEY_TYPE.ed25519);
    expect(made.key.name).toBe(naming(made.key.publicKey));
    expect((await openSigningKey(path, naming, KEY_TYPE.ed25519)).key).toEqual(made.key);
  });

  it('of two that are made at once, one stays and both are it', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    expect(a.key).toEqual(b.key);
    expect((await open()).key).toEqual(a.key);
  });

  it.each([0o604, 0o640, 0o660, 0o602, 0o601, 0o777])(
    'that others can use (mode %o): data/key-exposed',
    async mode => {
      await open();
      chmodSync(path, mode);
      expect(await reasonOfAsync(() => open())).toBe('data/key-exposed');
    },
  );

  it.each<[string, (text: string) => string]>([
    ['empty', () => ''],
    ['garbage', () => 'garbage\n'],
    ['cut', text => text.slice(0, -5)],
    ['without its newline', text => text.slice(0, -1)],
    ['followed by something', text => `${text}\n`],
    ['of another name', text => text.replace('log.example', 'log.examplf')],
    ['with another id', text => text.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['in capitals', text => text.replace('PRIVATE', 'private')],
    ['far too long', text => text.repeat(50)],
    ['not text', text => `${text}\ud800`],
  ])('that is %s: data/key-malformed, and nothing is written over it', async (_, change) => {
    await open();
    const changed = change(readFileSync(path, 'utf8'));
    writeFileSync(path, changed);
    const before = readFileSync(path);
    expect(await reasonOfAsync(() => open())).toBe('data/key-malformed');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('of another type: data/key-malformed', async () => {
    await open();
    expect(await reasonOfAsync(() => open('log.example', KEY_TYPE.cosignature))).toBe('data/key-malformed');
  });

  it('that is changed in any bit is noticed', async () => {
    await open();
    const whole = readFileSync(path);
    for (let bit = 0; bit < whole.length * 8; bit += 5) {
      const changed = Buffer.from(whole);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      writeFileSync(path, changed);
      expect(await reasonOfAsync(() => open())).toBe('data/key-malformed');
    }
  });

  it('that links to nothing: data/key-malformed', async () => {
    symlinkSync(join(folder.path, 'nothing'), path);
    expect(await reasonOfAsync(() => open())).toBe('data/key-malformed');
    expect(existsSync(join(folder.path, 'nothing'))).toBe(false);
  });

  it('says nothing of its content when it fails', async () => {
    await open();
    const text = readFileSync(path, 'utf8').replace('log.example', 'other');
    writeFileSync(path, text);
    const secret = text.trim().split('+').at(-1) as string;
    const message = await open().catch((error: Error) => error.message);
    expect(message).not.toContain(secret.slice(0, 8));
  });
});

describe('a signing key of ML-DSA-44', () => {
  const seed = new Uint8Array(32).fill(6);
  const openMlDsa = () => openSigningKey(path, 'witness.example', KEY_TYPE.mlDsaCosignature, () => seed);

  it('is kept as its seed of 32 bytes, under the id of its public key, and signs', async () => {
    const { key, signer } = await openMlDsa();
    expect(key.publicKey).toEqual(mlDsaSignerFromSeed(seed).publicKey);
    expect(key.publicKey).toHaveLength(1312);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    expect(Buffer.from(fromBase64(text.trim().split('+').slice(4).join('+')) ?? []).toString('hex')).toBe(
      `06${'06'.repeat(32)}`,
    );
    const again = await openMlDsa();
    expect(again.key).toEqual(key);
    const checkpoint = `log.example\n0\n${'A'.repeat(43)}=\n`;
    const { signature } = cosign(checkpoint, 5, key, signer);
    expect(await cosignatureTime(checkpoint, again.key, signature)).toBe(5);
  });

  it.each([KEY_TYPE.ed25519, KEY_TYPE.cosignature])(
    'is none of type %i, nor the other way round',
    async type => {
      await openMlDsa();
      expect(await reasonOfAsync(() => openSigningKey(path, 'witness.example', type))).toBe(
        'data/key-malformed',
      );
      const other = join(folder.path, 'other.key');
      await openSigningKey(other, 'witness.example', type);
      expect(
        await reasonOfAsync(() => openSigningKey(other, 'witness.example', KEY_TYPE.mlDsaCosignature)),
      ).toBe('data/key-malformed');
    },
  );
});

describe('a signing key whose name nobody has said', () => {
  it('is read under the name that it has; where there is none, none is made', async () => {
    expect(await readSigningKey(path, KEY_TYPE.ed25519)).toBeNull();
    expect(existsSync(path)).toBe(false);
    const made = await open();
    expect((await readSigningKey(path, KEY_TYPE.ed25519))?.key).toEqual(made.key);
  });

  it.each<[string, (text: string) => string]>([
    ['empty', () => ''],
    ['without a name', text => text.replace('log.example', '')],
    ['of a name that is none', text => text.replace('log.example', 'log example')],
    ['of another name than its id says', text => text.replace('log.example', 'log.examplf')],
  ])('that is %s: data/key-malformed', async (_, change) => {
    await open();
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    expect(await reasonOfAsync(() => readSigningKey(path, KEY_TYPE.ed25519))).toBe('data/key-malformed');
  });
});

describe('a secret', () => {
  it('is made once, for its owner alone, and then always the same', async () => {
    const made = await openSecret(path);
    expect(made).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await openSecret(path)).toEqual(new Uint8Array(made));
    expect(await readSecret(path)).toEqual(new Uint8Array(made));
    chmodSync(path, 0o644);
    expect(await reasonOfAsync(() => openSecret(path))).toBe('data/key-exposed');
  });

  it.each(['', 'AAAA\n', 'A'.repeat(43), `${'A'.repeat(43)}=`, `${'A'.repeat(43)}=\n\n`])(
    'that reads %j: data/key-malformed',
    async text => {
      writeFileSync(path, utf8(text), { mode: 0o600 });
      expect(await reasonOfAsync(() => openSecret(path))).toBe('data/key-malformed');
    },
  );

  it('that must be there and is not: data/key-malformed', async () => {
    expect(await reasonOfAsync(() => readSecret(path))).toBe('data/key-malformed');
    expect(existsSync(path)).toBe(false);
  });
});
