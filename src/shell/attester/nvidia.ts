/** Measurements as NVIDIA's devices state them. Source: DMTF DSP0274 1.1 §10.11; the fields of opaque data as in `evidence/nvidia/opaque-data.ts`. */
import { contextTag, DER } from '../../bytes/der.js';
import { element, integer, objectIdentifier, octetString, sequence, text } from '../../bytes/der-writer.js';
import { concatAll, utf8 } from '../../bytes/octets.js';
import type { NvidiaArchitecture } from '../../evidence/nvidia/device.js';
import { OPAQUE } from '../../evidence/nvidia/opaque-data.js';
import { extension, type Identity, issue, pemOf, signatureOf } from './certificates.js';
import { littleEndian, mark } from './fields.js';
import { type MakeKeys, SIMULATED } from './keys.js';

export interface NvidiaRequest {
  /** 32 bytes that the device is asked with. */
  readonly nonce: Uint8Array;
  /** By default a GPU of Hopper's. */
  readonly architecture?: NvidiaArchitecture;
}

/** One device of each architecture, under one root. */
export interface NvidiaHouse {
  readonly root: Identity;
  /** From the device's key to the root. */
  readonly chains: Readonly<Record<NvidiaArchitecture, readonly [Identity, ...Identity[]]>>;
}

const CHIPS: Readonly<Record<NvidiaArchitecture, { readonly name: string; readonly firmware: string }>> = {
  hopper: { name: 'GH100', firmware: 'GH100 A01 GSP' },
  blackwell: { name: 'GB100', firmware: 'GB100 A01 GSP' },
  nvswitch: { name: 'LS_10', firmware: 'LS_10 A01 FSP' },
};
const FIRMWARE_ID = mark(48);
/** Source: TCG DICE Attestation Architecture. Hopper and the switch have a form of their own: a version, a key, one digest. */
const COMPOSITE_DEVICE = '2.23.133.5.4.1';
const TCB_INFO = '2.23.133.5.4.1.1';
const SHA384 = '2.16.840.1.101.3.4.2.2';
const MEASUREMENTS = 64;

export function nvidiaHouse(keys: MakeKeys): NvidiaHouse {
  const root = issue({
    commonName: 'Device Identity CA',
    keys: keys('nvidia root', 'P-384'),
    role: 'authority',
    serial: 1,
  });
  const chainOf = (architecture: NvidiaArchitecture) => deviceChain(keys, root, architecture);
  return {
    root,
    chains: {
      hopper: chainOf('hopper'),
      blackwell: chainOf('blackwell'),
      nvswitch: chainOf('nvswitch'),
    },
  };
}

function deviceChain(
  keys: MakeKeys,
  root: Identity,
  architecture: NvidiaArchitecture,
): readonly [Identity, ...Identity[]] {
  const { name, firmware } = CHIPS[architecture];
  const keysOf = (role: string) => keys(`nvidia ${architecture} ${role}`, 'P-384');
  const authority = (commonName: string, role: string, issuer: Identity) =>
    issue({ commonName, keys: keysOf(role), role: 'authority', serial: 1, issuer });
  const identity = authority(`${name} Identity`, 'identity', root);
  const provisioner = authority(`${name} Provisioner ICA`, 'provisioner', identity);
  const rom = authority(`${firmware} BROM`, 'rom', provisioner);
  const device = issue({
    commonName: `${firmware} FMC LF`,
    keys: keysOf('device'),
    issuer: rom,
    role: 'signer',
    serial: 2,
    extensions: [firmwareStatement(architecture, rom)],
  });
  return [device, rom, provisioner, identity, root];
}

function firmwareStatement(architecture: NvidiaArchitecture, rom: Identity): Uint8Array {
  const id = sequence(objectIdentifier(SHA384), octetString(FIRMWARE_ID));
  if (architecture !== 'blackwell')
    return extension(COMPOSITE_DEVICE, sequence(integer(1), rom.keys.spki, id));
  const vendor = text(SIMULATED, contextTag(0, 'primitive'));
  // Operational flags: none, so that it is not open for debugging either.
  const flags = element(contextTag(7, 'primitive'), Uint8Array.of(0, 0));
  return extension(TCB_INFO, element(DER.sequence, vendor, element(contextTag(6), id), flags));
}

/** Request and response with the signature behind them. Throws a `RangeError` for a nonce that is not of 32 bytes. */
export function nvidiaEvidence(
  { chains }: NvidiaHouse,
  { nonce, architecture = 'hopper' }: NvidiaRequest,
): Uint8Array {
  if (nonce.length !== 32) throw new RangeError('a nonce of 32 bytes');
  const [device] = chains[architecture];
  const record = concatAll(Array.from({ length: MEASUREMENTS }, (_, at) => measurement(at + 1)));
  const opaque = concatAll(OPAQUE_FIELDS[architecture].map(([type, value]) => field(type, value)));
  const signed = concatAll([
    // GET_MEASUREMENTS of SPDM 1.1, of all, with a signature; from slot 0.
    Uint8Array.of(0x11, 0xe0, 0x01, 0xff),
    nonce,
    Uint8Array.of(0),
    // MEASUREMENTS.
    Uint8Array.of(0x11, 0x60, 0, 0, MEASUREMENTS),
    littleEndian(record.length, 3),
    record,
    mark(32),
    littleEndian(opaque.length, 2),
    opaque,
  ]);
  return concatAll([signed, signatureOf(device.keys, signed)]);
}

/** PEM. */
export function nvidiaChain({ chains }: NvidiaHouse, architecture: NvidiaArchitecture = 'hopper'): string {
  return pemOf(...chains[architecture]);
}

/** A digest in the format of DMTF. */
function measurement(index: number): Uint8Array {
  const digest = new Uint8Array(48).fill(index);
  return concatAll([
    Uint8Array.of(index, 1),
    littleEndian(digest.length + 3, 2),
    Uint8Array.of(1),
    littleEndian(digest.length, 2),
    digest,
  ]);
}

type OpaqueFields = readonly (readonly [type: number, value: Uint8Array])[];

const GPU_FIELDS: OpaqueFields = [
  [OPAQUE.biosVersion, Uint8Array.of(0, 0, 0, 0x96, 0, 0, 0, 0)],
  [OPAQUE.chipSku, utf8('885')],
  [OPAQUE.project, utf8(SIMULATED)],
  [OPAQUE.driverVersion, utf8(SIMULATED)],
  [OPAQUE.firmwareId, FIRMWARE_ID],
];
const OPAQUE_FIELDS: Readonly<Record<NvidiaArchitecture, OpaqueFields>> = {
  hopper: GPU_FIELDS,
  // It says itself which chip it is, and that it works alone.
  blackwell: [...GPU_FIELDS, [OPAQUE.chipInfo, utf8('GB100')], [OPAQUE.feature, Uint8Array.of(1, 0)]],
  nvswitch: [
    [OPAQUE.biosVersion, utf8(SIMULATED)],
    [OPAQUE.firmwareId, FIRMWARE_ID],
    [OPAQUE.switchesOrDeviceId, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
  ],
};

function field(type: number, value: Uint8Array): Uint8Array {
  return concatAll([littleEndian(type, 2), littleEndian(value.length, 2), value]);
}
