import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf, reasonOfAsync } from '../../test/support/failure.js';
import { assertOneTextPerValue } from '../../test/support/mutation.js';
import { concat, equal, fromUtf8, utf8 } from '../bytes/octets.js';
import {
  formatMirrorInfo,
  formatPackage,
  formatUploadHeader,
  packagesOf,
  parseMirrorInfo,
  readPackage,
  readUploadHeader,
  type Take,
  type UploadHeader,
} from './add-entries.js';
import { isSubtree } from './subtree.js';
import { MAX_ENTRY_BYTES } from './tile.js';

class Short extends Error {}

/** Gives what there is, and says how much is left. */
function source(bytes: Uint8Array): { take: Take; left(): number } {
  let at = 0;
  const take: Take = async count => {
    if (at + count > bytes.length) throw new Short();
    at += count;
    return bytes.subarray(at - count, at);
  };
  return { take, left: () => bytes.length - at };
}

const HEADER: UploadHeader = { origin: 'log.example/test', start: 3, end: 700, ticket: utf8('ticket') };

describe('tlog-mirror, add-entries: the header', () => {
  it('is two lengths of 16 bits and two numbers of 64', () => {
    expect([...formatUploadHeader({ origin: 'o', start: 1, end: 258, ticket: Uint8Array.of(7) })]).toEqual([
      ...[0, 1, 0x6f],
      ...[0, 0, 0, 0, 0, 0, 0, 1],
      ...[0, 0, 0, 0, 0, 0, 1, 2],
      ...[0, 1, 7],
    ]);
  });

  it('is read as it was written, and nothing after it', async () => {
    const size = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    const header = fc.record({
      origin: fc.string({ unit: 'grapheme' }),
      a: size,
      b: size,
      ticket: fc.uint8Array(),
    });
    await fc.assert(
      fc.asyncProperty(header, fc.uint8Array(), async ({ origin, a, b, ticket }, rest) => {
        const written = { origin, start: Math.min(a, b), end: Math.max(a, b), ticket };
        const { take, left } = source(concat(formatUploadHeader(written), rest));
        expect(await readUploadHeader(take)).toEqual(written);
        expect(left()).toBe(rest.length);
      }),
      { numRuns: 50 },
    );
  });

  it('ends nowhere before its end', async () => {
    const whole = formatUploadHeader(HEADER);
    for (let length = 0; length < whole.length; length++)
      await expect(readUploadHeader(source(whole.subarray(0, length)).take)).rejects.toBeInstanceOf(Short);
  });

  it('request/body-malformed: an origin that is not UTF-8', async () => {
    const bytes = formatUploadHeader(HEADER);
    bytes[2] = 0xff;
    expect(await reasonOfAsync(() => readUploadHeader(source(bytes).take))).toBe('request/body-malformed');
  });

  it.each([
    [1, 0],
    [256, 255],
    [Number.MAX_SAFE_INTEGER, 0],
  ])('request/body-malformed: from %d up to %d', async (start, end) => {
    const bytes = formatUploadHeader({ ...HEADER, start, end });
    expect(await reasonOfAsync(() => readUploadHeader(source(bytes).take))).toBe('request/body-malformed');
  });

  it('sizes that no tree of ours can have are larger than all others', async () => {
    const bytes = formatUploadHeader({ ...HEADER, origin: '', start: 0 });
    bytes.fill(0xff, 10, 18);
    expect(await readUploadHeader(source(bytes).take)).toMatchObject({
      start: 0,
      end: Number.POSITIVE_INFINITY,
    });
    bytes.fill(0xff, 2, 10);
    expect(await readUploadHeader(source(bytes).take)).toMatchObject({ start: Number.POSITIVE_INFINITY });
    bytes[17] = 0xfe;
    expect(await reasonOfAsync(() => readUploadHeader(source(bytes).take))).toBe('request/body-malformed');
  });

  it('holds no longer origin or ticket than 65,535 bytes', () => {
    expect(() => formatUploadHeader({ ...HEADER, ticket: new Uint8Array(65_536) })).toThrow(RangeError);
    expect(formatUploadHeader({ ...HEADER, ticket: new Uint8Array(65_535) })).toHaveLength(65_535 + 36);
  });
});

describe('the canonical sequence', () => {
  it('is none for nothing', () => {
    expect([...packagesOf({ start: 512, end: 512 })]).toEqual([]);
    expect([...packagesOf({ start: 5, end: 5 })]).toEqual([]);
  });

  it('is aligned at multiples of 256, as the specification computes it', () => {
    for (const start of [0, 1, 255, 256, 257, 511, 512, 700]) {
      for (const end of [1, 255, 256, 257, 512, 513, 767, 768, 1025]) {
        if (end <= start) continue;
        const roundedStart = Math.floor(start / 256) * 256;
        const roundedEnd = Math.ceil(end / 256) * 256;
        const expected = Array.from({ length: (roundedEnd - roundedStart) / 256 }, (_, i) => ({
          start: Math.max(start, roundedStart + i * 256),
          end: Math.min(end, roundedStart + (i + 1) * 256),
          subtreeStart: roundedStart + i * 256,
        }));
        const packages = [...packagesOf({ start, end })];
        expect(packages).toEqual(expected);
        for (const place of packages)
          expect(isSubtree({ start: place.subtreeStart, end: place.end })).toBe(true);
      }
    }
  });
});

describe('a package', () => {
  const proof = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

  it('is read as it was written, entries of every length included', async () => {
    const entries = [utf8('one'), new Uint8Array(), new Uint8Array(MAX_ENTRY_BYTES).fill(9)];
    const { take, left } = source(formatPackage({ entries, proof }));
    const read = await readPackage(entries.length, take);
    expect(read.entries.every((entry, at) => equal(entry, entries[at] as Uint8Array))).toBe(true);
    expect(read.proof).toEqual(proof);
    expect(left()).toBe(0);
  });

  it('ends nowhere before its end', async () => {
    const whole = formatPackage({ entries: [utf8('one'), utf8('two')], proof });
    for (let length = 0; length < whole.length; length++)
      await expect(readPackage(2, source(whole.subarray(0, length)).take)).rejects.toBeInstanceOf(Short);
  });

  it('may have 63 hashes and no more', async () => {
    const hashes = (count: number) => Array.from({ length: count }, () => new Uint8Array(32));
    const most = await readPackage(
      1,
      source(formatPackage({ entries: [utf8('one')], proof: hashes(63) })).take,
    );
    expect(most.proof).toHaveLength(63);
    const over = source(formatPackage({ entries: [utf8('one')], proof: hashes(64) })).take;
    expect(await reasonOfAsync(() => readPackage(1, over))).toBe('mirror/package-invalid');
  });

  it('log/entry-too-large: an entry of 65,536 bytes', () => {
    const entries = [new Uint8Array(MAX_ENTRY_BYTES + 1)];
    expect(reasonOf(() => formatPackage({ entries, proof: [] }))).toBe('log/entry-too-large');
  });
});

describe('text/x.tlog.mirror-info', () => {
  const parse = (text: string) => parseMirrorInfo(utf8(text));

  it('has three lines, one of them for a ticket that may be empty', () => {
    expect(formatMirrorInfo({ size: 700, next: 12, ticket: new Uint8Array() })).toBe('700\n12\n\n');
    expect(parse('700\n12\n\n')).toEqual({ size: 700, next: 12, ticket: new Uint8Array() });
  });

  it('has one text for each value', () => {
    const format = { parse, format: formatMirrorInfo, codes: ['peer/answer-malformed'] as const };
    assertOneTextPerValue(format, '700\n12\ndGlja2V0\n');
    assertOneTextPerValue(format, '0\n0\n\n');
  });

  it.each([
    '',
    '\n\n\n',
    '700\n12\n',
    '700\n12\n\n\n',
    '700\n12\n',
    '0x10\n12\n\n',
    '-1\n12\n\n',
    '700\n012\n\n',
    '700\n1e3\n\n',
    '9007199254740992\n12\n\n',
    '700\n12\ndGlja2V\n',
    '700\n12\ndGlja2V0=\n',
    '700\r\n12\r\n\r\n',
    '700 \n12\n\n',
    `700\n12\n${'AAAA'.repeat(21_846)}\n`,
  ])('peer/answer-malformed: %j', text => {
    expect(reasonOf(() => parse(text))).toBe('peer/answer-malformed');
  });

  it('peer/answer-malformed: what is not UTF-8', () => {
    const bytes = Uint8Array.of(0x37, 0x0a, 0x31, 0x0a, 0xff, 0x0a);
    expect(fromUtf8(bytes)).toBeNull();
    expect(reasonOf(() => parseMirrorInfo(bytes))).toBe('peer/answer-malformed');
  });
});
