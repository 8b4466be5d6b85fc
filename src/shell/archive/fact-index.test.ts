import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf, reasonOfAsync } from '../../../test/support/failure.js';
import { FAULTS, faultyDisk } from '../../../test/support/faulty-disk.js';
import { temporaryFolder } from '../../../test/support/log.js';
import '../node.js';
import type { Fact } from '../../appraise/kept/facts.js';
import { MODEL_STAKES, PLACE_STAKES, type Stakes } from '../../appraise/kept/stakes.js';
import { toBase32 } from '../../bytes/base32.js';
import { sha256 } from '../../bytes/cryptography.js';
import { utf8 } from '../../bytes/octets.js';
import { FactIndex, MAX_FOUND } from './fact-index.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const at = (name: string) => join(folder.path, name);
const chip = (value: string): Fact => ({ field: 'chip', value });
const model = (value: string): Fact => ({ field: 'model', value });
const found = async (index: FactIndex, fact: Fact) => (await index.find(fact)).entries;
const stakes = (entry: number): Stakes => ({
  exchange: toBase32(sha256(utf8(`${entry}`)).subarray(0, 16)),
  completed: 1_700_000_000_000 + entry,
  model: MODEL_STAKES[entry % 3] as Stakes['model'],
  place: PLACE_STAKES[(entry >> 1) % 3] as Stakes['place'],
});
/** What the index says of all receipts with a fact. */
const listed = async (index: FactIndex, fact: Fact) => {
  const all: (Stakes & { readonly index: number })[] = [];
  for await (const piece of index.receiptsOf(fact))
    for (const { index: entry, exchange, completed, model: ofModel, place } of piece)
      all.push({ index: entry, exchange, completed, model: ofModel, place });
  return all;
};
/** Every third entry is of chip `b`, and all but the first of model `m`. */
function fill(index: FactIndex, to: number): void {
  while (index.size < to) {
    const entry = index.size;
    if (entry === 0) index.add([], null);
    else index.add([chip(entry % 3 === 0 ? 'b' : 'a'), model('m')], stakes(entry));
  }
}
const ofChipB = (to: number) =>
  Array.from({ length: to }, (_, entry) => entry).filter(entry => entry > 0 && entry % 3 === 0);

describe('an index of facts', () => {
  it('finds what was added, in memory and on disk, in the order of the log', async () => {
    const index = await FactIndex.open(folder.path);
    for (const to of [10, 100, 5000]) {
      fill(index, to);
      expect(await found(index, chip('b'))).toEqual(ofChipB(to));
      expect(await found(index, chip('c'))).toEqual([]);
      // A value is one of its field.
      expect(await found(index, model('b'))).toEqual([]);
    }
    index.flush();
    const reopened = await FactIndex.open(folder.path);
    expect(reopened.size).toBe(5000);
    fill(reopened, 6000);
    reopened.flush();
    reopened.flush();
    expect(await found(await FactIndex.open(folder.path), chip('b'))).toEqual(ofChipB(6000));
    expect(statSync(at('chip.facts')).size).toBe(5999 * 24);
    expect(statSync(at('chip.facts')).mode & 0o777).toBe(0o600);
  });

  it('says of every receipt that has a fact, once written, what it can lose, without reading the log', async () => {
    const index = await FactIndex.open(folder.path);
    // More than are read at once, with gaps of more than that.
    fill(index, 40_000);
    while (index.size < 80_000) index.add([], null);
    fill(index, 80_010);
    index.flush();
    const expected = ofChipB(80_010)
      .filter(entry => entry < 40_000 || entry >= 80_000)
      .map(entry => ({ index: entry, ...stakes(entry) }));
    expect(await listed(index, chip('b'))).toEqual(expected);
    expect(await listed(await FactIndex.look(folder.path), chip('b'))).toEqual(expected);
    expect(await listed(index, chip('c'))).toEqual([]);
    // What is in memory alone is not read until it is written.
    index.add([chip('b')], stakes(1));
    expect(await listed(index, chip('b'))).toEqual(expected);
  });

  it('keeps what no honest receipt has as what it can', async () => {
    const index = await FactIndex.open(folder.path);
    index.add([chip('b')], { exchange: '?', completed: 8.64e15, model: 'none', place: 'none' });
    index.flush();
    expect(await listed(index, chip('b'))).toEqual([
      { index: 0, exchange: 'a'.repeat(26), completed: 2 ** 48 - 1, model: 'none', place: 'none' },
    ]);
  });

  it('gives no more at once than is asked for, and the rest from there on', async () => {
    const index = await FactIndex.open(folder.path);
    fill(index, 12_000);
    const first = await index.find(model('m'));
    expect([first.entries.length, first.entries[0], first.more]).toEqual([MAX_FOUND, 1, true]);
    const rest = await index.find(model('m'), (first.entries.at(-1) ?? 0) + 1);
    expect([rest.entries.length, rest.entries.at(-1), rest.more]).toEqual([1999, 11_999, false]);
    expect(await index.find(chip('b'), 4, 2)).toEqual({ entries: [6, 9], more: true });
    expect(await index.find(chip('b'), 11_997, 1)).toEqual({ entries: [11_997], more: false });
  });

  it('whatever is added, that is found', async () => {
    const facts = fc.array(
      fc.record({
        field: fc.constantFrom('chip', 'tcb', 'signer'),
        value: fc.constantFrom('a', 'b', 'é', ''),
      }),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(facts, { maxLength: 40 }), fc.nat(40), async (entries, flushedAt) => {
        rmSync(folder.path, { recursive: true });
        const index = await FactIndex.open(folder.path);
        for (const [entry, each] of entries.entries()) {
          if (entry === flushedAt) index.flush();
          index.add(
            [...new Map(each.map(fact => [`${fact.field}${fact.value}`, fact as Fact])).values()],
            stakes(entry),
          );
        }
        for (const fact of entries.flat()) {
          const expected = [...entries.keys()].filter(entry =>
            entries[entry]?.some(({ field, value }) => field === fact.field && value === fact.value),
          );
          expect(await found(index, fact as Fact)).toEqual(expected);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('finds the right entries while others are written', async () => {
    const index = await FactIndex.open(folder.path);
    fill(index, 1000);
    index.flush();
    fill(index, 1100);
    const finding = index.find(chip('b'));
    index.flush();
    fill(index, 1200);
    expect((await finding).entries).toEqual(ofChipB(1100));
  });
});

describe('an index whose files are not what they were', () => {
  beforeEach(async () => {
    const index = await FactIndex.open(folder.path);
    fill(index, 500);
    index.flush();
  });

  const damage: readonly [string, () => void][] = [
    [
      'a byte changed',
      () => {
        const bytes = readFileSync(at('chip.facts'));
        bytes[100] = (bytes[100] ?? 0) ^ 1;
        writeFileSync(at('chip.facts'), bytes);
      },
    ],
    ['a file cut off', () => truncateSync(at('model.facts'), 1000)],
    ['a file missing', () => rmSync(at('model.facts'))],
    ['no state', () => rmSync(at('state'))],
    ['a state that is none', () => writeFileSync(at('state'), '{}')],
    [
      'a state of other fields',
      () => writeFileSync(at('state'), '{"files":{"chip":{"crc":0,"records":0}},"through":0}'),
    ],
  ];
  it.each(damage)('%s: it begins anew', async (_, act) => {
    act();
    const index = await FactIndex.open(folder.path);
    expect([index.size, await found(index, chip('b'))]).toEqual([0, []]);
    expect(readdirSync(folder.path)).toEqual([]);
    fill(index, 500);
    index.flush();
    expect(await found(await FactIndex.open(folder.path), chip('b'))).toEqual(ofChipB(500));
  });

  it('bytes behind what counts are of a write that did not finish', async () => {
    writeFileSync(at('chip.facts'), Buffer.concat([readFileSync(at('chip.facts')), Buffer.alloc(30)]));
    const index = await FactIndex.open(folder.path);
    expect(index.size).toBe(500);
    fill(index, 600);
    index.flush();
    expect(await found(await FactIndex.open(folder.path), chip('b'))).toEqual(ofChipB(600));
  });

  it('a file that is cut off while it is in use, and no folder: archive/unavailable', async () => {
    const index = await FactIndex.open(folder.path);
    truncateSync(at('chip.facts'), 24);
    expect(await reasonOfAsync(() => index.find(chip('b')))).toBe('archive/unavailable');
    rmSync(folder.path, { recursive: true });
    expect(await reasonOfAsync(() => index.find(chip('b')))).toBe('archive/unavailable');
    fill(index, 501);
    expect(reasonOf(() => index.flush())).toBe('archive/unavailable');
    writeFileSync(folder.path, '');
    expect(await reasonOfAsync(() => FactIndex.open(join(folder.path, 'below')))).toBe('archive/unavailable');
  });

  it.each(FAULTS)('a disk that fails (%s) at whatever call: nothing is lost or found twice', async fault => {
    const probe = faultyDisk();
    const first = await FactIndex.open(folder.path, probe);
    const before = probe.count;
    fill(first, 700);
    first.flush();
    const calls = probe.count;
    for (let call = before; call < calls; call++) {
      rmSync(folder.path, { recursive: true });
      const beginning = await FactIndex.open(folder.path);
      fill(beginning, 500);
      beginning.flush();
      const disk = faultyDisk();
      const index = await FactIndex.open(folder.path, disk);
      disk.failAt(call - before + disk.count, fault);
      fill(index, 700);
      try {
        index.flush();
      } catch (error) {
        expect(error).toMatchObject({ code: 'archive/unavailable' });
      }
      // What another process finds after a crash is whole, and goes on.
      const other = await FactIndex.open(folder.path);
      expect([0, 500, 700]).toContain(other.size);
      expect(await found(other, chip('b'))).toEqual(ofChipB(other.size));
      // And this one too, once the disk does what it should.
      disk.failAt(Number.POSITIVE_INFINITY, 'lost');
      fill(index, 800);
      index.flush();
      expect(await found(index, chip('b'))).toEqual(ofChipB(800));
      expect(await found(await FactIndex.open(folder.path), chip('b'))).toEqual(ofChipB(800));
    }
  });
});
