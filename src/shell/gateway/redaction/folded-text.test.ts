import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from './folded-text.js';

describe('a folded text', () => {
  it.each([
    ['Abc', 'abc'],
    ['ÉÀÜ', 'eau'],
    ['e\u0301', 'e'],
    ['ＡＢ１２＠．', 'ab12@.'],
    ['٣۳३𝟛', '3333'],
    ['a\u00a0b\u3000c\u2009d', 'a b c d'],
    ['a\u2010b\u2013c\u2212d－e', 'a-b-c-d-e'],
    ['o\u2019b', "o'b"],
    ['a\u00ad\u200b\ufeff\u2060b', 'ab'],
    ['ﬃ', 'ffi'],
    ['ß漢字\ud83d😀', 'ß漢字\ud83d😀'],
    // What becomes more than three characters stays what it is.
    ['\ufdfa', '\ufdfa'],
  ])('%j is %j', (text, folded) => {
    expect(fold(text).text).toBe(folded);
  });

  it('knows where each character came from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => {
        const folded = fold(text);
        let at = 0;
        for (let place = 0; place < folded.text.length; place++) {
          const [start, end] = [folded.startOf(place), folded.endOf(place + 1)];
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          expect(fold(text.slice(start, end)).text).toContain(folded.text[place]);
          at = start;
        }
        expect(folded.startOf(folded.text.length)).toBe(text.length);
      }),
    );
  });
});
