import { beforeAll, describe, expect, it } from 'vitest';
import {
  type DeviceHouse,
  MEASUREMENTS,
  makeDevice,
  makeEvidence,
  measured,
  NONCE,
} from '../../../test/support/evidence/nvidia.js';
import { failureOf, reasonOf } from '../../../test/support/failure.js';
import { toHex } from '../../bytes/hex.js';
import { concat } from '../../bytes/octets.js';
import { parseSpdm } from './spdm.js';

let house: DeviceHouse;
beforeAll(() => {
  house = makeDevice();
});

const written =
  (at: number, ...octets: readonly number[]) =>
  (bytes: Uint8Array) => {
    const changed = bytes.slice();
    changed.set(octets, at);
    return changed;
  };

/** Where the response begins, its measurements, and the second of them. */
const RESPONSE = 37;
const RECORD = RESPONSE + 8;
const SECOND = RECORD + 55;

describe('request and response of SPDM 1.1 (DSP0274)', () => {
  it('are read as they were made', () => {
    const bytes = makeEvidence(house);
    const spdm = parseSpdm(bytes);
    expect(toHex(spdm.nonce)).toBe(toHex(NONCE));
    expect(toHex(spdm.deviceNonce)).toBe('d0'.repeat(32));
    expect(toHex(concat(spdm.signedBytes, spdm.signature))).toBe(toHex(bytes));
    expect([...spdm.measurements.keys()]).toEqual(Array.from({ length: 64 }, (_, at) => at + 1));
    expect(toHex(spdm.measurements.get(64) as Uint8Array)).toBe(toHex(measured(63)));
  });

  it('may be of any slot and of one measurement, without opaque data', () => {
    const changed = (bytes: Uint8Array) => written(36, 7)(written(RESPONSE + 3, 7)(bytes));
    const spdm = parseSpdm(
      makeEvidence(house, { measurements: MEASUREMENTS.slice(0, 1), opaque: [], changed }),
    );
    expect(spdm.measurements.size).toBe(1);
    expect(spdm.opaque).toHaveLength(0);
  });

  it('keep nothing of the memory that they were read from', () => {
    const bytes = Buffer.from(makeEvidence(house));
    const spdm = parseSpdm(bytes);
    bytes.fill(0);
    expect(toHex(spdm.nonce)).toBe(toHex(NONCE));
    expect(spdm.signedBytes[0]).toBe(0x11);
    expect(spdm.measurements.get(1)).toEqual(measured(0));
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array, string]>([
    ['another version of the request', written(0, 0x12), 'the version of the request is 18, not 17'],
    ['another request', written(1, 0xe1), 'the code of the request is 225, not 224'],
    ['a request without a signature', written(2, 0), 'the first parameter of the request is 0, not 1'],
    ['a request for one measurement', written(3, 1), 'the second parameter of the request is 1, not 255'],
    ['a slot that there is not', written(36, 8), 'slot 8'],
    ['another version of the response', written(RESPONSE, 0x12), 'the version of the response is 18, not 17'],
    ['another response', written(RESPONSE + 1, 0x7f), 'the code of the response is 127, not 96'],
    ['a number of indices', written(RESPONSE + 2, 64), 'the first parameter of the response is 64, not 0'],
    ['a response of another slot', written(RESPONSE + 3, 1), 'the slot of the response is 1, not 0'],
    ['no measurements', written(RESPONSE + 4, 0), 'no measurements'],
    ['fewer measurements than there are', written(RESPONSE + 4, 63), 'bytes behind the measurements'],
    [
      'more measurements than there are',
      written(RESPONSE + 4, 65),
      'it ends within the index of measurement 65',
    ],
    [
      'measurements that end too late',
      written(RESPONSE + 5, 0xff, 0xff, 0xff),
      'it ends within measurements',
    ],
    ['measurements that end too soon', written(RESPONSE + 5, 0xbf), 'it ends within measurement 64'],
    ['an index twice', written(SECOND, 1), 'the index of measurement 2 is 1, not 2'],
    ['measurements in another format', written(SECOND + 1, 2), 'the format of measurement 2 is 2, not 1'],
    ['a measurement of another size', written(SECOND + 2, 52), 'the length of measurement 2 is 48'],
    ['a value that is no digest', written(SECOND + 4, 0x81), 'the type of measurement 2 is 129'],
    ['a measurement of another type', written(SECOND + 4, 4), 'the type of measurement 2 is 4'],
    ['a digest of another length', written(SECOND + 5, 32), 'the length of measurement 2 is 32'],
    [
      'opaque data that ends too late',
      written(RECORD + 64 * 55 + 32, 0xff, 0xff),
      'it ends within opaque data',
    ],
    ['opaque data that ends too soon', written(RECORD + 64 * 55 + 32, 1), 'bytes behind the signature'],
    [
      'something behind the signature',
      bytes => concat(bytes, Uint8Array.of(0)),
      'bytes behind the signature',
    ],
    ['64 KiB and more', bytes => concat(bytes, new Uint8Array(65 * 1024)), '70014 bytes'],
  ])('%s is refused', (_, change, detail) => {
    const bytes = change(makeEvidence(house));
    expect(failureOf(() => parseSpdm(bytes))).toMatchObject({
      code: 'nvidia/malformed',
      detail: detail.startsWith('7') ? `${bytes.length} bytes` : detail,
    });
  });

  it('end nowhere else', () => {
    const bytes = makeEvidence(house);
    for (let length = 0; length < bytes.length; length++)
      expect(reasonOf(() => parseSpdm(bytes.subarray(0, length)))).toBe('nvidia/malformed');
  });
});
