/** The evidence that is handed in with a receipt: what it proves by itself, and whether it is of the same run as the receipt. */
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import type { ReasonCode } from '../../reason.js';
import { type Envelope, envelopeIsSignedBy, parseEnvelope, payloadDigest } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import type { JudgedEvidence } from '../../receipt/verdict.js';
import type { Edge } from '../binding/run.js';
import { judgeRun } from '../binding/whole-run.js';
import type { HardwareReport } from '../evidence/appraised.js';
import { judgeEvidence } from '../kept/judge.js';
import type { EvidenceTrust } from '../kept/material.js';
import { formatPolicy } from '../kept/policy-text.js';
import { type Piece, ROLES } from '../kept/roles.js';
import type { KnownRevocation } from '../trust.js';
import type { EvidenceMeasure } from './appraisal-policy.js';
import { exclusionOf, type MachineReport, namesSoftware } from './known-software.js';
import { revocationOf, type WeighedEvidence } from './weighed.js';
import { weighAttestation } from './weighed-attestation.js';

/**
 * A receipt of an upstream's own, the record of how an upstream has attested itself, or hardware evidence with all that it is judged with but the policy,
 * which is the appraiser's.
 */
export type EvidenceArtefact =
  | { readonly kind: 'countersign-receipt'; readonly envelope: Uint8Array }
  | { readonly kind: 'upstream-attestation'; readonly document: Uint8Array }
  | {
      readonly kind: 'nitro' | 'sev-snp' | 'tdx' | 'sgx' | 'nvidia';
      readonly pieces: readonly Piece[];
      /** The statement whose digest it carries (spec/binding.md); null where nothing beside it says what it is bound to. */
      readonly statement: Uint8Array | null;
    };

/** What a verdict says of evidence that needs no reading: every byte of it, by digests. `pieces` without the document, sorted by role and digest. */
export type NamedEvidence = Omit<JudgedEvidence, 'signedRegion'>;

export function namedEvidence(artefact: EvidenceArtefact): NamedEvidence {
  const digest = (bytes: Uint8Array) => toHex(sha256(bytes));
  switch (artefact.kind) {
    case 'countersign-receipt':
      return { kind: artefact.kind, pieces: [], statement: null, whole: digest(artefact.envelope) };
    case 'upstream-attestation':
      return { kind: artefact.kind, pieces: [], statement: null, whole: digest(artefact.document) };
    default: {
      const { kind, statement } = artefact;
      const { subject } = ROLES[kind];
      const pieces = sortedPieces(artefact).map(({ role, digest }) => ({ digest, role }));
      // The document is not named twice. Whoever hands in a second one hands in something else.
      const document = pieces.find(({ role }) => role === subject);
      return {
        kind,
        pieces: pieces.filter(each => each !== document),
        statement: statement === null ? null : digest(statement),
        whole: document?.digest ?? '',
      };
    }
  }
}

/** In one order, whoever hands them in: what is found must not depend on it. The measure is the appraiser's own. */
function sortedPieces({ pieces }: HardwareArtefact) {
  return pieces
    .filter(({ role }) => role !== 'policy')
    .map(piece => ({ piece, role: piece.role, digest: toHex(sha256(piece.bytes)) }))
    .sort((a, b) => (`${a.role} ${a.digest}` < `${b.role} ${b.digest}` ? -1 : 1));
}

type GpuReport = Extract<HardwareReport, { kind: 'nvidia' }>;

/** Nothing is contradicted, and nothing shown. */
const OPEN: readonly ReasonCode[] = ['appraisal/provider-unknown', 'appraisal/receipt-unlinked'];

type HardwareArtefact = Extract<EvidenceArtefact, { readonly pieces: unknown }>;
const SHOWS_NOTHING = { place: null, model: null } as const;

/**
 * `asOf`: milliseconds; `known`: the revocations that count for the receipt. Throws what the verifiers throw for bytes that cannot be read, `archive/pieces-unfit`, `binding/statement-malformed`, and
 * `envelope/…` or `receipt/malformed`.
 */
export async function weigh(
  artefact: EvidenceArtefact,
  envelope: Envelope,
  policy: EvidenceMeasure,
  asOf: number,
  known: readonly KnownRevocation[],
  roots: EvidenceTrust,
): Promise<WeighedEvidence> {
  switch (artefact.kind) {
    case 'countersign-receipt':
      return weighReceipt(artefact.envelope, envelope, policy);
    case 'upstream-attestation':
      return weighAttestation(artefact.document, envelope, policy, asOf, known, roots);
    default:
      return weighHardware(artefact, envelope, policy, asOf, known, roots);
  }
}

/**
 * A provider's own receipt, where the issuer names it as evidence: that it was given for what was sent is for the gateway to have checked, and for the
 * holder of the opening to check.
 */
async function weighReceipt(
  bytes: Uint8Array,
  envelope: Envelope,
  { providers }: EvidenceMeasure,
): Promise<WeighedEvidence> {
  const linked = parseEnvelope(bytes);
  const theirs = readStatement(RECEIPT, linked).predicate;
  const ours = readStatement(RECEIPT, envelope).predicate;
  const named = namedEvidence({ kind: 'countersign-receipt', envelope: bytes });
  const judged = { ...named, signedRegion: toHex(payloadDigest(linked)) };
  const isNamed = ours.evidence.some(
    ({ type, signedDigest }) => type === judged.kind && signedDigest === judged.signedRegion,
  );
  const fault = await providerFault(linked, theirs, ours, providers);
  // Any receipt of that provider's would do, were it not for the issuer who names this one and answers for that.
  const code = fault ?? (isNamed ? null : 'appraisal/receipt-unlinked');
  const status = code === null ? 'accepted' : OPEN.includes(code) ? 'inconclusive' : 'refused';
  const shows = code === null ? ({ place: null, model: 'provider-signed' } as const) : SHOWS_NOTHING;
  const signer = code === null ? providers.find(key => keyLabel(key) === linked.keyId) : undefined;
  const signedBy = signer === undefined ? {} : { signedBy: signer.publicKey };
  return { judged, status, code, binding: null, madeAt: null, shows, revoked: null, ...signedBy };
}

async function providerFault(
  linked: Envelope,
  theirs: Receipt,
  ours: Receipt,
  providers: readonly VerifierKey[],
): Promise<ReasonCode | null> {
  const provider = providers.find(key => keyLabel(key) === linked.keyId);
  if (provider === undefined) return 'appraisal/provider-unknown';
  if (!(await envelopeIsSignedBy(linked, provider.publicKey))) return 'envelope/signature-invalid';
  if (theirs.issuer !== linked.keyId) return 'envelope/issuer-mismatch';
  const [served, theirServed] = [ours.model.served, theirs.model.served];
  if (served === null || theirServed === null) return 'appraisal/model-differs';
  // A name that one of them only commits to cannot be compared, and shows nothing.
  const same = 'name' in served && 'name' in theirServed && served.name === theirServed.name;
  return same ? null : 'appraisal/model-differs';
}

async function weighHardware(
  artefact: HardwareArtefact,
  envelope: Envelope,
  policy: EvidenceMeasure,
  asOf: number,
  known: readonly KnownRevocation[],
  roots: EvidenceTrust,
): Promise<WeighedEvidence> {
  const { kind, statement } = artefact;
  const measure = { role: 'policy', bytes: formatPolicy(kind, policy.evidence[kind]) } as const;
  const given = sortedPieces(artefact);
  const judgement = await judgeEvidence(
    { kind, pieces: [...given.map(({ piece }) => piece), measure] },
    Math.floor(asOf / 1000),
    roots,
  );
  const report = judgement.report as MachineReport | GpuReport;
  const judged = { ...namedEvidence(artefact), signedRegion: toHex(report.signedRegion) };
  const excluded = exclusionOf(kind, report, policy);
  const run = await boundTo(report, judgement.status, statement, envelope);
  const isGood = judgement.status === 'accepted' && excluded === null && run.status === 'accepted';
  const isKnown = kind !== 'nvidia' && namesSoftware(kind, policy.releases, policy.evidence);
  const place = isGood && isKnown ? placeOf(envelope, run.edges) : null;
  const revoked = revocationOf(report, known);
  const reason = excluded ?? revoked?.code ?? null;
  return {
    judged,
    status: reason === null ? judgement.status : 'refused',
    code: judgement.status === 'refused' ? judgement.code : (reason ?? judgement.code),
    binding: { status: run.status, code: run.code },
    madeAt: judgement.status === 'accepted' && report.kind === 'nitro' ? report.fields.timestamp : null,
    shows: revoked === null && place !== null ? { place, model: null } : SHOWS_NOTHING,
    revoked: revoked === null ? null : { ...revoked, was: place },
  };
}

interface BoundRun {
  readonly status: 'accepted' | 'refused' | 'inconclusive';
  readonly code: ReasonCode | null;
  readonly edges: readonly Edge[];
}

/** Whether the evidence is bound, by the statement beside it, to the key that has signed the receipt, and to its epoch. */
async function boundTo(
  report: MachineReport | GpuReport,
  status: WeighedEvidence['status'],
  statement: Uint8Array | null,
  envelope: Envelope,
): Promise<BoundRun> {
  if (statement === null) return { status: 'inconclusive', code: 'binding/part-missing', edges: [] };
  const field = report.kind === 'nitro' ? 'userData' : report.kind === 'nvidia' ? 'nonce' : 'reportData';
  const piece = {
    appraised: { report, checks: [], status, code: null },
    carries: [{ field, convention: 'sha-256-statement' } as const],
  };
  const { edges } = await judgeRun([piece], {
    nonce: null,
    key: null,
    tls: null,
    epoch: null,
    statement,
    receipt: envelope,
    body: null,
  });
  const broken = edges.find(edge => edge.status === 'contradicted');
  const open = broken ?? edges.find(edge => edge.status === 'not-shown');
  if (open === undefined || open.status === 'holds') return { status: 'accepted', code: null, edges };
  return { status: broken === undefined ? 'inconclusive' : 'refused', code: open.code, edges };
}

/**
 * The machine that signs the receipt is the one that runs the model only where it asked nobody else; otherwise it is known who handed the request on, and
 * no more.
 */
function placeOf(envelope: Envelope, edges: readonly Edge[]): 'handoff' | 'hardware' | null {
  const isSigner = edges.some(
    ({ from, to, status }) => from === 'receipt' && to === 'key' && status === 'holds',
  );
  if (!isSigner) return null;
  const { upstream } = readStatement(RECEIPT, envelope).predicate;
  return upstream?.origin === 'built-in:' ? 'hardware' : 'handoff';
}
