/**
 * Attested Inference Receipts, version 1: a COSE_Sign1 structure around a closed map of claims in deterministic CBOR. Source:
 * draft-tsyrulnikov-rats-attested-inference-receipt-02; its schema in `cyntrisec/EphemeralML`, `spec/v1/cddl/air-v1.cddl`.
 */
import { type Cbor, type CborMap, decodeCbor, encodeCbor, Tagged } from '../../bytes/cbor.js';
import { verifyEd25519 } from '../../bytes/cryptography.js';
import { isSoundPublicKey } from '../../bytes/ed25519.js';
import { Failure } from '../../reason.js';

export interface AirReceipt {
  readonly claims: AirClaims;
  /** What the signature covers: RFC 9052 §4.4. */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
}

export interface AirClaims {
  readonly issuer: string;
  /** By the workload's own clock, in Unix seconds. */
  readonly issuedAt: number;
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** 8 to 64 bytes; null where whoever asked has given none. */
  readonly nonce: Uint8Array | null;
  readonly model: {
    readonly id: string;
    readonly version: string;
    readonly digest: Uint8Array;
    readonly scheme: string | null;
  };
  /** SHA-256 of what came in, of what went out, and of the attestation document. */
  readonly requestHash: Uint8Array;
  readonly responseHash: Uint8Array;
  readonly attestationHash: Uint8Array;
  readonly measurements: AirMeasurements;
  readonly policyVersion: string;
  /** Starts again with every start of the workload. */
  readonly sequence: number;
  readonly milliseconds: number;
  readonly memoryPeakMb: number;
  /** `production`, `evaluation`, or what earlier drafts let anybody put here. */
  readonly securityMode: string;
}

/** Registers by the slot that the receipt has them in: of Nitro PCRs, of TDX MRTD and RTMR0 to RTMR3. */
export interface AirMeasurements {
  readonly kind: 'nitro-pcr' | 'tdx-mrtd-rtmr';
  readonly registers: ReadonlyMap<string, Uint8Array>;
}

const MAX_BYTES = 65_536;
const COSE_SIGN1 = 18;
const HEADER = new Map<number, number>([
  // EdDSA.
  [1, -8],
  // `application/cwt`.
  [3, 61],
]);
const PROFILE = 'https://spec.cyntrisec.com/air/v1';

const CLAIM = {
  issuer: 1,
  issuedAt: 6,
  id: 7,
  nonce: 10,
  profile: 265,
  modelId: -65537,
  modelVersion: -65538,
  modelHash: -65539,
  requestHash: -65540,
  responseHash: -65541,
  attestationHash: -65542,
  measurements: -65543,
  policyVersion: -65544,
  sequence: -65545,
  milliseconds: -65546,
  memoryPeak: -65547,
  securityMode: -65548,
  modelHashScheme: -65549,
} as const;
const KNOWN: ReadonlySet<unknown> = new Set(Object.values(CLAIM));
const SCHEMES: readonly string[] = ['sha256-single', 'sha256-concat', 'sha256-manifest'];
const SLOTS = {
  'nitro-pcr': ['pcr0', 'pcr1', 'pcr2', 'pcr3', 'pcr4', 'pcr8'],
  'tdx-mrtd-rtmr': ['pcr0', 'pcr1', 'pcr2', 'pcr3', 'pcr4'],
} as const;
const REQUIRED_SLOTS = 3;

/** Throws `air/malformed`, saying what is wrong, or `air/profile-unsupported`. */
export function parseAirReceipt(bytes: Uint8Array): AirReceipt {
  if (bytes.length > MAX_BYTES) throw malformed(`${bytes.length} bytes`);
  const whole = decoded(bytes, 'the receipt');
  // The tag says that it is no other structure of four parts.
  if (
    !(whole instanceof Tagged) ||
    whole.tag !== COSE_SIGN1 ||
    !Array.isArray(whole.value) ||
    whole.value.length !== 4
  )
    throw malformed('not the four parts of COSE_Sign1 under its tag');
  const [header, unprotected, payload, signature] = whole.value as readonly Cbor[];
  if (!(unprotected instanceof Map) || unprotected.size > 0)
    throw malformed('something in the header that is not protected');
  if (!(header instanceof Uint8Array) || !(payload instanceof Uint8Array))
    throw malformed('header or payload');
  if (!(signature instanceof Uint8Array) || signature.length !== 64) throw malformed('signature');
  const map = decoded(header, 'the protected header');
  if (
    !(map instanceof Map) ||
    map.size !== HEADER.size ||
    [...HEADER].some(([name, value]) => map.get(name) !== value)
  )
    throw malformed('a protected header other than that of Ed25519 and CWT');
  return {
    claims: claimsOf(payload),
    signedBytes: encodeCbor(['Signature1', header, new Uint8Array(), payload]),
    signature,
  };
}

export function isAirSignature(
  { signedBytes, signature }: AirReceipt,
  publicKey: Uint8Array,
): boolean | Promise<boolean> {
  return isSoundPublicKey(publicKey) && verifyEd25519(publicKey, signedBytes, signature);
}

function claimsOf(payload: Uint8Array): AirClaims {
  const map = decoded(payload, 'the claims');
  if (!(map instanceof Map)) throw malformed('claims that are no map');
  const claims = map as CborMap;
  for (const key of claims.keys()) if (!KNOWN.has(key)) throw malformed(`a claim ${key} that there is not`);
  if (claims.get(CLAIM.profile) !== PROFILE)
    throw new Failure('air/profile-unsupported', { field: 'eat_profile' });
  const modelHash = octets(claims, CLAIM.modelHash, 'model_hash', 32);
  const id = octets(claims, CLAIM.id, 'cti', 16);
  if (modelHash.every(octet => octet === 0)) throw malformed('model_hash');
  const issuedAt = unsigned(claims, CLAIM.issuedAt, 'iat');
  if (issuedAt === 0) throw malformed('iat');
  const scheme = claims.has(CLAIM.modelHashScheme)
    ? text(claims, CLAIM.modelHashScheme, 'model_hash_scheme')
    : null;
  if (scheme !== null && !SCHEMES.includes(scheme)) throw malformed('model_hash_scheme');
  return {
    issuer: text(claims, CLAIM.issuer, 'iss'),
    issuedAt,
    id,
    nonce: claims.has(CLAIM.nonce) ? octets(claims, CLAIM.nonce, 'eat_nonce', 8, 64) : null,
    model: {
      id: text(claims, CLAIM.modelId, 'model_id'),
      version: text(claims, CLAIM.modelVersion, 'model_version'),
      digest: modelHash,
      scheme,
    },
    requestHash: octets(claims, CLAIM.requestHash, 'request_hash', 32),
    responseHash: octets(claims, CLAIM.responseHash, 'response_hash', 32),
    attestationHash: octets(claims, CLAIM.attestationHash, 'attestation_doc_hash', 32),
    measurements: measurementsOf(claims.get(CLAIM.measurements)),
    policyVersion: text(claims, CLAIM.policyVersion, 'policy_version'),
    sequence: unsigned(claims, CLAIM.sequence, 'sequence_number'),
    milliseconds: unsigned(claims, CLAIM.milliseconds, 'execution_time_ms'),
    memoryPeakMb: unsigned(claims, CLAIM.memoryPeak, 'memory_peak_mb'),
    securityMode: text(claims, CLAIM.securityMode, 'security_mode'),
  };
}

function measurementsOf(value: Cbor | undefined): AirMeasurements {
  const field = 'enclave_measurements';
  if (!(value instanceof Map)) throw malformed(field);
  const map = value as CborMap;
  const kind = map.get('measurement_type');
  if (kind !== 'nitro-pcr' && kind !== 'tdx-mrtd-rtmr') throw malformed(`${field}.measurement_type`);
  const slots: readonly string[] = SLOTS[kind];
  const registers = new Map<string, Uint8Array>();
  for (const [name, register] of map) {
    if (name === 'measurement_type') continue;
    if (typeof name !== 'string' || !slots.includes(name)) throw malformed(`${field}.${name}`);
    if (!(register instanceof Uint8Array) || register.length !== 48) throw malformed(`${field}.${name}`);
    registers.set(name, register);
  }
  if (slots.slice(0, REQUIRED_SLOTS).some(name => !registers.has(name))) throw malformed(field);
  return { kind, registers };
}

function text(claims: CborMap, key: number, name: string): string {
  const value = claims.get(key);
  if (typeof value !== 'string' || value === '' || value.length > 1024) throw malformed(name);
  return value;
}

function unsigned(claims: CborMap, key: number, name: string): number {
  const value = claims.get(key);
  if (typeof value !== 'number' || value < 0) throw malformed(name);
  return value;
}

function octets(claims: CborMap, key: number, name: string, least: number, most = least): Uint8Array {
  const value = claims.get(key);
  if (!(value instanceof Uint8Array) || value.length < least || value.length > most) throw malformed(name);
  return value;
}

function decoded(bytes: Uint8Array, where: string): Cbor {
  try {
    return decodeCbor(bytes, { keys: 'in-any-order' });
  } catch (error) {
    if (error instanceof Failure) throw malformed(`${where}: ${error.detail}`);
    throw error;
  }
}

function malformed(detail: string): Failure {
  return new Failure('air/malformed', { detail });
}
