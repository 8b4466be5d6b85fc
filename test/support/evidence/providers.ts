/** What providers answer about their attestation, under roots and keys of the tests: right in every way unless a test says otherwise. */
import { toBase64 } from '../../../src/bytes/base64.js';
import { sha256 } from '../../../src/bytes/cryptography.js';
import { toHex } from '../../../src/bytes/hex.js';
import { concatAll, utf8 } from '../../../src/bytes/octets.js';
import { formatAttestationAnswer } from '../../../src/evidence/countersign/answer.js';
import { type AttestedStatement, formatAttested } from '../../../src/evidence/countersign/statement.js';
import type { ProviderEvidence, ProviderName } from '../../../src/evidence/providers/provider.js';
import { testKey } from '../keys.js';
import { makeReport } from './aci.js';
import { dstackReport, NONCE, type ReportOptions, TLS_KEY, trustDomainQuote } from './dstack.js';
import { makeNitro } from './nitro.js';
import { makeAttestation, TLS_CERTIFICATE, userData } from './opengradient.js';
import { makeSnp, type SnpOptions } from './snp.js';
import { pem } from './x509-maker.js';

export { NONCE, TLS_KEY };
export const CERTIFICATE = sha256(TLS_CERTIFICATE);
export const DEPLOYMENT = '6f1b7a2e-0000-4000-8000-000000000000';
const URI = 'https://tinfoil.sh';

// biome-ignore lint/suspicious/noExplicitAny: tests break it in ways that no type has.
type Change = (document: any) => void;
const written = (value: unknown) => utf8(JSON.stringify(value));

export interface TinfoilOptions {
  readonly tee?: 'sev-snp' | 'tdx';
  readonly nonce?: Uint8Array;
  readonly items?: readonly Readonly<Record<string, string>>[];
  /** What the hardware carries, in place of what follows from the rest. */
  readonly carried?: Uint8Array;
  readonly change?: Change;
}

export const TINFOIL_ITEMS = [
  { id: 'tls', format: `${URI}/key/spki-fp-sha256/v1`, data: toHex(TLS_KEY) },
  { id: 'hpke', format: `${URI}/key/x25519-hpke/v1`, data: 'cd'.repeat(32) },
  { id: 'later', format: `${URI}/key/something/v9`, data: 'whatever' },
];

export function tinfoilDocument(options: TinfoilOptions = {}): Uint8Array {
  const { tee = 'sev-snp', nonce = NONCE, items = TINFOIL_ITEMS } = options;
  const material = written({ format: `${URI}/crypto-material/v1`, items });
  const devices = written({ format: `${URI}/device-evidence/v1`, items: [] });
  const reportData =
    options.carried ??
    sha256(concatAll([utf8(`${URI}/report-data/v1`), nonce, sha256(material), sha256(devices)]));
  const { report, signer, authority, root } = makeSnp({
    edit: (_, bytes) => bytes.fill(0, 0x50, 0x90).set(reportData, 0x50),
  });
  const document = {
    format: `${URI}/predicate/attestation/v3`,
    challenge: {
      nonce: toHex(nonce),
      report_data: toHex(reportData).padEnd(128, '0'),
      report_data_algorithm: `${URI}/report-data/v1`,
    },
    cpu_evidence: {
      format: `${URI}/format/${tee === 'tdx' ? 'tdx-quote' : 'sev-snp-report'}/v1`,
      report_base64: toBase64(tee === 'tdx' ? trustDomainQuote({ reportData }) : report),
      endorsed: {
        crypto_material_hash: toHex(sha256(material)),
        device_evidence_hash: toHex(sha256(devices)),
      },
    },
    crypto_material: toBase64(material),
    device_evidence: toBase64(devices),
    collateral: [
      { id: 'x', role: 'reference-values', format: `${URI}/collateral/sigstore-code/v1`, data: {} },
      {
        id: 'vcek',
        role: 'endorsement',
        format: `${URI}/collateral/amd-vcek/v1`,
        subjects: ['cpu'],
        data: {
          vcek_der_base64: toBase64(signer.certificate),
          cert_chain_pem: pem(authority as Uint8Array, root as Uint8Array),
        },
      },
    ],
  };
  options.change?.(document);
  return written(document);
}

/** Of ML-KEM-768: nobody looks into it. */
export const ENCAPSULATION_KEY = new Uint8Array(1184).fill(7);

export interface ChutesOptions {
  readonly nonce?: Uint8Array;
  /** The key in the instances' list, of which the quotes carry {@link ENCAPSULATION_KEY}. */
  readonly key?: Uint8Array;
  readonly change?: Change;
}

export function chutesAnswers({
  nonce = NONCE,
  key = ENCAPSULATION_KEY,
  change,
}: ChutesOptions = {}): readonly [Uint8Array, Uint8Array] {
  const carried = sha256(utf8(`${toHex(nonce)}${toBase64(ENCAPSULATION_KEY)}`));
  // What stands behind it is the provider's own.
  const reportData = concatAll([carried, new Uint8Array(32).fill(9)]);
  const quote = toBase64(trustDomainQuote({ reportData }));
  const answers = {
    evidence: ['one', 'without a key'].map(instance_id => ({ instance_id, quote, gpu_evidence: [] })),
    instances: [
      { instance_id: 'one', e2e_pubkey: toBase64(key), nonces: ['x'] },
      { instance_id: 'without evidence', e2e_pubkey: toBase64(key) },
    ],
  };
  change?.(answers);
  return [
    written({ evidence: answers.evidence }),
    written({ instances: answers.instances, nonce_expires_in: 60 }),
  ];
}

export const nearAnswer = (options: ReportOptions = {}): Uint8Array =>
  written({ gateway_attestation: dstackReport(options), model_attestations: [dstackReport({ tls: null })] });
export const phalaAnswer = (options: ReportOptions = {}): Uint8Array => written(dstackReport(options));
export const OPENGRADIENT_NONCE = NONCE.subarray(0, 20);
export const openGradientAnswer = (nonce: Uint8Array | null = OPENGRADIENT_NONCE): Uint8Array =>
  utf8(`${toBase64(makeAttestation(userData(), nonce))}\n`);

/** Whose receipts the attested gateway of the tests gives. */
export const ATTESTED_ISSUER = testKey('attested.example', 41);

export interface CountersignOptions extends Partial<AttestedStatement> {
  readonly kind?: ProviderEvidence['kind'];
  /** What the hardware carries, in place of the statement's digest. */
  readonly carried?: Uint8Array;
  readonly snp?: SnpOptions;
}

export function countersignAnswer(options: CountersignOptions = {}): Uint8Array {
  const { kind = 'sev-snp', carried, snp = {}, ...stated } = options;
  const statement = formatAttested({
    issuer: ATTESTED_ISSUER.key,
    tls: TLS_KEY,
    epoch: 'epochepochepochepochepoch2',
    nonce: NONCE,
    ...stated,
  });
  return formatAttestationAnswer({
    statement,
    evidence: evidenceCarrying(kind, carried ?? sha256(statement), snp),
  });
}

/** Evidence of a machine of the tests with this in front of the field that its software fills. */
export function evidenceCarrying(
  kind: ProviderEvidence['kind'],
  carried: Uint8Array,
  options: SnpOptions = {},
): ProviderEvidence {
  if (kind === 'nitro') return { kind, document: makeNitro({ members: { user_data: carried } }) };
  if (kind === 'tdx') return { kind, quote: trustDomainQuote({ reportData: carried }) };
  const { report, signer, authority, root } = makeSnp({
    ...options,
    edit: (view, bytes) => {
      bytes.fill(0, 0x50, 0x90).set(carried, 0x50);
      options.edit?.(view, bytes);
    },
  });
  return { kind, report, signer, authority: authority ?? null, root: root ?? null, revocations: null };
}

/** What each provider answers, to a nonce of its length. */
export const ANSWERS: Readonly<
  Record<
    Exclude<ProviderName, 'privatemode'>,
    { readonly nonce: Uint8Array; readonly answers: readonly Uint8Array[] }
  >
> = {
  tinfoil: { nonce: NONCE, answers: [tinfoilDocument()] },
  near: { nonce: NONCE, answers: [nearAnswer()] },
  phala: { nonce: NONCE, answers: [phalaAnswer()] },
  aci: { nonce: NONCE, answers: [makeReport()] },
  chutes: { nonce: NONCE, answers: chutesAnswers() },
  opengradient: { nonce: OPENGRADIENT_NONCE, answers: [openGradientAnswer()] },
  countersign: { nonce: NONCE, answers: [countersignAnswer()] },
};
