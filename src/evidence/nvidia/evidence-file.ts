/**
 * Files in which NVIDIA's tools keep evidence: JSON with one object for each device, its binary parts in base64, as `NVIDIA/attestation-sdk` writes
 * it; or the octets of one device's evidence in hexadecimal. Nobody signs the file: what it says beside the evidence are claims.
 */
import { fromBase64 } from '../../bytes/base64.js';
import { fromHex } from '../../bytes/hex.js';
import { hasDoubledName } from '../../bytes/json-names.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { NvidiaArchitecture } from './device.js';

export interface EvidenceItem {
  readonly evidence: Uint8Array;
  /** PEM. */
  readonly certificateChain: string;
  /** Null where the file names one that we do not know. */
  readonly architecture: NvidiaArchitecture | null;
  /** What the file says that the device was asked with. Whoever asked must know it from elsewhere. */
  readonly claimedNonce: Uint8Array;
}

/** Sixteen devices have some 200 KB. */
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_DEVICES = 32;

const ARCHITECTURES: ReadonlyMap<unknown, NvidiaArchitecture> = new Map([
  ['HOPPER', 'hopper'],
  ['BLACKWELL', 'blackwell'],
  ['LS10', 'nvswitch'],
]);

/** The devices of a file of JSON, in its order. Throws `nvidia/file-malformed`. */
export function parseEvidenceFile(bytes: Uint8Array): readonly EvidenceItem[] {
  const items = jsonOf(bytes);
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_DEVICES)
    throw malformed('no list of devices');
  return items.map((item: unknown, at) => {
    const { arch, evidence, certificate, nonce } = Object(item) as Record<string, unknown>;
    const parts = {
      evidence: typeof evidence === 'string' ? fromBase64(evidence) : null,
      chain: typeof certificate === 'string' ? fromBase64(certificate) : null,
      nonce: typeof nonce === 'string' ? fromHex(nonce) : null,
    };
    const certificateChain = parts.chain === null ? null : fromUtf8(parts.chain);
    if (parts.evidence === null || certificateChain === null || parts.nonce === null)
      throw malformed('a device without evidence, certificate or nonce', `[${at}]`);
    return {
      evidence: parts.evidence,
      certificateChain,
      architecture: ARCHITECTURES.get(arch) ?? null,
      claimedNonce: parts.nonce,
    };
  });
}

/** The octets that a file has in hexadecimal, with white space at its end at most. Throws `nvidia/file-malformed`. */
export function evidenceFromHex(text: string): Uint8Array {
  const bytes = text.length > 2 * MAX_FILE_BYTES ? null : fromHex(text.trimEnd());
  if (bytes === null || bytes.length === 0) throw malformed('no hexadecimal');
  return bytes;
}

function jsonOf(bytes: Uint8Array): unknown {
  const text = bytes.length > MAX_FILE_BYTES ? null : fromUtf8(bytes);
  if (text === null) throw malformed('too long, or no text');
  try {
    const value: unknown = JSON.parse(text);
    if (!hasDoubledName(text)) return value;
  } catch {
    throw malformed('no JSON');
  }
  throw malformed('a member twice');
}

function malformed(detail: string, field?: string): Failure {
  return new Failure('nvidia/file-malformed', field === undefined ? { detail } : { detail, field });
}
