/** What is found in a text, and what is not. The values are made up or published as examples. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thorough } from '../../../../test/support/thoroughness.js';
import { Finder } from './finder.js';
import { type FoundKind, REDACTION_KINDS } from './rules.js';

const NAMES = ['Jane Doe', 'Müller', 'O’Brien', 'Jean-Luc', '田中', 'Ann'];
const finder = new Finder({ kinds: REDACTION_KINDS, names: NAMES });
const foundIn = (text: string, by = finder) =>
  by.find(text).map(({ kind, start, end }) => [kind, text.slice(start, end)]);

/** Around a value there may stand any of these. */
const FRAMES = ['|', ' | ', '"|"', '(|)', 'x: |, y', '|.', '\n|\n', '「|」', 'см. | и'];

const VALUES: readonly (readonly [FoundKind, string])[] = [
  ['email', 'jane@example.com'],
  ['email', 'jane.doe+tag_1@mail.example-host.co.uk'],
  ['email', 'JANE@EXAMPLE.COM'],
  ['email', 'jörg@müller-söhne.de'],
  ['email', 'søren@example.dk'],
  ['email', 'jane%40example.com'],
  ['email', 'jane&#64;example.com'],
  ['email', 'ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ'],
  ['email', 'ja\u00adne@exam\u200bple.com'],
  ['email', 'jane@xn--bcher-kva.xn--p1ai'],
  ['phone', '+49 30 901820'],
  ['phone', '+49 (0)30 90 18 20'],
  ['phone', '+1-415-555-0132'],
  ['phone', '+14155550132'],
  ['phone', '+٤٩٣٠٩٠١٨٢٠٠'],
  ['phone', '＋４９ ３０ ９０１８２０'],
  ['phone', '+49\u00a030\u00a0901820'],
  ['phone', '+44\u201120\u20117946\u20110958'],
  ['phone', '0049 30 901820'],
  ['phone', '030 901 82 00'],
  ['phone', '06 12 34 56 78'],
  ['phone', '0171-1234567'],
  ['phone', '(415) 555-0132'],
  ['phone', '(415) 5550132'],
  ['phone', '415-555-0132'],
  ['phone', '415.555.0132'],
  ['phone', '1-415-555-0132'],
  ['phone', '13812345678'],
  ['phone', '98765 43210'],
  ['card', '4111111111111111'],
  ['card', '4111 1111 1111 1111'],
  ['card', '4111-1111-1111-1111'],
  ['card', '４１１１　１１１１　１１１１　１１１１'],
  ['card', '5555555555554444'],
  ['card', '2223003122003222'],
  ['card', '378282246310005'],
  ['card', '3782 822463 10005'],
  ['card', '30569309025904'],
  ['card', '6011111111111117'],
  ['card', '3530111333300000'],
  ['iban', 'DE89370400440532013000'],
  ['iban', 'DE89 3704 0044 0532 0130 00'],
  ['iban', 'gb82 west 1234 5698 7654 32'],
  ['iban', 'NO9386011117947'],
  ['iban', 'MT84MALT011000012345MTLCAST001S'],
  ['national-id', '078-05-1120'],
  ['national-id', 'AB 12 34 56 C'],
  ['national-id', 'AB123456C'],
  ['national-id', '86 095 742 719'],
  ['national-id', '12345678Z'],
  ['national-id', 'X-1234567-L'],
  ['national-id', 'RSSMRA85T10A562S'],
  ['national-id', '85.07.30-033.28'],
  ['national-id', '811228-9874'],
  ['national-id', '131052-308T'],
  ['national-id', '756.9217.0769.85'],
  ['national-id', '390.533.447-05'],
  ['national-id', '2341 2341 2346'],
  ['national-id', '11010519491231002X'],
  ['name', 'Jane Doe'],
  ['name', 'JANE  DOE'],
  ['name', 'Jane\u00a0Doe'],
  ['name', 'Jane\nDoe'],
  ['name', 'Muller'],
  ['name', 'Mu\u0308ller'],
  ['name', "o'brien"],
  ['name', 'Jean Luc'],
  ['name', '田中'],
  ['name', 'ＡＮＮ'],
];

describe('is found', () => {
  it.each(VALUES)('%s: %s', (kind, value) => {
    for (const frame of FRAMES)
      expect(foundIn(frame.replace('|', () => value)), frame).toEqual([[kind, value]]);
  });

  it.each<[FoundKind, string, string]>([
    ['phone', 'call me at 4155550132', '4155550132'],
    ['phone', 'Telefon: 901820', '901820'],
    ['phone', 'my WhatsApp is 612 34 56 70', '612 34 56 70'],
    ['card', 'card4111111111111111', '4111111111111111'],
    ['name', '田中さんは', '田中'],
    ['name', 'Jane Doe’s', 'Jane Doe'],
    ['name', 'jane_doe Ann_x', 'Ann'],
    ['email', 'mailto:jane@example.com?subject=a', 'jane@example.com'],
    ['email', 'jane@example.com.', 'jane@example.com'],
    ['email', '<jane@example.com>', 'jane@example.com'],
    ['email', 'メールはjane@example.comです', 'jane@example.com'],
  ])('%s in %s', (kind, text, value) => {
    expect(foundIn(text)).toEqual([[kind, value]]);
  });
});

describe('is not found', () => {
  it.each([
    'user@localhost',
    '@handle and @other',
    'a@b.c',
    '3.14159265358979 and 0.4111111111111111',
    '2024-12-24 10:30:00',
    '24.12.2024 und 24-12-2024',
    '1732900000000',
    '4111111111111112',
    '1111 1111 1111 1117',
    'DE88370400440532013000',
    'XX89370400440532013000',
    '000-12-3456 666-12-3456 123-00-4567',
    'QQ123456C',
    '12345678A',
    'version 1.2.3.4',
    '1,234,567.89 €',
    'Anna, Hannah and Annie',
    'Janedoe',
    'mullers',
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ])('%s', text => {
    expect(foundIn(text)).toEqual([]);
  });

  it('what the rules do not name', () => {
    const text = VALUES.map(([, value]) => value).join(' ; ');
    expect(new Finder({ kinds: [], names: [] }).find(text)).toEqual([]);
    for (const kind of REDACTION_KINDS) {
      const kinds = new Finder({ kinds: [kind], names: [] }).find(text).map(found => found.kind);
      expect([...new Set(kinds)]).toEqual([kind]);
    }
  });

  it('a name without a letter, which would be found everywhere', () => {
    expect(new Finder({ kinds: [], names: ['', ' ', '-', '...'] }).find('a - b ... c')).toEqual([]);
  });
});

describe('what overlaps', () => {
  it('is found as one, of the kind of the longest', () => {
    const by = new Finder({ kinds: ['email'], names: ['jane', 'Jane Doe', 'Doe Ltd', 'example'] });
    expect(foundIn('jane@example.com', by)).toEqual([['email', 'jane@example.com']]);
    expect(foundIn('Jane Doe Ltd', by)).toEqual([['name', 'Jane Doe Ltd']]);
  });

  it('names in names, of which the longest is found', () => {
    const by = new Finder({ kinds: [], names: ['Ann', 'Ann Lee', 'Lee', 'Mary Ann Lee Smith'] });
    expect(foundIn('Mary Ann Lee Smit', by)).toEqual([['name', 'Ann Lee']]);
    expect(foundIn('mary ann lee smith', by)).toEqual([['name', 'mary ann lee smith']]);
  });
});

describe('any text', () => {
  const piece = fc.oneof(
    fc.constantFrom(...VALUES.map(([, value]) => value)),
    fc.constantFrom(' ', ', ', '\n', '@', '+', '(', '0', '-', '\u00ad', '\ud83d', '😀'),
    fc.string({ unit: 'binary' }),
  );
  const texts = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''));

  it('what is found is in order, apart, and inside', () => {
    fc.assert(
      fc.property(texts, text => {
        let at = 0;
        for (const { start, end } of finder.find(text)) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it('values apart from each other are found whole, and in their places', () => {
    const words = fc.array(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(words, values => {
        const text = values.map(([, value]) => value).join(' ; ');
        expect(foundIn(text)).toEqual(values);
      }),
    );
  });
});

// Far beyond the patience of a test is what each of these would take in a time that grows with the square of the length.
describe('texts that are made to take long', () => {
  const LONG = thorough(4_000_000, 400_000);
  const LONGEST = thorough(10_000_000, 1_000_000);
  const by = new Finder({ kinds: REDACTION_KINDS, names: ['mary ann lee smith', 'aaaaaaaaab'] });
  const UNITS = [
    ['one letter', 'a'],
    ['digits', '1'],
    ['signs', '@'],
    ['beginnings of addresses', 'a.'],
    ['addresses that never end', 'a@b.'],
    ['groups of digits', '4111 '],
    ['single digits', '1 '],
    ['rows of brackets', '+((('],
    ['a name that almost is one', 'mary ann lee smit '],
    ['blanks', ' \n'],
    ['accents', 'e\u0301'],
    ['full-width digits', '４1'],
  ] as const;

  it.each(UNITS)('%s', { timeout: 120_000 }, (_, unit) => {
    const text = unit.repeat(LONG / unit.length);
    expect(by.find(text).every(({ start, end }) => end > start)).toBe(true);
  });

  it('all of them in one', { timeout: 120_000 }, () => {
    const length = LONGEST / UNITS.length;
    const text = UNITS.map(([, unit]) => unit.repeat(length / unit.length)).join(' jane@example.com ');
    const addresses = by.find(text).filter(({ kind }) => kind === 'email');
    expect(addresses.length).toBeGreaterThanOrEqual(UNITS.length - 1);
  });
});
