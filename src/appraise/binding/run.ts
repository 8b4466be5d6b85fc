/** The parts of one run: what somebody was shown, piece by piece, and asks whether it belongs together. */
import type { EvidenceStatus } from '../../evidence/report.js';
import type { VerifierKey } from '../../note/key.js';
import type { ReasonCode } from '../../reason.js';
import type { Envelope } from '../../receipt/envelope.js';
import type { Content } from '../content.js';
import type { Carriers, CarryingField, ConventionName } from './conventions.js';

export interface Run {
  /** Of the machine: Nitro, SEV-SNP, TDX or SGX. A run is of one machine. */
  readonly quote: BoundEvidence | null;
  /** Of GPUs and switches. */
  readonly gpus: readonly BoundEvidence[];
  /** What whoever asked has chosen. */
  readonly nonce: Uint8Array | null;
  /** The key that the software calls its own. */
  readonly key: RunKey | null;
  /** SHA-256 of the SubjectPublicKeyInfo that a TLS connection to it has shown. */
  readonly tls: Uint8Array | null;
  readonly epoch: string | null;
  /** Our own statement: the exact bytes. */
  readonly statement: Uint8Array | null;
  readonly receipt: Envelope | null;
  /** What was sent and came, with the exchange's opening. */
  readonly body: Content | null;
}

export type RunKey =
  /** With which receipts are signed. */
  | { readonly kind: 'issuer'; readonly key: VerifierKey }
  /** Of any other kind, as the software writes it. */
  | { readonly kind: 'octets'; readonly octets: Uint8Array };

export interface BoundEvidence {
  /** As the edges name it: `tdx`, `nvidia 2`. */
  readonly name: string;
  readonly status: EvidenceStatus;
  readonly carriers: Carriers;
  readonly carries: readonly Carrying[];
}

/** Which field carries what, as whoever asks has it from whoever runs the machine. */
export interface Carrying {
  readonly field: CarryingField;
  readonly convention: ConventionName;
}

export type EdgeStatus = 'holds' | 'contradicted' | 'not-shown';

/** Whether two parts belong to each other, and how that was seen. */
export type Edge = { readonly from: string; readonly to: string } & Outcome;

export type Outcome =
  | { readonly status: 'holds'; readonly says: string }
  | {
      readonly status: 'contradicted' | 'not-shown';
      readonly code: ReasonCode;
      readonly says: string;
    };
