/**
 * An instance of Sigstore of the tests' own: an authority that issues short-lived certificates, a log of certificates, and a log of signatures, each with its key. Bundles
 * that it makes are right, or wrong in the way that a test names.
 */
import { createHash, sign } from 'node:crypto';
import { toBase64 } from '../../../src/bytes/base64.js';
import { contextTag } from '../../../src/bytes/der.js';
import { element, objectIdentifier, octetString, sequence, text } from '../../../src/bytes/der-writer.js';
import { canonicalize, type Json } from '../../../src/bytes/json.js';
import { concat, concatAll, utf8 } from '../../../src/bytes/octets.js';
import { EXTENSION } from '../../../src/evidence/x509/certificate.js';
import {
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  type TestIdentity,
  type TestKeys,
  testKeys,
} from '../evidence/x509-maker.js';

/** When the tests' signatures are made, in Unix seconds. */
export const SIGNED_AT = Date.UTC(2026, 5, 15, 12) / 1000;

export const ISSUER_NAME = 'https://issuer.example';
export const WORKFLOW = 'https://forge.example/house/gateway/.github/workflows/release.yml@refs/tags/v1.0.0';
const LOG_NAME = 'rekor.example';
const ORIGIN = `${LOG_NAME} - 42`;

const hashOf = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
/** As certificates and logs of Sigstore's have them: in DER. */
const signDer = (keys: TestKeys, bytes: Uint8Array) => new Uint8Array(sign('sha256', bytes, keys.privateKey));

export interface TestSigstore {
  readonly authority: TestIdentity;
  readonly certificateLog: TestKeys;
  readonly log: TestKeys;
  /** As its trusted root has it. */
  readonly root: Json;
}

export function makeSigstore(): TestSigstore {
  const authority = makeAuthority({ subject: 'authority of the tests', type: 'P-384' });
  const [certificateLog, log] = [testKeys('P-256'), testKeys('P-256')];
  const validFor = { start: '2021-01-01T00:00:00Z' };
  const logOf = (baseUrl: string, { spki }: TestKeys) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: toBase64(spki), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: toBase64(hashOf(spki)) },
  });
  return {
    authority,
    certificateLog,
    log,
    root: {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logOf(`https://${LOG_NAME}`, log)],
      certificateAuthorities: [
        {
          subject: { organization: 'tests', commonName: 'authority of the tests' },
          uri: 'https://authority.example',
          certChain: { certificates: [{ rawBytes: toBase64(authority.certificate) }] },
          validFor,
        },
      ],
      ctlogs: [logOf('https://certificates.example', certificateLog)],
      timestampAuthorities: [],
    },
  };
}

export interface SigningOptions {
  readonly issuer?: string;
  readonly identity?: string;
  readonly payloadType?: string;
  /** Unix seconds: when the certificate begins, and when the log has seen the signature. */
  readonly notBefore?: number;
  readonly loggedAt?: number;
  /** What certificates are for, by object identifier. */
  readonly purpose?: string;
  /** Whether the log of certificates has seen it. */
  readonly isCertificateLogged?: boolean;
  /** Whose certificate, and whose logs: of another instance. */
  readonly authority?: TestIdentity;
  readonly certificateLog?: TestKeys;
  readonly log?: TestKeys;
  /** With which other key the statement is signed. */
  readonly signer?: TestKeys;
  /** Changes what is logged and what stands in the bundle, before and after the log has signed it. */
  readonly logged?: (body: Record<string, Json>) => Record<string, Json>;
  readonly changed?: (bundle: MutableBundle) => void;
}

/** A bundle, to be changed in any way. */
// biome-ignore lint/suspicious/noExplicitAny: tests change any member of it.
export type MutableBundle = any;

/** A bundle of version 0.3 around a statement, in JSON. */
export function signBundle(
  sigstore: TestSigstore,
  statement: Json | Uint8Array,
  options: SigningOptions = {},
): Uint8Array {
  const { payloadType = 'application/vnd.in-toto+json', loggedAt = SIGNED_AT } = options;
  const payload = statement instanceof Uint8Array ? statement : canonicalize(statement);
  const keys = testKeys('P-256');
  const certificate = certificateFor(sigstore, keys, options);
  const signature = signDer(
    options.signer ?? keys,
    concat(utf8(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload),
  );
  const body = {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      payloadHash: { algorithm: 'sha256', value: Buffer.from(hashOf(payload)).toString('hex') },
      signatures: [{ signature: toBase64(signature), verifier: toBase64(certificate) }],
    },
  };
  const entry = logEntry(options.log ?? sigstore.log, canonicalize(options.logged?.(body) ?? body), loggedAt);
  const bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { certificate: { rawBytes: toBase64(certificate) }, tlogEntries: [entry] },
    dsseEnvelope: {
      payload: toBase64(payload),
      payloadType,
      signatures: [{ sig: toBase64(signature) }],
    },
  };
  options.changed?.(bundle);
  return utf8(JSON.stringify(bundle));
}

/** Four entries in a log, of which ours is the third. */
function logEntry(log: TestKeys, body: Uint8Array, integratedTime: number) {
  const leaf = (bytes: Uint8Array) => hashOf(Uint8Array.of(0), bytes);
  const node = (left: Uint8Array, right: Uint8Array) => hashOf(Uint8Array.of(1), left, right);
  const [first, second, fourth] = [utf8('first'), utf8('second'), utf8('fourth')].map(leaf) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const before = node(first, second);
  const root = node(before, node(leaf(body), fourth));
  const keyId = hashOf(log.spki);
  const text = `${ORIGIN}\n4\n${toBase64(root)}\n`;
  const noted = toBase64(concat(keyId.subarray(0, 4), signDer(log, utf8(text))));
  const promised = canonicalize({
    body: toBase64(body),
    integratedTime,
    logID: Buffer.from(keyId).toString('hex'),
    logIndex: 1002,
  });
  return {
    logIndex: '1002',
    logId: { keyId: toBase64(keyId) },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: `${integratedTime}`,
    inclusionPromise: { signedEntryTimestamp: toBase64(signDer(log, promised)) },
    inclusionProof: {
      logIndex: '2',
      rootHash: toBase64(root),
      treeSize: '4',
      hashes: [fourth, before].map(toBase64),
      checkpoint: { envelope: `${text}\n\u2014 ${LOG_NAME} ${noted}\n` },
    },
    canonicalizedBody: toBase64(body),
  };
}

const ISSUER_EXTENSION = '1.3.6.1.4.1.57264.1.8';
const TIMESTAMPS_EXTENSION = '1.3.6.1.4.1.11129.2.4.2';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

function certificateFor(
  sigstore: TestSigstore,
  keys: TestKeys,
  {
    issuer = ISSUER_NAME,
    identity = WORKFLOW,
    notBefore = SIGNED_AT - 60,
    purpose = CODE_SIGNING,
    isCertificateLogged = true,
    authority = sigstore.authority,
    certificateLog = sigstore.certificateLog,
  }: SigningOptions,
): Uint8Array {
  const uri = element(contextTag(6, 'primitive'), utf8(identity));
  const extensions = [
    keyUsage('digitalSignature'),
    extension(EXTENSION.extendedKeyUsage, sequence(objectIdentifier(purpose))),
    extension(SUBJECT_ALTERNATIVE_NAME, sequence(uri), true),
    extension(ISSUER_EXTENSION, text(issuer)),
  ];
  const make = (all: readonly Uint8Array[]) =>
    makeCertificate({
      subject: sequence(),
      keys,
      issuer: authority,
      serial: 7,
      notBefore,
      notAfter: notBefore + 600,
      extensions: all,
    });
  if (!isCertificateLogged) return make(extensions).certificate;
  const list = timestampList(certificateLog, authority, preCertificate(make(extensions)), notBefore);
  return make([...extensions, extension(TIMESTAMPS_EXTENSION, octetString(list))]).certificate;
}

/** What is to be signed of a certificate: its first member. */
function preCertificate({ certificate }: TestIdentity): Uint8Array {
  // An outer sequence, with a length of two octets; then the first member, likewise.
  const start = 4;
  const length = ((certificate[start + 2] ?? 0) << 8) | (certificate[start + 3] ?? 0);
  return certificate.subarray(start, start + 4 + length);
}

/** Source: RFC 6962 §3.2, §3.3. */
function timestampList(
  log: TestKeys,
  authority: TestIdentity,
  toBeSigned: Uint8Array,
  seconds: number,
): Uint8Array {
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(seconds) * 1000n);
  const number = (value: number, octets: number) =>
    Uint8Array.from({ length: octets }, (_, at) => (value >> (8 * (octets - 1 - at))) & 0xff);
  const signed = concatAll([
    Uint8Array.of(0, 0),
    time,
    number(1, 2),
    hashOf(authority.keys.spki),
    number(toBeSigned.length, 3),
    toBeSigned,
    number(0, 2),
  ]);
  const signature = signDer(log, signed);
  const one = concatAll([
    Uint8Array.of(0),
    hashOf(log.spki),
    time,
    number(0, 2),
    Uint8Array.of(4, 3),
    number(signature.length, 2),
    signature,
  ]);
  return concatAll([number(one.length + 2, 2), number(one.length, 2), one]);
}

/** A bundle that is signed by a key or by a certificate of an authority, without any service. */
export function signPlainly(
  keys: TestKeys,
  statement: Json,
  certificates: readonly Uint8Array[] | null = null,
): Uint8Array {
  const payload = canonicalize(statement);
  const type = 'application/vnd.in-toto+json';
  const hash = keys.type === 'P-256' ? 'sha256' : keys.type === 'P-384' ? 'sha384' : 'sha512';
  const encoded = concat(utf8(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload);
  const sig = toBase64(new Uint8Array(sign(hash, encoded, keys.privateKey)));
  const material =
    certificates === null
      ? { publicKey: { hint: Buffer.from(hashOf(keys.spki)).toString('hex') } }
      : {
          x509CertificateChain: { certificates: certificates.map(each => ({ rawBytes: toBase64(each) })) },
        };
  return utf8(
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { ...material, tlogEntries: [] },
      dsseEnvelope: { payload: toBase64(payload), payloadType: type, signatures: [{ sig, keyid: '' }] },
    }),
  );
}
