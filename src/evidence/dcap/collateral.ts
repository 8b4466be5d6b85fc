/**
 * Collateral: what Intel publishes about its platforms, as it is handed around, one JSON object whose members are texts. It comes from whoever
 * hands in the quote or from a cache, and nothing in it is believed before its signature was found good. It is never fetched here. Source of the
 * form: `sgx_ql_qve_collateral_t` of Intel's DCAP libraries, with the names that open verifiers write it with.
 */
import { fromHex } from '../../bytes/hex.js';
import { type Json, topLevelNames } from '../../bytes/json.js';
import { isWithinExtent, type JsonExtent } from '../../bytes/json-extent.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { MAX_LIST_BYTES } from '../x509/revocation-list.js';

export interface Collateral {
  /** PEM: who has signed {@link pckCrl}, up to the root. */
  readonly pckCrlIssuerChain: string;
  /** DER. */
  readonly rootCaCrl: Uint8Array;
  /** DER. */
  readonly pckCrl: Uint8Array;
  readonly tcbInfo: SignedText;
  readonly qeIdentity: SignedText;
}

/** JSON as the text that was signed. */
export interface SignedText {
  readonly text: string;
  /** `r ‖ s`. */
  readonly signature: Uint8Array;
  /** PEM: who has signed it, up to the root. */
  readonly issuerChain: string;
}

/** Intel's are of some 20 KiB; lists of revoked processors grow. */
export const MAX_COLLATERAL_BYTES = 1024 * 1024;

const EXTENT: JsonExtent = { containers: 1, members: 10, values: 11 };
const NAMES = [
  'pck_crl_issuer_chain',
  'root_ca_crl',
  'pck_crl',
  'tcb_info_issuer_chain',
  'tcb_info',
  'tcb_info_signature',
  'qe_identity_issuer_chain',
  'qe_identity',
  'qe_identity_signature',
] as const;
/** Some add the chain that is in the quote anyway. It is not looked at. */
const ALSO = 'pck_certificate_chain';

/** Throws `collateral/malformed` naming the member. */
export function parseCollateral(bytes: Uint8Array): Collateral {
  if (bytes.length > MAX_COLLATERAL_BYTES) throw malformed(null, `${bytes.length} bytes`);
  const members = membersOf(fromUtf8(bytes));
  const text = (name: (typeof NAMES)[number]): string => {
    const value = Object.hasOwn(members, name) ? members[name] : undefined;
    if (typeof value !== 'string') throw malformed(name, 'no text');
    return value;
  };
  const octets = (name: (typeof NAMES)[number], least: number, most: number): Uint8Array => {
    const digits = text(name);
    const value = digits.length > 2 * most ? null : fromHex(digits);
    if (value === null || value.length < least) throw malformed(name, 'no hexadecimal of that length');
    return value;
  };
  return {
    pckCrlIssuerChain: text('pck_crl_issuer_chain'),
    rootCaCrl: octets('root_ca_crl', 0, MAX_LIST_BYTES),
    pckCrl: octets('pck_crl', 0, MAX_LIST_BYTES),
    tcbInfo: {
      text: text('tcb_info'),
      signature: octets('tcb_info_signature', 64, 64),
      issuerChain: text('tcb_info_issuer_chain'),
    },
    qeIdentity: {
      text: text('qe_identity'),
      signature: octets('qe_identity_signature', 64, 64),
      issuerChain: text('qe_identity_issuer_chain'),
    },
  };
}

function membersOf(text: string | null): { readonly [name: string]: Json } {
  if (text === null || !isWithinExtent(text, EXTENT)) throw malformed(null, 'not one object of texts');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw malformed(null, 'no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(null, 'no object');
  const names = topLevelNames(text, EXTENT.members) ?? [];
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) !== i) throw malformed(name, 'a member twice');
    if (name !== ALSO && !(NAMES as readonly string[]).includes(name)) throw malformed(null, 'a member more');
  }
  return value as { readonly [name: string]: Json };
}

function malformed(field: string | null, detail: string): Failure {
  return new Failure('collateral/malformed', { ...(field === null ? {} : { field }), detail });
}
