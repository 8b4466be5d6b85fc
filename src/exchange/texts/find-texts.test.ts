/** Texts are found where they stand, in any JSON, and replaced without touching anything else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { findTexts, type TextPlace } from './find-texts.js';
import { DATA, only, type Shape, TEXT, textBut } from './shape.js';
import { type Edit, editsOfJson, escaped, spliced } from './splice.js';

function placesIn(json: string, shape: Shape, hasLanes = false): TextPlace[] {
  const places: TextPlace[] = [];
  findTexts(json, JSON.parse(json), shape, hasLanes, place => places.push(place));
  return places;
}

/** All strings, names and numbers of a value, in their order. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [JSON.stringify(value)];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)]);
}

const BLANKS = fc.constantFrom('', ' ', '\n', '\t\r\n ');

/** JSON of a value in one of many ways to write it. */
const written = fc
  .tuple(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), BLANKS, fc.constantFrom(0, 1, '\t'))
  .map(([value, blanks, indent]) => ({ value, json: blanks + JSON.stringify(value, null, indent) + blanks }));

describe('in any JSON', () => {
  it('every text is found, where it stands', () => {
    fc.assert(
      fc.property(written, ({ value, json }) => {
        const places = placesIn(json, DATA);
        // An engine has names that are numbers first.
        expect(places.map(({ text }) => text).sort()).toEqual(
          textsOf(JSON.parse(JSON.stringify(value))).sort(),
        );
        for (const { start, end, text, form } of places) {
          const literal = json.slice(start, end);
          expect(form === 'number' ? literal : JSON.parse(literal)).toBe(text);
        }
      }),
    );
  });

  it('what is replaced by itself leaves the same value, and what is not replaced the same bytes', () => {
    fc.assert(
      fc.property(written, fc.nat(), fc.nat(), fc.nat(), ({ json }, which, from, to) => {
        const places = placesIn(json, DATA).filter(({ form }) => form === 'text');
        const place = places[which % Math.max(1, places.length)];
        if (place === undefined) return;
        const [a, b] = [from % (place.text.length + 1), to % (place.text.length + 1)];
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const piece = place.text.slice(start, end);
        const edits = editsOfJson(json, place, [{ start, end, replacement: () => piece }]);
        const result = spliced(json, edits);
        expect(JSON.parse(result)).toEqual(JSON.parse(json));
        expect(result.slice(0, place.start)).toBe(json.slice(0, place.start));
        expect(result.endsWith(json.slice(place.end))).toBe(true);
      }),
    );
  });
});

describe('replacing', () => {
  const edit = (start: number, end: number, text: string): Edit => ({ start, end, replacement: () => text });
  const replaced = (json: string, ...edits: Edit[]) => {
    const [place] = placesIn(json, DATA);
    return spliced(json, editsOfJson(json, place as TextPlace, edits));
  };

  it.each([
    ['a text without escapes', '"abc"', [edit(1, 2, 'X')], '"aXc"'],
    [
      'between escapes, which stay',
      '"\\u0061\\n\\"b\\ud83d\\ude00c"',
      [edit(3, 4, 'X'), edit(6, 7, '')],
      '"\\u0061\\n\\"X\\ud83d\\ude00"',
    ],
    ['by what needs escapes', '"ab"', [edit(0, 1, '"\\\n')], '"\\"\\\\\\nb"'],
    ['nothing by something', '"ab"', [edit(1, 1, 'X')], '"aXb"'],
    ['a number, by a text', '41', [edit(0, 2, 'X')], '"X"'],
  ] as const)('%s', (_, json, edits, expected) => {
    expect(replaced(json, ...edits)).toBe(expected);
  });

  it('escapes as JSON does', () => {
    expect(escaped('a"\\\u0000')).toBe('a\\"\\\\\\u0000');
  });
});

describe('a shape', () => {
  const textsIn = (value: unknown, shape: Shape) =>
    placesIn(JSON.stringify(value), shape).map(({ text }) => text);

  it('says which members are text, in whatever letters their names are', () => {
    const shape = only({ prompt: TEXT });
    expect(
      textsIn({ prompt: ['a', ['b', 1, null, { c: 'd' }]], Prompt: 'e', other: { prompt: 'f' } }, shape),
    ).toEqual(['a', 'b', 'e']);
  });

  it('or which are not', () => {
    expect(textsIn({ a: 'b', id: ['c', { a: 'd' }], e: { id: 'f', g: 'h' } }, textBut(['id']))).toEqual([
      'b',
      'h',
    ]);
  });

  it('of members that every object has, none is known unless it is named', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(placesIn(`{"${name}":"a"}`, only({ prompt: TEXT }))).toEqual([]);
  });
});

it('nests to a depth, and no deeper', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  expect(placesIn(nested(128), DATA)).toEqual([]);
  expect(failureOf(() => placesIn(nested(129), DATA)).code).toBe('redaction/unreadable');
  // Where there is no text, nobody looks.
  expect(placesIn(`{"a":${nested(10_000)}}`, only({}))).toEqual([]);
});
