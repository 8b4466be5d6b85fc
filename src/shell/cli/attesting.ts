/** By what upstreams are judged that have to show what they are, and where their evidence is kept: put together from the shells that know. */
import { INTEL_ROOTS } from '../../evidence/dcap/roots.js';
import { NITRO_ROOTS } from '../../evidence/nitro/roots.js';
import { SNP_ROOTS } from '../../evidence/snp/roots.js';
import type { AttestedUpstreamOptions } from '../gateway/attestation/attested-upstream.js';
import type { RevokedFacts } from '../gateway/attestation/revoked-facts.js';
import type { DataFolder } from './data-folder.js';
import type { Operations } from './operations.js';

export type Attesting = Pick<AttestedUpstreamOptions, 'judging' | 'now' | 'onAttested'>;

/** The roots of the makers; no setting names others. */
const MAKERS = { nitro: NITRO_ROOTS, snp: SNP_ROOTS, dcap: INTEL_ROOTS };

/** `collateral`: whom to ask in place of the makers; `revoked`: what the log says. What it takes is loaded when it is asked for. */
export async function openAttesting(
  folder: DataFolder,
  collateral: { readonly pccs?: string; readonly kds?: string },
  { observer, onProblem }: Pick<Operations, 'observer' | 'onProblem'>,
  revoked: RevokedFacts,
): Promise<Attesting> {
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
    judging: {
      roots: MAKERS,
      fresh: new Renewal(makers),
      keep: (material, asOf, fresh) => keepJudged(records, material, { asOf, fresh }),
      archive: new Archive(folder.archive),
      revoked,
      onProblem,
    },
    now: Date.now,
    onAttested: report => observer.attested(report),
  };
}
