/**
 * Attestation documents of AWS Nitro enclaves: a COSE_Sign1 structure (RFC 9052 §4.2) around a map of CBOR. Reading is strict, and what the
 * signature covers is put together from the very bytes that were received: whoever encodes the map anew signs something else.
 *
 * Source: AWS Nitro Enclaves attestation process, §2.2 and §3.2.2.
 */
import { type Cbor, decodeCbor, encodeCbor, Tagged } from '../../bytes/cbor.js';
import { concat, concatAll, utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';

/** What a document states. */
export interface NitroFields {
  /** The enclave: the instance's id with the enclave's. */
  readonly moduleId: string;
  /** When the hypervisor made the document, in milliseconds of Unix time. */
  readonly timestamp: number;
  /** Measurements (SHA-384) by the number of their register, in the order of the document; a register that is not locked is not there. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  /** What the enclave has put in, each at most 1,024 bytes; null for what it left out. */
  readonly publicKey: Uint8Array | null;
  readonly userData: Uint8Array | null;
  readonly nonce: Uint8Array | null;
}

export interface NitroDocument {
  readonly fields: NitroFields;
  /** The algorithm that the protected header names. */
  readonly algorithm: number | bigint;
  /** What the signature covers: RFC 9052 §4.4. */
  readonly signed: Uint8Array;
  /** `r ‖ s`. */
  readonly signature: Uint8Array;
  /** DER, from the root down, as they were received; the last one's subject has issued {@link certificate}. */
  readonly bundle: readonly Uint8Array[];
  /** DER. */
  readonly certificate: Uint8Array;
}

/** Room for the largest payload, and for what is around it. */
export const MAX_DOCUMENT_BYTES = 17 * 1024;
const MAX_PAYLOAD_BYTES = 16 * 1024;
const MAX_FIELD_BYTES = 1024;
const MAX_MODULE_ID = 256;
const PCR_BYTES = 48;
const PCR_COUNT = 32;
/** What a `Date` can hold. */
const MAX_TIMESTAMP = 8.64e15;

/** CBOR's tag of COSE_Sign1, which may be left out. Source: RFC 9052 §4.2. */
const COSE_SIGN1 = 18;
const ALGORITHM = 1;
const MEMBERS = [
  'module_id',
  'digest',
  'timestamp',
  'pcrs',
  'certificate',
  'cabundle',
  'public_key',
  'user_data',
  'nonce',
];

/** Exactly one document. Throws `nitro/malformed`, saying what is wrong. */
export function parseNitroDocument(bytes: Uint8Array): NitroDocument {
  if (bytes.length > MAX_DOCUMENT_BYTES) throw malformed(`${bytes.length} bytes`);
  const whole = decoded(bytes, 'the document');
  const structure = whole instanceof Tagged && whole.tag === COSE_SIGN1 ? whole.value : whole;
  if (!Array.isArray(structure) || structure.length !== 4)
    throw malformed('not the four parts of COSE_Sign1');
  const [protectedHeader, unprotectedHeader, payload, signature] = structure as readonly Cbor[];
  // Nobody has signed the second header: that it is empty keeps a document from having others.
  if (!(unprotectedHeader instanceof Map) || unprotectedHeader.size > 0)
    throw malformed('something in the header that is not protected');
  const header = bytesOf(protectedHeader, 'the protected header', 64);
  const content = bytesOf(payload, 'the payload', MAX_PAYLOAD_BYTES);
  const { certificate, bundle, fields } = payloadOf(content);
  return {
    fields,
    certificate,
    bundle,
    algorithm: algorithmOf(header),
    signed: concatAll([SIGNATURE1, encodeCbor(header), NO_EXTERNAL_DATA, encodeCbor(content)]),
    signature: bytesOf(signature, 'the signature', MAX_FIELD_BYTES),
  };
}

/** The array of four with `Signature1` in front, and the empty external data. The two byte strings between have one encoding only. */
const SIGNATURE1 = concat(Uint8Array.of(0x84), encodeCbor('Signature1'));
const NO_EXTERNAL_DATA = encodeCbor(utf8(''));

function algorithmOf(header: Uint8Array): number | bigint {
  const map = decoded(header, 'the protected header');
  const algorithm =
    map instanceof Map && map.size === 1 ? (map.get(ALGORITHM) as Cbor | undefined) : undefined;
  if (typeof algorithm !== 'number' && typeof algorithm !== 'bigint')
    throw malformed('a protected header with something else than an algorithm');
  return algorithm;
}

function payloadOf(content: Uint8Array): Pick<NitroDocument, 'certificate' | 'bundle' | 'fields'> {
  const map = decoded(content, 'the payload');
  if (!(map instanceof Map)) throw malformed('a payload that is no map');
  for (const name of map.keys())
    if (!MEMBERS.includes(name)) throw malformed('a member that documents do not have');
  const moduleId: unknown = map.get('module_id');
  if (typeof moduleId !== 'string' || moduleId === '' || moduleId.length > MAX_MODULE_ID)
    throw malformed('module_id');
  if (map.get('digest') !== 'SHA384') throw malformed('digest');
  const timestamp: unknown = map.get('timestamp');
  if (typeof timestamp !== 'number' || timestamp <= 0 || timestamp > MAX_TIMESTAMP)
    throw malformed('timestamp');
  const bundle: unknown = map.get('cabundle');
  if (!Array.isArray(bundle) || bundle.length === 0) throw malformed('cabundle');
  return {
    certificate: bytesOf(map.get('certificate'), 'certificate', MAX_FIELD_BYTES),
    bundle: bundle.map(each => bytesOf(each, 'cabundle', MAX_FIELD_BYTES)),
    fields: {
      moduleId,
      timestamp,
      pcrs: pcrsOf(map.get('pcrs')),
      publicKey: optional(map.get('public_key'), 'public_key', 1),
      userData: optional(map.get('user_data'), 'user_data', 0),
      nonce: optional(map.get('nonce'), 'nonce', 0),
    },
  };
}

function pcrsOf(value: Cbor | undefined): ReadonlyMap<number, Uint8Array> {
  if (!(value instanceof Map) || value.size === 0) throw malformed('pcrs');
  for (const [number, measurement] of value as ReadonlyMap<unknown, Cbor>) {
    const isRegister = typeof number === 'number' && number >= 0 && number < PCR_COUNT;
    if (!isRegister || !(measurement instanceof Uint8Array) || measurement.length !== PCR_BYTES)
      throw malformed('pcrs');
  }
  return value as ReadonlyMap<number, Uint8Array>;
}

/** Hypervisors write null for what the enclave left out, though the specification has it missing. */
function optional(value: Cbor | undefined, name: string, least: number): Uint8Array | null {
  return value === undefined || value === null ? null : bytesOf(value, name, MAX_FIELD_BYTES, least);
}

function bytesOf(value: Cbor | undefined, name: string, most: number, least = 1): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length < least || value.length > most) throw malformed(name);
  return value;
}

/** Keys may stand in any order, because hypervisors do not sort them. */
function decoded(bytes: Uint8Array, where: string): Cbor {
  try {
    return decodeCbor(bytes, { keys: 'in-any-order' });
  } catch (error) {
    if (error instanceof Failure) throw malformed(`${where}: ${error.detail}`);
    throw error;
  }
}

function malformed(detail: string): Failure {
  return new Failure('nitro/malformed', { detail });
}
