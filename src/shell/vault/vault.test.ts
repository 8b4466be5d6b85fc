import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
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
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { fromBase32, toBase32 } from '../../bytes/base32.js';
import { utf8 } from '../../bytes/octets.js';
import type { Failure } from '../../reason.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import { Vault } from './vault.js';

const ONE = 'aaaaaaaaaaaaaaaaaaaaaaaaaa';
const TWO = 'aabbbbbbbbbbbbbbbbbbbbbbba';
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

const KEYS = () => join(folder, 'vault', '00000000.keys');
const CONTENT = () => join(folder, 'vault', '00000000.content');

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
    expect([KEYS(), CONTENT()].map(mode)).toEqual([0o600, 0o600]);
    expect(mode(join(folder, 'vault'))).toBe(0o700);
  });

  it('shows nothing of prompt, answer, opening or key', () => {
    vault.put(ONE, content('a secret prompt', 'a secret answer'));
    const bytes = Buffer.concat([KEYS(), CONTENT()].map(path => readFileSync(path)));
    for (const part of ['secret', 'prompt', 'answer', Buffer.alloc(8, 9), Buffer.alloc(8, 7)])
      expect(bytes.includes(part)).toBe(false);
  });

  it('is never the same for the same content: every exchange has a data key and nonces of its own', () => {
    vault.put(ONE, content('x'.repeat(64), null));
    vault.put(TWO, content('x'.repeat(64), null));
    const bytes = readFileSync(CONTENT());
    const half = bytes.length / 2;
    expect(Number.isInteger(half)).toBe(true);
    const same = [...bytes.subarray(0, half)].filter((byte, at) => byte === bytes[half + at]).length;
    expect(same).toBeLessThan(half / 8);
  });
});

describe('erasing', () => {
  const secret = 'a secret that must go';

  it('leaves nothing of key and content in the files, and all of the others', () => {
    vault.put(ONE, content(secret, 'x'.repeat(200_000)));
    vault.put(TWO, content('Hello?', 'Hello.'));
    const [keys, bytes] = [readFileSync(KEYS()), readFileSync(CONTENT())];
    // The id of all zeros has the first slot, and its seed is after id, place, length and state.
    const seed = Buffer.from(keys.subarray(27, 59));
    expect(seed.every(byte => byte === 0)).toBe(false);
    vault.erase(ONE);
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/erased');
    expect(reasonOf(() => new Vault(join(folder, 'vault'), KEY).get(ONE))).toBe('vault/erased');
    expect(vault.state(ONE)).toBe('erased');
    expect(Buffer.from(vault.get(TWO).request).toString()).toBe('Hello?');
    expect(vault.state(TWO)).toBe('kept');
    const after = readFileSync(CONTENT());
    expect(after.length).toBe(bytes.length);
    for (let at = 0; at + 64 <= 200_000; at += 4096)
      expect(after.includes(bytes.subarray(at, at + 64))).toBe(false);
    expect(readFileSync(KEYS()).includes(seed)).toBe(false);
  });

  it('again changes nothing', () => {
    vault.put(ONE, content(secret, null));
    vault.erase(ONE);
    vault.erase(ONE);
    expect(vault.state(ONE)).toBe('erased');
    expect(reasonOf(() => vault.put(ONE, content('again', null)))).toBe('vault/unavailable');
  });

  it('by another process, while this one goes on', () => {
    vault.put(ONE, content(secret, null));
    new Vault(join(folder, 'vault'), KEY).erase(ONE);
    vault.put(TWO, content('Hello?', null));
    expect(vault.state(ONE)).toBe('erased');
    expect(Buffer.from(vault.get(TWO).request).toString()).toBe('Hello?');
  });

  it('what is not there: vault/unknown', () => {
    for (const exchange of [ONE, 'x', '']) {
      expect(reasonOf(() => vault.erase(exchange))).toBe('vault/unknown');
      expect(vault.state(exchange)).toBe('unknown');
    }
  });

  it('needs no content that could be read', () => {
    vault.put(ONE, content(secret, null));
    truncateSync(CONTENT(), 3);
    vault.erase(ONE);
    expect(vault.state(ONE)).toBe('erased');
  });
});

describe('segments', () => {
  const LIMITS = { exchanges: 8, bytes: 100_000 };
  const id = (number: number) =>
    toBase32(createHash('sha256').update(String(number)).digest().subarray(0, 16));
  const small = () => new Vault(join(folder, 'vault'), KEY, LIMITS);
  const names = () => readdirSync(join(folder, 'vault')).filter(name => name.endsWith('.content'));

  it('follow one another, and everything is found in all of them, also after a new start', () => {
    let writing = small();
    for (let number = 0; number < 50; number++) {
      // As a process that dies: nothing is closed.
      if (number % 11 === 0) writing = small();
      writing.put(id(number), content(`prompt ${number}`, `answer ${number}`));
    }
    expect(names()).toHaveLength(7);
    for (let number = 0; number < 50; number++)
      expect(Buffer.from(small().get(id(number)).response as Uint8Array).toString()).toBe(`answer ${number}`);
    expect(small().state(id(50))).toBe('unknown');
  });

  it('end when they have enough content, however few exchanges', () => {
    const writing = small();
    for (let number = 0; number < 6; number++) writing.put(id(number), content('p'.repeat(60_000), null));
    expect(names()).toHaveLength(3);
    expect(small().get(id(5)).request).toHaveLength(60_000);
  });

  it('go on after content whose key was never written', () => {
    small().put(id(0), content('first', null));
    appendFileSync(CONTENT(), 'cut off by the death of the process');
    small().put(id(1), content('second', null));
    expect(Buffer.from(small().get(id(0)).request).toString()).toBe('first');
    expect(Buffer.from(small().get(id(1)).request).toString()).toBe('second');
  });

  it.each([
    [262_104, 0],
    [262_105, 0],
    [262_144, 262_144],
    [524_288, 262_145],
    [1, 600_000],
  ])(
    'hold contents of %i and %i bytes, of one part or of several, and what comes after them',
    (asked, answered) => {
      const bytes = (length: number, first: number) =>
        Uint8Array.from({ length }, (_, at) => (at + first) % 251);
      const large = {
        ...content('', null),
        request: bytes(asked, 1),
        response: bytes(answered, 2),
        received: bytes(77, 3),
      };
      const vault = small();
      vault.put(id(1), large);
      vault.put(id(2), content('after', null));
      const held = vault.get(id(1));
      for (const part of ['request', 'response', 'received'] as const)
        expect(Buffer.from(held[part] as Uint8Array).equals(Buffer.from(large[part]))).toBe(true);
      expect(Buffer.from(vault.get(id(2)).request).toString()).toBe('after');
    },
  );

  it('hold whatever was put, as a property', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.uint8Array({ maxLength: 300 }), fc.boolean()), {
          maxLength: 40,
        }),
        steps => {
          rmSync(join(folder, 'vault'), { recursive: true, force: true });
          const kept = new Map<number, Uint8Array | null>();
          let writing = small();
          for (const [number, bytes, erases] of steps) {
            if (erases && kept.has(number)) {
              writing.erase(id(number));
              kept.set(number, null);
            } else if (!kept.has(number)) {
              writing.put(id(number), { ...content('', null), request: bytes });
              kept.set(number, bytes);
            }
            if (bytes.length % 7 === 0) writing = small();
          }
          for (const [number, bytes] of kept) {
            if (bytes === null) expect(reasonOf(() => writing.get(id(number)))).toBe('vault/erased');
            else expect(Buffer.from(writing.get(id(number)).request)).toEqual(Buffer.from(bytes));
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('what somebody did to the files is noticed', () => {
  it('a flipped bit in the content, wherever it is', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const genuine = readFileSync(CONTENT());
    for (let at = 0; at < genuine.length; at++) {
      const altered = Buffer.from(genuine);
      altered[at] = (altered[at] as number) ^ (1 << (at % 8));
      writeFileSync(CONTENT(), altered);
      expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
    }
  });

  it('a flipped bit in its slot: the content may be lost, but no other is given', () => {
    vault.put(TWO, content('Bye?!?', 'Bye!!!'));
    vault.put(ONE, content('Hello?', 'Hello.'));
    const genuine = readFileSync(KEYS());
    for (let at = 0; at < 64; at++) {
      const altered = Buffer.from(genuine);
      altered[at] = (altered[at] as number) ^ (1 << (at % 8));
      writeFileSync(KEYS(), altered);
      try {
        expect(plain(vault.get(ONE))).toEqual(plain(content('Hello?', 'Hello.')));
      } catch (error) {
        expect(['vault/corrupt', 'vault/unknown', 'vault/erased']).toContain((error as Failure).code);
      }
    }
  });

  it('a file cut off, wherever it is', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const genuine = readFileSync(CONTENT());
    for (let length = genuine.length - 1; length >= 0; length--) {
      truncateSync(CONTENT(), length);
      expect(reasonOf(() => vault.get(ONE))).toBe('vault/corrupt');
    }
    truncateSync(KEYS(), 0);
    expect(reasonOf(() => vault.get(ONE))).toBe('vault/unknown');
  });

  it('another exchange’s slot in its place', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const keys = readFileSync(KEYS());
    const other = Buffer.from(keys.subarray(0, 64));
    vault.put(TWO, content('Bye?!?', 'Bye!!!'));
    const found = readFileSync(KEYS());
    const at = found.indexOf(Buffer.from(fromBase32(TWO) as Uint8Array));
    other.set(fromBase32(TWO) as Uint8Array, 0);
    other.copy(found, at);
    writeFileSync(KEYS(), found);
    expect(reasonOf(() => vault.get(TWO))).toBe('vault/corrupt');
  });

  it('another vault’s key', () => {
    vault.put(ONE, content('Hello?', 'Hello.'));
    const stranger = new Vault(join(folder, 'vault'), new Uint8Array(32).fill(8));
    expect(reasonOf(() => stranger.get(ONE))).toBe('vault/corrupt');
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
    mkdirSync(join(folder, 'vault'), { mode: 0o500 });
    expect(reasonOf(() => vault.put(TWO, content('Hello?', null)))).toBe('vault/unavailable');
    chmodSync(join(folder, 'vault'), 0o700);
  });
});
