/** Makes answers of an attestation service of the tests' own, in the form of NVIDIA's, with its key set. */
import { createHash } from 'node:crypto';
import { toBase64, toBase64Url } from '../../../src/bytes/base64.js';
import { toHex } from '../../../src/bytes/hex.js';
import { utf8 } from '../../../src/bytes/octets.js';
import { NRAS_ISSUER, type NrasInput } from '../../../src/evidence/nvidia/nras/verify.js';
import { NONCE } from './nvidia.js';
import {
  DURING,
  keyUsage,
  makeAuthority,
  makeCertificate,
  pinned,
  signDocument,
  type TestIdentity,
  type TestKeys,
} from './x509-maker.js';

export interface NrasHouse {
  readonly root: TestIdentity;
  readonly intermediate: TestIdentity;
  readonly signer: TestIdentity;
}

export const KEY_NAME = 'nv-eat-kid-test-1';
const LIFE = 3600;

export function makeNrasHouse(): NrasHouse {
  const root = makeAuthority({
    subject: 'Test Attestation Service CA',
    type: 'RSA-2048',
    algorithm: 'RSASSA-PKCS1-v1_5',
  });
  const intermediate = makeAuthority({
    subject: 'Test Attestation Service Intermediate',
    issuer: root,
    type: 'RSA-2048',
    algorithm: 'RSASSA-PKCS1-v1_5',
  });
  const signer = makeCertificate({
    subject: 'Test Attestation Service GPU',
    issuer: intermediate,
    algorithm: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    extensions: [keyUsage('digitalSignature')],
  });
  return { root, intermediate, signer };
}

type Claims = Readonly<Record<string, unknown>>;

/** What the service says of a GPU that passed, in version 3 of the claims. */
export const GPU_CLAIMS: Claims = {
  measres: 'success',
  secboot: true,
  dbgstat: 'disabled',
  hwmodel: 'GH100 A01 GSP BROM',
  ueid: '478176379286082186618948445787393647364802107249',
  oemid: '5703',
  'x-nvidia-gpu-driver-version': '550.90.07',
  'x-nvidia-gpu-vbios-version': '96.00.9F.00.01',
  'x-nvidia-gpu-attestation-report-parsed': true,
  'x-nvidia-gpu-attestation-report-signature-verified': true,
  'x-nvidia-gpu-attestation-report-nonce-match': true,
  'x-nvidia-gpu-attestation-report-cert-chain-fwid-match': true,
  'x-nvidia-gpu-attestation-report-cert-chain': {
    'x-nvidia-cert-status': 'valid',
    'x-nvidia-cert-ocsp-status': 'good',
    'x-nvidia-cert-expiration-date': '9999-12-31T23:59:59Z',
    'x-nvidia-cert-revocation-reason': null,
  },
  'x-nvidia-attestation-warning': null,
};

export const SWITCH_CLAIMS: Claims = {
  measres: 'success',
  secboot: true,
  dbgstat: 'disabled',
  hwmodel: 'LS_10 A01 FSP BROM',
  'x-nvidia-switch-bios-version': '96.10.55.00.01',
  'x-nvidia-switch-attestation-report-parsed': true,
  'x-nvidia-switch-attestation-report-signature-verified': true,
  'x-nvidia-switch-attestation-report-nonce-match': true,
};

export interface NrasOptions {
  /** Claims of devices, by name, beyond those that all tokens have. */
  readonly devices?: Readonly<Record<string, Claims>>;
  /** Claims of the overall token beside its own. */
  readonly overall?: Claims;
  /** Claims of every token. */
  readonly all?: Claims;
  readonly header?: Claims;
  /** Only of the tokens of devices. */
  readonly deviceHeader?: Claims;
  readonly keys?: TestKeys;
  /** Changes the list that is sent: the overall token, and the devices'. */
  readonly sent?: (answer: [['JWT', string], Record<string, string>]) => unknown;
  readonly indent?: number;
}

/** The service's answer. */
export function makeAnswer({ signer }: NrasHouse, options: NrasOptions = {}): Uint8Array {
  const { keys = signer.keys, devices = { 'GPU-0': GPU_CLAIMS }, sent = answer => answer } = options;
  const common = {
    iss: NRAS_ISSUER,
    eat_nonce: toHex(NONCE),
    iat: DURING,
    nbf: DURING,
    exp: DURING + LIFE,
    ...options.all,
  };
  const header = { kid: KEY_NAME, alg: 'ES384', ...options.header };
  const tokens = Object.entries(devices).map(([name, claims]) => {
    const own = { ...header, ...options.deviceHeader };
    return [name, makeToken(own, { ...common, ...claims }, keys)] as const;
  });
  const submods = Object.fromEntries(
    tokens.map(([name, token]) => {
      const digest = createHash('sha256').update(token).digest('hex');
      return [name, ['DIGEST', ['SHA-256', digest]]];
    }),
  );
  const result = { 'x-nvidia-overall-att-result': true, 'x-nvidia-ver': '3.0', submods, ...options.overall };
  const overall = makeToken(header, { ...common, ...result }, keys);
  return utf8(JSON.stringify(sent([['JWT', overall], Object.fromEntries(tokens)]), null, options.indent));
}

export function makeToken(header: Claims, claims: Claims, keys: TestKeys): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${toBase64Url(signDocument(keys, utf8(signed)))}`;
}

function part(value: unknown): string {
  return toBase64Url(utf8(JSON.stringify(value)));
}

/** The member of a key set that is of that key. */
export function keyOf(
  { signer, intermediate }: NrasHouse,
  spki: Uint8Array = signer.keys.spki,
): Record<string, unknown> {
  return {
    kty: 'EC',
    crv: 'P-384',
    kid: KEY_NAME,
    x: toBase64Url(spki.slice(-96, -48)),
    y: toBase64Url(spki.slice(-48)),
    x5c: [toBase64(signer.certificate), toBase64(intermediate.certificate)],
  };
}

export function keySetOf(...keys: readonly unknown[]): Uint8Array {
  return utf8(JSON.stringify({ keys }));
}

/** An answer with which nothing is wrong, and everything that it is judged by. */
export function makeNrasInput(house: NrasHouse, options: NrasOptions = {}): NrasInput {
  return {
    answer: makeAnswer(house, options),
    keys: keySetOf(keyOf(house)),
    trust: { roots: [pinned(house.root)], authorities: [house.root.certificate] },
    asOf: DURING + 60,
    nonce: NONCE,
  };
}
