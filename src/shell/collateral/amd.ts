/**
 * What AMD publishes about its chips, from its key distribution service (KDS). Source: AMD 57230 (VCEK certificate and KDS interface specification),
 * chapter 4: the addresses of certificates, chains and lists.
 */
import { toHex } from '../../bytes/hex.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { endorsementOf } from '../../evidence/snp/endorsement.js';
import { parseSnpReport } from '../../evidence/snp/layout.js';
import { productOfCpu, type SnpProduct, tcbOf } from '../../evidence/snp/product.js';
import { parseCertificate } from '../../evidence/x509/certificate.js';
import { certificatesFromPem } from '../../evidence/x509/pem.js';
import { parseRevocationList } from '../../evidence/x509/revocation-list.js';
import { Failure } from '../../reason.js';
import type { Fetched } from './intel.js';
import type { Publisher, Question } from './publisher.js';

export const AMD_KDS = 'https://kdsintf.amd.com';

const NAMES: Readonly<Record<SnpProduct, string>> = { milan: 'Milan', genoa: 'Genoa', turin: 'Turin' };
/** Octets of the chip's id that a certificate names. */
const ID_BYTES: Readonly<Record<SnpProduct, number>> = { milan: 64, genoa: 64, turin: 8 };
const MAX_CERTIFICATE = 16 * 1024;
const MAX_CHAIN = 64 * 1024;
const MAX_LIST = 256 * 1024;
const CERTIFICATE_TYPES = ['application/pkix-cert', 'application/x-x509-ca-cert', 'application/octet-stream'];
const CHAIN_TYPES = ['application/x-pem-file', 'application/octet-stream', 'text/plain'];
const LIST_TYPES = ['application/pkix-crl', 'application/x-pkcs7-crl', 'application/octet-stream'];

export interface SnpSigners {
  /** DER. */
  readonly authority: Uint8Array;
  readonly root: Uint8Array;
  readonly fetched: number;
}

export class AmdCollateral {
  readonly #publisher: Publisher;
  readonly #service: string;

  constructor(publisher: Publisher, service: string = AMD_KDS) {
    this.#publisher = publisher;
    this.#service = service;
  }

  /**
   * The certificate of the chip's key that has signed that report, in DER. `product` is needed for reports before version 3, which do not say it. Rejects with
   * what `parseSnpReport` and `Publisher.answer` do, with `snp/chip-masked` for a report that does not say which chip it is of, or `snp/product-mismatch`
   * where the product line is not known.
   */
  async vcek(report: Uint8Array, product?: SnpProduct): Promise<Fetched> {
    const { stated } = parseSnpReport(report);
    const line = product ?? (stated.cpu === null ? null : productOfCpu(stated.cpu));
    if (line === null) throw new Failure('snp/product-mismatch', { detail: 'a line that is not said' });
    const id = stated.chipId.subarray(0, ID_BYTES[line]);
    if (id.every(octet => octet === 0)) throw new Failure('snp/chip-masked');
    const { body, fetched } = await this.#publisher.answer(this.#vcek(line, id, stated.reportedTcb));
    return { bytes: body, fetched };
  }

  /** Who vouches for keys of chips (`vcek`), or for those that are lent to clouds (`vlek`). */
  async signers(product: SnpProduct, kind: 'vcek' | 'vlek' = 'vcek'): Promise<SnpSigners> {
    const { body, fetched } = await this.#publisher.answer(this.#chain(product, kind));
    const [authority, root] = chainIn(body);
    return { authority: authority.bytes, root: root.bytes, fetched };
  }

  /** The root's list of authorities that it has revoked, in DER. */
  async revocations(product: SnpProduct): Promise<Fetched> {
    const { body, fetched } = await this.#publisher.answer(this.#list(product));
    return { bytes: body, fetched };
  }

  /** Takes in a chip's certificate in DER that came another way. Rejects with `collateral/import-unknown` for one of another kind. */
  async takeInVcek(bytes: Uint8Array, tcb: (product: SnpProduct) => Uint8Array): Promise<void> {
    const { product, hardwareId } = endorsementOf(parseCertificate(bytes));
    if (product === null || hardwareId === null) throw new Failure('collateral/import-unknown');
    await this.#publisher.takeIn(this.#vcek(product, hardwareId, tcb(product)), bytes);
  }

  /** Takes in the root's list that came another way. */
  async takeInRevocations(product: SnpProduct, bytes: Uint8Array): Promise<void> {
    await this.#publisher.takeIn(this.#list(product), bytes);
  }

  #vcek(product: SnpProduct, id: Uint8Array, reportedTcb: Uint8Array): Question {
    const { fmc, bootLoader, tee, snp, microcode } = tcbOf(reportedTcb, product);
    const parts = [
      ...(fmc === null ? [] : [`fmcSPL=${twoDigits(fmc)}`]),
      `blSPL=${twoDigits(bootLoader)}`,
      `teeSPL=${twoDigits(tee)}`,
      `snpSPL=${twoDigits(snp)}`,
      `ucodeSPL=${twoDigits(microcode)}`,
    ];
    return {
      url: `${this.#service}/vcek/v1/${NAMES[product]}/${toHex(id)}?${parts.join('&')}`,
      types: CERTIFICATE_TYPES,
      limit: MAX_CERTIFICATE,
      expiry: ({ body }) => parseCertificate(body).notAfter,
    };
  }

  #chain(product: SnpProduct, kind: 'vcek' | 'vlek'): Question {
    return {
      url: `${this.#service}/${kind}/v1/${NAMES[product]}/cert_chain`,
      types: CHAIN_TYPES,
      limit: MAX_CHAIN,
      expiry: ({ body }) => Math.min(...chainIn(body).map(({ notAfter }) => notAfter)),
    };
  }

  #list(product: SnpProduct): Question {
    return {
      url: `${this.#service}/vcek/v1/${NAMES[product]}/crl`,
      types: LIST_TYPES,
      limit: MAX_LIST,
      expiry: ({ body }) => parseRevocationList(body).nextUpdate,
    };
  }
}

function chainIn(body: Uint8Array) {
  const [authority, root, ...more] = certificatesFromPem(fromUtf8(body) ?? '');
  if (authority === undefined || root === undefined || more.length > 0)
    throw new Failure('certificate/malformed', { detail: 'not an authority and a root' });
  return [authority, root] as const;
}

function twoDigits(version: number): string {
  return String(version).padStart(2, '0');
}
