/** Answers of an upstream that has attested itself to the gateway before it was sent the request: honest in every way, unless a test changes one thing. */
import {
  formatUpstreamAttestation,
  UPSTREAM_ATTESTATION,
  UPSTREAM_ATTESTATION_MEDIA_TYPE,
} from '../../src/appraise/providers/upstream-attestation.js';
import { sha256 } from '../../src/bytes/cryptography.js';
import { toHex } from '../../src/bytes/hex.js';
import { parseAttestationAnswer } from '../../src/evidence/countersign/answer.js';
import { parseQuote } from '../../src/evidence/dcap/quote.js';
import { parseNitroDocument } from '../../src/evidence/nitro/document.js';
import type { ProviderEvidence } from '../../src/evidence/providers/provider.js';
import { parseSnpReport } from '../../src/evidence/snp/layout.js';
import { type AttestedRun, attestedAnswer, attestedRun, type RunChanges } from './attested-runs.js';
import { MADE_AT } from './evidence/nitro.js';
import { NONCE } from './evidence/providers.js';
import { makeAuthority } from './evidence/x509-maker.js';

/** The upstream, as its TLS shows it. */
const SERVER = makeAuthority({ subject: 'upstream.example', type: 'P-256' });
const KEY = sha256(SERVER.keys.spki);

export interface UpstreamRunChanges extends RunChanges {
  /** SHA-256 of the key at which the connection of the receipt ended; the attested one unless this differs. */
  readonly connected?: Uint8Array;
  /** Milliseconds from asking for the evidence to its making; none unless this differs. */
  readonly askedBefore?: number;
}

export function upstreamRun(changes: UpstreamRunChanges = {}): AttestedRun {
  const { connected = KEY, askedBefore = 0 } = changes;
  const { answer, collateral } = attestedAnswer({ nonce: NONCE, tls: KEY }, changes);
  const document = formatUpstreamAttestation({
    provider: 'countersign',
    host: 'upstream.example',
    nonce: NONCE,
    answers: [answer],
    certificate: SERVER.certificate,
    asked: Math.floor((MADE_AT - askedBefore) / 1000),
    collateral,
    revocations: null,
  });
  const named = {
    digest: toHex(sha256(document)),
    mediaType: UPSTREAM_ATTESTATION_MEDIA_TYPE,
    signedDigest: toHex(sha256(signedOf(parseAttestationAnswer(answer).evidence))),
    type: UPSTREAM_ATTESTATION,
  };
  const { recipe } = attestedRun({
    ...changes,
    receipt: receipt => ({
      ...receipt,
      evidence: [named],
      upstream: {
        origin: 'https://upstream.example',
        requestId: null,
        signature: null,
        tlsSpki: toHex(connected),
      },
    }),
  });
  return { recipe, evidence: { kind: UPSTREAM_ATTESTATION, document } };
}

function signedOf(evidence: ProviderEvidence): Uint8Array {
  if (evidence.kind === 'nitro') return parseNitroDocument(evidence.document).signed;
  if (evidence.kind === 'tdx') return parseQuote(evidence.quote).signedBytes;
  return parseSnpReport(evidence.report).signed;
}
