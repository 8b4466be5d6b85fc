/** AMD's root keys, one for each product line. */
import { fromHex } from '../../bytes/hex.js';
import type { PinnedRoot } from '../x509/chain.js';
import type { SnpProduct } from './product.js';

export interface SnpRoot extends PinnedRoot {
  readonly product: SnpProduct;
}

/** SHA-256 of the SubjectPublicKeyInfo. Source: the certificates of AMD's key distribution service. */
export const SNP_ROOTS: readonly SnpRoot[] = [
  root('AMD ARK-Milan', 'milan', '9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9'),
  root('AMD ARK-Genoa', 'genoa', '429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831'),
  root('AMD ARK-Turin', 'turin', '4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08'),
];

function root(name: string, product: SnpProduct, digest: string): SnpRoot {
  return { name, product, spkiSha256: fromHex(digest) as Uint8Array };
}
