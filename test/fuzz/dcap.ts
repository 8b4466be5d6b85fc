/** The readers of quotes of Intel SGX and TDX, and of what Intel publishes about its platforms. */
import { toHex } from '../../src/bytes/hex.js';
import type { Json } from '../../src/bytes/json.js';
import { concatAll, fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { parseCollateral } from '../../src/evidence/dcap/collateral.js';
import { readQeIdentity } from '../../src/evidence/dcap/qe-identity.js';
import { parseQuote } from '../../src/evidence/dcap/quote.js';
import { readTcbInfo } from '../../src/evidence/dcap/tcb-info.js';
import { verifyDcap } from '../../src/evidence/dcap/verify.js';
import {
  FORMS,
  makeCollateral,
  makeQuote,
  qeIdentityOf,
  ROOT,
  tcbInfoOf,
  u16,
  u32,
} from '../support/evidence/dcap.js';
import { DURING } from '../support/evidence/x509-maker.js';
import { jsonMutants } from '../support/mutation.js';
import type { Reader } from './reader.js';

const QUOTES = FORMS.map(form => makeQuote({ form, trailing: new Uint8Array(3) }));
const COLLATERAL = (['sgx', 'tdx'] as const).map(tee => makeCollateral({ tee }));

/** The bytes of a quote from its parts: that none is left over, and every length is what it must be. */
function rebuilt(bytes: Uint8Array): Uint8Array {
  const quote = parseQuote(bytes);
  const certified = concatAll([
    quote.qeReportBytes,
    quote.qeReportSignature,
    u16(quote.authData.length),
    quote.authData,
    u16(quote.certification.type),
    u32(quote.certification.data.length),
    quote.certification.data,
  ]);
  const outer = quote.version === 3 ? [] : [u16(6), u32(certified.length)];
  const data = concatAll([quote.signature, quote.attestationKey, ...outer, certified]);
  const after = quote.uncovered.find(({ what }) => what === 'what follows the quote');
  return concatAll([
    quote.signedBytes,
    u32(data.length),
    data,
    after === undefined ? new Uint8Array() : bytes.subarray(after.from),
  ]);
}

/** Signed JSON is kept as the text that it is, so that what is read is what was there. */
const asItIs = (read: (text: string) => unknown) => (bytes: Uint8Array) => {
  const text = fromUtf8(bytes);
  if (text === null) return null;
  read(text);
  return bytes;
};
const signedJson = (json: object) => utf8(JSON.stringify(json));

export const DCAP_READERS: readonly Reader[] = [
  {
    name: 'quote',
    genuine: QUOTES,
    codes: [
      'quote/malformed',
      'quote/version-unsupported',
      'quote/tee-unknown',
      'quote/key-type-unsupported',
    ],
    writeBack: rebuilt,
    cost: 4,
  },
  {
    name: 'quote, verified',
    genuine: QUOTES,
    codes: [
      'quote/malformed',
      'quote/version-unsupported',
      'quote/tee-unknown',
      'quote/key-type-unsupported',
    ],
    writeBack: async quote => {
      await verifyDcap({ quote, collateral: COLLATERAL[1] ?? null, asOf: DURING, roots: [ROOT] });
      return quote;
    },
    cost: 12,
  },
  {
    name: 'collateral',
    genuine: COLLATERAL,
    others: QUOTES,
    codes: ['collateral/malformed'],
    form: 'normal',
    damage: jsonMutants(COLLATERAL.map(bytes => JSON.parse(fromUtf8(bytes) ?? '') as Json)),
    writeBack: bytes => {
      const { pckCrlIssuerChain, rootCaCrl, pckCrl, tcbInfo, qeIdentity } = parseCollateral(bytes);
      return signedJson({
        pck_crl_issuer_chain: pckCrlIssuerChain,
        root_ca_crl: toHex(rootCaCrl),
        pck_crl: toHex(pckCrl),
        tcb_info_issuer_chain: tcbInfo.issuerChain,
        tcb_info: tcbInfo.text,
        tcb_info_signature: toHex(tcbInfo.signature),
        qe_identity_issuer_chain: qeIdentity.issuerChain,
        qe_identity: qeIdentity.text,
        qe_identity_signature: toHex(qeIdentity.signature),
      });
    },
    cost: 6,
  },
  {
    name: 'collateral, verified',
    genuine: COLLATERAL,
    codes: ['collateral/malformed'],
    damage: jsonMutants(COLLATERAL.map(bytes => JSON.parse(fromUtf8(bytes) ?? '') as Json)),
    writeBack: async collateral => {
      await verifyDcap({ quote: QUOTES[3] ?? new Uint8Array(), collateral, asOf: DURING, roots: [ROOT] });
      return collateral;
    },
    cost: 12,
  },
  {
    name: 'TCB info',
    genuine: (['sgx', 'tdx'] as const).map(tee => signedJson(tcbInfoOf(tee))),
    codes: ['collateral/tcb-info-malformed'],
    damage: jsonMutants((['sgx', 'tdx'] as const).map(tee => tcbInfoOf(tee))),
    writeBack: asItIs(readTcbInfo),
    cost: 4,
  },
  {
    name: 'identity of a quoting enclave',
    genuine: (['sgx', 'tdx'] as const).map(tee => signedJson(qeIdentityOf(tee))),
    codes: ['collateral/qe-identity-malformed'],
    damage: jsonMutants((['sgx', 'tdx'] as const).map(tee => qeIdentityOf(tee))),
    writeBack: asItIs(readQeIdentity),
    cost: 2,
  },
];
