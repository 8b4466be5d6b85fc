import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characters } from '../../test/support/characters.js';
import { failureOf, reasonOf } from '../../test/support/failure.js';
import {
  assertOneTextPerValue,
  assertRefusedOrWrittenBack,
  type TextFormat,
} from '../../test/support/mutation.js';
import { fromHex } from './hex.js';
import {
  canonicalize,
  type Json,
  parseCanonical,
  sameJson,
  topLevelNames,
  topLevelValue,
  withTopLevelString,
} from './json.js';
import { fromUtf8, utf8 } from './octets.js';

const write = (value: unknown): string => fromUtf8(canonicalize(value as Json)) ?? '';
const read = (text: string): Json => parseCanonical(utf8(text));

const FORMAT: TextFormat<Json> = {
  parse: read,
  format: write,
  codes: ['json/malformed', 'json/not-canonical'],
};

/** RFC 8785 names its numbers by their IEEE 754 bits. */
function fromBits(hex: string): number {
  const bytes = fromHex(hex) ?? new Uint8Array();
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
}

describe('RFC 8785 Appendix B, number serialization samples', () => {
  const SAMPLES = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ] as const;
  it.each(SAMPLES)('%s is %s', (bits, text) => {
    expect(write(fromBits(bits))).toBe(text);
    expect(read(text)).toBe(bits === '8000000000000000' ? 0 : fromBits(bits));
  });

  it.each(['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000'])('%s is an error', bits => {
    expect(reasonOf(() => write(fromBits(bits)))).toBe('json/not-canonical');
  });
});

describe('RFC 8785 §3.2, the examples', () => {
  it('§3.2.2 and §3.2.3: literals, numbers and strings', () => {
    const source =
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
      '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}';
    expect(write(JSON.parse(source))).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('§3.2.3: names are sorted by UTF-16 code units, whatever the order they came in', () => {
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
    const object = Object.fromEntries(sorted.toReversed().map((name, i) => [name, i]));
    expect(Object.keys(read(write(object)) as object).sort()).toEqual(sorted);
    expect(sorted.map(name => write(object).indexOf(JSON.stringify(name)))).toEqual(
      sorted.map(name => write(object).indexOf(JSON.stringify(name))).toSorted((a, b) => a - b),
    );
  });

  it('§3.2.3: names that look like integers are sorted as strings', () => {
    expect(write({ 9: 0, 10: 1, a: 2 })).toBe('{"10":1,"9":0,"a":2}');
  });

  it('§3.2.3: sorting reaches into arrays and objects', () => {
    expect(write([{ b: { d: 0, c: 1 }, a: 2 }])).toBe('[{"a":2,"b":{"c":1,"d":0}}]');
  });

  it('§3.2.2.2: only the escapes that ECMAScript writes', () => {
    expect(write('\u0000\b\t\n\f\r\u001f\u007f\u2028"\\/')).toBe(
      '"\\u0000\\b\\t\\n\\f\\r\\u001f\u007f\u2028\\"\\\\/"',
    );
  });

  it('a member named __proto__ is a member like others', () => {
    const text = '{"__proto__":{"a":1},"constructor":2}';
    expect(write(read(text))).toBe(text);
    expect(Object.getPrototypeOf(read(text))).toBe(Object.prototype);
  });
});

describe('json/not-canonical: what is JSON but not as we would write it', () => {
  it.each([
    ['white space before', ' {}'],
    ['white space after', '{}\n'],
    ['white space inside', '{"a": 1}'],
    ['unsorted names', '{"b":1,"a":2}'],
    ['a duplicate name', '{"a":1,"a":1}'],
    ['a duplicate name, once escaped', '{"a":1,"\\u0061":1}'],
    ['a duplicate __proto__', '{"__proto__":1,"__proto__":1}'],
    ['a number with a trailing zero', '1.0'],
    ['a number with a capital exponent', '1E5'],
    ['an exponent where digits do', '1e5'],
    ['negative zero', '-0'],
    ['an integer that a double cannot hold', '9007199254740993'],
    ['a number that overflows to infinity', '1e400'],
    ['a number that underflows to zero', '1e-400'],
    ['an escape that is not needed', '"\\u0061"'],
    ['an escaped slash', '"\\/"'],
    ['a control character in the longer spelling', '"\\u000a"'],
    ['a capital hexadecimal digit', '"\\u001F"'],
    ['a lone surrogate', '"\\ud800"'],
    ['a lone surrogate in a name', '{"\\udead":1}'],
    ['surrogates in the wrong order', '"\\udc00\\ud800"'],
    ['nesting deeper than 32', '['.repeat(34) + ']'.repeat(34)],
    ['nesting far deeper than any stack', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('%s', (_, text) => {
    expect(reasonOf(() => read(text))).toBe('json/not-canonical');
  });

  it.each([
    ['undefined', undefined],
    ['undefined in an object', { a: undefined }],
    ['a hole in an array', new Array(1)],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['NaN deep inside', { a: [Number.NaN] }],
    ['a lone surrogate', '\ud83d'],
    ['a lone surrogate as a name', { '\ude00': 1 }],
  ])('%s cannot be written', (_, value) => {
    expect(reasonOf(() => write(value))).toBe('json/not-canonical');
  });

  it('a value that contains itself cannot be written', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(reasonOf(() => write(circle))).toBe('json/not-canonical');
  });

  it('nesting of 32 is accepted', () => {
    const text = '['.repeat(32) + ']'.repeat(32);
    expect(write(read(text))).toBe(text);
  });
});

describe('json/malformed: what is not JSON', () => {
  it.each([
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
    ['a trailing comma', '[1,]'],
    ['a comment', '{}//'],
    ['two values', '{}{}'],
    ['single quotes', "'a'"],
    ['NaN', 'NaN'],
    ['Infinity', '-Infinity'],
    ['undefined', 'undefined'],
    ['a leading zero', '01'],
    ['a plus sign', '+1'],
    ['a raw line break in a string', '"a\nb"'],
    ['an unclosed string', '"a'],
    ['an unclosed array', '['.repeat(100_000)],
    ['a name without quotes', '{a:1}'],
  ])('%s', (_, text) => {
    expect(reasonOf(() => read(text))).toBe('json/malformed');
  });

  it.each([
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['an overlong quote', [0xc0, 0xa2, 0xc0, 0xa2]],
    ['UTF-16', [0x22, 0x00, 0x22, 0x00]],
  ])('%s', (_, bytes) => {
    expect(reasonOf(() => parseCanonical(Uint8Array.from(bytes)))).toBe('json/malformed');
  });
});

describe('the names of an object on top', () => {
  const all = (text: string) => topLevelNames(text, Number.POSITIVE_INFINITY);

  it.each<[text: string, names: readonly string[]]>([
    ['{}', []],
    [' { } ', []],
    ['{"a":1}', ['a']],
    ['{"":1}', ['']],
    ['{"b":1,"a":2}', ['b', 'a']],
    ['{"a":1,"a":2}', ['a', 'a']],
    ['{"a":1,"\\u0061":2}', ['a', 'a']],
    ['\t{\r\n "a" \r\n\t : 1 , "b"\n:\n2 }\n', ['a', 'b']],
    ['{"a":"b","c":"d"}', ['a', 'c']],
    ['{"a":{"b":1},"c":[{"d":1}]}', ['a', 'c']],
    ['{"a":[[["b"]]],"c":{}}', ['a', 'c']],
    ['{"a":["b","c"],"d":[]}', ['a', 'd']],
    ['{"a":"}","b":"{","c":"]","d":"["}', ['a', 'b', 'c', 'd']],
    ['{"}{":1,"][":2}', ['}{', '][']],
    ['{"a":"\\"b\\":1","c":1}', ['a', 'c']],
    ['{"a":"\\\\","b":"\\\\\\"","c":1}', ['a', 'b', 'c']],
    ['{"\\"":1,"\\\\":2,"\\\\\\"":3}', ['"', '\\', '\\"']],
    ['{"a":"b:","c:":":"}', ['a', 'c:']],
    ['{"\\ud83d\\ude00":1,"\ud83d\ude00":2}', ['\ud83d\ude00', '\ud83d\ude00']],
    ['{"\\ud800":1,"\\udc00\\ud800":2}', ['\ud800', '\udc00\ud800']],
    ['{"\\u0000\\n":1,"\u2028":2}', ['\u0000\n', '\u2028']],
    ['{"__proto__":1,"constructor":2}', ['__proto__', 'constructor']],
  ])('%j', (text, names) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(all(text)).toEqual(names);
  });

  it('null when there are more than the limit', () => {
    for (const limit of [0, 1, 2])
      expect(topLevelNames('{"a":{"x":1,"y":2},"b":0,"c":[]}', limit)).toBeNull();
    expect(topLevelNames('{"a":{"x":1,"y":2},"b":0,"c":[]}', 3)).toEqual(['a', 'b', 'c']);
    expect(topLevelNames('{}', 0)).toEqual([]);
  });

  const space = fc
    .array(fc.constantFrom(' ', '\t', '\n', '\r'), { maxLength: 3 })
    .map(parts => parts.join(''));
  const awkward = fc
    .array(
      fc.constantFrom('"', '\\', '{', '}', '[', ']', ':', ',', 'a', ' ', '\u0000', '\ud83d', '\ude00', 'é'),
      {
        maxLength: 6,
      },
    )
    .map(parts => parts.join(''));
  const everyEscape = (text: string) =>
    Array.from(
      { length: text.length },
      (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join('');
  const string = fc
    .tuple(fc.oneof(awkward, fc.string({ unit: characters })), fc.boolean())
    .map(([text, escaped]) => (escaped ? `"${everyEscape(text)}"` : JSON.stringify(text)));
  const { value } = fc.letrec<{ value: string }>(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(string, fc.constantFrom('0', '-1.5e+3', 'true', 'false', 'null')),
      fc
        .array(fc.tuple(space, tie('value')), { maxLength: 3 })
        .map(parts => `[${parts.map(part => part.join('')).join()}]`),
      fc
        .array(fc.tuple(space, string, space, tie('value')), { maxLength: 3 })
        .map(
          parts => `{${parts.map(([before, name, after, of]) => `${before}${name}${after}:${of}`).join()}}`,
        ),
    ),
  }));

  it('are those that JSON.parse finds, however the text is written', () => {
    const members = fc.array(fc.tuple(space, string, space, space, value, space), { maxLength: 5 });
    fc.assert(
      fc.property(members, list => {
        const text = `{${list.map(([a, name, b, c, of, d]) => `${a}${name}${b}:${c}${of}${d}`).join()}}`;
        const names = all(text) ?? [];
        expect(names).toEqual(list.map(([, name]) => JSON.parse(name) as string));
        expect(new Set(names)).toEqual(new Set(Object.keys(JSON.parse(text) as object)));
        expect(topLevelNames(text, list.length)).toEqual(names);
        if (list.length > 0) expect(topLevelNames(text, list.length - 1)).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a string of escaped backslashes', `{"a":"${'\\\\'.repeat(1_000_000)}"}`],
    ['a string of escaped quotation marks', `{"a":"${'\\"'.repeat(1_000_000)}"}`],
    ['both in turn', `{"a":"${'\\\\\\"'.repeat(700_000)}"}`],
    ['nesting', `{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`],
    ['white space before every colon', `{"a":[${`{"b"${' '.repeat(1000)}:0},`.repeat(2000)}0]}`],
  ])('a long and hostile text takes no longer than its length: %s', (_, text) => {
    const started = performance.now();
    expect(topLevelNames(text, 1)).toEqual(['a']);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('what the engine’s own writer would write otherwise is written as the RFC has it', () => {
  it.each<[what: string, value: unknown, text: string]>([
    ['names out of order', { b: 1, a: 2 }, '{"a":2,"b":1}'],
    ['names that are numbers', { 10: 'x', 9: 'y' }, '{"10":"x","9":"y"}'],
    ['names further in', [{ a: { d: 1, c: 2 } }], '[{"a":{"c":2,"d":1}}]'],
    ['a member that says how to write the object', { a: 1, toJSON: 'x' }, '{"a":1,"toJSON":"x"}'],
    ['a text that looks like a lone surrogate', '\\ud800', '"\\\\ud800"'],
    ['minus zero', -0, '0'],
  ])('%s', (_, value, text) => {
    expect(write(value)).toBe(text);
  });

  it.each<[what: string, value: unknown]>([
    ['a member without a value', { a: undefined }],
    ['a list without a value', [undefined]],
    ['a function', { a: () => 1 }],
    ['no number', { a: Number.NaN }],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['a big integer', 1n],
    ['a lone surrogate', { a: '\ud800' }],
    ['a lone surrogate in a name', { '\udc00': 1 }],
  ])('json/not-canonical: %s', (_, value) => {
    expect(failureOf(() => canonicalize(value as Json))?.code).toBe('json/not-canonical');
  });
});

describe('properties', () => {
  it('every JSON value reads back from its canonical bytes as itself', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: characters }), value => {
        expect(read(write(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });

  it('every double is written as text that reads back as the same double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(read(write(value))).toBe(value === 0 ? 0 : value);
      }),
      { numRuns: 2000 },
    );
  });

  it('the order of members does not matter', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: characters }), fc.integer()), members => {
        const reversed = Object.fromEntries(Object.entries(members).toReversed());
        expect(write(reversed)).toBe(write(members));
      }),
    );
  });

  const SAMPLES = [
    '{"a":[1,2.5,1e+30,-7],"b":{"":null,"c":true},"d":"\u20ac\\n\\"x"}',
    '[0,"",false,[],{}]',
    '"\ud83d\ude00"',
  ];
  it.each(SAMPLES)('one text per value: the neighbours of %s', sample => {
    assertOneTextPerValue(FORMAT, sample);
  });
  it('mutants are refused or written back as they were', () => {
    assertRefusedOrWrittenBack(FORMAT, SAMPLES, 3000);
  });
});

describe('topLevelValue: the text of one member', () => {
  it.each<[text: string, name: string, value: string | null]>([
    ['{"a":1}', 'a', '1'],
    ['{"a":1}', 'b', null],
    ['{}', 'a', null],
    [' { "a" : { "b" : [ 1 , 2 ] } , "b" : "c" } ', 'a', '{ "b" : [ 1 , 2 ] }'],
    [' { "a" : { "b" : [ 1 , 2 ] } , "b" : "c" } ', 'b', '"c"'],
    ['{"x":{"a":1},"y":["a",{"a":2}],"z":"a"}', 'a', null],
    ['{"x":"\\"a\\":1","a":2}', 'a', '2'],
    ['{"\\u0061":3,"b":4}', 'a', '3'],
    ['{"a":"}","b":1}', 'a', '"}"'],
    ['{"a":",","b":1}', 'a', '","'],
    ['{"a":1,"a":2}', 'a', '1'],
    ['{"a":"a","b":"a"}', 'b', '"a"'],
  ])('%s, %s', (text, name, value) => {
    expect(topLevelValue(text, name)).toBe(value);
  });

  it('is what the member stands for, in any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (object, space) => {
        const text = JSON.stringify(object, null, space);
        for (const [name, value] of Object.entries(object))
          expect(JSON.parse(topLevelValue(text, name) ?? '')).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('sameJson: whether two values are written as the same text', () => {
  const small = fc.jsonValue({ maxDepth: 2 });

  it('for any two values, often the same and often with the same names', () => {
    fc.assert(
      fc.property(small, small, fc.boolean(), (a, b, isCopy) => {
        const other = isCopy ? JSON.parse(JSON.stringify(a)) : b;
        expect(sameJson(a as Json, other as Json)).toBe(write(a) === write(other));
      }),
    );
  });

  it.each<[unknown, unknown]>([
    [[], {}],
    [{}, []],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: 1, b: 1 }, { a: 1 }],
    [[1], [1, 2]],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: { b: [null] } }, { a: { b: [false] } }],
    [null, {}],
    ['1', 1],
    [JSON.parse('{"__proto__":1}'), {}],
    [{}, JSON.parse('{"__proto__":1}')],
    [{ a: undefined }, { b: 1 }],
  ])('%j and %j are not', (a, b) => {
    expect(sameJson(a as Json, b as Json)).toBe(false);
  });

  it('names in another order make no difference, nor does the sign of zero', () => {
    expect(sameJson({ a: 1, b: 0 }, { b: -0, a: 1 })).toBe(true);
  });
});

describe('withTopLevelString: another string in place of one', () => {
  it.each([
    ['{"model":"a"}', '{"model":"b"}'],
    [' { "model" : "a" , "x":1 } ', ' { "model" : "b" , "x":1 } '],
    ['{"x":{"model":"y"},"model":"a"}', '{"x":{"model":"y"},"model":"b"}'],
    ['{"x":"\\"model\\":\\"y\\"","model":"a\\"c"}', '{"x":"\\"model\\":\\"y\\"","model":"b"}'],
    ['{"mod\\u0065l":"a","n":1e2}', '{"mod\\u0065l":"b","n":1e2}'],
  ])('%s', (text, expected) => {
    expect(withTopLevelString(text, 'model', 'b')).toBe(expected);
  });

  it.each(['{}', '{"x":{"model":"a"}}', '{"model":1}'])('%s has none', text => {
    expect(() => withTopLevelString(text, 'model', 'b')).toThrow(RangeError);
  });

  it('leaves all else to the letter, whatever the object', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        fc.string(),
        (rest, before, after) => {
          const text = JSON.stringify({ ...rest, model: before }, null, 1);
          const expected = JSON.stringify({ ...rest, model: after }, null, 1);
          expect(withTopLevelString(text, 'model', after)).toBe(expected);
        },
      ),
    );
  });
});
