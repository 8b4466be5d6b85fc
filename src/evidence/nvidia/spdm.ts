/**
 * What a GPU or switch of NVIDIA's signs: one GET_MEASUREMENTS request of SPDM 1.1 and the MEASUREMENTS response to it, side by side. The
 * signature at the end covers every octet before it. Source: DMTF DSP0274 1.1 §10.11 (tables 41 to 46); NVIDIA's devices use the one form of it
 * that is read here: all measurements asked for at once, with a signature, each one a SHA-384 in the format of DMTF.
 */
import { malformed, OctetReader } from './octet-reader.js';

export interface SpdmEvidence {
  /** Request and response without the signature: exactly what the signature covers. */
  readonly signedBytes: Uint8Array;
  /** ECDSA P-384, `r ‖ s`. */
  readonly signature: Uint8Array;
  /** What whoever asked has chosen: 32 octets. */
  readonly nonce: Uint8Array;
  /** What the device has chosen: 32 octets. */
  readonly deviceNonce: Uint8Array;
  /** Digests by their index, which begins with 1 and has no gaps. */
  readonly measurements: ReadonlyMap<number, Uint8Array>;
  readonly opaque: Uint8Array;
}

export const NONCE_BYTES = 32;
export const SPDM_SIGNATURE_BYTES = 96;
/** Genuine evidence is of 2 to 5 KiB. */
const MAX_EVIDENCE_BYTES = 64 * 1024;

const VERSION_1_1 = 0x11;
const GET_MEASUREMENTS = 0xe0;
const MEASUREMENTS = 0x60;
const WITH_SIGNATURE = 0x01;
const ALL = 0xff;
const MAX_SLOT = 7;
const DMTF_FORMAT = 0x01;
/** Digests of immutable code, mutable firmware, hardware and firmware configuration. Others, and values that are no digests, are not used. */
const MAX_DIGEST_TYPE = 0x03;
const SHA384_BYTES = 48;

/** Throws `nvidia/malformed`. */
export function parseSpdm(bytes: Uint8Array): SpdmEvidence {
  if (bytes.length > MAX_EVIDENCE_BYTES) throw malformed(`${bytes.length} bytes`);
  // A copy, because whoever gave the bytes may use their memory again.
  const own = new Uint8Array(bytes);
  const reader = new OctetReader(own);
  const { nonce, slot } = request(reader);
  reader.expect(VERSION_1_1, 'the version of the response');
  reader.expect(MEASUREMENTS, 'the code of the response');
  reader.expect(0, 'the first parameter of the response');
  reader.expect(slot, 'the slot of the response');
  const count = reader.number(1, 'the number of measurements');
  const record = reader.take(reader.number(3, 'the length of measurements'), 'measurements');
  const measurements = measurementsOf(record, count);
  const deviceNonce = reader.take(NONCE_BYTES, 'the nonce of the response');
  const opaque = reader.take(reader.number(2, 'the length of opaque data'), 'opaque data');
  const signedLength = reader.place;
  const signature = reader.take(SPDM_SIGNATURE_BYTES, 'the signature');
  if (!reader.isAtEnd) throw malformed('bytes behind the signature');
  return { signedBytes: own.subarray(0, signedLength), signature, nonce, deviceNonce, measurements, opaque };
}

function request(reader: OctetReader): { nonce: Uint8Array; slot: number } {
  reader.expect(VERSION_1_1, 'the version of the request');
  reader.expect(GET_MEASUREMENTS, 'the code of the request');
  reader.expect(WITH_SIGNATURE, 'the first parameter of the request');
  reader.expect(ALL, 'the second parameter of the request');
  const nonce = reader.take(NONCE_BYTES, 'the nonce of the request');
  const slot = reader.number(1, 'the slot of the request');
  if (slot > MAX_SLOT) throw malformed(`slot ${slot}`);
  return { nonce, slot };
}

function measurementsOf(record: Uint8Array, count: number): ReadonlyMap<number, Uint8Array> {
  if (count === 0) throw malformed('no measurements');
  const reader = new OctetReader(record);
  const measurements = new Map<number, Uint8Array>();
  for (let index = 1; index <= count; index++) {
    const what = `measurement ${index}`;
    reader.expect(index, `the index of ${what}`);
    reader.expect(DMTF_FORMAT, `the format of ${what}`);
    const size = reader.number(2, what);
    const type = reader.number(1, what);
    if (type > MAX_DIGEST_TYPE) throw malformed(`the type of ${what} is ${type}`);
    const length = reader.number(2, what);
    if (length !== SHA384_BYTES || size !== length + 3) throw malformed(`the length of ${what} is ${length}`);
    measurements.set(index, reader.take(length, what));
  }
  if (!reader.isAtEnd) throw malformed('bytes behind the measurements');
  return measurements;
}
