import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import {
  assertOneTextPerValue,
  assertRefusedOrWrittenBack,
  type TextFormat,
} from '../../test/support/mutation.js';
import { toBase64 } from '../bytes/base64.js';
import { toHex } from '../bytes/hex.js';
import { isKeyName } from './key.js';
import { formatSignatureLine, type NoteSignature, parseSignatureLine } from './signature-line.js';

const VECTOR =
  '\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=';
const FORMAT: TextFormat<NoteSignature> = {
  parse: parseSignatureLine,
  format: signature => formatSignatureLine(signature).slice(0, -1),
  codes: ['note/malformed'],
};

describe('signed-note, "Format": signature lines', () => {
  it('the vector: name, key id, signature', () => {
    const line = parseSignatureLine(VECTOR);
    expect(line.name).toBe('example.com/foo');
    expect(toHex(line.keyId)).toBe('530d903a');
    expect(line.signature).toHaveLength(64);
    expect(formatSignatureLine(line)).toBe(`${VECTOR}\n`);
  });

  it('what follows the key id may have any length from one byte', () => {
    expect(parseSignatureLine(`\u2014 a ${toBase64(new Uint8Array(5))}`).signature).toHaveLength(1);
    expect(parseSignatureLine(`\u2014 a ${toBase64(new Uint8Array(2432))}`).signature).toHaveLength(2428);
  });

  it.each(['a\u007f', 'a\u0090', 'a\ufeff', 'a'.repeat(1000)])('the name may be %j', name => {
    expect(parseSignatureLine(`\u2014 ${name} ${toBase64(new Uint8Array(68))}`).name).toBe(name);
  });
});

describe('note/malformed', () => {
  const signature = toBase64(new Uint8Array(68));
  it.each([
    ['nothing', ''],
    ['a dash alone', '\u2014'],
    ['a hyphen', `- a ${signature}`],
    ['an en dash', `\u2013 a ${signature}`],
    ['no space behind the dash', `\u2014a ${signature}`],
    ['two spaces behind the dash', `\u2014  a ${signature}`],
    ['two spaces before the signature', `\u2014 a  ${signature}`],
    ['no name', `\u2014  ${signature}`],
    ['a name with a plus sign', `\u2014 a+b ${signature}`],
    ['a name with a next-line character', `\u2014 a\u0085b ${signature}`],
    ['a name with a no-break space', `\u2014 a\u00a0b ${signature}`],
    ['no signature', '\u2014 a'],
    ['an empty signature', '\u2014 a '],
    ['a key id without a signature', `\u2014 a ${toBase64(new Uint8Array(4))}`],
    ['half a key id', `\u2014 a ${toBase64(new Uint8Array(2))}`],
    ['a third field', `\u2014 a ${signature} b`],
    ['a trailing space', `\u2014 a ${signature} `],
    ['a tab between the fields', `\u2014\ta\t${signature}`],
    ['base64 without padding', `\u2014 a ${signature.replaceAll('=', '')}`],
    ['base64 with set bits under the padding', `\u2014 a ${signature.replace('AA=', 'AB=')}`],
    ['a line break', `\u2014 a ${signature}\n`],
  ])('%s', (_, line) => {
    expect(reasonOf(() => parseSignatureLine(line))).toBe('note/malformed');
  });
});

describe('properties', () => {
  it('every line reads back', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 30 }).filter(isKeyName),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.uint8Array({ minLength: 1, maxLength: 80 }),
        (name, keyId, signature) => {
          const line = formatSignatureLine({ name, keyId, signature }).slice(0, -1);
          expect(parseSignatureLine(line)).toEqual({ name, keyId, signature });
        },
      ),
    );
  });

  it('one text per line: the neighbours of the vector', () => {
    assertOneTextPerValue(FORMAT, VECTOR);
  });
  it('mutants are refused or written back as they were', () => {
    assertRefusedOrWrittenBack(FORMAT, [VECTOR], 3000);
  });
});
