/** Evidence from where receipts leave it: a gateway serves each piece under its digest. It is not trusted; what it gives has to have that digest. */
import type { EvidenceArtefact } from '../../appraise/verdict/weighed-evidence.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import { MAX_EVIDENCE } from '../../receipt/verdict.js';
import { ask } from '../http/client.js';
import type { EvidenceSource } from './judge-receipts.js';

const MAX_PIECE_BYTES = 1 << 20;
/** In milliseconds. */
const PATIENCE = 10_000;

/**
 * What of a receipt's evidence one piece alone makes: receipts of providers, and Nitro documents, which carry their own chain. Other kinds take collateral
 * that a receipt does not name. What the gateway does not have is left out.
 *
 * @param url of a gateway: pieces are at `<url>/v1/evidence/<digest>`
 */
export function gatewayEvidence(url: string, signal: AbortSignal): EvidenceSource {
  const prefix = url.replace(/\/+$/, '');
  return async ({ evidence }) => {
    const artefacts: EvidenceArtefact[] = [];
    for (const { type, digest } of evidence.slice(0, MAX_EVIDENCE)) {
      if (type !== 'countersign-receipt' && type !== 'nitro') continue;
      const bytes = await piece(`${prefix}/v1/evidence/${digest}`, digest, signal);
      if (bytes === null) continue;
      artefacts.push(
        type === 'nitro'
          ? { kind: type, pieces: [{ role: 'document', bytes }], statement: null }
          : { kind: type, envelope: bytes },
      );
    }
    return artefacts;
  };
}

async function piece(address: string, digest: string, signal: AbortSignal): Promise<Uint8Array | null> {
  const { status, body } = await ask(address, { limit: MAX_PIECE_BYTES, timeout: PATIENCE, signal });
  if (status === 404 || status === 410) return null;
  if (status !== 200)
    throw new Failure('peer/answer-unexpected', { field: address, detail: `HTTP ${status}` });
  return toHex(sha256(body)) === digest ? body : null;
}
