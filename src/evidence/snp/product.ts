/** Product lines of AMD EPYC with SEV-SNP, which differ in their roots and in what their TCB versions are made of. */
export type SnpProduct = 'milan' | 'genoa' | 'turin';

/** Security version numbers, from 0 to 255 each. */
export interface SnpTcb {
  /** Of the first mutable code; null on product lines that have none. */
  readonly fmc: number | null;
  readonly bootLoader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

/** The processor as CPUID names it, family and model with their extensions added. */
export interface SnpCpu {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

/**
 * What each octet of a TCB_VERSION is, as the last arc of the object identifier of the extension that says it in a chip's certificate.
 *
 * Source: AMD 56860 (SEV-SNP firmware ABI), table 3 (TCB_VERSION, for Turin and before); AMD 57230 (VCEK certificate and KDS), tables of extensions.
 */
export const TCB_OCTETS: Readonly<Record<SnpProduct, readonly number[]>> = {
  milan: [1, 2, 4, 5, 6, 7, 3, 8],
  genoa: [1, 2, 4, 5, 6, 7, 3, 8],
  turin: [9, 1, 2, 3, 5, 6, 7, 8],
};

/** A TCB_VERSION of eight octets. */
export function tcbOf(octets: Uint8Array, product: SnpProduct): SnpTcb {
  const [zero = 0, one = 0, two = 0, three = 0, , , six = 0, seven = 0] = octets;
  return product === 'turin'
    ? { fmc: zero, bootLoader: one, tee: two, snp: three, microcode: seven }
    : { fmc: null, bootLoader: zero, tee: one, snp: six, microcode: seven };
}

/** The line of a processor, or null for one that is not known here. Bergamo and Siena are of Genoa's. Source: AMD 56860, and 57230 §1. */
export function productOfCpu({ family, model }: SnpCpu): SnpProduct | null {
  if (family === 0x19 && model <= 0x0f) return 'milan';
  if (family === 0x19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf)))
    return 'genoa';
  return family === 0x1a && model <= 0x1f ? 'turin' : null;
}

const LINES: ReadonlyMap<string, SnpProduct> = new Map([
  ['Milan', 'milan'],
  ['Genoa', 'genoa'],
  ['Bergamo', 'genoa'],
  ['Siena', 'genoa'],
  ['Turin', 'turin'],
]);

/** The line in the name that a chip's certificate has, which may have the stepping behind it: `Milan-B0`. Null for one that is not known here. */
export function productOfName(name: string): SnpProduct | null {
  return LINES.get(name.replace(/-[A-Z0-9]{1,4}$/, '')) ?? null;
}
