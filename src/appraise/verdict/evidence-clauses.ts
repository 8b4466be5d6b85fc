/** What comes of evidence, clause by clause: whether it is good and counts, whether it is of the same run as the receipt, and whether it was fresh. */
import type { Receipt } from '../../receipt/receipt.js';
import type { Clause, ClauseName } from '../../receipt/verdict.js';
import type { EvidenceMeasure } from './appraisal-policy.js';
import { reliedOn } from './claims.js';
import { freshnessClause } from './evidence-time.js';
import type { WeighedEvidence } from './weighed.js';

/** None for what was not asked: `evidence` and `binding` where there is any, `freshness` where the measure says how old it may be. */
export function evidenceClauses(
  evidence: readonly WeighedEvidence[],
  receipt: Receipt | null,
  measure: Pick<EvidenceMeasure, 'maximumEvidenceAge'>,
  asOf: number,
): readonly Clause[] {
  const bound = evidence.flatMap(({ binding }) => binding ?? []);
  return [
    ...(evidence.length === 0 ? [] : [ofSeveral('evidence', 'evidence', evidence)]),
    ...(bound.length === 0 ? [] : [ofSeveral('binding', 'binding-graph', bound)]),
    ...(receipt === null ? [] : freshnessClause(evidence, measure, reliedOn(receipt, asOf))),
  ];
}

/** One that was refused decides, and after it one that is open. */
function ofSeveral(
  clause: ClauseName,
  decidedBy: string,
  all: readonly Pick<WeighedEvidence, 'status' | 'code'>[],
): Clause {
  const refused = all.find(({ status }) => status === 'refused');
  const decisive = refused ?? all.find(({ status }) => status === 'inconclusive');
  if (decisive === undefined) return { clause, code: null, decidedBy, status: 'pass' };
  return { clause, code: decisive.code, decidedBy, status: refused === undefined ? 'inconclusive' : 'fail' };
}
