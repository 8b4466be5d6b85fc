import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import { concat, utf8 } from '../bytes/octets.js';
import { MAX_ENTRY_BYTES } from '../tree/tile.js';
import {
  inRequests,
  MAX_LINES,
  MAX_LINES_BYTES,
  readAnswerLines,
  readEntryLines,
  refusedLine,
  takenLine,
  writeEntryLines,
} from './submission.js';

/** Bytes that an entry might have: any but a line end. */
const anyEntry = fc.uint8Array({ maxLength: 40 }).map(bytes => bytes.map(byte => (byte === 0x0a ? 0 : byte)));

describe('entries in lines', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { minLength: 1, maxLength: MAX_LINES }), entries => {
        const read = readEntryLines(writeEntryLines(entries));
        expect(read.map(line => Uint8Array.from(line))).toEqual(entries);
      }),
    );
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'request/body-malformed'],
    ['a last line that does not end', utf8('{}\n{}'), 'request/body-malformed'],
    ['257 lines', utf8('\n'.repeat(257)), 'request/too-many-entries'],
  ])('refused: %s', (_, body, code) => {
    expect(reasonOf(() => readEntryLines(body))).toBe(code);
  });

  it('256 of them are not too many', () => {
    expect(readEntryLines(utf8('\n'.repeat(256)))).toHaveLength(256);
  });
});

describe('requests of many entries', () => {
  it('hold all of them in their order, each as many as it may', () => {
    const anySize = fc.oneof(
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 60_000, max: MAX_ENTRY_BYTES }),
    );
    fc.assert(
      fc.property(fc.array(anySize, { maxLength: 600 }), sizes => {
        const entries = sizes.map(size => new Uint8Array(size));
        const requests = [...inRequests(entries, ({ length }) => length)];
        expect(requests.flat().every((entry, at) => entry === entries[at])).toBe(true);
        expect(requests.flat().length).toBe(entries.length);
        const bytes = requests.map(request => request.reduce((sum, { length }) => sum + length + 1, 0));
        for (const [at, request] of requests.entries()) {
          expect(request.length).toBeGreaterThan(0);
          expect(request.length).toBeLessThanOrEqual(MAX_LINES);
          expect(bytes[at]).toBeLessThanOrEqual(MAX_LINES_BYTES);
          const next = requests[at + 1]?.[0];
          if (next === undefined) continue;
          const isFull =
            request.length === MAX_LINES || (bytes[at] as number) + next.length + 1 > MAX_LINES_BYTES;
          expect(isFull).toBe(true);
        }
      }),
    );
  });
});

describe('answers in lines', () => {
  it('are read as they were written', () => {
    const body = concat(
      takenLine({ index: 7, proof: 'a\nb\n', isNew: true }),
      takenLine({ index: 0, proof: null, isNew: false }),
      refusedLine('log/busy', 429, 'Later.'),
    );
    expect(new TextDecoder().decode(body)).toBe(
      '{"index":7,"proof":"a\\nb\\n","status":201}\n{"index":0,"proof":null,"status":200}\n' +
        '{"message":"Later.","reason":"log/busy","status":429}\n',
    );
    expect(readAnswerLines(body, 3)).toEqual([
      { index: 7, proof: 'a\nb\n', isNew: true },
      { index: 0, proof: null, isNew: false },
      { reason: 'log/busy', status: 429 },
    ]);
  });

  it('may refuse for a reason that we do not know', () => {
    expect(readAnswerLines(utf8('{"message":"","reason":"a/b","status":400}\n'), 1)).toEqual([
      { reason: null, status: 400 },
    ]);
  });

  const taken = '{"index":0,"proof":null,"status":200}\n';
  it.each<[string, string]>([
    ['fewer than the entries', taken],
    ['more than the entries', taken.repeat(3)],
    ['a last line that does not end', taken + taken.slice(0, -1)],
    ['none', ''],
    ['no JSON', `${taken}yes\n`],
    ['a space', `${taken}{"index":0,"proof":null, "status":200}\n`],
    ['a member more', `${taken}{"index":0,"more":1,"proof":null,"status":200}\n`],
    ['a place before the first', `${taken}{"index":-1,"proof":null,"status":200}\n`],
    ['a place that no number holds', `${taken}{"index":9007199254740992,"proof":null,"status":200}\n`],
    ['a place with a status of refusals', `${taken}{"index":0,"proof":null,"status":403}\n`],
    ['a refusal with a status of success', `${taken}{"message":"","reason":"log/busy","status":200}\n`],
    ['both at once', `${taken}{"index":0,"message":"","proof":null,"reason":"log/busy","status":400}\n`],
  ])('refused: %s', (_, body) => {
    expect(reasonOf(() => readAnswerLines(utf8(body), 2))).toBe('peer/answer-malformed');
  });
});
