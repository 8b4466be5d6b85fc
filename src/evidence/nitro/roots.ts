/** The root of the commercial AWS partition. Those of China and GovCloud are others, and not pinned. */
import { fromHex } from '../../bytes/hex.js';
import type { PinnedRoot } from '../x509/chain.js';

/** Source: AWS Nitro Enclaves attestation process, §2.1, whose certificate `AWS_NitroEnclaves_Root-G1` has this key. */
export const NITRO_ROOTS: readonly PinnedRoot[] = [
  {
    name: 'AWS Nitro Enclaves Root-G1',
    spkiSha256: fromHex('f2caf5ecc6190b4a8399b78bc58a2bbcd0382375db8a1bfd78a82743874fd225') as Uint8Array,
  },
];
