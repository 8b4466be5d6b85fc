/** Evidence of a machine that there is not, for development: everybody refuses it (`evidence/simulated`). */
import type { EvidenceSource } from '../../evidence/countersign/source.js';
import type { ProviderEvidence } from '../../evidence/providers/provider.js';
import type { SimulatedAttester } from './attester.js';

export class SimulatedSource implements EvidenceSource {
  readonly about = 'a simulated machine, which nobody accepts';
  readonly #attester: SimulatedAttester;

  constructor(attester: SimulatedAttester) {
    this.#attester = attester;
  }

  async evidence(carried: Uint8Array): Promise<ProviderEvidence> {
    return { kind: 'sev-snp', ...this.#attester.snp({ reportData: carried }), revocations: null };
  }
}
