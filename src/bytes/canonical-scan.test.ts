import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSurelyCanonical } from './canonical-scan.js';
import { canonicalize, type Json } from './json.js';
import { fromUtf8, utf8 } from './octets.js';

const isSure = (text: string) => isSurelyCanonical(utf8(text));

/** Whether the value would be written as this text. */
function isWrittenSo(text: string): boolean {
  try {
    return fromUtf8(canonicalize(JSON.parse(text) as Json)) === text;
  } catch {
    return false;
  }
}

describe('is sure of what is written as it stands', () => {
  it.each([
    '0',
    'null',
    '""',
    '[]',
    '{}',
    '[true,false,null]',
    '{"":0,"A":1,"a":2,"aa":3,"b":{"a":0},"c":[{"a":1},{"a":2}]}',
    '{"10":0,"9":1}',
    '{"__proto__":1,"toJSON":2}',
    '[10,123456789012345]',
    '{"a":"\u00e9\u2028\u007f{[\u{1f600},:-01"}',
    '['.repeat(32) + ']'.repeat(32),
  ])('%s', text => {
    expect(isWrittenSo(text)).toBe(true);
    expect(isSure(text)).toBe(true);
  });
});

describe('is not sure of anything else', () => {
  it.each([
    ' 0',
    '0\n',
    '[0,\t1]',
    '[1 ]',
    '-0',
    '[-0]',
    '1.0',
    '0.10',
    '1E3',
    '1e3',
    '1e400',
    '9007199254740993',
    `0.${'1'.repeat(200_000)}`,
    '"\\u0041"',
    '"\\/"',
    '{"a":0,"a":1}',
    '{"b":0,"a":1}',
    '{"aa":0,"a":1}',
    '{"a":{"b":0},"a":1}',
    '[{"b":{"z":0},"a":1}]',
    '{"":0,"":1}',
  ])('%.40s', text => {
    expect(isWrittenSo(text)).toBe(false);
    expect(isSure(text)).toBe(false);
  });

  it('of names with other characters than ASCII has, whose order is another in UTF-8, of what is escaped or nested deeply, and of numbers that are not short and whole', () => {
    const numbers = ['-1', '0.1', '-0.5', '1e+21', '1e-7', '1234567890123456'];
    for (const text of ['{"\u00e9":0}', '"\\n"', '['.repeat(33) + ']'.repeat(33), ...numbers])
      expect(isSure(text)).toBe(false);
  });
});

describe('where it is sure, it is right', () => {
  /** JSON as a stranger may write it, canonical or nearly so. */
  const { text } = fc.letrec<{ text: string }>(tie => ({
    text: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        '0',
        '-0',
        '1',
        '10',
        '1.5',
        '1.50',
        '1e21',
        '1e+21',
        '0.000001',
        '0.0000001',
        '12345678901234567890',
      ),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.string().map(value => JSON.stringify(value)),
      fc.constantFrom('null', 'true', '""', '"\\u0061"', '"\u00e9"', ' 1', '[]', '{}'),
      fc.array(tie('text'), { maxLength: 3 }).map(parts => `[${parts.join(',')}]`),
      fc
        .array(fc.tuple(fc.constantFrom('', 'a', 'aa', 'b', 'B', '1', '10', '\u00e9'), tie('text')), {
          maxLength: 4,
        })
        .chain(members =>
          fc.constantFrom(
            members,
            members.toSorted(([a], [b]) => (a < b ? -1 : 1)),
          ),
        )
        .map(members => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
    ),
  }));

  it('of whatever JSON', () => {
    let sure = 0;
    fc.assert(
      fc.property(text, each => {
        if (!isSure(each)) return;
        sure++;
        expect(isWrittenSo(each)).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(sure).toBeGreaterThan(100);
  });

  it('and it is sure of nearly all that we write', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.stringMatching(/^[a-z]{1,8}$/),
          fc.oneof(fc.nat(), fc.string(), fc.boolean(), fc.constant(null)),
        ),
        members => {
          const written = fromUtf8(canonicalize(members as Json)) as string;
          if (!written.includes('\\')) expect(isSure(written)).toBe(true);
        },
      ),
    );
  });
});
