/** Where every certificate of Intel's attestation leads. Source: https://certificates.trustedservices.intel.com, "Intel SGX Root CA". */
import { fromHex } from '../../bytes/hex.js';
import type { PinnedRoot } from '../x509/chain.js';

export const INTEL_ROOTS: readonly PinnedRoot[] = [
  {
    name: 'Intel SGX Root CA',
    spkiSha256: fromHex('a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e') as Uint8Array,
  },
];
