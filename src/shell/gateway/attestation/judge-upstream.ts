/** Judging what an upstream has answered about itself, with what makers of hardware publish today, and keeping it whatever was found. */
import { evidenceFacts, type Fact } from '../../../appraise/kept/facts.js';
import { materialOf } from '../../../appraise/kept/material.js';
import type { PieceRole } from '../../../appraise/kept/roles.js';
import type { FreshPiece } from '../../../appraise/kept/standing.js';
import {
  type AppraisedInstance,
  appraiseProvider,
  evidencePartOf,
  type ProviderCircumstances,
} from '../../../appraise/providers/appraise.js';
import {
  formatUpstreamAttestation,
  isBoundToConnection,
  UPSTREAM_ATTESTATION,
  UPSTREAM_ATTESTATION_MEDIA_TYPE,
} from '../../../appraise/providers/upstream-attestation.js';
import { namesSoftware } from '../../../appraise/verdict/known-software.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { fromHex, toHex } from '../../../bytes/hex.js';
import type {
  AttestedInstance,
  AttestedProvider,
  BoundKey,
  ProviderEvidence,
} from '../../../evidence/providers/provider.js';
import type { NamedEvidence } from '../../../exchange/upstream.js';
import { Failure } from '../../../reason.js';
import type { AskedUpstream } from './ask-upstream.js';
import type { EvidenceKeeping } from './keeping.js';
import type { RevokedFacts } from './revoked-facts.js';

/** By what, and by whose word, upstreams are judged, and where it is kept: the same for all of a gateway's. */
export interface Judging extends EvidenceKeeping {
  /** The makers' own in production: no configuration can name others. */
  readonly roots: ProviderCircumstances['roots'];
  readonly revoked: RevokedFacts;
}

export interface AnsweredAttestation extends AskedUpstream {
  readonly provider: AttestedProvider;
  readonly host: string;
  readonly nonce: Uint8Array;
  /** Unix seconds. */
  readonly asked: number;
  readonly policies: ProviderCircumstances['policies'];
}

export type BoundTlsKey = Extract<BoundKey, { use: 'tls' }>;

export interface JudgedAttestation {
  /** Null where it is accepted. */
  readonly failure: Failure | null;
  /** Whether it was found to be wrong, and not only that something was not to be had. */
  readonly isRefuted: boolean;
  /** At which a connection to this host is one to what was attested; none where it is not accepted. */
  readonly keys: readonly BoundTlsKey[];
  readonly evidence: readonly NamedEvidence[];
  /** What the evidence is of that counts: it counts no more when any of this is revoked. None where it is not accepted. */
  readonly facts: readonly Fact[];
}

/**
 * When it resolves, evidence and judgement are kept. What cannot be read is not kept: nothing of a stranger's own choosing is. Rejects with what the
 * provider's `read` throws, what reading the evidence throws, or `archive/…`.
 */
export async function judgeUpstream(
  answered: AnsweredAttestation,
  judging: Judging,
): Promise<JudgedAttestation> {
  const { provider, host, nonce, answers, peer, asked, policies } = answered;
  const { roots, archive } = judging;
  const instances = provider.read(answers, nonce);
  const bare: ProviderCircumstances = { asOf: asked, roots, policies, collateral: null };
  const pieces = await publishedFor(instances, bare, judging);
  const published = {
    collateral: pieceIn(pieces.get('tdx'), 'collateral'),
    revocations: pieceIn(pieces.get('sev-snp'), 'revocation-list'),
  };
  const circumstances: ProviderCircumstances = { ...bare, ...published };
  const tls = { host, key: octets(peer.spki), certificate: octets(peer.certificateDigest) };
  const judged = await appraiseProvider({ provider, answers, nonce, tls }, circumstances);
  const document = formatUpstreamAttestation({
    ...{ provider: provider.name, host, nonce, answers, asked },
    certificate: peer.certificate,
    ...published,
  });
  const digest = toHex(sha256(document));
  archive.put(digest, document);
  for (const { evidence } of instances)
    await judging.keep(materialOf(evidencePartOf(evidence, bare)), asked, {
      renew: async () => pieces.get(evidence.kind) ?? [],
    });
  const accepted = judged.instances.filter(({ status }) => status === 'accepted');
  const isUnnamed = accepted.some(each => !isNamed(each, policies));
  const facts = accepted.flatMap(({ evidence: { report } }) => evidenceFacts(report));
  const revoked = judging.revoked.of(facts);
  const code =
    judged.code ??
    (isUnnamed ? 'attestation/software-unnamed' : revoked) ??
    (isBoundToConnection(judged) ? null : 'provider/tls-unbound');
  return {
    failure: code === null ? null : new Failure(code, { field: host, detail: `the attestation ${digest}` }),
    isRefuted: judged.status === 'refused' || isUnnamed || revoked !== null,
    keys: code === null ? accepted.flatMap(instance => keysOf(instance, host)) : [],
    facts: code === null ? facts : [],
    evidence: judged.instances.map(({ evidence: { report } }) => ({
      digest,
      mediaType: UPSTREAM_ATTESTATION_MEDIA_TYPE,
      signedDigest: toHex(report.signedRegion),
      type: UPSTREAM_ATTESTATION,
    })),
  };
}

type Published = ReadonlyMap<ProviderEvidence['kind'], readonly FreshPiece[]>;

/** What makers have published, for the first instance of each kind: those of one provider are of one kind of machine. */
async function publishedFor(
  instances: readonly AttestedInstance[],
  circumstances: ProviderCircumstances,
  { fresh, onProblem }: Judging,
): Promise<Published> {
  const published = new Map<ProviderEvidence['kind'], readonly FreshPiece[]>();
  for (const { evidence } of instances) {
    if (published.has(evidence.kind)) continue;
    const material = materialOf(evidencePartOf(evidence, circumstances));
    const pieces = await fresh.renew(material, circumstances.asOf, ({ message }) => onProblem(message));
    published.set(evidence.kind, pieces);
  }
  return published;
}

function pieceIn(pieces: readonly FreshPiece[] | undefined, role: PieceRole): Uint8Array | null {
  return pieces?.find(piece => piece.role === role)?.bytes ?? null;
}

/** Any software can run in a genuine machine; only measurements say which it is. */
function isNamed(
  { evidence: { report } }: AppraisedInstance,
  { nitro, snp, dcap }: ProviderCircumstances['policies'],
) {
  const policies = { nitro, 'sev-snp': snp, tdx: dcap, sgx: dcap };
  return report.kind in policies && namesSoftware(report.kind as keyof typeof policies, [], policies);
}

function keysOf({ boundKeys }: AppraisedInstance, host: string): readonly BoundTlsKey[] {
  return boundKeys.flatMap(key =>
    key.use === 'tls' && (key.host === null || key.host === host) ? [key] : [],
  );
}

function octets(digits: string): Uint8Array {
  return fromHex(digits) as Uint8Array;
}
