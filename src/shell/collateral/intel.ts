/**
 * Collateral for quotes, from Intel's Provisioning Certification Service or a cache of it (PCCS). Source: Intel's API documentation of the service,
 * version 4: "Get TCB info", "Get QE identity", "Get revocation lists"; Intel's design guide of the PCCS for the list of the root.
 */

import { fromHex, toHex } from '../../bytes/hex.js';
import { topLevelValue } from '../../bytes/json.js';
import { isWithinExtent } from '../../bytes/json-extent.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { pckChainOf } from '../../evidence/dcap/chains.js';
import { parseCollateral } from '../../evidence/dcap/collateral.js';
import { platformOf } from '../../evidence/dcap/pck.js';
import { readQeIdentity } from '../../evidence/dcap/qe-identity.js';
import { parseQuote } from '../../evidence/dcap/quote.js';
import { readTcbInfo } from '../../evidence/dcap/tcb-info.js';
import { certificatesFromPem, pemBlocks } from '../../evidence/x509/pem.js';
import { parseRevocationList } from '../../evidence/x509/revocation-list.js';
import { Failure } from '../../reason.js';
import type { KeptAnswer } from './kept-answers.js';
import type { Publisher, Question } from './publisher.js';

export interface IntelAddresses {
  /** Before `/sgx/certification/v4`: Intel's service or a PCCS. */
  readonly service: string;
  /** Where the root's list is. A PCCS has it at `<service>/sgx/certification/v4/rootcacrl`. */
  readonly rootList: string;
}

export const INTEL: IntelAddresses = {
  service: 'https://api.trustedservices.intel.com',
  rootList: 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der',
};

/** The addresses of a PCCS, which has everything in one place. */
export function pccs(service: string): IntelAddresses {
  return { service, rootList: `${service}/sgx/certification/v4/rootcacrl` };
}

type Tee = 'sgx' | 'tdx';
type Authority = 'processor' | 'platform';

const MAX_JSON = 256 * 1024;
/** Twice, for those who send it in hexadecimal. */
const MAX_LIST = 2 * 128 * 1024;
const EXTENT = { containers: 2600, members: 21_000, values: 21_000 };
const JSON_TYPES = ['application/json'];
const LIST_TYPES = [
  'application/pkix-crl',
  'application/x-pkcs7-crl',
  'application/x-x509-ca-cert',
  'application/octet-stream',
  'application/x-pem-file',
  'text/plain',
  'text/html',
];
const PLATFORM_CA = 'Intel SGX PCK Platform CA';

export interface Fetched {
  readonly bytes: Uint8Array;
  /** Unix seconds: when the oldest part of it came. */
  readonly fetched: number;
}

export class IntelCollateral {
  readonly #publisher: Publisher;
  readonly #addresses: IntelAddresses;

  constructor(publisher: Publisher, addresses: IntelAddresses = INTEL) {
    this.#publisher = publisher;
    this.#addresses = addresses;
  }

  /** What is needed to judge that quote, as `parseCollateral` reads it. Rejects with what `parseQuote`, `pckChainOf` and `Publisher.answer` do. */
  async forQuote(quote: Uint8Array): Promise<Fetched> {
    const parsed = parseQuote(quote);
    const { leaf, authority } = pckChainOf(parsed);
    const fmspc = toHex(platformOf(leaf).fmspc);
    const ca = authority.commonName === PLATFORM_CA ? 'platform' : 'processor';
    const questions = [
      this.#tcbInfo(parsed.tee, fmspc),
      this.#qeIdentity(parsed.tee),
      this.#pckList(ca),
      this.#rootList(),
    ] as const;
    const [info, identity, pck, root] = (await Promise.all(
      questions.map(question => this.#publisher.answer(question)),
    )) as [KeptAnswer, KeptAnswer, KeptAnswer, KeptAnswer];
    const [infoText, identityText] = [
      signedPart(info.body, 'tcbInfo'),
      signedPart(identity.body, 'enclaveIdentity'),
    ];
    const collateral = {
      pck_crl_issuer_chain: chainIn(pck),
      root_ca_crl: toHex(listIn(root.body)),
      pck_crl: toHex(listIn(pck.body)),
      tcb_info_issuer_chain: chainIn(info),
      tcb_info: infoText.text,
      tcb_info_signature: infoText.signature,
      qe_identity_issuer_chain: chainIn(identity),
      qe_identity: identityText.text,
      qe_identity_signature: identityText.signature,
    };
    const fetched = Math.min(...[info, identity, pck, root].map(each => each.fetched));
    return { bytes: utf8(JSON.stringify(collateral)), fetched };
  }

  /** Takes in collateral that came another way, as one JSON. Rejects with `collateral/malformed` or `peer/answer-malformed`. */
  async takeIn(bytes: Uint8Array): Promise<void> {
    const collateral = parseCollateral(bytes);
    const { tcbInfo, qeIdentity, pckCrlIssuerChain } = collateral;
    const info = readTcbInfo(tcbInfo.text);
    const identity = readQeIdentity(qeIdentity.text);
    const [authority] = certificatesFromPem(pckCrlIssuerChain);
    const ca = authority?.commonName === PLATFORM_CA ? 'platform' : 'processor';
    const json = (name: string, { text, signature }: { text: string; signature: Uint8Array }) =>
      utf8(`{"${name}":${text},"signature":"${toHex(signature)}"}`);
    const all: readonly (readonly [Question, Uint8Array, string | null])[] = [
      [this.#tcbInfo(info.tee, toHex(info.fmspc)), json('tcbInfo', tcbInfo), tcbInfo.issuerChain],
      [this.#qeIdentity(identity.tee), json('enclaveIdentity', qeIdentity), qeIdentity.issuerChain],
      [this.#pckList(ca), collateral.pckCrl, pckCrlIssuerChain],
      [this.#rootList(), collateral.rootCaCrl, null],
    ];
    for (const [question, body, chain] of all) {
      const [name] = question.header ?? [];
      const headers = name === undefined || chain === null ? {} : { [name]: encodeURIComponent(chain) };
      await this.#publisher.takeIn(question, body, headers);
    }
  }

  #tcbInfo(tee: Tee, fmspc: string): Question {
    return {
      url: this.#url(tee, `tcb?fmspc=${fmspc}`),
      types: JSON_TYPES,
      header: ['tcb-info-issuer-chain', 'sgx-tcb-info-issuer-chain'],
      limit: MAX_JSON,
      expiry: answer => {
        chainIn(answer);
        const info = readTcbInfo(signedPart(answer.body, 'tcbInfo').text);
        if (info.tee !== tee || toHex(info.fmspc) !== fmspc)
          throw new Failure('collateral/tcb-info-mismatch');
        return info.nextUpdate;
      },
    };
  }

  #qeIdentity(tee: Tee): Question {
    return {
      url: this.#url(tee, 'qe/identity'),
      types: JSON_TYPES,
      header: ['sgx-enclave-identity-issuer-chain', 'enclave-identity-issuer-chain'],
      limit: MAX_JSON,
      expiry: answer => {
        chainIn(answer);
        const identity = readQeIdentity(signedPart(answer.body, 'enclaveIdentity').text);
        if (identity.tee !== tee) throw new Failure('collateral/qe-identity-mismatch');
        return identity.nextUpdate;
      },
    };
  }

  #pckList(ca: Authority): Question {
    return {
      url: this.#url('sgx', `pckcrl?ca=${ca}&encoding=der`),
      types: LIST_TYPES,
      header: ['sgx-pck-crl-issuer-chain'],
      limit: MAX_LIST,
      expiry: answer => {
        chainIn(answer);
        return parseRevocationList(listIn(answer.body)).nextUpdate;
      },
    };
  }

  #rootList(): Question {
    return {
      url: this.#addresses.rootList,
      types: LIST_TYPES,
      limit: MAX_LIST,
      expiry: ({ body }) => parseRevocationList(listIn(body)).nextUpdate,
    };
  }

  #url(tee: Tee, rest: string): string {
    return `${this.#addresses.service}/${tee}/certification/v4/${rest}`;
  }
}

/** The chain that came in a header, where it is written as in a URL. */
function chainIn({ headers }: Pick<KeptAnswer, 'headers'>): string {
  const [encoded = ''] = Object.values(headers);
  let text: string;
  try {
    text = decodeURIComponent(encoded);
  } catch {
    throw new Failure('certificate/malformed', { detail: 'a chain that is not written as in a URL' });
  }
  certificatesFromPem(text);
  return text;
}

/** What Intel has signed of an answer, to the letter. */
function signedPart(body: Uint8Array, name: string): { readonly text: string; readonly signature: string } {
  const malformed = () => new Failure('collateral/malformed', { field: name });
  const text = fromUtf8(body);
  if (text === null || !isWithinExtent(text, EXTENT)) throw malformed();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  } catch {
    throw malformed();
  }
  const signed = topLevelValue(text, name);
  const signature = /^"([0-9A-Fa-f]{128})"$/.exec(topLevelValue(text, 'signature') ?? '')?.[1];
  if (signed === null || signature === undefined) throw malformed();
  return { text: signed, signature: signature.toLowerCase() };
}

/** A list in DER, whether it came so, in hexadecimal, as a PCCS sends it, or in PEM. */
function listIn(body: Uint8Array): Uint8Array {
  if (body[0] === 0x30 && !isHexadecimal(body)) return body;
  const text = fromUtf8(body)?.trim() ?? '';
  const bytes = text.startsWith('-----BEGIN') ? pemBlocks(`${text}\n`, 'X509 CRL')[0] : fromHex(text);
  if (bytes === undefined || bytes === null)
    throw new Failure('revocation/malformed', { detail: 'neither DER nor a text of it' });
  return bytes;
}

/** `0` in ASCII is the octet that a sequence in DER begins with. */
function isHexadecimal(body: Uint8Array): boolean {
  return body.every(
    octet =>
      (octet >= 0x30 && octet <= 0x39) ||
      (octet >= 0x61 && octet <= 0x66) ||
      (octet >= 0x41 && octet <= 0x46) ||
      octet === 0x0a ||
      octet === 0x0d,
  );
}
