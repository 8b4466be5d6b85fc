/** Makes evidence of NVIDIA's devices under authorities of the tests' own: a GPU or a switch, with everything that it is judged by. */

import { contextTag, DER } from '../../../src/bytes/der.js';
import { element, integer, objectIdentifier, octetString, text } from '../../../src/bytes/der-writer.js';
import { toHex } from '../../../src/bytes/hex.js';
import { concatAll, utf8 } from '../../../src/bytes/octets.js';
import type { NvidiaInput } from '../../../src/evidence/nvidia/verify.js';
import {
  type ManifestOptions,
  makeManifest,
  makeReferenceHouse,
  type ReferenceHouse,
} from './manifest-maker.js';
import { makeOcspResponse, makeResponder } from './ocsp-maker.js';
import {
  basicConstraints,
  type CertificateOptions,
  DURING,
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  pem,
  pinned,
  signDocument,
  type TestIdentity,
} from './x509-maker.js';

export type TestDevice = 'hopper' | 'blackwell' | 'nvswitch';

/** From the device's key to the root. */
export type DeviceChain = readonly [TestIdentity, TestIdentity, TestIdentity, TestIdentity, TestIdentity];

export interface DeviceHouse {
  readonly device: TestDevice;
  readonly chain: DeviceChain;
  readonly reference: ReferenceHouse;
}

export const NONCE = new Uint8Array(32).map((_, at) => at * 7 + 1);
export const FIRMWARE_ID = new Uint8Array(48).fill(0x5a);
export const MODELS = {
  hopper: 'GH100 A01 GSP BROM',
  blackwell: 'GB100 A01 GSP BROM',
  nvswitch: 'LS_10 A01 FSP BROM',
} as const;

const SHA384 = '2.16.840.1.101.3.4.2.2';

export interface HouseOptions {
  readonly device?: TestDevice;
  /** The common name of the device's own authority. */
  readonly model?: string;
  /** Options of each certificate, by its place. */
  readonly certificates?: Readonly<Record<number, Partial<CertificateOptions>>>;
}

/** A device with its certificates. */
export function makeDevice({
  device = 'hopper',
  model = MODELS[device],
  certificates = {},
}: HouseOptions = {}): DeviceHouse {
  const root = makeAuthority({ subject: 'Test Device Identity CA', ...certificates[4] });
  const identity = makeAuthority({ subject: 'Test Identity', issuer: root, serial: 3, ...certificates[3] });
  const provisioner = makeAuthority({
    subject: 'Test Provisioner',
    issuer: identity,
    serial: 2,
    ...certificates[2],
  });
  const rom = makeCertificate({
    subject: model,
    issuer: provisioner,
    serial: 0x416a,
    extensions: [basicConstraints(), keyUsage('keyCertSign')],
    ...certificates[1],
  });
  const leaf = makeCertificate({
    subject: 'Test FMC LF',
    issuer: rom,
    serial: 0x4554,
    extensions: [keyUsage('digitalSignature'), firmwareExtension(device, rom)],
    ...certificates[0],
  });
  return { device, chain: [leaf, rom, provisioner, identity, root], reference: makeReferenceHouse() };
}

export function firmwareExtension(
  device: TestDevice,
  rom: TestIdentity,
  id: Uint8Array = FIRMWARE_ID,
): Uint8Array {
  return device === 'blackwell' ? tcbInfo([id, new Uint8Array(48)]) : compositeDevice(rom, id);
}

export function compositeDevice(rom: TestIdentity, id: Uint8Array, algorithm = SHA384): Uint8Array {
  return extension('2.23.133.5.4.1', element(DER.sequence, integer(1), rom.keys.spki, digest(id, algorithm)));
}

/** `flags`: the octets of the operational flags, or none. */
export function tcbInfo(ids: readonly Uint8Array[], flags?: readonly number[]): Uint8Array {
  const members = [
    text('NVIDIA', contextTag(0, 'primitive')),
    text('GB100 A01 GSP', contextTag(1, 'primitive')),
    element(contextTag(6), ...ids.map(id => digest(id))),
    ...(flags === undefined ? [] : [element(contextTag(7, 'primitive'), Uint8Array.of(0, ...flags))]),
  ];
  return extension('2.23.133.5.4.1.1', element(DER.sequence, ...members));
}

function digest(id: Uint8Array, algorithm = SHA384): Uint8Array {
  return element(DER.sequence, objectIdentifier(algorithm), octetString(id));
}

export interface EvidenceOptions {
  readonly nonce?: Uint8Array;
  /** Digests in the device's order. */
  readonly measurements?: readonly Uint8Array[];
  /** Fields of opaque data, in their order; those of the kind of device by default. */
  readonly opaque?: readonly (readonly [type: number, value: Uint8Array])[];
  /** Changes request and response before they are signed. */
  readonly changed?: (bytes: Uint8Array) => Uint8Array;
  /** Who signs. */
  readonly signer?: TestIdentity;
}

/** What each measurement of a test device is. */
export function measured(index: number): Uint8Array {
  return new Uint8Array(48).fill(index + 1);
}

export const MEASUREMENTS: readonly Uint8Array[] = Array.from({ length: 64 }, (_, index) => measured(index));

/** The fields that a device of that kind sends, by type. */
export function opaqueOf(device: TestDevice): Map<number, Uint8Array> {
  if (device === 'nvswitch')
    return new Map([
      [6, utf8('96.10.55.00.01')],
      [22, Uint8Array.of(0x20, 0x3e, 0xb3, 0x1a, 0xd9, 0xed, 0, 8)],
      [24, Uint8Array.of(2, 0)],
    ]);
  const gpu = new Map([
    [6, Uint8Array.of(0x00, 0xa5, 0x00, 0x96, 0x01, 0, 0, 0)],
    [14, Uint8Array.of(0x37, 0x04, 0, 0)],
    [15, utf8('885\0\0\0')],
    [17, utf8('G520\0')],
    [18, utf8('0200\0')],
    [3, utf8('590.12\0')],
    [11, Uint8Array.of(0x55)],
    [20, FIRMWARE_ID],
    [21, Uint8Array.of(0xaa)],
    [22, concatAll([1, 2, 1].map(octet => new Uint8Array(8).fill(octet)))],
    [34, Uint8Array.of(1, 0)],
    [36, Uint8Array.of(2, 0)],
  ]);
  if (device === 'blackwell') gpu.set(35, utf8('GB100\0'));
  return gpu;
}

/** Request and response with their signature. */
export function makeEvidence({ device, chain }: DeviceHouse, options: EvidenceOptions = {}): Uint8Array {
  const { nonce = NONCE, measurements = MEASUREMENTS, opaque = [...opaqueOf(device)], changed } = options;
  const record = concatAll(
    measurements.map((value, at) =>
      concatAll([Uint8Array.of(at + 1, 1, value.length + 3, 0, 1, value.length, 0), value]),
    ),
  );
  const data = concatAll(opaque.map(([type, value]) => concatAll([u16(type), u16(value.length), value])));
  const message = concatAll([
    Uint8Array.of(0x11, 0xe0, 0x01, 0xff),
    nonce,
    Uint8Array.of(0, 0x11, 0x60, 0, 0, measurements.length, record.length & 0xff, record.length >> 8, 0),
    record,
    new Uint8Array(32).fill(0xd0),
    u16(data.length),
    data,
  ]);
  const signed = changed?.(message) ?? message;
  return concatAll([signed, signDocument((options.signer ?? chain[0]).keys, signed)]);
}

/** Manifests that the device fits: the driver speaks for measurements 7 and 35, the firmware for 0 and, in two ways, for 2. */
export function makeDriverManifest(
  { device, reference }: DeviceHouse,
  options: ManifestOptions = {},
): Uint8Array {
  return makeManifest(reference, {
    product: device === 'blackwell' ? 'GB100' : 'GH100',
    version: '590.12',
    measurements: new Map([
      [7, [toHex(measured(7))]],
      [35, ['ee'.repeat(48)]],
    ]),
    ...options,
  });
}

export function makeFirmwareManifest(
  { device, reference }: DeviceHouse,
  options: ManifestOptions = {},
): Uint8Array {
  return makeManifest(reference, {
    product: { hopper: 'GH100', blackwell: 'GB100', nvswitch: 'LS10' }[device],
    version: device === 'nvswitch' ? '96.10.55.00.01' : '96.00.A5.00.01',
    measurements: new Map([
      [0, [toHex(measured(0))]],
      [2, ['aa'.repeat(48), toHex(measured(2)).toUpperCase()]],
    ]),
    ...options,
  });
}

/** OCSP responses that call every certificate good which authorities have issued, those of manifests included. */
export function makeWordOfAuthorities(
  { chain, reference }: DeviceHouse,
  status: (place: number, chain: 'device' | 'reference') => 'good' | 'revoked' | 'on-hold' | 'unknown' = () =>
    'good',
): readonly Uint8Array[] {
  const words = (kind: 'device' | 'reference', identities: readonly TestIdentity[], first: number) =>
    identities.slice(first, -1).map(({ certificate }, at) => {
      const issuer = identities[first + at + 1] as TestIdentity;
      const responder = makeResponder(issuer);
      return makeOcspResponse({
        certificate,
        issuer: issuer.certificate,
        responder,
        status: status(first + at, kind),
      });
    });
  return [...words('device', chain, 1), ...words('reference', reference, 0)];
}

/** Everything that a verifier is given about a device with which nothing is wrong. */
export function makeInput(house: DeviceHouse, options: EvidenceOptions = {}): NvidiaInput {
  return {
    evidence: makeEvidence(house, options),
    certificateChain: chainPem(house),
    asOf: DURING,
    nonce: NONCE,
    architecture: house.device,
    ...(house.device === 'nvswitch' ? {} : { driverManifest: makeDriverManifest(house) }),
    firmwareManifest: makeFirmwareManifest(house),
    roots: [pinned(house.chain[4], 'a test of devices')],
    referenceRoots: [pinned(house.reference[3], 'a test of manifests')],
  };
}

export function chainPem({ chain }: DeviceHouse): string {
  return pem(...chain.map(({ certificate }) => certificate));
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}
