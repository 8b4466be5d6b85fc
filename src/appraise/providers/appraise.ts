/**
 * A provider's attestation, judged before anything is sent: the evidence under a policy, what it must carry for this nonce and these keys, and the TLS key that the connection has
 * shown. What is accepted is a handoff to what was attested, by the keys that come back, for as long as the connection is with them.
 */
import { equal } from '../../bytes/octets.js';
import type {
  AttestedInstance,
  AttestedProvider,
  Bound,
  BoundKey,
  Carried,
  ProviderEvidence,
} from '../../evidence/providers/provider.js';
import {
  decidingCode,
  type EvidenceCheck,
  type EvidenceStatus,
  failed,
  notMade,
  passed,
  relying,
  statusOf,
} from '../../evidence/report.js';
import type { SnpRoot } from '../../evidence/snp/roots.js';
import type { PinnedRoot } from '../../evidence/x509/chain.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { carriersOf, holds } from '../binding/conventions.js';
import { contradicted, notShown, shown } from '../binding/outcome.js';
import type { Edge, Outcome } from '../binding/run.js';
import { type Appraised, appraiseEvidence, type EvidencePart } from '../evidence/appraised.js';
import type { DcapPolicy } from '../evidence/dcap-policy.js';
import type { NitroPolicy } from '../evidence/nitro-policy.js';
import type { SnpPolicy } from '../evidence/snp-policy.js';
import { deploymentCheck, tdReportOf } from '../imports/dstack.js';

export interface ProviderCircumstances {
  /** Unix seconds. */
  readonly asOf: number;
  readonly roots: {
    readonly nitro: readonly PinnedRoot[];
    readonly snp: readonly SnpRoot[];
    readonly dcap: readonly PinnedRoot[];
  };
  readonly policies: { readonly nitro: NitroPolicy; readonly snp: SnpPolicy; readonly dcap: DcapPolicy };
  /** What Intel has published about the platform of a quote; null where it was not fetched. */
  readonly collateral: Uint8Array | null;
  /** AMD's list of revoked authorities, where none came along; null or left out where it was not fetched. */
  readonly revocations?: Uint8Array | null;
}

/** What the connection's server has shown. */
export interface SeenTls {
  /** The host name that was connected to. */
  readonly host: string;
  /** SHA-256 of its SubjectPublicKeyInfo, and of its certificate. */
  readonly key: Uint8Array;
  readonly certificate: Uint8Array;
}

export interface ProviderAnswers {
  readonly provider: AttestedProvider;
  /** To {@link AttestedProvider.attestationRequests}, in that order, over the connection whose key was seen. */
  readonly answers: readonly Uint8Array[];
  readonly nonce: Uint8Array;
  /** Null where it could not be seen: then nothing ties the connection to what was attested. */
  readonly tls: SeenTls | null;
}

export interface AppraisedInstance {
  readonly name: string | null;
  readonly evidence: Appraised;
  /** `evidence` and `carried`, and `deployment` where the provider has given one. */
  readonly checks: readonly EvidenceCheck[];
  /** What ties the evidence to the nonce, and to each key. */
  readonly edges: readonly Edge[];
  readonly status: EvidenceStatus;
  readonly code: ReasonCode | null;
  /** Of what was attested; only to be used where the status is `accepted`. */
  readonly boundKeys: readonly BoundKey[];
}

export interface AppraisedProvider {
  /** All that any provider proves. */
  readonly grade: 'handoff';
  /** That of the instance that fares best: others are not to be sent anything. */
  readonly status: EvidenceStatus;
  readonly code: ReasonCode | null;
  readonly instances: readonly AppraisedInstance[];
}

/** Throws what the provider's `read` throws, and what reading the evidence or collateral throws. */
export async function appraiseProvider(
  { provider, answers, nonce, tls }: ProviderAnswers,
  circumstances: ProviderCircumstances,
): Promise<AppraisedProvider> {
  const instances: AppraisedInstance[] = [];
  for (const instance of provider.read(answers, nonce))
    instances.push(await appraiseInstance(instance, tls, circumstances));
  const best =
    (['accepted', 'inconclusive'] as const).flatMap(status =>
      instances.filter(each => each.status === status),
    )[0] ?? instances[0];
  return { grade: 'handoff', status: best?.status ?? 'refused', code: best?.code ?? null, instances };
}

async function appraiseInstance(
  { name, evidence, carried, boundKeys, deployment }: AttestedInstance,
  tls: SeenTls | null,
  circumstances: ProviderCircumstances,
): Promise<AppraisedInstance> {
  const appraised = await appraiseEvidence(evidencePartOf(evidence, circumstances));
  const isGenuine = appraised.status !== 'refused';
  const carriers = carriersOf(appraised.report);
  const isCarried = carried.every(each =>
    carries(carriers[each.field]?.value ?? null, each, carriers[each.field]?.size ?? 'free'),
  );
  const checks: EvidenceCheck[] = [
    ...appraised.checks,
    relying(
      isGenuine,
      isCarried
        ? passed('carried', 'The evidence carries the nonce and the keys that the answer states.')
        : failed('carried', new Failure('provider/binding-mismatch')),
    ),
    ...(deployment === null
      ? []
      : [relying(isGenuine, await deploymentCheck('deployment', tdReportOf(appraised), deployment))]),
    ...tlsChecks(boundKeys, tls, isGenuine),
  ];
  const bound = [...new Set(carried.flatMap(({ binds }) => binds))];
  return {
    name,
    evidence: appraised,
    checks,
    edges: bound.map(to => ({
      from: appraised.report.kind,
      to: EDGE_NAMES[to],
      ...edgeTo(isGenuine, isCarried),
    })),
    status: statusOf(checks),
    code: decidingCode(checks),
    boundKeys,
  };
}

/** As the graph of a run calls them. */
const EDGE_NAMES: Readonly<Record<Bound, string>> = {
  nonce: 'nonce',
  tls: 'tls',
  signing: 'key',
  encryption: 'encryption key',
};

function edgeTo(isGenuine: boolean, isCarried: boolean): Outcome {
  if (!isGenuine) return notShown('binding/evidence-refused');
  return isCarried ? shown('The evidence carries it.') : contradicted('provider/binding-mismatch');
}

function carries(value: Uint8Array | null, { octets, extent }: Carried, size: 'fixed' | 'free'): boolean {
  if (extent === 'whole') return holds({ value, size }, octets);
  return value !== null && octets.length === 32 && equal(value.subarray(0, 32), octets);
}

/** Made where a connection was seen. A provider that binds no TLS key has to be spoken to under another key. */
function tlsChecks(
  keys: readonly BoundKey[],
  tls: SeenTls | null,
  isGenuine: boolean,
): readonly EvidenceCheck[] {
  const ofTls = keys.flatMap(key => (key.use === 'tls' ? [key] : []));
  if (ofTls.length === 0 && keys.some(({ use }) => use === 'encryption')) return [];
  if (ofTls.length === 0) return [notMade('tls', 'provider/tls-unbound')];
  if (tls === null) return [notMade('tls', 'provider/tls-unseen')];
  const isBound = ofTls.some(
    ({ of, sha256, host }) =>
      (host === null || host === tls.host) && equal(sha256, of === 'key' ? tls.key : tls.certificate),
  );
  const check = isBound
    ? passed('tls', 'The connection ends at a key that was attested.')
    : failed('tls', new Failure('provider/tls-mismatch'));
  return [relying(isGenuine, check)];
}

/** The provider's evidence as the verifier of its kind takes it. */
export function evidencePartOf(
  evidence: ProviderEvidence,
  { asOf, roots, policies, collateral, revocations: fetched = null }: ProviderCircumstances,
): EvidencePart {
  switch (evidence.kind) {
    case 'nitro':
      return {
        kind: 'nitro',
        input: { document: evidence.document, asOf, roots: roots.nitro },
        policy: policies.nitro,
      };
    case 'tdx':
      return {
        kind: 'dcap',
        input: { quote: evidence.quote, collateral, asOf, roots: roots.dcap },
        policy: policies.dcap,
      };
    case 'sev-snp': {
      const { report, signer, authority, root } = evidence;
      const revocations = evidence.revocations ?? fetched;
      return {
        kind: 'sev-snp',
        input: {
          report,
          signer,
          ...(authority === null ? {} : { authority }),
          ...(root === null ? {} : { root }),
          ...(revocations === null ? {} : { revocations }),
          asOf,
          roots: roots.snp,
        },
        policy: policies.snp,
      };
    }
  }
}
