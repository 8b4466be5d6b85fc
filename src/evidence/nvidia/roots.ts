/**
 * Keys that NVIDIA's evidence leads to. Each is the SHA-256 of a root's SubjectPublicKeyInfo; tests recompute that of devices from the genuine
 * chains. The root of reference values is the one in NVIDIA's own verifiers (`NVIDIA/nvtrust`, `NVIDIA/attestation-sdk`) and at the end of
 * every reference manifest that they come with.
 */
import { fromHex } from '../../bytes/hex.js';
import type { PinnedRoot } from '../x509/chain.js';

const key = (digest: string): Uint8Array => fromHex(digest) as Uint8Array;

/** Who signs for GPUs and switches. */
export const NVIDIA_DEVICE_ROOTS: readonly PinnedRoot[] = [
  {
    name: 'NVIDIA Device Identity CA',
    spkiSha256: key('a90c4eb5acfd3e3d03a25db6a26b84f720ad0503196c627c21ddd48dd85b06a4'),
  },
];

/** Who signs what firmware and drivers must measure as. */
export const NVIDIA_REFERENCE_ROOTS: readonly PinnedRoot[] = [
  {
    name: 'NVIDIA CoRIM signing Root CA',
    spkiSha256: key('dec1dc316477aa851eebdf51327ae9f864bc8d89254657ed1e7eb9168af1e1a3'),
  },
];
