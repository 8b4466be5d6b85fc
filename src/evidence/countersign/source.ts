/** Where a gateway that attests itself has its evidence from: its hardware, or whoever stands in for it. */
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { parseQuote } from '../dcap/quote.js';
import { parseNitroDocument } from '../nitro/document.js';
import type { ProviderEvidence } from '../providers/provider.js';
import { parseSnpReport } from '../snp/layout.js';

export interface EvidenceSource {
  /** For a person: which hardware, by which way. */
  readonly about: string;
  /**
   * Evidence that carries these 32 bytes. Called for one piece at a time. Rejects with `attester/unavailable`, `attester/device-missing` or
   * `attester/evidence-unbound`.
   */
  evidence(carried: Uint8Array): Promise<ProviderEvidence>;
}

/** Throws `attester/evidence-unbound` for evidence that does not carry it: what nobody would accept is not served. */
export function checkCarried(evidence: ProviderEvidence, carried: Uint8Array): void {
  const field = fieldOf(evidence);
  if (field === null || !equal(field.subarray(0, carried.length), carried))
    throw new Failure('attester/evidence-unbound', { field: evidence.kind });
}

function fieldOf(evidence: ProviderEvidence): Uint8Array | null {
  try {
    switch (evidence.kind) {
      case 'nitro':
        return parseNitroDocument(evidence.document).fields.userData;
      case 'sev-snp':
        return parseSnpReport(evidence.report).stated.reportData;
      case 'tdx':
        return parseQuote(evidence.quote).body.reportData;
    }
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
