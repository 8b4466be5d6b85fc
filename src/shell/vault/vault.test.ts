import {
  chmodSync,
  existsSync,
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
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { FAULTS, faultyDisk } from '../../../test/support/faulty-disk.js';
import { toBase32 } from '../../bytes/base32.js';
import { utf8 } from '../../bytes/octets.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import { nodeDisk } from '../files/disk.js';
import { Vault } from './vault.js';

const named = (seed: number) => toBase32(new Uint8Array(16).fill(seed));
const ONE = named(1);
const TWO = named(2);
const KEY = new Uint8Array(32).fill(7);

let folder: string;
let vault: Vault;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-vault-'));
  vault = new Vault(join(folder, 'vault'), KEY);
});

afterEach(() => {
  vault.close();
  rmSync(folder, { recursive: true, force: true });
});

function content(request: string, response: string | null): ExchangeContent {
  return {
    opening: new Uint8Array(32).fill(9),
    request: utf8(request),
    response: response === null ? null : utf8(response),
  };
}

/** As texts with a character for each byte, which are quick to compare. */
function plain({ opening, request, response }: ExchangeContent): (string | null)[] {
  return [opening, request, response].map(bytes => bytes && Buffer.from(bytes).toString('latin1'));
}

const again = () => new Vault(join(folder, 'vault'), KEY);
const slots = (segment = 1) => join(folder, 'vault', `${segment}.slots`);
const contents = (segment = 1) => join(folder, 'vault', `${segment}.contents`);
const SLOT = 84;

describe('what is put in comes out', () => {
  it.each([
    ['a prompt and an answer', content('Hello?', 'Hello.')],
    ['a prompt without an answer', content('Hello?', null)],
    ['an empty answer, which is not none', content('Hello?', '')],
    ['an empty prompt', content('', 'Hello.')],
    ['nothing at all', content('', null)],
    ['a megabyte of each', content('p'.repeat(1 << 20), 'a'.repeat(1 << 20))],
  ])('%s', (_, given) => {
    vault.put(ONE, given);
    expect(plain(vault.get(ONE))).toEqual(plain(given));
    expect(plain(again().get(ONE))).toEqual(plain(given));
  });

  it('whichever of many, from however many lives and segments', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { maxLength: 6 }), { maxLength: 4 }), lives => {
        rmSync(join(folder, 'vault'), { recursive: true, force: true });
        const given = new Map<string, ExchangeContent>();
        for (const texts of lives) {
          const life = new Vault(join(folder, 'vault'), KEY, nodeDisk, { slots: 3, bytes: 400 });
          for (const text of texts) {
            const exchange = named(given.size);
            given.set(exchange, content(text, text));
            life.put(exchange, content(text, text));
          }
          life.close();
        }
        for (const [exchange, expected] of given)
          expect(plain(again().get(exchange))).toEqual(plain(expected));
        expect(reasonOf(() => again().get(named(given.size)))).toBe('vault/unknown');
      }),
      { numRuns: 50 },
    );
  });

  it('although its id stands elsewhere too, in the middle of a key', () => {
    vault.put(ONE, content('Hello?', null));
    const key = readFileSync(slots()).subarray(16, 32);
    vault.put(toBase32(key), content('Bye?', null));
    expect(plain(vault.get(toBase32(key)))).toEqual(plain(content('Bye?', null)));
    expect(plain(vault.get(ONE))).toEqual(plain(content('Hello?', null)));
  });
});

describe('what is on the disk', () => {
  it('is readable by its owner alone', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect([slots(), contents()].map(mode)).toEqual([0o600, 0o600]);
    expect(mode(join(folder, 'vault'))).toBe(0o700);
  });

  it('shows nothing of prompt, answer, opening or key', () => {
    vault.put(ONE, content('a secret prompt', 'a secret answer'));
    for (const bytes of [slots(), contents()].map(path => readFileSync(path)))
      for (const part of ['secret', 'prompt', 'answer', Buffer.alloc(8, 9), Buffer.alloc(8, 7)])
        expect(bytes.includes(part)).toBe(false);
  });

  it('is never the same for the same content: every exchange has a data key and nonces of its own', () => {
    vault.put(ONE, content('x'.repeat(64), null));
    vault.put(TWO, content('x'.repeat(64), null));
    const [keys, sealed] = [readFileSync(slots()), readFileSync(contents())];
    const halves = [
      [keys.subarray(16, 76), keys.subarray(SLOT + 16, SLOT + 76)],
      [sealed.subarray(0, sealed.length / 2), sealed.subarray(sealed.length / 2)],
    ] as [Buffer, Buffer][];
    for (const [one, two] of halves) {
      const same = [...one].filter((byte, at) => byte === two[at]).length;
      expect(same).toBeLessThan(one.length / 8);
    }
  });

  it('can be erased by overwriting the wrapped key in its slot, which leaves all others', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    vault.put(TWO, content('Bye?', 'Bye.'));
    writeFileSync(slots(), readFileSync(slots()).fill(0, 16, 76));
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
    expect(plain(vault.get(TWO))).toEqual(plain(content('Bye?', 'Bye.')));
  });

  it('is two files for many exchanges, and others once they are full', () => {
    const small = new Vault(join(folder, 'vault'), KEY, nodeDisk, { slots: 2, bytes: 2 ** 20 });
    for (const seed of [1, 2, 3, 4, 5]) small.put(named(seed), content('Hello?', 'Hello.'));
    small.close();
    expect(readdirSync(join(folder, 'vault')).sort()).toEqual(
      [1, 2, 3].flatMap(number => [`${number}.contents`, `${number}.slots`]),
    );
  });
});

describe('what somebody did to a file is noticed', () => {
  it('a flipped bit, wherever it is', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    for (const path of [slots(), contents()]) {
      const genuine = readFileSync(path);
      for (let at = 0; at < genuine.length; at++) {
        const altered = Buffer.from(genuine);
        altered[at] = (altered[at] as number) ^ (1 << (at % 8));
        writeFileSync(path, altered);
        // With another id, the slot is another exchange's, whose content would not open.
        const isId = path === slots() && at < 16;
        expect(reasonOf(() => vault.get(ONE))).toBe(isId ? 'vault/unknown' : 'vault/corrupt');
        if (isId) expect(reasonOf(() => vault.get(toBase32(altered.subarray(0, 16))))).toBe('vault/corrupt');
      }
      writeFileSync(path, genuine);
    }
  });

  it('contents cut off, wherever they are, or gone', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    for (let length = readFileSync(contents()).length - 1; length >= 0; length--) {
      truncateSync(contents(), length);
      expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
    }
    rmSync(contents());
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
  });

  it('a slot cut off, wherever it is, is none', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    for (let length = SLOT - 1; length >= 0; length--) {
      truncateSync(slots(), length);
      expect(reasonOf(() => vault.get(ONE))).toBe('vault/unknown');
    }
  });

  it('another exchange’s key or content in its place', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    vault.put(TWO, content('Bye?!?', 'Bye!!!'));
    const genuine = readFileSync(slots());
    for (const [from, to] of [
      [16, 76],
      [76, 84],
      [16, 84],
    ] as const) {
      const mixed = Buffer.from(genuine);
      genuine.copy(mixed, from, SLOT + from, SLOT + to);
      writeFileSync(slots(), mixed);
      expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
      expect(plain(vault.get(TWO))).toEqual(plain(content('Bye?!?', 'Bye!!!')));
    }
  });

  it('another vault’s key', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const stranger = new Vault(join(folder, 'vault'), new Uint8Array(32).fill(8));
    expect(reasonOf(() => stranger.get(ONE))).toBe('vault/corrupt');
  });

  it('other names beside them mean nothing', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    vault.close();
    for (const name of ['0.slots', '01.slots', 'a.slots', '2.slots.bak', '99999999999.slots'])
      writeFileSync(join(folder, 'vault', name), 'nothing');
    expect(plain(vault.get(ONE))).toEqual(plain(content('Hello?', 'Hello.')));
    vault.put(TWO, content('Bye?', null));
    expect(existsSync(slots(2))).toBe(true);
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
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/unavailable');
  });

  it('also when the folder was taken away meanwhile', () => {
    vault.put(ONE, content('Hello?', null));
    rmSync(join(folder, 'vault'), { recursive: true });
    expect(reasonOf(() => vault.put(TWO, content('Hello?', null)))).toBe('vault/unavailable');
  });

  // Whoever may do everything cannot be kept out by a mode.
  it.skipIf(process.getuid?.() === 0)('and when the folder may not be written', () => {
    vault.put(ONE, content('Hello?', null));
    vault.close();
    chmodSync(join(folder, 'vault'), 0o500);
    expect(reasonOf(() => vault.put(TWO, content('Hello?', null)))).toBe('vault/unavailable');
    chmodSync(join(folder, 'vault'), 0o700);
  });

  it.each(FAULTS)(
    'at any call (%s) loses nothing that was put, and takes what comes when there is room again',
    fault => {
      const limits = { slots: 2, bytes: 2 ** 20 };
      const texts = ['one', 'two', 'three', 'four', 'five'];
      const count = runThrough(faultyDisk(), limits, texts).calls.length;
      for (let call = 0; call < count; call++) {
        rmSync(join(folder, 'vault'), { recursive: true, force: true });
        const disk = faultyDisk();
        disk.failAt(call, fault);
        const { kept } = runThrough(disk, limits, texts);
        if (fault !== 'dead' && fault !== 'full')
          expect(kept.length).toBeGreaterThanOrEqual(texts.length - 1);
        const next = again();
        next.put(named(99), content('after it', null));
        for (const text of kept)
          expect(plain(next.get(named(texts.indexOf(text))))).toEqual(plain(content(text, text)));
        expect(plain(next.get(named(99)))).toEqual(plain(content('after it', null)));
        next.close();
      }
    },
  );

  /** Puts all texts in, and says which were taken. */
  function runThrough(
    disk: ReturnType<typeof faultyDisk>,
    limits: { slots: number; bytes: number },
    texts: string[],
  ) {
    const life = new Vault(join(folder, 'vault'), KEY, disk, limits);
    const kept = texts.filter((text, at) => {
      try {
        life.put(named(at), content(text, text));
        return true;
      } catch {
        return false;
      }
    });
    return { kept, calls: [...disk.calls] };
  }
});
