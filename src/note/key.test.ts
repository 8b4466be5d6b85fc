import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unsoundPublicKeys } from '../../test/support/ed25519.js';
import { reasonOf } from '../../test/support/failure.js';
import { publicKeys, testCosigner, testKey, testMlDsaCosigner } from '../../test/support/keys.js';
import {
  assertOneTextPerValue,
  assertRefusedOrWrittenBack,
  type TextFormat,
} from '../../test/support/mutation.js';
import { toBase64 } from '../bytes/base64.js';
import { ML_DSA_44 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { concat } from '../bytes/octets.js';
import {
  formatVerifierKey,
  isCosignerType,
  isKeyName,
  KEY_TYPE,
  type KeyType,
  keyId,
  keyLabel,
  parseVerifierKey,
  sameKey,
  type VerifierKey,
  verifierKey,
} from './key.js';

const VECTOR = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const FORMAT: TextFormat<VerifierKey> = {
  parse: parseVerifierKey,
  format: formatVerifierKey,
  codes: ['note/key-malformed'],
};
const KEY = testKey('a', 7).signer.publicKey;

/** A text with the right key id for whatever name, type and key it is given. */
function text(name: string, type: number, key: Uint8Array): string {
  const id = keyId(name, type as typeof KEY_TYPE.ed25519, key);
  return `${name}+${toHex(id)}+${toBase64(concat(Uint8Array.of(type), key))}`;
}

describe('signed-note, "Verifier keys"', () => {
  it('the vector: name, type, key id', () => {
    const key = parseVerifierKey(VECTOR);
    expect(key.name).toBe('example.com/foo');
    expect(key.type).toBe(KEY_TYPE.ed25519);
    expect(toHex(key.id)).toBe('530d903a');
    expect(toHex(key.publicKey)).toBe('e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4');
    expect(formatVerifierKey(key)).toBe(VECTOR);
    expect(keyLabel(key)).toBe('example.com/foo+530d903a');
  });

  it('the base64 part may hold plus signs of its own', () => {
    const key = testCosigner('a', 10).key;
    expect(formatVerifierKey(key).split('+').length).toBeGreaterThan(3);
    expect(parseVerifierKey(formatVerifierKey(key))).toEqual(key);
  });

  it('the type is part of the key id, so that one public key has one id per purpose', () => {
    expect(toHex(keyId('a', KEY_TYPE.ed25519, KEY))).not.toBe(toHex(keyId('a', KEY_TYPE.cosignature, KEY)));
  });

  it('type 06 is ML-DSA-44, whose key has 1,312 bytes', () => {
    const { key } = testMlDsaCosigner('witness.example/w1', 3);
    const written = formatVerifierKey(key);
    expect(key.type).toBe(0x06);
    expect(key.publicKey).toHaveLength(1312);
    expect(written).toBe(text('witness.example/w1', 6, key.publicKey));
    expect(parseVerifierKey(written)).toEqual(key);
  });

  it('any 1,312 bytes are an ML-DSA-44 key: FIPS 204, algorithm 23 decodes them all', () => {
    for (const byte of [0x00, 0xff])
      expect(parseVerifierKey(text('a', 6, new Uint8Array(1312).fill(byte))).publicKey[7]).toBe(byte);
  });

  it('cosigners are those whose types say when they signed', () => {
    const cosigners = Object.values(KEY_TYPE).filter(isCosignerType);
    expect(cosigners).toEqual([KEY_TYPE.cosignature, KEY_TYPE.mlDsaCosignature]);
  });

  it('sameKey compares name, type and public key, whatever object they come in', () => {
    const { key } = testKey('a', 1);
    expect(sameKey(key, parseVerifierKey(formatVerifierKey(key)))).toBe(true);
    expect(sameKey(key, testKey('b', 1).key)).toBe(false);
    expect(sameKey(key, testKey('a', 2).key)).toBe(false);
    expect(sameKey(key, testCosigner('a', 1).key)).toBe(false);
  });
});

describe('note/key-malformed', () => {
  it.each([
    ['nothing', ''],
    ['a name alone', 'example.com/foo'],
    ['no key', 'example.com/foo+530d903a'],
    ['an empty key', 'example.com/foo+530d903a+'],
    ['an empty name', text('', 1, KEY)],
    ['a name with a space', text('a b', 1, KEY)],
    ['a name with a no-break space', text('a\u00a0b', 1, KEY)],
    ['a name with a line separator', text('a\u2028b', 1, KEY)],
    ['a name with a next-line character', text('a\u0085b', 1, KEY)],
    ['a name with a line break', text('a\nb', 1, KEY)],
    ['a name with a control character', text('a\u0000b', 1, KEY)],
    ['a name with a plus sign', text('a+b', 1, KEY)],
    ['a lone surrogate in the name', text('a\ud800', 1, KEY)],
    ['another key id', VECTOR.replace('530d903a', '530d903b')],
    ['a key id in upper case', VECTOR.replace('530d903a', '530D903A')],
    ['a key id without its last digit', VECTOR.replace('530d903a', '530d903')],
    ['ECDSA, type 02', text('a', 2, KEY)],
    ['RFC 6962, type 05', text('a', 5, KEY)],
    ['type 00', text('a', 0, KEY)],
    ['the first type that nobody has', text('a', 7, KEY)],
    ['ff, a type of unspecified algorithms', text('a', 255, KEY)],
    ['an Ed25519 key as ML-DSA-44', text('a', 6, KEY)],
    ['an ML-DSA-44 key as Ed25519', text('a', 4, new Uint8Array(1312))],
    ['an ML-DSA-44 key of 1,311 bytes', text('a', 6, new Uint8Array(1311))],
    ['an ML-DSA-44 key of 1,313 bytes', text('a', 6, new Uint8Array(1313))],
    ['a key of 31 bytes', text('a', 1, KEY.subarray(1))],
    ['a key of 33 bytes', text('a', 1, concat(KEY, KEY.subarray(0, 1)))],
    ['no key behind the type', text('a', 1, new Uint8Array())],
    ['base64 without padding', text('a', 1, KEY.subarray(1)).replaceAll('=', '')],
    ['a trailing line break', `${VECTOR}\n`],
    ['a private key', `PRIVATE+KEY+${VECTOR}`],
  ])('%s', (_, vkey) => {
    expect(reasonOf(() => parseVerifierKey(vkey))).toBe('note/key-malformed');
  });

  it('of these, only what they are named for is wrong: the same key under a name like others is read', () => {
    expect(parseVerifierKey(text('a', 1, KEY))).toEqual(testKey('a', 7).key);
  });

  it.each(unsoundPublicKeys())('a key on which implementations differ: $name', ({ publicKey }) => {
    for (const type of Object.values(KEY_TYPE)) {
      expect(reasonOf(() => parseVerifierKey(text('a', type, publicKey)))).toBe('note/key-malformed');
      expect(reasonOf(() => verifierKey('a', type, publicKey))).toBe('note/key-malformed');
    }
  });

  it.each([
    ['a key of another length', 'a', KEY.subarray(1)],
    ['a name that could not stand in a line', 'a b', KEY],
  ])('verifierKey refuses %s too', (_, name, publicKey) => {
    expect(reasonOf(() => verifierKey(name, KEY_TYPE.ed25519, publicKey))).toBe('note/key-malformed');
  });
});

describe('signed-note, "Format": key names', () => {
  it.each([
    'a',
    'example.com/foo',
    'witness.example/w1',
    '\u00e9t\u00e9',
    '\u{1f511}',
    '-',
    '#',
    'a'.repeat(1000),
    'a\u007f',
    'a\u0080\u009f',
    'a\ufeffb',
    'a\u200bb',
  ])('%j is one', name => {
    expect(isKeyName(name)).toBe(true);
  });

  it('no white space that Unicode knows may stand in one', () => {
    const spaces = '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000';
    for (const space of spaces) expect(isKeyName(`a${space}b`)).toBe(false);
  });

  it('of the first 160 characters, neither a plus sign nor a space nor what no note may hold', () => {
    for (let code = 0; code < 0xa0; code++) {
      const refused = code <= 0x20 || code === 0x2b || code === 0x85;
      expect(isKeyName(`a${String.fromCharCode(code)}`), `U+${code.toString(16)}`).toBe(!refused);
    }
    expect(isKeyName('')).toBe(false);
  });
});

describe('properties', () => {
  const { publicKeyBytes } = ML_DSA_44;
  const typedKeys: fc.Arbitrary<{ type: KeyType; publicKey: Uint8Array }> = fc.oneof(
    fc.record({ type: fc.constantFrom(KEY_TYPE.ed25519, KEY_TYPE.cosignature), publicKey: publicKeys }),
    fc.record({
      type: fc.constant(KEY_TYPE.mlDsaCosignature),
      publicKey: fc.uint8Array({ minLength: publicKeyBytes, maxLength: publicKeyBytes }),
    }),
  );

  it('every key reads back from its text', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 30 }).filter(isKeyName),
        typedKeys,
        (name, { type, publicKey }) => {
          const key = verifierKey(name, type, publicKey);
          expect(sameKey(parseVerifierKey(formatVerifierKey(key)), key)).toBe(true);
        },
      ),
    );
  });

  it('one text per key: the neighbours of the vector', () => {
    assertOneTextPerValue(FORMAT, VECTOR);
  });
  it('mutants are refused or written back as they were', () => {
    const other = formatVerifierKey(testCosigner('witness.example/w1', 3).key);
    const mlDsa = formatVerifierKey(testMlDsaCosigner('witness.example/w2', 4).key);
    assertRefusedOrWrittenBack(FORMAT, [VECTOR, other, mlDsa], 500);
  });
});
