/**
 * How an upstream has attested itself before it was sent the request: judged again from the gateway's record, and tied to the receipt by the TLS key that both
 * name. It shows who took the request, and no more; that the nonce was fresh and when it was asked is the issuer's word.
 */
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { INTEL_ROOTS } from '../../evidence/dcap/roots.js';
import { NITRO_ROOTS } from '../../evidence/nitro/roots.js';
import { SNP_ROOTS } from '../../evidence/snp/roots.js';
import { Failure, type ReasonCode } from '../../reason.js';
import type { Envelope } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import type { EvidenceTrust } from '../kept/material.js';
import type { AppraisedInstance } from '../providers/appraise.js';
import {
  appraiseUpstreamAttestation,
  isBoundToConnection,
  parseUpstreamAttestation,
  tlsKeyOf,
  UPSTREAM_ATTESTATION,
  type UpstreamAttestation,
} from '../providers/upstream-attestation.js';
import type { KnownRevocation } from '../trust.js';
import type { EvidenceMeasure } from './appraisal-policy.js';
import { exclusionOf, type MachineKind, namesSoftware } from './known-software.js';
import { revocationOf, type WeighedEvidence } from './weighed.js';

/** How long an attestation counts for the exchanges that follow it, in milliseconds. */
const LONGEST = 86_400_000;
/** Nothing is contradicted, and nothing shown. */
const OPEN: readonly ReasonCode[] = ['appraisal/attestation-unlinked', 'provider/tls-unbound'];

/**
 * `asOf`: milliseconds, when the evidence was relied on. Throws `attestation/document-malformed`, `provider/…`, and what reading the evidence throws, for what
 * nobody could judge.
 */
export async function weighAttestation(
  document: Uint8Array,
  envelope: Envelope,
  policy: EvidenceMeasure,
  asOf: number,
  known: readonly KnownRevocation[],
  { nitro = NITRO_ROOTS, snp = SNP_ROOTS, dcap = INTEL_ROOTS }: EvidenceTrust,
): Promise<WeighedEvidence> {
  const attestation = parseUpstreamAttestation(document);
  const { evidence: measures, releases } = policy;
  const policies = { nitro: measures.nitro, snp: measures['sev-snp'], dcap: measures.tdx };
  const appraised = await appraiseUpstreamAttestation(attestation, { roots: { nitro, snp, dcap }, policies });
  const instance =
    appraised.instances.find(({ status }) => status === appraised.status) ?? appraised.instances[0];
  if (instance === undefined) throw new Failure('attestation/document-malformed', { detail: 'no instance' });
  const { report } = instance.evidence;
  const [whole, signedRegion] = [toHex(sha256(document)), toHex(report.signedRegion)];
  const excluded = exclusionOf(report.kind as MachineKind, report, policy);
  const receipt = readStatement(RECEIPT, envelope).predicate;
  const link =
    linkFault(receipt, attestation, { whole, signedRegion }, asOf) ??
    (isBoundToConnection(appraised) || appraised.status !== 'accepted' ? null : 'provider/tls-unbound');
  const revoked = revocationOf(report, known);
  const reason = excluded ?? revoked?.code ?? null;
  const isGood = appraised.status === 'accepted' && excluded === null && link === null;
  const isKnown = namesSoftware(report.kind as MachineKind, releases, measures);
  const place = isGood && isKnown ? 'handoff' : null;
  return {
    judged: { kind: UPSTREAM_ATTESTATION, pieces: [], signedRegion, statement: null, whole },
    status: reason === null ? appraised.status : 'refused',
    code: appraised.status === 'refused' ? appraised.code : (reason ?? appraised.code),
    binding: {
      status: link === null ? 'accepted' : OPEN.includes(link) ? 'inconclusive' : 'refused',
      code: link,
    },
    madeAt: appraised.status === 'accepted' && report.kind === 'nitro' ? report.fields.timestamp : null,
    ...(isGood && revoked === null ? { signersAttested: signersOf(instance) } : {}),
    shows: { place: revoked === null ? place : null, model: null },
    revoked: revoked === null ? null : { ...revoked, was: place },
  };
}

/** Why it is not of the exchange that the receipt is of; null where it is. */
function linkFault(
  { evidence, upstream, time }: Receipt,
  attestation: UpstreamAttestation,
  { whole, signedRegion }: { readonly whole: string; readonly signedRegion: string },
  asOf: number,
): ReasonCode | null {
  const isNamed = evidence.some(
    ({ type, digest, signedDigest }) =>
      type === UPSTREAM_ATTESTATION && digest === whole && signedDigest === signedRegion,
  );
  if (!isNamed || upstream === null || upstream.tlsSpki === null) return 'appraisal/attestation-unlinked';
  if (upstream.tlsSpki !== toHex(tlsKeyOf(attestation))) return 'provider/tls-mismatch';
  const age = Math.min(asOf, time.completed) - attestation.asked * 1000;
  return age < 0 || age > LONGEST ? 'appraisal/attestation-old' : null;
}

function signersOf({ boundKeys }: AppraisedInstance): readonly Uint8Array[] {
  return boundKeys.flatMap(key => (key.use === 'signing' && key.form === 'ed25519' ? [key.octets] : []));
}

/**
 * What attestations say of the receipts that were handed in with them: where the upstream's evidence binds the keys with which it signs receipts, its
 * receipts are those of what was attested, or of somebody else.
 */
export function withAttestedSigners(weighed: readonly WeighedEvidence[]): readonly WeighedEvidence[] {
  const signers = weighed.flatMap(({ signersAttested = [] }) => signersAttested.map(toHex));
  if (signers.length === 0) return weighed;
  const isShown = weighed.some(({ shows }) => shows.place === 'handoff');
  return weighed.map(each => {
    if (each.signedBy === undefined) return each;
    if (!signers.includes(toHex(each.signedBy)))
      return {
        ...each,
        status: 'refused',
        code: 'binding/receipt-key-mismatch',
        shows: { place: null, model: null },
      };
    return isShown ? { ...each, shows: { ...each.shows, place: 'handoff' } } : each;
  });
}
