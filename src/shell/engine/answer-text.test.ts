import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerText } from './answer-text.js';

/** The freed texts of an answer whose bytes come in pieces of the given sizes, and whether it stopped. */
function freed(
  text: string,
  stop: string[],
  sizes: readonly number[],
): { texts: string[]; stopped: boolean } {
  const bytes = Buffer.from(text);
  const answer = new AnswerText(stop);
  const texts: string[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    texts.push(answer.push(bytes.subarray(at, at + size)));
    at = Math.min(bytes.length, at + size);
  }
  texts.push(answer.finish());
  return { texts, stopped: answer.stopped };
}

const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 60 });
const wholeText = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('answer text', () => {
  it('gives the whole text however its bytes are cut, and never half a character', () => {
    fc.assert(
      fc.property(wholeText, sizes, (text, cuts) => {
        const { texts, stopped } = freed(text, [], cuts);
        expect(texts.join('')).toBe(text);
        expect(stopped).toBe(false);
        // A lone surrogate would not survive the way through UTF-8.
        for (const part of texts) expect(Buffer.from(part).toString()).toBe(part);
      }),
    );
  });

  it('ends before the first stop text, however it is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(letters, stops, (text, stop) => {
        const found = stop.map(entry => text.indexOf(entry)).filter(at => at >= 0);
        const expected = found.length > 0 ? text.slice(0, Math.min(...found)) : text;
        // Byte by byte: what counts is the stop that completes first, as when it is generated.
        const bytewise = freed(text, stop, Array(Buffer.byteLength(text)).fill(1));
        expect(bytewise.stopped).toBe(found.length > 0);
        expect(text.startsWith(bytewise.texts.join(''))).toBe(true);
        const whole = freed(text, stop, []);
        expect(whole.texts.join('')).toBe(expected);
      }),
    );
  });

  it.each([
    { name: 'spanning pieces', text: 'one STOP two', stop: ['STOP'], expected: 'one ', stopped: true },
    { name: 'at the start', text: 'STOP two', stop: ['STOP'], expected: '', stopped: true },
    { name: 'only begun at the end', text: 'one STO', stop: ['STOP'], expected: 'one STO', stopped: false },
    { name: 'begun twice', text: 'STSTOP', stop: ['STOP'], expected: 'ST', stopped: true },
    { name: 'the earlier of two', text: 'a, b; c', stop: [';', ','], expected: 'a', stopped: true },
    {
      name: 'several bytes long',
      text: 'caf\u00e9 \u{1f916}!',
      stop: ['\u{1f916}'],
      expected: 'caf\u00e9 ',
      stopped: true,
    },
  ])('stops: $name', ({ text, stop, expected, stopped }) => {
    const outcome = freed(text, stop, Array(40).fill(1));
    expect(outcome.texts.join('')).toBe(expected);
    expect(outcome.stopped).toBe(stopped);
  });

  it('holds back what may become a stop, and no more', () => {
    const answer = new AnswerText(['###']);
    expect(answer.push(Buffer.from('a##'))).toBe('a');
    expect(answer.push(Buffer.from('b#'))).toBe('##b');
    expect(answer.finish()).toBe('#');
  });

  it('says nothing after a stop', () => {
    const answer = new AnswerText(['.']);
    expect(answer.push(Buffer.from('a.b'))).toBe('a');
    expect(answer.push(Buffer.from('c'))).toBe('');
    expect(answer.finish()).toBe('');
  });

  it('replaces bytes that are no UTF-8', () => {
    const answer = new AnswerText([]);
    expect(answer.push(Uint8Array.of(0xff, 0x61, 0xc3))).toBe('\ufffda');
    expect(answer.finish()).toBe('\ufffd');
  });
});
