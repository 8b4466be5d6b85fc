/** Whether what a chip has signed is what AMD says of the key that it signed with: the kind of key, the product line, the TCB and the chip. */
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { SnpEndorsement } from './endorsement.js';
import type { SnpStated } from './layout.js';
import { productOfCpu, type SnpProduct } from './product.js';
import type { SnpSignerKind } from './signer-chain.js';

/** A certificate is of a chip or of a cloud; the report says which of them its key is. Throws `snp/signing-key-mismatch`. */
export function checkSigningKey(
  { hardwareId, cloud }: SnpEndorsement,
  { signingKey }: SnpStated,
  kind: SnpSignerKind,
): void {
  if ((cloud === null) !== (kind === 'vcek') || (hardwareId !== null) !== (kind === 'vcek'))
    throw new Failure('snp/signing-key-mismatch', { field: 'certificate', detail: `no ${kind}` });
  if (signingKey !== kind)
    throw new Failure('snp/signing-key-mismatch', { field: 'SIGNING_KEY', detail: `${signingKey}` });
}

/** `product`: that of the root. `asked`: the one that whoever asks expects. Throws `snp/product-mismatch`. */
export function checkProduct(
  endorsement: SnpEndorsement,
  { cpu }: SnpStated,
  product: SnpProduct,
  asked: SnpProduct | undefined,
): void {
  if (endorsement.product !== product)
    throw new Failure('snp/product-mismatch', { field: 'certificate', detail: endorsement.productName });
  if (cpu !== null && productOfCpu(cpu) !== product)
    throw new Failure('snp/product-mismatch', {
      field: 'CPUID',
      detail: `family ${cpu.family.toString(16)}, model ${cpu.model.toString(16)}`,
    });
  if (asked !== undefined && asked !== product)
    throw new Failure('snp/product-mismatch', { field: 'product', detail: product });
}

/** Throws `snp/tcb-mismatch`. */
export function checkTcb(endorsed: Uint8Array, { reportedTcb }: SnpStated): void {
  if (!equal(endorsed, reportedTcb)) throw new Failure('snp/tcb-mismatch', { field: 'REPORTED_TCB' });
}

/** An id that is shorter than the report has room for has zeros behind it there. Throws `snp/chip-mismatch`. */
export function checkChip({ hardwareId }: SnpEndorsement, { chipId }: SnpStated): void {
  const padded = new Uint8Array(chipId.length);
  padded.set(hardwareId ?? []);
  if (!equal(padded, chipId)) throw new Failure('snp/chip-mismatch', { field: 'CHIP_ID' });
}

/** Whether the host hides which chip it is. Source: AMD 56860, table 23, CHIP_ID. */
export function isChipMasked({ chipId }: SnpStated): boolean {
  return chipId.every(octet => octet === 0);
}
