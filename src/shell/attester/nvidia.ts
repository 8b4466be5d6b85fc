/** Measurements as an H100 states them. Source: DMTF DSP0274 1.1 §10.11; the fields of opaque data as in `evidence/nvidia/opaque-data.ts`. */
import { concatAll, utf8 } from '../../bytes/octets.js';
import { OPAQUE } from '../../evidence/nvidia/opaque-data.js';
import { extension, type Identity, issue, pemOf, signatureOf } from './certificates.js';
import { integer, objectIdentifier, octetString, sequence } from './der-writer.js';
import { littleEndian, mark } from './fields.js';
import { type MakeKeys, SIMULATED } from './keys.js';

export interface NvidiaRequest {
  /** 32 bytes that the device is asked with. */
  readonly nonce: Uint8Array;
}

export interface NvidiaHouse {
  /** From the device's key to the root. */
  readonly chain: readonly Identity[];
  readonly device: Identity;
  readonly root: Identity;
}

const MODEL = 'GH100 A01 GSP BROM';
const FIRMWARE_ID = mark(48);
/** Source: TCG DICE Attestation Architecture, in the form that Hopper has: a version, a key, one digest. */
const COMPOSITE_DEVICE = '2.23.133.5.4.1';
const SHA384 = '2.16.840.1.101.3.4.2.2';
const MEASUREMENTS = 64;

export function nvidiaHouse(keys: MakeKeys): NvidiaHouse {
  const authority = (
    commonName: string,
    name: 'root' | 'identity' | 'provisioner' | 'rom',
    issuer?: Identity,
  ) =>
    issue({
      commonName,
      keys: keys(`nvidia ${name}`, 'P-384'),
      role: 'authority',
      serial: 1,
      ...(issuer && { issuer }),
    });
  const root = authority('Device Identity CA', 'root');
  const identity = authority('GH100 Identity', 'identity', root);
  const provisioner = authority('GH100 Provisioner ICA', 'provisioner', identity);
  const rom = authority(MODEL, 'rom', provisioner);
  const firmware = sequence(objectIdentifier(SHA384), octetString(FIRMWARE_ID));
  const device = issue({
    commonName: 'GH100 A01 GSP FMC LF',
    keys: keys('nvidia device', 'P-384'),
    issuer: rom,
    role: 'signer',
    serial: 2,
    extensions: [extension(COMPOSITE_DEVICE, sequence(integer(1), rom.keys.spki, firmware))],
  });
  return { chain: [device, rom, provisioner, identity, root], device, root };
}

/** Request and response with the signature behind them. Throws a `RangeError` for a nonce that is not of 32 bytes. */
export function nvidiaEvidence({ device }: NvidiaHouse, { nonce }: NvidiaRequest): Uint8Array {
  if (nonce.length !== 32) throw new RangeError('a nonce of 32 bytes');
  const record = concatAll(Array.from({ length: MEASUREMENTS }, (_, at) => measurement(at + 1)));
  const opaque = concatAll(OPAQUE_FIELDS.map(([type, value]) => field(type, value)));
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
export function nvidiaChain({ chain }: NvidiaHouse): string {
  return pemOf(...chain);
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

const OPAQUE_FIELDS: readonly (readonly [type: number, value: Uint8Array])[] = [
  [OPAQUE.biosVersion, Uint8Array.of(0, 0, 0, 0x96, 0, 0, 0, 0)],
  [OPAQUE.chipSku, utf8('885')],
  [OPAQUE.project, utf8(SIMULATED)],
  [OPAQUE.driverVersion, utf8(SIMULATED)],
  [OPAQUE.firmwareId, FIRMWARE_ID],
];

function field(type: number, value: Uint8Array): Uint8Array {
  return concatAll([littleEndian(type, 2), littleEndian(value.length, 2), value]);
}
