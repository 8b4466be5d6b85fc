import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { opaqueOf } from '../../../test/support/evidence/nvidia.js';
import { failureOf, reasonOf } from '../../../test/support/failure.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { concatAll, utf8 } from '../../bytes/octets.js';
import {
  gpuBiosVersion,
  OPAQUE,
  opaqueNumber,
  opaqueSwitch,
  opaqueText,
  parseOpaqueData,
  switchIds,
} from './opaque-data.js';

const field = (type: number, value: Uint8Array) =>
  concatAll([Uint8Array.of(type & 0xff, type >> 8, value.length & 0xff, value.length >> 8), value]);
const dataOf = (...fields: readonly (readonly [number, Uint8Array])[]) =>
  parseOpaqueData(concatAll(fields.map(([type, value]) => field(type, value))), 'gpu');

describe('opaque data', () => {
  it('is read field by field, in its order', () => {
    const given = [...opaqueOf('hopper')];
    const data = dataOf(...given);
    expect([...data.values()].map(({ type, value }) => [type, value])).toEqual(given);
    expect(data.get(3)?.name).toBe('driver version');
    expect(parseOpaqueData(new Uint8Array(), 'gpu').size).toBe(0);
  });

  it('means other things for a switch than for a GPU, and keeps what nobody has named', () => {
    const bytes = concatAll([
      field(26, Uint8Array.of(1)),
      field(22, Uint8Array.of(2)),
      field(999, Uint8Array.of(3)),
    ]);
    const names = (device: 'gpu' | 'switch') =>
      [...parseOpaqueData(bytes, device).values()].map(({ name }) => name);
    expect(names('gpu')).toEqual([null, 'switches', null]);
    expect(names('switch')).toEqual(['GPUs', 'device id', null]);
  });

  it('of a field twice, or one that ends too late, is refused', () => {
    expect(failureOf(() => dataOf([3, utf8('a')], [3, utf8('b')]))).toMatchObject({
      code: 'nvidia/malformed',
      detail: 'opaque data of type 3 twice',
    });
    for (const hex of ['03', '0300', '030001', '03000200aa'])
      expect(reasonOf(() => parseOpaqueData(fromHex(hex) as Uint8Array, 'gpu'))).toBe('nvidia/malformed');
  });

  it.each([
    ['590.12\0', '590.12'],
    ['590.12', '590.12'],
    ['885\0\0\0\0', '885'],
    ['', null],
    ['\0', null],
    ['a\0b', null],
    ['a b', null],
    ['\u00e4', null],
    ['a'.repeat(65), null],
  ])('%j is the text %j', (text, expected) => {
    expect(opaqueText(dataOf([3, utf8(text)]), 3)).toBe(expected);
    expect(opaqueText(dataOf(), 3)).toBeNull();
  });

  it('a text that is no UTF-8 is none', () => {
    expect(opaqueText(dataOf([3, Uint8Array.of(0xff)]), 3)).toBeNull();
  });

  it.each([
    ['00a5009601000000', '96.00.A5.00.01'],
    ['008800970f000000', '97.00.88.00.0F'],
    ['008800970fffffff', '97.00.88.00.0F'],
    ['008800970f0000', null],
    ['', null],
  ])('the BIOS %s is version %s', (hex, version) => {
    expect(gpuBiosVersion(dataOf([6, fromHex(hex) as Uint8Array]))).toBe(version);
    expect(gpuBiosVersion(dataOf())).toBeNull();
  });

  it.each([
    ['aa', true],
    ['55', false],
    ['ab', null],
    ['aaaa', null],
    ['', null],
  ])('the switch %s is %s', (hex, expected) => {
    expect(opaqueSwitch(dataOf([11, fromHex(hex) as Uint8Array]), 11)).toBe(expected);
  });

  it('numbers have their lowest octet first, and up to six', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), value => {
        const octets = new Uint8Array(4);
        new DataView(octets.buffer).setUint32(0, value, true);
        expect(opaqueNumber(dataOf([14, octets]), 14)).toBe(value);
      }),
    );
    expect(opaqueNumber(dataOf([14, new Uint8Array(7)]), 14)).toBeNull();
    expect(opaqueNumber(dataOf([14, new Uint8Array()]), 14)).toBeNull();
  });

  it('switches are named once each, from their highest octet on', () => {
    const one = fromHex('0100000000000080') as Uint8Array;
    expect(switchIds(dataOf([OPAQUE.switchesOrDeviceId, concatAll([one, one])]))).toEqual([
      '8000000000000001',
    ]);
    expect(switchIds(dataOf([OPAQUE.switchesOrDeviceId, one.slice(1)]))).toEqual([]);
    expect(switchIds(dataOf())).toEqual([]);
    expect(toHex(one)).toHaveLength(16);
  });
});
