/**
 * Providers that let whoever asks check what serves them: where each has its attestation, what is in it, and which keys it binds. What they prove is a handoff: attested
 * software took the request and gave the answer. Which model ran, none of them proves.
 */
import type { ReasonCode } from '../../reason.js';
import type { DeploymentParts } from '../dstack/deployment.js';
import type { SnpSignerKind } from '../snp/signer-chain.js';

export const PROVIDER_NAMES = [
  'tinfoil',
  'near',
  'phala',
  'aci',
  'chutes',
  'opengradient',
  'privatemode',
  'countersign',
] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

export type Provider = AttestedProvider | UnattestedProvider;

interface Described {
  readonly name: ProviderName;
  /** What is attested, for a person. */
  readonly attests: string;
  /** Who has said what the answers look like: the maker's own code or specification, or only code of others that reads them. */
  readonly known: 'by its maker' | 'by others';
}

/** One that serves an attestation over HTTP, made for a nonce. */
export interface AttestedProvider extends Described {
  readonly serves: 'attestation';
  /** As long as the nonce has to be. */
  readonly nonceBytes: number;
  /** All that has to be asked, in order. `deployment`: what the provider calls the model's deployment, which some have in the path. */
  attestationRequests(nonce: Uint8Array, deployment: string): readonly AttestationRequest[];
  /**
   * What the answers to these requests say, in that order. Nothing of it is verified: what the hardware must carry follows from `nonce` and from the keys that the answer
   * states. Throws `provider/answer-malformed`, `provider/nonce-mismatch`, or what the reader of the evidence throws.
   */
  read(answers: readonly Uint8Array[], nonce: Uint8Array): readonly AttestedInstance[];
}

/** One that serves nothing that whoever asks over HTTP could check. */
export interface UnattestedProvider extends Described {
  readonly serves: 'nothing';
  readonly code: ReasonCode;
}

/** Sent to the provider's origin, with the key of whoever asks where the provider wants one. */
export interface AttestationRequest {
  readonly method: 'GET';
  /** With its query. */
  readonly path: string;
  readonly body: null;
}

/** One machine, or one enclave. */
export interface AttestedInstance {
  /** What the provider calls it; null where it has no name. */
  readonly name: string | null;
  readonly evidence: ProviderEvidence;
  /** What the evidence must carry for the keys to be those of what it attests. */
  readonly carried: readonly Carried[];
  readonly boundKeys: readonly BoundKey[];
  /** What was measured after the start, of trust domains of dstack's; null where the provider has given none. */
  readonly deployment: Omit<DeploymentParts, 'body'> | null;
}

/** As the verifiers of each kind take it. Certificates in DER. */
export type ProviderEvidence =
  | { readonly kind: 'nitro'; readonly document: Uint8Array }
  | {
      readonly kind: 'sev-snp';
      readonly report: Uint8Array;
      /** Of the chip, or of a key that is lent to a cloud. */
      readonly signer: { readonly kind: SnpSignerKind; readonly certificate: Uint8Array };
      readonly authority: Uint8Array | null;
      readonly root: Uint8Array | null;
      readonly revocations: Uint8Array | null;
    }
  | { readonly kind: 'tdx'; readonly quote: Uint8Array };

export interface Carried {
  readonly field: 'nonce' | 'userData' | 'reportData';
  /** `first-32`: what stands behind these octets is not the provider's to say. Otherwise a field of fixed size is filled up with zeros. */
  readonly extent: 'whole' | 'first-32';
  readonly octets: Uint8Array;
  /** Which of the parts these octets tie to the evidence. */
  readonly binds: readonly Bound[];
}

export type Bound = 'nonce' | BoundKey['use'];

export type BoundKey =
  /** Where TLS ends: SHA-256 of the SubjectPublicKeyInfo, or of the whole certificate; for one host name, or null for any. */
  | {
      readonly use: 'tls';
      readonly of: 'key' | 'certificate';
      readonly sha256: Uint8Array;
      readonly host: string | null;
    }
  /** With which answers are signed: the key itself, its address, or its digest. */
  | {
      readonly use: 'signing';
      readonly form: 'ecdsa-address' | 'ed25519' | 'spki-sha256';
      readonly octets: Uint8Array;
    }
  /** To which requests can be encrypted. */
  | {
      readonly use: 'encryption';
      readonly algorithm: 'x25519-hpke' | 'ml-kem-768';
      readonly key: Uint8Array;
    };
