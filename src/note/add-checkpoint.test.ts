import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, reasonOf } from '../../test/support/failure.js';
import { mutants, neighbours } from '../../test/support/mutation.js';
import { requestOf, WATCHED_LOG, witnessRequest } from '../../test/support/witness-request.js';
import { toBase64 } from '../bytes/base64.js';
import { concat, equal, fromUtf8, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import {
  formatAddCheckpoint,
  formatCosignatures,
  formatTreeSize,
  parseAddCheckpoint,
  parseCosignatures,
  parseTreeSize,
} from './add-checkpoint.js';
import { formatSignSubtree, parseSignSubtree } from './sign-subtree.js';
import { parseNote } from './signed-note.js';

const HASH = toBase64(new Uint8Array(32).fill(7));

/** The example of tlog-witness, word for word. */
const EXAMPLE = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`;

const parseText = (text: string) => parseAddCheckpoint(utf8(text));

describe('the body of add-checkpoint (tlog-witness)', () => {
  it('is read as the specification’s example has it', () => {
    const { oldSize, proof, checkpoint } = parseText(EXAMPLE);
    expect(oldSize).toBe(20852014);
    expect(proof.map(toBase64)[3]).toBe('/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=');
    expect(parseNote(checkpoint).signatures).toHaveLength(2);
    expect(fromUtf8(formatAddCheckpoint({ oldSize, proof, checkpoint }))).toBe(EXAMPLE);
  });

  it.each([
    [0, 5],
    [5, 5],
    [5, 40],
    [0, 0],
  ])('is read as it was written, from %i to %i', (from, to) => {
    const request = witnessRequest(from, to);
    expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual(request);
  });

  it('takes 63 hashes', () => {
    const body = `old 1\n${`${HASH}\n`.repeat(63)}\ncheckpoint`;
    expect(parseText(body).proof).toHaveLength(63);
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'undefined'],
    ['no blank line', 'old 5\nlog.example\n', 'undefined'],
    ['64 hashes', `old 1\n${`${HASH}\n`.repeat(64)}\ncheckpoint`, 'proof'],
    ['no old line', `\n${HASH}\n\ncheckpoint`, 'old size line'],
    ['old without a size', 'old \n\ncheckpoint', 'old size line'],
    ['another word', 'new 5\n\ncheckpoint', 'old size line'],
    ['a capital', 'Old 5\n\ncheckpoint', 'old size line'],
    ['two spaces', 'old  5\n\ncheckpoint', 'old size line'],
    ['a tab', 'old\t5\n\ncheckpoint', 'old size line'],
    ['a space after', 'old 5 \n\ncheckpoint', 'old size line'],
    ['a leading zero', 'old 05\n\ncheckpoint', 'old size line'],
    ['minus', 'old -1\n\ncheckpoint', 'old size line'],
    ['plus', 'old +1\n\ncheckpoint', 'old size line'],
    ['hexadecimal', 'old 0x10\n\ncheckpoint', 'old size line'],
    ['a fraction', 'old 1.5\n\ncheckpoint', 'old size line'],
    ['an exponent', 'old 1e3\n\ncheckpoint', 'old size line'],
    ['over 2^53', 'old 9007199254740993\n\ncheckpoint', 'old size line'],
    ['carriage returns', 'old 5\r\n\r\n\ncheckpoint', 'old size line'],
    ['a hash of 31 bytes', `old 5\n${toBase64(new Uint8Array(31))}\n\ncheckpoint`, 'proof line 1'],
    ['a hash of 33 bytes', `old 5\n${toBase64(new Uint8Array(33))}\n\ncheckpoint`, 'proof line 1'],
    ['a hash in base64url', `old 5\n${HASH}\n${HASH.replace(/^./, '-')}\n\ncheckpoint`, 'proof line 2'],
    ['unpadded base64', `old 5\n${HASH.slice(0, -1)}\n\ncheckpoint`, 'proof line 1'],
    ['surplus bits', `old 5\n${HASH.slice(0, -2)}d=\n\ncheckpoint`, 'proof line 1'],
    ['a hash with a space', `old 5\n ${HASH}\n\ncheckpoint`, 'proof line 1'],
  ])('400: %s', (_, text, field) => {
    const failure = failureOf(() => parseText(text));
    expect([failure.code, String(failure.field)]).toEqual(['request/body-malformed', field]);
  });

  it('400: not UTF-8', () => {
    expect(reasonOf(() => parseAddCheckpoint(concat(utf8('old 0\n\n'), Uint8Array.of(0xff))))).toBe(
      'request/body-malformed',
    );
  });

  const writtenBack = (bytes: Uint8Array) => {
    try {
      return equal(formatAddCheckpoint(parseAddCheckpoint(bytes)), bytes);
    } catch (error) {
      if (error instanceof Failure && error.code === 'request/body-malformed') return true;
      throw error;
    }
  };
  it('is refused or written back as it was, whatever is changed in it', () => {
    const sample = formatAddCheckpoint(witnessRequest(5, 40));
    for (const neighbour of neighbours(sample.subarray(0, 120))) expect(writtenBack(neighbour)).toBe(true);
    const samples = [sample, utf8(EXAMPLE), formatAddCheckpoint(witnessRequest(0, 5))];
    fc.assert(fc.property(mutants(samples), writtenBack), { numRuns: 2000 });
  });
});

describe('the answers to add-checkpoint', () => {
  const lines = parseNote(requestOf('some text\n').checkpoint).signatures;

  it('200: signature lines, read as they were written', () => {
    expect(parseCosignatures(formatCosignatures(lines))).toEqual(lines);
    expect(parseCosignatures(formatCosignatures([...lines, ...lines]))).toHaveLength(2);
  });

  const line = fromUtf8(formatCosignatures(lines)) as string;
  it.each([
    ['nothing', ''],
    ['only a newline', '\n'],
    ['no newline at the end', line.slice(0, -1)],
    ['an empty line', `${line}\n${line}`],
    ['a line too many at the end', `${line}\n`],
    ['a hyphen for the dash', line.replace('\u2014', '-')],
    ['a carriage return', line.replace('\n', '\r\n')],
    ['text before', `ok\n${line}`],
    ['base64 that is none', line.replace(/.\n$/, '!\n')],
    ['101 lines', line.repeat(101)],
  ])('200 with %s: peer/answer-malformed', (_, body) => {
    expect(reasonOf(() => parseCosignatures(utf8(body)))).toBe('peer/answer-malformed');
  });

  it('409: a size and a newline', () => {
    for (const size of [0, 1, 20852163, Number.MAX_SAFE_INTEGER])
      expect(parseTreeSize(formatTreeSize(size))).toBe(size);
    expect(fromUtf8(formatTreeSize(12))).toBe('12\n');
  });

  it.each([
    '',
    '\n',
    '12',
    '12\n\n',
    ' 12\n',
    '012\n',
    '0x10\n',
    '-1\n',
    '1e3\n',
    '9007199254740993\n',
    '12\r\n',
  ])('409 with %j: peer/answer-malformed', body => {
    expect(reasonOf(() => parseTreeSize(utf8(body)))).toBe('peer/answer-malformed');
  });
});

describe('the body of sign-subtree (tlog-witness)', () => {
  const request = {
    start: 8,
    end: 13,
    hash: new Uint8Array(32).fill(1),
    proof: [new Uint8Array(32).fill(2), new Uint8Array(32).fill(3)],
    checkpoint: utf8(`${WATCHED_LOG.key.name}\n14\n${HASH}\n\n\u2014 w AAAAAAAA\n`),
  };
  const text = fromUtf8(formatSignSubtree(request)) as string;

  it('is read as it was written', () => {
    expect(text.startsWith('subtree 8 13\n')).toBe(true);
    expect(parseSignSubtree(utf8(text))).toEqual(request);
    expect(parseSignSubtree(formatSignSubtree({ ...request, start: 0, proof: [] })).proof).toEqual([]);
  });

  it.each<[string, (text: string) => string]>([
    ['no end', whole => whole.replace('8 13', '8')],
    ['a third number', whole => whole.replace('8 13', '8 13 21')],
    ['a leading zero', whole => whole.replace('8 13', '08 13')],
    ['another word', whole => whole.replace('subtree', 'tree')],
    ['no hash', whole => whole.replace(/\n.*\n.*\n.*\n\n/, '\n\n')],
    ['a short hash', whole => whole.replace(/\n.*\n/, '\nAAAA\n')],
    ['64 hashes', whole => whole.replace('\n\n', `\n${`${HASH}\n`.repeat(62)}\n`)],
    ['no blank line', whole => whole.replace('\n\n', '\n')],
  ])('400: %s', (_, change) => {
    // The note at the end has a blank line of its own, which does not count as the first.
    const changed = change(text);
    expect(reasonOf(() => parseSignSubtree(utf8(changed)))).toBe('request/body-malformed');
  });

  it('is refused or written back as it was, whatever is changed in it', () => {
    fc.assert(
      fc.property(mutants([utf8(text)]), bytes => {
        try {
          return equal(formatSignSubtree(parseSignSubtree(bytes)), bytes);
        } catch (error) {
          return error instanceof Failure && error.code === 'request/body-malformed';
        }
      }),
      { numRuns: 1000 },
    );
  });
});
