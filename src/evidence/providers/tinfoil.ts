/**
 * Tinfoil: a document of version 3, whose quote carries the digest of a nonce, of the keys that the enclave has made, and of its GPUs' evidence. Documents of version 2 carry
 * no nonce, and are not read: they could be of any time. Source: `tinfoilsh/tinfoil-go`, `verify/document`; `tinfoilsh/tinfoil-js`, `packages/verifier/src/v3`.
 */
import * as v from 'valibot';
import { fromBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { concatAll, equal, utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { hexBytes, parseForeign, readForeign, readMember, textOf } from '../foreign-json.js';
import { pemBlocks } from '../x509/pem.js';
import type { AttestedProvider, BoundKey, ProviderEvidence } from './provider.js';

const URI = 'https://tinfoil.sh';
const REPORT_DATA = `${URI}/report-data/v1`;
const CODE = 'provider/answer-malformed';
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

const Octets = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.maxLength(2 * most),
    v.transform(text => fromBase64(text) ?? new Uint8Array()),
    v.check(bytes => bytes.length >= least && bytes.length <= most, 'not base64 of such a length'),
  );

const Document = {
  code: CODE,
  maxBytes: MAX_DOCUMENT_BYTES,
  schema: v.object({
    format: v.literal(`${URI}/predicate/attestation/v3`),
    challenge: v.object({
      nonce: hexBytes(32),
      report_data: hexBytes(64),
      report_data_algorithm: v.literal(REPORT_DATA),
    }),
    cpu_evidence: v.object({
      format: v.picklist([`${URI}/format/sev-snp-report/v1`, `${URI}/format/tdx-quote/v1`]),
      report_base64: Octets(1, 64 * 1024),
      endorsed: v.object({ crypto_material_hash: hexBytes(32), device_evidence_hash: hexBytes(32) }),
    }),
    crypto_material: Octets(2, 256 * 1024),
    device_evidence: Octets(2, 4 * 1024 * 1024),
    collateral: v.optional(
      v.pipe(
        v.array(
          v.object({
            role: textOf(64),
            format: textOf(256),
            subjects: v.optional(v.array(v.string()), []),
            data: v.unknown(),
          }),
        ),
        v.maxLength(64),
      ),
      [],
    ),
  }),
} as const;

type Read = v.InferOutput<typeof Document.schema>;

const Keys = {
  code: CODE,
  maxBytes: 256 * 1024,
  schema: v.object({
    format: v.literal(`${URI}/crypto-material/v1`),
    items: v.pipe(
      v.array(v.object({ id: textOf(128), format: textOf(256), data: textOf(8192) })),
      v.maxLength(64),
    ),
  }),
} as const;

const AmdCertificates = v.object({ vcek_der_base64: Octets(1, 8192), cert_chain_pem: textOf(32 * 1024) });
const AmdRevocations = v.object({ crl_der_base64: Octets(1, 1024 * 1024) });

export const TINFOIL: AttestedProvider = {
  name: 'tinfoil',
  serves: 'attestation',
  attests:
    'a confidential virtual machine (SEV-SNP or TDX): the router, or the machine that serves one model',
  known: 'by its maker',
  nonceBytes: 32,
  attestationRequests: nonce => [
    { method: 'GET', path: `/.well-known/tinfoil-attestation?nonce=${toHex(nonce)}`, body: null },
  ],
  read: ([answer = new Uint8Array()], nonce) => {
    const { read } = readForeign(answer, Document);
    const { challenge, cpu_evidence, crypto_material, device_evidence } = read;
    if (!equal(challenge.nonce, nonce))
      throw new Failure('provider/nonce-mismatch', { field: 'challenge.nonce' });
    const [materialHash, deviceHash] = [sha256(crypto_material), sha256(device_evidence)];
    const { endorsed } = cpu_evidence;
    if (
      !equal(endorsed.crypto_material_hash, materialHash) ||
      !equal(endorsed.device_evidence_hash, deviceHash)
    )
      throw new Failure('provider/binding-mismatch', { field: 'cpu_evidence.endorsed' });
    // That it is JSON at all; what devices say is looked at by whoever has their roots.
    parseForeign(device_evidence, { code: CODE, maxBytes: MAX_DOCUMENT_BYTES });
    return [
      {
        name: null,
        evidence: evidenceOf(read),
        carried: [
          {
            field: 'reportData',
            extent: 'whole',
            octets: sha256(concatAll([utf8(REPORT_DATA), nonce, materialHash, deviceHash])),
            binds: ['nonce', 'tls', 'encryption'],
          },
        ],
        boundKeys: keysOf(crypto_material),
        deployment: null,
      },
    ];
  },
};

function keysOf(material: Uint8Array): readonly BoundKey[] {
  const { items } = readForeign(material, Keys).read;
  if (new Set(items.map(({ id }) => id)).size < items.length)
    throw malformed('crypto_material', 'an id twice');
  return items.flatMap(({ id, format, data }): readonly BoundKey[] => {
    const octets = () => readMember(data, { code: CODE, schema: hexBytes(32) });
    if (id === 'tls' && format === `${URI}/key/spki-fp-sha256/v1`)
      return [{ use: 'tls', of: 'key', sha256: octets(), host: null }];
    if (id === 'hpke' && format === `${URI}/key/x25519-hpke/v1`)
      return [{ use: 'encryption', algorithm: 'x25519-hpke', key: octets() }];
    return [];
  });
}

function evidenceOf({ cpu_evidence: { format, report_base64: bytes }, collateral }: Read): ProviderEvidence {
  if (format.endsWith('/tdx-quote/v1')) return { kind: 'tdx', quote: bytes };
  const entry = (name: string) =>
    collateral.find(
      each =>
        each.role === 'endorsement' &&
        each.format === `${URI}/collateral/${name}/v1` &&
        each.subjects.includes('cpu'),
    );
  const certificates = v.safeParse(AmdCertificates, entry('amd-vcek')?.data);
  if (!certificates.success) throw malformed('collateral', 'no certificate of the chip');
  const revocations = v.safeParse(AmdRevocations, entry('amd-crl')?.data);
  const [authority = null, root = null] = chainIn(certificates.output.cert_chain_pem);
  return {
    kind: 'sev-snp',
    report: bytes,
    signer: { kind: 'vcek', certificate: certificates.output.vcek_der_base64 },
    authority,
    root,
    revocations: revocations.success ? revocations.output.crl_der_base64 : null,
  };
}

function chainIn(pem: string): readonly Uint8Array[] {
  try {
    return pemBlocks(pem, 'CERTIFICATE');
  } catch (error) {
    if (error instanceof Failure) throw malformed('collateral', error.code);
    throw error;
  }
}

function malformed(field: string, detail: string): Failure {
  return new Failure(CODE, { field, detail });
}
