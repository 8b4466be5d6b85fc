/**
 * What AMD says about the key that signed a report, in extensions of its certificate: that of a chip (VCEK) names the chip and the TCB that the key
 * is derived from; that of a key lent to a cloud (VLEK) names the cloud instead of the chip.
 *
 * Source: AMD 57230 (VCEK certificate and KDS interface), tables of extensions.
 */
import { DER, derExpect, derNumber, readDer } from '../../bytes/der.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { Certificate } from '../x509/certificate.js';
import { productOfName, type SnpProduct, TCB_OCTETS } from './product.js';

export interface SnpEndorsement {
  /** Null for a line that is not known here. */
  readonly product: SnpProduct | null;
  /** As the certificate names it: `Milan-B0`. */
  readonly productName: string;
  /** Octets of the chip's id; null for a key that is no chip's. */
  readonly hardwareId: Uint8Array | null;
  /** The cloud that the key is lent to; null for a chip's key. */
  readonly cloud: string | null;
}

const AMD = '1.3.6.1.4.1.3704.1';
const PRODUCT_NAME = `${AMD}.2`;
const SECURITY_VERSION = `${AMD}.3`;
const HARDWARE_ID = `${AMD}.4`;
const CLOUD_ID = `${AMD}.5`;
/** A chip has an id of 64 octets, Turin's one of eight. */
const MAX_HARDWARE_ID = 64;

/** Throws `snp/endorsement-malformed`. */
export function endorsementOf(certificate: Certificate): SnpEndorsement {
  const productName = textIn(certificate, PRODUCT_NAME);
  const hardwareId = certificate.extensions.get(HARDWARE_ID)?.value ?? null;
  if (productName === null || (hardwareId !== null && hardwareId.length > MAX_HARDWARE_ID))
    throw malformed(productName === null ? PRODUCT_NAME : HARDWARE_ID);
  return {
    product: productOfName(productName),
    productName,
    hardwareId,
    cloud: textIn(certificate, CLOUD_ID),
  };
}

/** The TCB that the key is derived from, as reports of that product line have it. Throws `snp/endorsement-malformed`. */
export function endorsedTcb(certificate: Certificate, product: SnpProduct): Uint8Array {
  return Uint8Array.from(TCB_OCTETS[product], arc => {
    const name = `${SECURITY_VERSION}.${arc}`;
    const version = reading(name, () => {
      const value = certificate.extensions.get(name)?.value;
      return value === undefined ? null : derNumber(readDer(value));
    });
    if (version === null || version > 0xff) throw malformed(name);
    return version;
  });
}

/** Null where the certificate does not have it. */
function textIn(certificate: Certificate, name: string): string | null {
  const value = certificate.extensions.get(name)?.value;
  if (value === undefined) return null;
  const text = reading(name, () => fromUtf8(derExpect(readDer(value), DER.ia5String).content));
  if (text === null) throw malformed(name);
  return text;
}

function reading<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) throw malformed(name);
    throw error;
  }
}

function malformed(name: string): Failure {
  return new Failure('snp/endorsement-malformed', { field: name });
}
