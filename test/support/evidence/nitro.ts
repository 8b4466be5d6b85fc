/** Attestation documents of Nitro enclaves under a root of the tests', valid in all respects unless a test wants something else. */
import { type Cbor, encodeCbor } from '../../../src/bytes/cbor.js';
import { concatAll, utf8 } from '../../../src/bytes/octets.js';
import {
  DURING,
  keyUsage,
  makeAuthority,
  makeCertificate,
  pinned,
  signDocument,
  type TestIdentity,
} from './x509-maker.js';

/** When the documents of tests are made: half a second behind a whole one, because theirs are in milliseconds. */
export const MADE_AT = DURING * 1000 + 500;

export interface NitroChain {
  /** From the root down. */
  readonly bundle: readonly TestIdentity[];
  readonly signer: TestIdentity;
}

const root = makeAuthority({ subject: 'aws.nitro-enclaves' });
const region = makeAuthority({ subject: 'region', issuer: root, pathLength: 2 });
const instance = makeAuthority({ subject: 'instance', issuer: region, pathLength: 0 });

/** An enclave's certificate, which lives for three hours, in a chain of four. */
export const NITRO_CHAIN: NitroChain = {
  bundle: [root, region, instance],
  signer: makeCertificate({
    subject: 'enclave',
    issuer: instance,
    notBefore: DURING - 600,
    notAfter: DURING - 600 + 3 * 3600,
    extensions: [keyUsage('digitalSignature')],
  }),
};

export const NITRO_TEST_ROOTS = [pinned(root, 'the root of the tests')];

/** Measurements that no two registers share. */
export const measurement = (number: number): Uint8Array => new Uint8Array(48).fill(number + 1);

export interface NitroOptions {
  readonly chain?: NitroChain;
  /** Members of the payload that differ; undefined for one that is left out. */
  readonly members?: Readonly<Record<string, Cbor | undefined>>;
  /** The whole payload, instead of one made of members. */
  readonly payload?: Uint8Array;
  /** The protected header, by default one that names ES384. */
  readonly header?: Uint8Array;
  readonly unprotectedHeader?: Cbor;
  /** By default that of the signer over what is in the document. */
  readonly signature?: Uint8Array;
}

export function nitroPayload({ chain = NITRO_CHAIN, members = {} }: NitroOptions = {}): Map<string, Cbor> {
  const all: Record<string, Cbor | undefined> = {
    module_id: 'i-0123456789abcdef0-enc0123456789abcdef',
    digest: 'SHA384',
    timestamp: MADE_AT,
    pcrs: new Map([0, 1, 2, 3, 4, 8].map(number => [number, measurement(number)])),
    certificate: chain.signer.certificate,
    cabundle: chain.bundle.map(({ certificate }) => certificate),
    public_key: null,
    user_data: null,
    nonce: null,
    ...members,
  };
  return new Map(Object.entries(all).filter((entry): entry is [string, Cbor] => entry[1] !== undefined));
}

export function makeNitro(options: NitroOptions = {}): Uint8Array {
  const { chain = NITRO_CHAIN, unprotectedHeader = new Map() } = options;
  const header = options.header ?? encodeCbor(new Map([[1, -35]]));
  const payload = options.payload ?? encodeCbor(nitroPayload(options));
  const signed = encodeCbor(['Signature1', header, utf8(''), payload]);
  const signature = options.signature ?? signDocument(chain.signer.keys, signed, 'SHA-384');
  return concatAll([
    Uint8Array.of(0x84),
    ...[header, unprotectedHeader, payload, signature].map(part => encodeCbor(part)),
  ]);
}
