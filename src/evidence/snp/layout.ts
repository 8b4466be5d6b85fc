/**
 * Attestation reports of AMD SEV-SNP, versions 2 to 5: a structure of fixed length, whose numbers have their lowest octet first.
 *
 * Source: AMD 56860 (SEV-SNP firmware ABI) 1.58, tables 3 (TCB_VERSION), 9 (guest policy), 23 (ATTESTATION_REPORT) and 141 (signature).
 */
import { concat } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { ByteRange } from '../report.js';
import type { SnpCpu } from './product.js';

/** What a report states, beside the product line, which its certificate may have to say. */
export interface SnpStated {
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: SnpGuestPolicy;
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  /** The privilege level of whoever asked for the report; 0 may do most. */
  readonly vmpl: number;
  readonly platform: SnpPlatform;
  /** Whether the digest of an author's key is in the report. */
  readonly hasAuthorKey: boolean;
  /** What has signed the report: the chip's key, one that AMD lends to a cloud, or none; null for a number that nobody has. */
  readonly signingKey: 'vcek' | 'vlek' | 'none' | null;
  /** 64 bytes that the guest put in. */
  readonly reportData: Uint8Array;
  /** Of the guest at its launch, 48 bytes. */
  readonly measurement: Uint8Array;
  /** 32 bytes that the host put in at the launch. */
  readonly hostData: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  readonly reportId: Uint8Array;
  /** Of the migration agent; all ones where there is none. */
  readonly reportIdOfMigrationAgent: Uint8Array;
  /** TCB_VERSIONs of eight octets: what runs, what the signing key is derived from, what cannot be undone, and what ran at the launch. */
  readonly currentTcb: Uint8Array;
  readonly reportedTcb: Uint8Array;
  readonly committedTcb: Uint8Array;
  readonly launchTcb: Uint8Array;
  /** From version 3 on. */
  readonly cpu: SnpCpu | null;
  /** 64 bytes; all zero where the host hides which chip it is. */
  readonly chipId: Uint8Array;
  /** Of the firmware: `1.55.29`. */
  readonly currentVersion: string;
  readonly committedVersion: string;
  /** Which mitigations were in force at the launch and are now, as bits; from version 5 on. */
  readonly launchMitigations: bigint | null;
  readonly currentMitigations: bigint | null;
}

/** What the guest's owner has asked for. */
export interface SnpGuestPolicy {
  /** The least version of the firmware's interface. */
  readonly abi: string;
  readonly smt: boolean;
  readonly migrationAgent: boolean;
  readonly debug: boolean;
  readonly singleSocket: boolean;
  readonly cxl: boolean;
  readonly aes256Xts: boolean;
  readonly raplDisabled: boolean;
  readonly ciphertextHiding: boolean;
  readonly pageSwapDisabled: boolean;
}

/** What the platform has switched on. */
export interface SnpPlatform {
  readonly smt: boolean;
  readonly tsme: boolean;
  readonly ecc: boolean;
  readonly raplDisabled: boolean;
  readonly ciphertextHiding: boolean;
  readonly aliasCheckComplete: boolean;
  readonly tio: boolean;
}

export interface SnpDocument {
  readonly stated: SnpStated;
  /** What the signature covers. */
  readonly signed: Uint8Array;
  readonly signatureAlgorithm: number;
  /** `r ‖ s`, each with its highest octet first. */
  readonly signature: Uint8Array;
}

export const SNP_REPORT_BYTES = 0x4a0;
const SIGNATURE = 0x2a0;
/** Octets of a number of P-384, and of the room that a report has for one. */
const NUMBER_BYTES = 48;
const NUMBER_ROOM = 72;
/** The signature's two numbers have their room in front of what is reserved. */
const SECOND = SIGNATURE + NUMBER_ROOM;
const RESERVED = SECOND + NUMBER_ROOM;

/**
 * All octets that are neither signed nor of the signature's numbers: 416. They are not looked at, so that there is one answer about a report
 * however they are filled.
 */
export const SNP_UNCOVERED: readonly ByteRange[] = [
  {
    from: SIGNATURE + NUMBER_BYTES,
    to: SECOND,
    what: 'room that the first number of the signature does not need',
  },
  {
    from: SECOND + NUMBER_BYTES,
    to: RESERVED,
    what: 'room that the second number of the signature does not need',
  },
  { from: RESERVED, to: SNP_REPORT_BYTES, what: 'reserved octets behind the signature' },
];

const SIGNING_KEYS: ReadonlyMap<number, 'vcek' | 'vlek' | 'none'> = new Map([
  [0, 'vcek'],
  [1, 'vlek'],
  [7, 'none'],
]);

/** Exactly one report. Throws `snp/malformed` or `snp/version-unsupported`. */
export function parseSnpReport(bytes: Uint8Array): SnpDocument {
  if (bytes.length !== SNP_REPORT_BYTES)
    throw new Failure('snp/malformed', { detail: `${bytes.length} bytes, not ${SNP_REPORT_BYTES}` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint32(0, true);
  if (version < 2 || version > 5)
    throw new Failure('snp/version-unsupported', { field: 'VERSION', detail: `${version}` });
  // A copy also where a subclass of Uint8Array has slices that share its memory.
  const take = (from: number, length: number) => new Uint8Array(bytes.subarray(from, from + length));
  const keys = view.getUint32(0x48, true);
  const isAtLeast = (least: number) => version >= least;
  return {
    signed: take(0, SIGNATURE),
    signatureAlgorithm: view.getUint32(0x34, true),
    signature: concat(take(SIGNATURE, NUMBER_BYTES).reverse(), take(SECOND, NUMBER_BYTES).reverse()),
    stated: {
      version,
      guestSvn: view.getUint32(0x04, true),
      policy: policyOf(view.getBigUint64(0x08, true)),
      familyId: take(0x10, 16),
      imageId: take(0x20, 16),
      vmpl: view.getUint32(0x30, true),
      platform: platformOf(view.getUint32(0x40, true)),
      hasAuthorKey: (keys & 1) !== 0,
      signingKey: SIGNING_KEYS.get((keys >> 2) & 7) ?? null,
      reportData: take(0x50, 64),
      measurement: take(0x90, 48),
      hostData: take(0xc0, 32),
      idKeyDigest: take(0xe0, 48),
      authorKeyDigest: take(0x110, 48),
      reportId: take(0x140, 32),
      reportIdOfMigrationAgent: take(0x160, 32),
      currentTcb: take(0x38, 8),
      reportedTcb: take(0x180, 8),
      committedTcb: take(0x1e0, 8),
      launchTcb: take(0x1f0, 8),
      cpu: isAtLeast(3) ? cpuOf(take(0x188, 3)) : null,
      chipId: take(0x1a0, 64),
      currentVersion: versionOf(take(0x1e8, 3)),
      committedVersion: versionOf(take(0x1ec, 3)),
      launchMitigations: isAtLeast(5) ? view.getBigUint64(0x1f8, true) : null,
      currentMitigations: isAtLeast(5) ? view.getBigUint64(0x200, true) : null,
    },
  };
}

function policyOf(bits: bigint): SnpGuestPolicy {
  const has = (bit: number) => ((bits >> BigInt(bit)) & 1n) === 1n;
  return {
    abi: `${(bits >> 8n) & 0xffn}.${bits & 0xffn}`,
    smt: has(16),
    migrationAgent: has(18),
    debug: has(19),
    singleSocket: has(20),
    cxl: has(21),
    aes256Xts: has(22),
    raplDisabled: has(23),
    ciphertextHiding: has(24),
    pageSwapDisabled: has(25),
  };
}

function platformOf(bits: number): SnpPlatform {
  const has = (bit: number) => ((bits >> bit) & 1) === 1;
  return {
    smt: has(0),
    tsme: has(1),
    ecc: has(2),
    raplDisabled: has(3),
    ciphertextHiding: has(4),
    aliasCheckComplete: has(5),
    tio: has(7),
  };
}

function cpuOf([family = 0, model = 0, stepping = 0]: Uint8Array): SnpCpu {
  return { family, model, stepping };
}

/** Build, minor and major stand in this order. */
function versionOf([build = 0, minor = 0, major = 0]: Uint8Array): string {
  return `${major}.${minor}.${build}`;
}
