/** Where evidence is kept, of upstreams and of the house's own machine, and by what upstreams are judged: put together from the shells that know. */
import { INTEL_ROOTS } from '../../evidence/dcap/roots.js';
import { NITRO_ROOTS } from '../../evidence/nitro/roots.js';
import { SNP_ROOTS } from '../../evidence/snp/roots.js';
import type { AttestedUpstreamOptions } from '../gateway/attestation/attested-upstream.js';
import type { EvidenceKeeping } from '../gateway/attestation/keeping.js';
import type { RevokedFacts } from '../gateway/attestation/revoked-facts.js';
import type { DataFolder } from './data-folder.js';
import type { Operations } from './operations.js';

export type Attesting = Pick<AttestedUpstreamOptions, 'judging' | 'now' | 'onAttested'>;

/** The roots of the makers; no setting names others. */
const MAKERS = { nitro: NITRO_ROOTS, snp: SNP_ROOTS, dcap: INTEL_ROOTS };

/** `collateral`: whom to ask in place of the makers. What it takes is loaded when it is asked for. One for each archive: its writers wait for each other. */
export async function openKeeping(
  folder: DataFolder,
  collateral: { readonly pccs?: string; readonly kds?: string },
  onProblem: (message: string) => void,
): Promise<EvidenceKeeping> {
  const [{ Archive }, { EvidenceRecords }, { keepJudged }, { Renewal }, { openMakers }] = await Promise.all([
    import('../archive/archive.js'),
    import('../archive/evidence-records.js'),
    import('../archive/keep-judged.js'),
    import('../collateral/renewal.js'),
    import('./evidence/makers.js'),
  ]);
  const makers = await openMakers(folder, collateral, {
    offline: false,
    onProblem: ({ message }) => onProblem(message),
  });
  const records = new EvidenceRecords(folder.archive);
  return {
    fresh: new Renewal(makers),
    keep: (material, asOf, fresh) => keepJudged(records, material, { asOf, fresh }),
    archive: new Archive(folder.archive),
    onProblem,
  };
}

/** The same of a machine that nobody has made: no maker publishes anything about it. */
export function withoutMakers(keeping: EvidenceKeeping): EvidenceKeeping {
  return { ...keeping, fresh: { renew: async () => [] } };
}

/** `revoked`: what the log says. */
export function attestingBy(
  keeping: EvidenceKeeping,
  { observer }: Pick<Operations, 'observer'>,
  revoked: RevokedFacts,
): Attesting {
  return {
    judging: { ...keeping, roots: MAKERS, revoked },
    now: Date.now,
    onAttested: report => observer.attested(report),
  };
}
