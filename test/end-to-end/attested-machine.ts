/** The machine that a gateway of the tests runs in, which gives evidence under roots of the tests, and where that evidence is kept. */
import type { EvidenceTrust } from '../../src/appraise/kept/material.js';
import type { EvidenceSource } from '../../src/evidence/countersign/source.js';
import type { ProviderEvidence } from '../../src/evidence/providers/provider.js';
import type { Failure } from '../../src/reason.js';
import { Archive } from '../../src/shell/archive/archive.js';
import { EvidenceRecords } from '../../src/shell/archive/evidence-records.js';
import { keepJudged } from '../../src/shell/archive/keep-judged.js';
import type { EvidenceKeeping } from '../../src/shell/gateway/attestation/keeping.js';
import {
  type AttestingMachine,
  machineEvidence,
  RUN_ROOTS,
  type RunChanges,
} from '../support/attested-runs.js';
import { makeCollateral } from '../support/evidence/dcap.js';
import { DURING } from '../support/evidence/x509-maker.js';

/** Honest, unless a test has it fail, or wait, or say something else than it was asked. */
export class TestMachine implements EvidenceSource {
  readonly about = 'a machine of the tests';
  readonly #kind: AttestingMachine;
  asked = 0;
  failing: Failure | null = null;
  /** Until this resolves it gives nothing. */
  until: Promise<unknown> = Promise.resolve();
  changes: RunChanges = {};

  constructor(kind: AttestingMachine) {
    this.#kind = kind;
  }

  async evidence(carried: Uint8Array): Promise<ProviderEvidence> {
    this.asked++;
    await this.until;
    if (this.failing !== null) throw this.failing;
    return machineEvidence(this.#kind, carried, this.changes);
  }
}

export interface KeepingOptions {
  /** What Intel is said to have published; null where it cannot be reached. */
  readonly collateral?: Uint8Array | null;
  readonly roots?: EvidenceTrust;
  readonly problems?: string[];
}

/** In that folder, as a house keeps it. */
export function testKeeping(archive: string, options: KeepingOptions = {}): EvidenceKeeping {
  const { collateral = makeCollateral(), roots = RUN_ROOTS, problems = [] } = options;
  const records = new EvidenceRecords(archive);
  return {
    fresh: {
      renew: async ({ kind }, _, onProblem) => {
        if (kind !== 'tdx') return [];
        if (collateral !== null) return [{ role: 'collateral', bytes: collateral, fetched: DURING }];
        onProblem(new Error('Intel is away'));
        return [];
      },
    },
    keep: (material, asOf, fresh) => keepJudged(records, material, { asOf, fresh, trust: roots }),
    archive: new Archive(archive),
    onProblem: message => problems.push(message),
  };
}
