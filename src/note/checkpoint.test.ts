import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import {
  assertOneTextPerValue,
  assertRefusedOrWrittenBack,
  type TextFormat,
} from '../../test/support/mutation.js';
import { toHex } from '../bytes/hex.js';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.js';

const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
/** The example of tlog-checkpoint. */
const SAMPLE = `example.com/behind-the-sofa\n20852163\n${ROOT}\n`;
const FORMAT: TextFormat<Checkpoint> = {
  parse: parseCheckpoint,
  format: formatCheckpoint,
  codes: ['checkpoint/malformed'],
};

describe('tlog-checkpoint, "Note text"', () => {
  it('the example: origin, size, root', () => {
    const checkpoint = parseCheckpoint(SAMPLE);
    expect(checkpoint.origin).toBe('example.com/behind-the-sofa');
    expect(checkpoint.size).toBe(20852163);
    expect(toHex(checkpoint.root)).toBe('0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62');
    expect(formatCheckpoint(checkpoint)).toBe(SAMPLE);
  });

  it('the empty tree has size 0', () => {
    expect(parseCheckpoint(`a\n0\n${ROOT}\n`).size).toBe(0);
  });

  it.each(['a b', 'a+b', ' ', 'Go.SUM database tree', '\u00e9t\u00e9', 'a'.repeat(1000)])(
    'the origin is any line: %j',
    origin => {
      expect(parseCheckpoint(`${origin}\n1\n${ROOT}\n`).origin).toBe(origin);
    },
  );
});

describe('checkpoint/malformed', () => {
  it.each([
    ['nothing', ''],
    ['one line break', '\n'],
    ['no origin', `\n1\n${ROOT}\n`],
    ['no size', `a\n\n${ROOT}\n`],
    ['a size with a leading zero', `a\n01\n${ROOT}\n`],
    ['a negative size', `a\n-1\n${ROOT}\n`],
    ['a size with a sign', `a\n+1\n${ROOT}\n`],
    ['a hexadecimal size', `a\n0x10\n${ROOT}\n`],
    ['a size of 2^53', `a\n9007199254740992\n${ROOT}\n`],
    ['a size with a space', `a\n1 \n${ROOT}\n`],
    ['no root', 'a\n1\n\n'],
    ['no line of the root', 'a\n1\n'],
    ['a root of 31 bytes', `a\n1\n${'A'.repeat(40)}AA==\n`],
    ['a root of 33 bytes', `a\n1\n${'A'.repeat(44)}\n`],
    ['a root with set bits under the padding', `a\n1\n${ROOT.replace('2I=', '2J=')}\n`],
    ['a root in the URL-safe alphabet', `a\n1\n${ROOT.replace('/', '_')}\n`],
    ['no final line break', `a\n1\n${ROOT}`],
    ['a carriage return', `a\r\n1\r\n${ROOT}\r\n`],
    ['an extension line', `a\n1\n${ROOT}\nextension\n`],
    ['an unfinished extension line', `a\n1\n${ROOT}\nextension`],
    ['an empty extension line', `a\n1\n${ROOT}\n\n`],
  ])('%s', (_, text) => {
    expect(reasonOf(() => parseCheckpoint(text))).toBe('checkpoint/malformed');
  });
});

describe('properties', () => {
  it('every checkpoint reads back from its text', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 30 }).filter(line => !line.includes('\n')),
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (origin, size, root) => {
          expect(parseCheckpoint(formatCheckpoint({ origin, size, root }))).toEqual({ origin, size, root });
        },
      ),
    );
  });

  it('one text per checkpoint: the neighbours of the example', () => {
    assertOneTextPerValue(FORMAT, SAMPLE);
  });
  it('mutants are refused or written back as they were', () => {
    assertRefusedOrWrittenBack(FORMAT, [SAMPLE, `a\n0\n${ROOT}\n`], 3000);
  });
});
