import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../test/support/failure.js';
import { parseOrRefuse } from '../../test/support/mutation.js';
import {
  contextTag,
  DER,
  type DerElement,
  derBitOctets,
  derBoolean,
  derChildren,
  derExpect,
  derMembers,
  derNumber,
  derObjectIdentifier,
  derTime,
  derUnsigned,
  ecdsaFromDer,
  readDer,
} from './der.js';
import {
  bitString,
  boolean,
  element,
  integer,
  objectIdentifier,
  octetString,
  text,
  time,
} from './der-writer.js';
import { fromHex, toHex } from './hex.js';
import { concat, concatAll, utf8 } from './octets.js';

const hex = (digits: string): Uint8Array =>
  fromHex(digits.replaceAll(' ', '')) ?? expect.fail(`not hexadecimal: ${digits}`);

/** What was wrong, of something that is refused as not being DER. */
const detailOf = (act: () => unknown): string => {
  const { code, detail } = failureOf(act);
  expect(code).toBe('der/malformed');
  return detail ?? '';
};

describe('X.690: one value has one encoding', () => {
  it.each([
    ['an integer', '02 01 00'],
    ['a negative integer', '02 01 ff'],
    ['an integer whose first octet keeps it from being negative', '02 02 00 80'],
    ['an enumerated value', '0a 01 05'],
    ['true', '01 01 ff'],
    ['false', '01 01 00'],
    ['null', '05 00'],
    ['an empty bit string', '03 01 00'],
    ['a bit string of one bit', '03 02 07 80'],
    ['an empty octet string', '04 00'],
    ['an empty sequence', '30 00'],
    ['a set in order', '31 09 02 01 01 02 01 02 04 01 00'],
    ['a set with a member twice', '31 06 02 01 01 02 01 01'],
    ['a value under a tag of its context', 'a0 03 02 01 00'],
    ['octets under a tag of their context', '80 01 00'],
    ['a length of two octets', `04 81 80 ${'00'.repeat(128)}`],
    ['a length of three octets', `04 82 01 00 ${'00'.repeat(256)}`],
  ])('%s: %s', (_, bytes) => {
    const { whole, tag } = readDer(hex(bytes));
    expect(toHex(whole)).toBe(bytes.replaceAll(' ', ''));
    expect(tag).toBe(Number.parseInt(bytes.slice(0, 2), 16));
  });

  it.each([
    ['', /too soon/],
    ['02', /too soon/],
    ['02 01', /too soon/],
    ['02 02 01', /too soon/],
    ['30 03 02 01', /too soon/],
    ['30 03 02 02 00', /too soon/],
    ['04 84 ff ff ff ff', /too soon/],
    ['02 01 00 00', /behind/],
    ['30 80 00 00', /indefinite/],
    ['30 85 00 00 00 00 00', /no size that is used/],
    ['30 ff', /no size that is used/],
    ['04 81 7f', /more octets than it needs/],
    ['04 82 00 80', /more octets than it needs/],
    ['04 83 00 ff ff', /more octets than it needs/],
    ['1f 1f 00', /tag of more than one octet/],
    ['bf 81 00 00', /tag of more than one octet/],
    ['30 02 00 00', /end of a value of indefinite length/],
    ['01 00', /boolean/],
    ['01 01 01', /boolean/],
    ['01 02 ff ff', /boolean/],
    ['02 00', /no octets/],
    ['0a 00', /no octets/],
    ['02 02 00 7f', /surplus octet/],
    ['02 02 ff 80', /surplus octet/],
    ['0a 02 00 01', /surplus octet/],
    ['05 01 00', /null/],
    ['03 00', /bit string of no length/],
    ['03 01 01', /bit string of no length/],
    ['03 02 08 00', /bit string of no length/],
    ['03 02 01 81', /unused bits/],
    ['24 04 04 02 00 00', /another form/],
    ['23 04 03 02 00 00', /another form/],
    ['2c 02 0c 00', /another form/],
    ['10 00', /another form/],
    ['11 00', /another form/],
    ['31 06 02 01 02 02 01 01', /out of order/],
    ['31 05 05 00 02 01 01', /out of order/],
    ['31 07 04 02 00 00 04 01 00', /out of order/],
    ['a0 05 30 03 01 01 01', /boolean/],
  ])('%s is refused', (bytes, detail) => {
    expect(detailOf(() => readDer(hex(bytes)))).toMatch(detail);
  });

  it('takes values within one another up to a depth, and no deeper', () => {
    const nested = (depth: number): Uint8Array =>
      depth === 0 ? element(DER.null) : element(DER.sequence, nested(depth - 1));
    expect(readDer(nested(32)).tag).toBe(DER.sequence);
    expect(detailOf(() => readDer(nested(33)))).toMatch(/within one another/);
    expect(detailOf(() => readDer(nested(5000)))).toMatch(/within one another/);
  });
});

describe('members', () => {
  const sequence = readDer(element(DER.sequence, integer(1), boolean(true)));

  it('are those of a constructed value', () => {
    expect(derChildren(sequence).map(({ tag }) => tag)).toEqual([DER.integer, DER.boolean]);
    expect(derMembers(sequence, DER.sequence)).toHaveLength(2);
    expect(detailOf(() => derChildren(readDer(integer(1))))).toMatch(/no members/);
  });

  it('must be there and of the type that is expected', () => {
    expect(derExpect(sequence, DER.sequence)).toBe(sequence);
    expect(detailOf(() => derExpect(sequence, DER.set))).toMatch(/another type/);
    expect(detailOf(() => derExpect(undefined, DER.set))).toMatch(/missing/);
    expect(detailOf(() => derMembers(undefined, DER.sequence))).toMatch(/missing/);
  });

  it('tags of a context have a number and a form', () => {
    expect(contextTag(0)).toBe(0xa0);
    expect(contextTag(3, 'constructed')).toBe(0xa3);
    expect(contextTag(2, 'primitive')).toBe(0x82);
  });
});

describe('object identifiers', () => {
  it.each([
    ['2a 86 48 ce 3d 02 01', '1.2.840.10045.2.1'],
    ['2a 86 48 86 f7 0d 01 01 0a', '1.2.840.113549.1.1.10'],
    ['2b 06 01 04 01 9c 78 01 03 08', '1.3.6.1.4.1.3704.1.3.8'],
    ['55 1d 13', '2.5.29.19'],
    ['27', '0.39'],
    ['28', '1.0'],
    ['4f', '1.39'],
    ['50', '2.0'],
    ['88 37', '2.999'],
    ['2a ff ff ff ff ff ff ff ff 7f', '1.2.9223372036854775807'],
  ])('%s is %s', (content, dotted) => {
    expect(derObjectIdentifier(readDer(element(DER.objectIdentifier, hex(content))))).toBe(dotted);
  });

  it.each([
    ['', /no length/],
    ['2a'.repeat(65), /no length/],
    ['80', /surplus octet/],
    ['2a 80 01', /surplus octet/],
    ['2a 86', /too soon/],
  ])('%s is none', (content, detail) => {
    const identifier = readDer(element(DER.objectIdentifier, hex(content)));
    expect(detailOf(() => derObjectIdentifier(identifier))).toMatch(detail);
  });

  it('whatever is written is read', () => {
    const arc = fc.nat(2 ** 31 - 1);
    const arcs = fc.tuple(fc.nat(1), fc.nat(39), fc.array(arc, { maxLength: 8 }));
    fc.assert(
      fc.property(arcs, ([first, second, rest]) => {
        const dotted = [first, second, ...rest].join('.');
        expect(derObjectIdentifier(readDer(objectIdentifier(dotted)))).toBe(dotted);
      }),
    );
  });
});

describe('numbers, booleans and strings', () => {
  it.each([
    ['02 01 00', 0],
    ['02 01 7f', 127],
    ['02 02 00 ff', 255],
    ['02 06 7f ff ff ff ff ff', 0x7fffffffffff],
    ['02 07 00 ff ff ff ff ff ff', 0xffffffffffff],
  ])('%s is the number %d', (bytes, value) => {
    expect(derNumber(readDer(hex(bytes)))).toBe(value);
  });

  it.each([
    ['02 01 80', /negative/],
    ['02 07 01 00 00 00 00 00 00', /larger/],
    ['04 01 00', /another type/],
  ])('%s is no number that we read', (bytes, detail) => {
    expect(detailOf(() => derNumber(readDer(hex(bytes))))).toMatch(detail);
  });

  it('integers of any length are octets without leading zeros, and zero is none at all', () => {
    const of = (bytes: string) => toHex(derUnsigned(readDer(hex(bytes))));
    expect(of('02 09 00 ff ff ff ff ff ff ff ff')).toBe('ff'.repeat(8));
    expect(of('02 01 00')).toBe('');
    expect(detailOf(() => of('02 02 ff 00'))).toMatch(/negative/);
  });

  it('booleans, and bit strings that end on an octet', () => {
    expect(derBoolean(readDer(boolean(true)))).toBe(true);
    expect(derBoolean(readDer(boolean(false)))).toBe(false);
    expect(toHex(derBitOctets(readDer(bitString(hex('aabb')))))).toBe('aabb');
    expect(detailOf(() => derBitOctets(readDer(hex('03 02 01 80'))))).toMatch(/end on an octet/);
    expect(detailOf(() => derBitOctets(readDer(octetString(hex('00')))))).toMatch(/another type/);
  });
});

describe('RFC 5280 §4.1.2.5: times', () => {
  it.each([
    [DER.utcTime, '700101000000Z', 0],
    [DER.utcTime, '500101000000Z', Date.UTC(1950, 0, 1) / 1000],
    [DER.utcTime, '491231235959Z', Date.UTC(2049, 11, 31, 23, 59, 59) / 1000],
    [DER.utcTime, '000229120000Z', Date.UTC(2000, 1, 29, 12) / 1000],
    [DER.generalizedTime, '20500101000000Z', Date.UTC(2050, 0, 1) / 1000],
    [DER.generalizedTime, '99991231235959Z', Date.UTC(9999, 11, 31, 23, 59, 59) / 1000],
  ])('type %d, %s', (tag, digits, seconds) => {
    expect(derTime(readDer(text(digits, tag)))).toBe(seconds);
  });

  it.each([
    [DER.utcTime, '7001010000Z', /form/],
    [DER.utcTime, '700101000000', /form/],
    [DER.utcTime, '700101000000z', /form/],
    [DER.utcTime, '700101000000+0000', /form/],
    [DER.utcTime, '19700101000000Z', /form/],
    [DER.utcTime, '70010100000aZ', /form/],
    [DER.utcTime, '7001010000 0Z', /form/],
    [DER.generalizedTime, '700101000000Z', /form/],
    [DER.generalizedTime, '20500101000000.5Z', /form/],
    [DER.generalizedTime, '2050010100000:Z', /form/],
    [DER.utf8String, '700101000000Z', /form/],
    [DER.utcTime, '700001000000Z', /calendar/],
    [DER.utcTime, '701301000000Z', /calendar/],
    [DER.utcTime, '700100000000Z', /calendar/],
    [DER.utcTime, '700230000000Z', /calendar/],
    [DER.utcTime, '710229000000Z', /calendar/],
    [DER.utcTime, '700101240000Z', /calendar/],
    [DER.utcTime, '700101006000Z', /calendar/],
    [DER.utcTime, '700101000060Z', /calendar/],
    [DER.generalizedTime, '19491231235959Z', /calendar/],
    [DER.generalizedTime, '00700101000000Z', /calendar/],
  ])('type %d, %s is none', (tag, digits, detail) => {
    expect(detailOf(() => derTime(readDer(text(digits, tag))))).toMatch(detail);
  });

  it('a time that is missing', () => {
    expect(detailOf(() => derTime(undefined))).toMatch(/form/);
  });

  it('every second of a century and a half', () => {
    const seconds = fc.integer({ min: Date.UTC(1950, 0, 1) / 1000, max: Date.UTC(2100, 0, 1) / 1000 });
    fc.assert(
      fc.property(seconds, at => {
        expect(derTime(readDer(time(at)))).toBe(at);
      }),
    );
  });
});

describe('RFC 3279 §2.2.3: ECDSA signatures', () => {
  const signature = (...numbers: readonly Uint8Array[]) => element(DER.sequence, ...numbers.map(integer));

  it('are two numbers of as many octets each', () => {
    const raw = ecdsaFromDer(signature(hex('80'), hex('0102')), 4);
    expect(toHex(raw)).toBe('0000008000000102');
  });

  it.each([
    ['one number', element(DER.sequence, integer(1))],
    ['three numbers', element(DER.sequence, integer(1), integer(1), integer(1))],
    ['a number over the size', element(DER.sequence, integer(2 ** 32), integer(1))],
    ['a second number over the size', element(DER.sequence, integer(1), integer(2 ** 32))],
    ['a negative number', hex('30 06 02 01 ff 02 01 01')],
    ['no numbers', element(DER.sequence, octetString(hex('01')), octetString(hex('01')))],
    ['bytes behind it', concat(element(DER.sequence, integer(1), integer(1)), hex('00'))],
    ['a number with a surplus octet', hex('30 07 02 02 00 01 02 01 01')],
  ])('%s: none', (_, bytes) => {
    detailOf(() => ecdsaFromDer(bytes, 4));
  });

  it('whatever the numbers are', () => {
    const number = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(number, number, (r, s) => {
        expect(toHex(ecdsaFromDer(signature(r, s), 4))).toBe(toHex(concat(r, s)));
      }),
    );
  });
});

describe('any bytes', () => {
  /** The value written anew, from its tags and innermost contents alone. */
  const written = (value: DerElement): Uint8Array =>
    element(value.tag, (value.tag & 0x20) === 0 ? value.content : concatAll(derChildren(value).map(written)));

  const leaf = fc.oneof(
    fc.nat().map(value => integer(value)),
    fc.boolean().map(boolean),
    fc.uint8Array({ maxLength: 200 }).map(octetString),
    fc.uint8Array({ maxLength: 200 }).map(bitString),
    fc.string({ maxLength: 20 }).map(value => element(DER.utf8String, utf8(value.toWellFormed()))),
  );
  const { tree } = fc.letrec<{ tree: Uint8Array }>(tie => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }).map(members => element(DER.sequence, ...members)),
      tie('tree').map(inner => element(contextTag(1), inner)),
    ),
  }));

  it('that are DER are read, and are written again as the same bytes', () => {
    fc.assert(
      fc.property(tree, bytes => {
        expect(toHex(written(readDer(bytes)))).toBe(toHex(bytes));
      }),
    );
  });

  it('with one byte changed are refused, or are another value in its own one form', () => {
    const change = fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255));
    fc.assert(
      fc.property(tree, change, (bytes, [place, byte]) => {
        const changed = bytes.slice();
        changed[Math.floor(place * changed.length)] = byte;
        const element = parseOrRefuse(() => readDer(changed), ['der/malformed']);
        if (element !== undefined) expect(toHex(written(element))).toBe(toHex(changed));
      }),
      { numRuns: 500 },
    );
  });

  it('at random are read or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        const element = parseOrRefuse(() => readDer(bytes), ['der/malformed']);
        if (element !== undefined) expect(toHex(written(element))).toBe(toHex(bytes));
      }),
      { numRuns: 500 },
    );
  });
});
