import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { utf8 } from '../../bytes/octets.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import { Vault } from './vault.js';

const ONE = 'aaaaaaaaaaaaaaaaaaaaaaaaaa';
const TWO = 'aabbbbbbbbbbbbbbbbbbbbbbbb';
const KEY = new Uint8Array(32).fill(7);

let folder: string;
let vault: Vault;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-vault-'));
  vault = new Vault(join(folder, 'vault'), KEY);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function content(request: string, response: string | null, received: string | null = null): ExchangeContent {
  return {
    opening: new Uint8Array(32).fill(9),
    request: utf8(request),
    response: response === null ? null : utf8(response),
    received: received === null ? null : utf8(received),
  };
}

/** As texts with a character for each byte, which are quick to compare. */
function plain({ opening, request, response, received }: ExchangeContent): (string | null)[] {
  return [opening, request, response, received].map(bytes => bytes && Buffer.from(bytes).toString('latin1'));
}

const fileOf = (exchange: string) => join(folder, 'vault', exchange.slice(0, 2), exchange);

describe('what is put in comes out', () => {
  it.each([
    ['a prompt and an answer', content('Hello?', 'Hello.')],
    ['a prompt without an answer', content('Hello?', null)],
    ['an empty answer, which is not none', content('Hello?', '')],
    ['an empty prompt', content('', 'Hello.')],
    ['an answer, and what it is a translation of', content('Hello?', 'Hello.', 'Hallo.')],
    ['the upstream’s answer alone', content('Hello?', null, 'Hallo.')],
    ['nothing at all', content('', null)],
    ['a megabyte of each', content('p'.repeat(1 << 20), 'a'.repeat(1 << 20))],
  ])('%s', (_, given) => {
    vault.put(ONE, given);
    expect(plain(vault.get(ONE))).toEqual(plain(given));
    expect(plain(new Vault(join(folder, 'vault'), KEY).get(ONE))).toEqual(plain(given));
  });

  it('and never twice under one id', () => {
    vault.put(ONE, content('first', null));
    expect(reasonOf(() => vault.put(ONE, content('second', null)))).toBe('vault/unavailable');
    expect(Buffer.from(vault.get(ONE).request).toString()).toBe('first');
  });
});

describe('what is on the disk', () => {
  it('is readable by its owner alone', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect(mode(fileOf(ONE))).toBe(0o600);
    expect(mode(join(folder, 'vault', 'aa'))).toBe(0o700);
    expect(mode(join(folder, 'vault'))).toBe(0o700);
  });

  it('shows nothing of prompt, answer, opening or key', () => {
    vault.put(ONE, content('a secret prompt', 'a secret answer'));
    const bytes = readFileSync(fileOf(ONE));
    for (const part of ['secret', 'prompt', 'answer', Buffer.alloc(8, 9), Buffer.alloc(8, 7)])
      expect(bytes.includes(part)).toBe(false);
  });

  it('is never the same for the same content: every exchange has a data key and nonces of its own', () => {
    vault.put(ONE, content('x'.repeat(64), null));
    vault.put(TWO, content('x'.repeat(64), null));
    const [one, two] = [ONE, TWO].map(exchange => readFileSync(fileOf(exchange))) as [Buffer, Buffer];
    expect(one.length).toBe(two.length);
    const same = [...one].filter((byte, at) => byte === two[at]).length;
    expect(same).toBeLessThan(one.length / 8);
  });

  it('can be erased by erasing the wrapped key at its start', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const bytes = readFileSync(fileOf(ONE));
    writeFileSync(fileOf(ONE), bytes.fill(0, 0, 60));
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
  });
});

describe('what somebody did to a file is noticed', () => {
  it('a flipped bit, wherever it is', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const genuine = readFileSync(fileOf(ONE));
    for (let at = 0; at < genuine.length; at++) {
      const altered = Buffer.from(genuine);
      altered[at] = (altered[at] as number) ^ (1 << (at % 8));
      writeFileSync(fileOf(ONE), altered);
      expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
    }
  });

  it('a file cut off, wherever it is, or made longer', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const genuine = readFileSync(fileOf(ONE));
    for (let length = genuine.length - 1; length >= 0; length--) {
      truncateSync(fileOf(ONE), length);
      expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
    }
    writeFileSync(fileOf(ONE), Buffer.concat([genuine, Buffer.from([0])]));
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
  });

  it('another exchange’s file in its place, and any mix of the two', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    vault.put(TWO, content('Bye?!?', 'Bye!!!'));
    const [one, two] = [ONE, TWO].map(exchange => readFileSync(fileOf(exchange))) as [Buffer, Buffer];
    copyFileSync(fileOf(TWO), fileOf(ONE));
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
    for (const mixed of [
      [one.subarray(0, 60), two.subarray(60)],
      [two.subarray(0, 60), one.subarray(60)],
    ]) {
      writeFileSync(fileOf(ONE), Buffer.concat(mixed));
      expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
    }
  });

  it('another vault’s key', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const stranger = new Vault(join(folder, 'vault'), new Uint8Array(32).fill(8));
    expect(reasonOf(() => stranger.get(ONE))).toBe('vault/corrupt');
  });

  it('something that is no file', () => {
    vault.put(TWO, content('Hello?', 'Hello.'));
    expect(reasonOf(() => vault.get(`aa${'c'.repeat(24)}`))).toBe('vault/unknown');
  });
});

describe('erasing', () => {
  it('leaves nothing of key and content on the disk, and says that it was erased', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    vault.put(TWO, content('Bye?', 'Bye.'));
    expect(vault.state(ONE)).toBe('kept');
    const before = readFileSync(fileOf(ONE));
    vault.erase(ONE);
    expect(vault.state(ONE)).toBe('erased');
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/erased');
    const after = readFileSync(fileOf(ONE));
    expect(after.length).toBeLessThan(60);
    for (let at = 0; at + 8 <= before.length; at += 8)
      expect(after.includes(before.subarray(at, at + 8))).toBe(false);
    expect(plain(vault.get(TWO))).toEqual(plain(content('Bye?', 'Bye.')));
  });

  it('overwrites every byte before it cuts the file, however long it is', () => {
    vault.put(ONE, content('p'.repeat(200_000), 'a'.repeat(200_000)));
    const alias = join(folder, 'alias');
    linkSync(fileOf(ONE), alias);
    vault.erase(ONE);
    // Whoever held the file by another name has it erased as well: it was not put aside and replaced.
    expect(readFileSync(alias).equals(readFileSync(fileOf(ONE)))).toBe(true);
  });

  it('twice changes nothing', () => {
    vault.put(ONE, content('Hello?', null));
    vault.erase(ONE);
    const after = readFileSync(fileOf(ONE));
    vault.erase(ONE);
    expect(readFileSync(fileOf(ONE))).toEqual(after);
    expect(vault.state(ONE)).toBe('erased');
  });

  it('takes what is damaged, or was half erased when the power went', () => {
    for (const left of [0, 1, 59, 60, 61]) {
      vault.put(ONE, content('Hello?', null));
      const bytes = readFileSync(fileOf(ONE));
      writeFileSync(fileOf(ONE), bytes.fill(0).subarray(0, left));
      expect(vault.state(ONE)).toBe('kept');
      expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
      vault.erase(ONE);
      expect(vault.state(ONE)).toBe('erased');
      rmSync(fileOf(ONE));
    }
  });

  it('an exchange gets no content once it was erased', () => {
    vault.put(ONE, content('Hello?', null));
    vault.erase(ONE);
    expect(reasonOf(() => vault.put(ONE, content('again', null)))).toBe('vault/unavailable');
  });

  it.each([ONE, '', '../../keys/vault.key', `${ONE}a`])('%j is unknown', exchange => {
    expect(vault.state(exchange)).toBe('unknown');
    expect(reasonOf(() => vault.erase(exchange))).toBe('vault/unknown');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('fails where the file cannot be opened', () => {
    mkdirSync(fileOf(ONE), { recursive: true });
    expect(reasonOf(() => vault.erase(ONE))).toBe('vault/unavailable');
    expect(reasonOf(() => vault.state(ONE))).toBe('vault/unavailable');
  });
});

describe('an exchange that the vault does not know', () => {
  it.each([ONE, '', 'a', ONE.toUpperCase(), `../${ONE.slice(3)}`, '../../keys/vault.key', `${ONE}a`, 'a\0a'])(
    '%j is unknown',
    exchange => {
      expect(reasonOf(() => vault.get(exchange))).toBe('vault/unknown');
    },
  );

  it('leaves no trace when it is asked for', () => {
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/unknown');
    expect(existsSync(join(folder, 'vault'))).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a disk that refuses', () => {
  it('is vault/unavailable', () => {
    writeFileSync(join(folder, 'vault'), 'a file where a folder belongs');
    expect(reasonOf(() => vault.put(ONE, content('Hello?', null)))).toBe('vault/unavailable');
  });

  it('also when the folder was taken away meanwhile', () => {
    vault.put(ONE, content('Hello?', null));
    rmSync(join(folder, 'vault'), { recursive: true });
    expect(reasonOf(() => vault.put(TWO, content('Hello?', null)))).toBe('vault/unavailable');
  });

  // Whoever may do everything cannot be kept out by a mode.
  it.skipIf(process.getuid?.() === 0)('and when the folder may not be written', () => {
    vault.put(ONE, content('Hello?', null));
    chmodSync(join(folder, 'vault', 'aa'), 0o500);
    expect(reasonOf(() => vault.put(TWO, content('Hello?', null)))).toBe('vault/unavailable');
    chmodSync(join(folder, 'vault', 'aa'), 0o700);
  });
});
