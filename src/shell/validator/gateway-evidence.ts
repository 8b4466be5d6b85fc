/**
 * Evidence from where receipts leave it: a gateway serves each piece under its digest. It is not trusted; what it gives has to have that digest. Nobody else is
 * asked, the makers of hardware least of all: what they had published when it counted stands beside the evidence, and later words of theirs are no part of a verdict.
 */
import { MAX_PIECE_BYTES } from '../../appraise/kept/roles.js';
import { UPSTREAM_ATTESTATION } from '../../appraise/providers/upstream-attestation.js';
import { GATEWAY_ATTESTATION, parseGatewayAttestation } from '../../appraise/verdict/gateway-attestation.js';
import type { EvidenceArtefact } from '../../appraise/verdict/weighed-evidence.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import { MAX_EVIDENCE } from '../../receipt/verdict.js';
import { ask } from '../http/client.js';
import { Recent } from '../tiles/recent.js';
import type { EvidenceSource } from './judge-receipts.js';

/** Of all the evidence of one receipt. A verdict that was made from more could not be proven wrong: the proof would be longer than one may be. */
const MAX_RECEIPT_BYTES = 2 * MAX_PIECE_BYTES;
/** Pieces that are remembered: many receipts in a row rest on the same few. */
const REMEMBERED = 16;
/** In milliseconds. */
const PATIENCE = 10_000;

/** What a piece of that type is, by itself; null for one that is nothing of the kind. Left out is what cannot be judged alone. */
const ARTEFACTS = new Map<string, (bytes: Uint8Array) => EvidenceArtefact | null>([
  // With its certificate, and with what Intel or AMD had published by then.
  [UPSTREAM_ATTESTATION, document => ({ kind: UPSTREAM_ATTESTATION, document })],
  // The same of the gateway's own machine, with the statement by which it is bound to receipts.
  [GATEWAY_ATTESTATION, gatewayAttestation],
  ['countersign-receipt', envelope => ({ kind: 'countersign-receipt', envelope })],
  // It carries its own chain.
  ['nitro', bytes => ({ kind: 'nitro', pieces: [{ role: 'document', bytes }], statement: null })],
]);

/**
 * The attestations of upstreams and of the gateway itself, the receipts of providers and the Nitro documents that a receipt names. What the gateway does not have,
 * what is longer than may be, or nothing of its type, is left out. Throws `peer/…` where it cannot be known what the gateway has.
 *
 * @param url of a gateway: pieces are at `<url>/v1/evidence/<digest>`
 */
export function gatewayEvidence(url: string, signal: AbortSignal): EvidenceSource {
  const prefix = url.replace(/\/+$/, '');
  const recent = new Recent<Uint8Array>(REMEMBERED);
  const pieceOf = async (digest: string): Promise<Uint8Array | null> => {
    const known = recent.get(digest);
    if (known !== undefined) return known;
    const bytes = await piece(`${prefix}/v1/evidence/${digest}`, digest, signal);
    if (bytes !== null) recent.set(digest, bytes);
    return bytes;
  };
  return async ({ evidence }) => {
    const artefacts: EvidenceArtefact[] = [];
    // One document may be of several machines, and is named for each.
    const named = new Map(evidence.map(({ type, digest }) => [digest, type]));
    let left = MAX_RECEIPT_BYTES;
    for (const [digest, type] of [...named].slice(0, MAX_EVIDENCE)) {
      const artefactOf = ARTEFACTS.get(type);
      const bytes = artefactOf === undefined ? null : await pieceOf(digest);
      if (artefactOf === undefined || bytes === null || bytes.length > left) continue;
      const artefact = artefactOf(bytes);
      if (artefact === null) continue;
      left -= bytes.length;
      artefacts.push(artefact);
    }
    return artefacts;
  };
}

function gatewayAttestation(bytes: Uint8Array): EvidenceArtefact | null {
  try {
    return parseGatewayAttestation(bytes);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

async function piece(address: string, digest: string, signal: AbortSignal): Promise<Uint8Array | null> {
  try {
    const { status, body } = await ask(address, { limit: MAX_PIECE_BYTES, timeout: PATIENCE, signal });
    if (status === 404 || status === 410) return null;
    if (status !== 200)
      throw new Failure('peer/answer-unexpected', { field: address, detail: `HTTP ${status}` });
    return toHex(sha256(body)) === digest ? body : null;
  } catch (error) {
    if (error instanceof Failure && error.code === 'peer/answer-too-large') return null;
    throw error;
  }
}
