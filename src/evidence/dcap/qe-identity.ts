/**
 * The identity of a quoting enclave: which enclave of Intel's may sign quotes, and what Intel says of each of its versions. Source: Intel's
 * Provisioning Certification Service, API documentation version 4, "Get SGX QE identity" and "Get TDX QE identity", version 2 of the structure.
 */

import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { EnclaveReport } from './body.js';
import { readSignedJson } from './signed-json.js';
import { type PartLevel, readPartLevels } from './tcb-info.js';

export interface QeIdentity {
  readonly tee: 'sgx' | 'tdx';
  /** Unix seconds. */
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly evaluation: number;
  readonly miscSelect: Uint8Array;
  readonly miscSelectMask: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  /** From the best to the worst, as Intel sorts them. */
  readonly levels: readonly PartLevel[];
}

/** Throws `collateral/qe-identity-malformed` naming the member. The signature is whoever asks's to check, over the same text. */
export function readQeIdentity(text: string): QeIdentity {
  const identity = readSignedJson(text, 'collateral/qe-identity-malformed');
  identity.member('version').oneOfNumbers([2]);
  return {
    tee: identity.member('id').oneOf(['QE', 'TD_QE']) === 'QE' ? 'sgx' : 'tdx',
    issueDate: identity.member('issueDate').time(),
    nextUpdate: identity.member('nextUpdate').time(),
    evaluation: identity.member('tcbEvaluationDataNumber').number(0xffffffff),
    miscSelect: identity.member('miscselect').bytes(4),
    miscSelectMask: identity.member('miscselectMask').bytes(4),
    attributes: identity.member('attributes').bytes(16),
    attributesMask: identity.member('attributesMask').bytes(16),
    mrSigner: identity.member('mrsigner').bytes(32),
    isvProdId: identity.member('isvprodid').number(0xffff),
    levels: readPartLevels(identity),
  };
}

/**
 * Whether a report is of the enclave that an identity describes. Throws `collateral/qe-identity-mismatch` for an identity of the other kind of
 * quoting enclave, `quote/qe-signer-mismatch`, `quote/qe-product-mismatch`, `quote/qe-attributes-mismatch` or `quote/qe-miscselect-mismatch`.
 */
export function checkQuotingEnclave(
  report: EnclaveReport,
  identity: QeIdentity,
  tee: QeIdentity['tee'],
): void {
  if (identity.tee !== tee) throw new Failure('collateral/qe-identity-mismatch', { field: 'id' });
  if (!equal(report.mrSigner, identity.mrSigner))
    throw new Failure('quote/qe-signer-mismatch', { detail: toHex(report.mrSigner) });
  if (report.isvProdId !== identity.isvProdId)
    throw new Failure('quote/qe-product-mismatch', { detail: `${report.isvProdId}` });
  if (!equal(masked(report.attributes, identity.attributesMask), identity.attributes))
    throw new Failure('quote/qe-attributes-mismatch', { detail: toHex(report.attributes) });
  if (!equal(masked(report.miscSelect, identity.miscSelectMask), identity.miscSelect))
    throw new Failure('quote/qe-miscselect-mismatch', { detail: toHex(report.miscSelect) });
}

/** The bits that count. */
export function masked(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => byte & (mask[i] ?? 0));
}
