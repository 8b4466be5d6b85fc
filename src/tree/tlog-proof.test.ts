import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import {
  assertOneTextPerValue,
  assertRefusedOrWrittenBack,
  type TextFormat,
} from '../../test/support/mutation.js';
import { toBase64 } from '../bytes/base64.js';
import { formatTlogProof, parseTlogProof, type TlogProof } from './tlog-proof.js';

const HEADER = 'c2sp.org/tlog-proof@v1';
const HASHES = [
  'gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=',
  'B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=',
  'EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=',
];
const CHECKPOINT =
  'example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n\u2014 a AAAAAAA=\n';
const SAMPLE = `${HEADER}\nindex 73894\n${HASHES.join('\n')}\n\n${CHECKPOINT}`;
const FORMAT: TextFormat<TlogProof> = {
  parse: parseTlogProof,
  format: formatTlogProof,
  codes: ['proof/malformed'],
};

describe('tlog-proof, "Format"', () => {
  it('the example without its extra data: index, hashes, checkpoint', () => {
    const proof = parseTlogProof(SAMPLE);
    expect(proof.index).toBe(73894);
    expect(proof.hashes.map(toBase64)).toEqual(HASHES);
    expect(proof.checkpoint).toBe(CHECKPOINT);
    expect(formatTlogProof(proof)).toBe(SAMPLE);
  });

  it('a tree of one leaf needs no hashes', () => {
    const proof = parseTlogProof(`${HEADER}\nindex 0\n\n${CHECKPOINT}`);
    expect(proof).toEqual({ index: 0, hashes: [], checkpoint: CHECKPOINT });
  });

  it('the first blank line splits; the checkpoint keeps its own', () => {
    expect(parseTlogProof(`${HEADER}\nindex 0\n\na\n\nb\n\nc`).checkpoint).toBe('a\n\nb\n\nc');
  });

  it('63 hashes are accepted', () => {
    const text = `${HEADER}\nindex 0\n${`${HASHES[0]}\n`.repeat(63)}\n${CHECKPOINT}`;
    expect(parseTlogProof(text).hashes).toHaveLength(63);
  });
});

describe('proof/malformed', () => {
  it.each([
    ['nothing', ''],
    ['a header alone', HEADER],
    ['no blank line', `${HEADER}\nindex 0\n`],
    ['another version', SAMPLE.replace('@v1', '@v2')],
    ['no header', SAMPLE.slice(HEADER.length + 1)],
    ['a byte order mark', `\ufeff${SAMPLE}`],
    ['extra data, which nobody has signed', SAMPLE.replace('index', 'extra AAAA\nindex')],
    ['no index', `${HEADER}\n${HASHES[0]}\n\n${CHECKPOINT}`],
    ['a blank line before the index', `${HEADER}\n\nindex 0\n\n${CHECKPOINT}`],
    ['an index without a number', `${HEADER}\nindex \n\n${CHECKPOINT}`],
    ['an index with a leading zero', `${HEADER}\nindex 01\n\n${CHECKPOINT}`],
    ['a negative index', `${HEADER}\nindex -1\n\n${CHECKPOINT}`],
    ['an index of 2^53', `${HEADER}\nindex 9007199254740992\n\n${CHECKPOINT}`],
    ['two spaces before the index', `${HEADER}\nindex  0\n\n${CHECKPOINT}`],
    ['two indexes', `${HEADER}\nindex 0\nindex 0\n\n${CHECKPOINT}`],
    ['a hash of 31 bytes', `${HEADER}\nindex 0\n${toBase64(new Uint8Array(31))}\n\n${CHECKPOINT}`],
    ['a hash of 33 bytes', `${HEADER}\nindex 0\n${toBase64(new Uint8Array(33))}\n\n${CHECKPOINT}`],
    ['a hash without padding', SAMPLE.replace('PlQ=', 'PlQ')],
    ['a hash with set bits under the padding', SAMPLE.replace('PlQ=', 'PlR=')],
    ['a hash in hexadecimal', `${HEADER}\nindex 0\n${'0'.repeat(64)}\n\n${CHECKPOINT}`],
    ['a space behind a hash', SAMPLE.replace('PlQ=', 'PlQ= ')],
    ['64 hashes', `${HEADER}\nindex 0\n${`${HASHES[0]}\n`.repeat(64)}\n${CHECKPOINT}`],
    ['carriage returns', SAMPLE.replaceAll('\n', '\r\n')],
  ])('%s', (_, text) => {
    expect(reasonOf(() => parseTlogProof(text))).toBe('proof/malformed');
  });
});

describe('properties', () => {
  it('every proof reads back from its text, whatever its checkpoint', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 }),
        fc.string({ unit: fc.constantFrom(...'a\n\u2014 ') }),
        (index, hashes, checkpoint) => {
          const proof = { index, hashes, checkpoint };
          expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof);
        },
      ),
    );
  });

  it('one text per proof: the neighbours of the example', () => {
    assertOneTextPerValue(FORMAT, SAMPLE);
  });
  it('mutants are refused or written back as they were', () => {
    assertRefusedOrWrittenBack(FORMAT, [SAMPLE, `${HEADER}\nindex 0\n\n${CHECKPOINT}`], 3000);
  });
});
