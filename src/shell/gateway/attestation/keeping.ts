/** Keeping evidence with all that it is judged with: the same for that of upstreams, and of the machine that the gateway runs in. */
import type { Appraised } from '../../../appraise/evidence/appraised.js';
import type { Material } from '../../../appraise/kept/material.js';
import type { FreshCollateral } from '../../../appraise/kept/standing.js';
import type { EvidenceArchive } from '../../../receipt/evidence-archive.js';

export interface EvidenceKeeping {
  /** Who is asked for what the makers of hardware publish. */
  readonly fresh: FreshCollateral;
  /** Keeps evidence with its judgement at `asOf` (Unix seconds), so that it can be found by what it is of. */
  readonly keep: (
    material: Material,
    asOf: number,
    fresh: FreshCollateral,
  ) => Promise<{ readonly appraised: Appraised }>;
  readonly archive: EvidenceArchive;
  readonly onProblem: (message: string) => void;
}
