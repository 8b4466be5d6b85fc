import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { checkMeasurements } from './reference-values.js';
import type { ReferenceManifest } from './rim/manifest.js';

/** A digest that is told by one octet. */
const digest = (octet: number) => new Uint8Array(48).fill(octet);

/** A manifest of these alternatives, by index; nothing else of it matters here. */
function manifest(
  version: string,
  alternatives: Readonly<Record<number, readonly number[]>>,
): ReferenceManifest {
  const measurements = new Map(
    Object.entries(alternatives).map(([index, octets]) => [Number(index), octets.map(digest)] as const),
  );
  const signature = {
    computedDigest: digest(0),
    statedDigest: digest(0),
    signedBytes: new Uint8Array(),
    value: new Uint8Array(96),
  };
  return { product: 'GH100', version, tagId: 'x', measurements, chain: [], signature };
}

/** What a device measured, by the index of manifests. */
const measured = (octets: Readonly<Record<number, number>>) =>
  new Map(Object.entries(octets).map(([index, octet]) => [Number(index) + 1, digest(octet)]));

describe('measurements against manifests', () => {
  const DEVICE = measured({ 0: 10, 1: 11, 2: 12, 35: 45 });

  it.each<[string, readonly ReferenceManifest[], boolean | null]>([
    ['one that matches', [manifest('driver', { 1: [11] })], false],
    ['one of alternatives', [manifest('driver', { 1: [9, 11, 13] })], false],
    ['two manifests', [manifest('driver', { 1: [11] }), manifest('firmware', { 0: [10], 2: [12] })], false],
    ['the video decoder, when it is on', [manifest('driver', { 35: [45] })], true],
    ['another video decoder, when it is off', [manifest('driver', { 1: [11], 35: [46] })], false],
    ['a video decoder that was not measured, when it is off', [manifest('driver', { 35: [45] })], false],
    ['no manifest', [], false],
  ])('%s passes', (_, manifests, videoDecoder) => {
    checkMeasurements(DEVICE, manifests, videoDecoder);
  });

  it.each<[string, readonly ReferenceManifest[], boolean | null, object]>([
    [
      'one that differs',
      [manifest('driver', { 1: [12] })],
      false,
      { code: 'nvidia/measurement-mismatch', field: 'measurements', detail: '1' },
    ],
    [
      'two that differ, and one that does not',
      [manifest('driver', { 0: [10], 1: [12] }), manifest('firmware', { 2: [13] })],
      false,
      { code: 'nvidia/measurement-mismatch', detail: '1, 2' },
    ],
    [
      'one that the device does not have',
      [manifest('driver', { 7: [0] })],
      false,
      { code: 'nvidia/measurement-mismatch', detail: '7' },
    ],
    [
      'another video decoder, when it is on',
      [manifest('driver', { 35: [46] })],
      true,
      { code: 'nvidia/measurement-mismatch', detail: '35' },
    ],
    [
      'another video decoder, when nobody says whether it is on',
      [manifest('driver', { 35: [46] })],
      null,
      { code: 'nvidia/measurement-mismatch', detail: '35' },
    ],
    [
      'one of no alternatives',
      [manifest('driver', { 1: [] })],
      false,
      { code: 'nvidia/measurement-mismatch', detail: '1' },
    ],
    [
      'one that both manifests speak for, even alike',
      [manifest('driver', { 1: [11] }), manifest('firmware', { 1: [11] })],
      false,
      { code: 'nvidia/reference-conflict', field: 'measurement 1' },
    ],
    [
      'a manifest that speaks for nothing',
      [manifest('driver', { 1: [11] }), manifest('firmware', {})],
      false,
      { code: 'nvidia/reference-empty', field: 'firmware' },
    ],
  ])('%s is refused', (_, manifests, videoDecoder, expected) => {
    expect(failureOf(() => checkMeasurements(DEVICE, manifests, videoDecoder))).toMatchObject(expected);
  });

  it('an index of a manifest is one less than the device’s', () => {
    const shifted = new Map([[1, digest(11)]]);
    expect(failureOf(() => checkMeasurements(shifted, [manifest('driver', { 1: [11] })], false)).code).toBe(
      'nvidia/measurement-mismatch',
    );
  });

  const octets = fc.dictionary(fc.nat(63).map(String), fc.nat(3), { maxKeys: 12 });
  const alternatives = fc.dictionary(fc.nat(63).map(String), fc.array(fc.nat(3), { maxLength: 3 }), {
    minKeys: 1,
    maxKeys: 6,
  });
  it('exactly those measurements differ whose digest is none of the alternatives', () => {
    fc.assert(
      fc.property(octets, alternatives, (device, expected) => {
        const different = Object.entries(expected)
          .filter(([index, values]) => !values.includes(device[index] ?? -1))
          .map(([index]) => index);
        const check = () => checkMeasurements(measured(device), [manifest('driver', expected)], true);
        if (different.length === 0) check();
        else expect(failureOf(check).detail?.split(', ')).toEqual(different);
      }),
    );
  });
});
