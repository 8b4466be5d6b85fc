import { describe, expect, it } from 'vitest';
import {
  makeDevice,
  makeEvidence,
  opaqueOf,
  type TestDevice,
} from '../../../test/support/evidence/nvidia.js';
import { reasonOf } from '../../../test/support/failure.js';
import { utf8 } from '../../bytes/octets.js';
import { parseCertificate } from '../x509/certificate.js';
import { deviceOf } from './device.js';
import { parseSpdm } from './spdm.js';
import { type NvidiaFields, statedFields } from './stated.js';

const houses = new Map(
  (['hopper', 'blackwell', 'nvswitch'] as const).map(device => [device, makeDevice({ device })] as const),
);

/** What a device states with some fields of opaque data changed, or left out (null). */
function statedWith(
  device: TestDevice,
  change: Readonly<Record<number, Uint8Array | null>> = {},
): NvidiaFields {
  const house = houses.get(device);
  if (house === undefined) throw new Error('no such device');
  const fields = opaqueOf(device);
  for (const [type, value] of Object.entries(change))
    if (value === null) fields.delete(Number(type));
    else fields.set(Number(type), value);
  const chain = house.chain.map(({ certificate }) => parseCertificate(certificate));
  return statedFields(parseSpdm(makeEvidence(house, { opaque: [...fields] })), deviceOf(chain));
}

describe('what a device states', () => {
  it.each([
    [[0, 0], 'multi-gpu-passthrough'],
    [[1, 0], 'single-gpu-passthrough'],
    [[2, 0], 'protected-pcie'],
    [[2], 'protected-pcie'],
    [[3, 0], 'unknown'],
    [[0, 1], 'unknown'],
  ])('the feature %j is the mode %s', (octets, mode) => {
    expect(statedWith('hopper', { 36: Uint8Array.from(octets) }).mode).toBe(mode);
  });

  it('no feature is no mode, and a switch has none', () => {
    expect(statedWith('hopper', { 36: null }).mode).toBeNull();
    expect(statedWith('nvswitch', { 36: Uint8Array.of(1, 0) }).mode).toBeNull();
  });

  it('the manifests of an H100 are named after driver and board', () => {
    expect(statedWith('hopper').manifests).toEqual({
      driver: 'NV_GPU_DRIVER_GH100_590.12',
      firmware: 'NV_GPU_VBIOS_G520_0200_885_9600A50001',
    });
  });

  it.each<[number, keyof NvidiaFields['manifests']]>([
    [3, 'driver'],
    [6, 'firmware'],
    [15, 'firmware'],
    [17, 'firmware'],
    [18, 'firmware'],
  ])('without the field %i there is no name for the %s’s', (type, which) => {
    const { manifests } = statedWith('hopper', { [type]: null });
    expect(manifests[which]).toBeNull();
    expect(manifests[which === 'driver' ? 'firmware' : 'driver']).not.toBeNull();
  });

  it('a Blackwell GPU’s driver is named after the chip that it states, or after the first', () => {
    expect(statedWith('blackwell', { 35: utf8('GB202\0') }).manifests.driver).toBe(
      'NV_GPU_CC_DRIVER_GB202_590.12',
    );
    expect(statedWith('blackwell', { 35: null }).manifests.driver).toBe('NV_GPU_CC_DRIVER_GB100_590.12');
  });

  it('a switch’s are named after its BIOS alone', () => {
    expect(statedWith('nvswitch').manifests).toEqual({
      driver: null,
      firmware: 'NV_SWITCH_BIOS_5612_0002_890_9610550001',
    });
    expect(statedWith('nvswitch', { 6: null }).manifests.firmware).toBeNull();
  });

  it('a name never has what a path could be made of', () => {
    for (const text of ['../../x', 'a/b', 'a\\b', '%2e', 'a b', 'x?y', '']) {
      const { manifests } = statedWith('hopper', { 3: utf8(`${text}\0`), 17: utf8(`${text}\0`) });
      for (const name of [manifests.driver, manifests.firmware])
        expect(name === null || /^[A-Za-z0-9_.-]+$/.test(name)).toBe(true);
    }
  });

  it('opaque data in pieces is refused', () => {
    const house = makeDevice();
    const spdm = parseSpdm(makeEvidence(house));
    const chain = house.chain.map(({ certificate }) => parseCertificate(certificate));
    expect(reasonOf(() => statedFields({ ...spdm, opaque: Uint8Array.of(3) }, deviceOf(chain)))).toBe(
      'nvidia/malformed',
    );
  });
});
