/** Whether the checks of a rule can be made when they are to be made, and whether what is to follow can. */
import type { Consequence, Stage } from '../../receipt/policy-words.js';
import { CHECKS } from './checks.js';
import type { CheckClause, Rule } from './language.js';
import type { LintFinding, PolicyPath } from './lint-finding.js';
import type { JudgedUpstream, Surroundings } from './surroundings.js';

/** `able`: who may be asked. */
export function* lintChecks(
  rule: Rule,
  path: PolicyPath,
  able: readonly JudgedUpstream[],
  surroundings: Surroundings,
): Generator<LintFinding> {
  for (const [at, clause] of rule.checks.entries()) {
    const here = [...path, 'checks', at];
    const { check, stage, onFailure } = clause;
    const repeated = rule.checks.slice(0, at).some(one => one.check === check && one.stage === stage);
    if (repeated) yield { code: 'clause/check-repeated', path: here, detail: `${check} at ${stage}` };
    const { stages } = CHECKS[check];
    if (!stages.includes(stage))
      yield {
        code: 'clause/stage-impossible',
        path: [...here, 'stage'],
        detail: `${check} can be made at ${stages.join(' or ')}`,
      };
    else yield* lintConsequence(rule, stage, onFailure, [...here, 'onFailure'], able);
    yield* lintMeans(clause, here, able, surroundings);
  }
  const { require } = rule;
  // The other grades are there with every answer that leaves.
  const stage = require?.model !== undefined ? 'final' : needsEvidence(require?.place) ? 'before' : null;
  if (require !== undefined && stage !== null)
    yield* lintConsequence(rule, stage, require.onFailure, [...path, 'require'], able);
  if (
    require !== undefined &&
    stage === 'final' &&
    needsEvidence(require.place) &&
    require.onFailure === 'refund'
  )
    yield { code: 'clause/refund-impossible', path: [...path, 'require'], detail: null };
}

/** Whether a grade of the place is not there with every answer. */
function needsEvidence(place: string | undefined): boolean {
  return place !== undefined && place !== 'asserted';
}

function* lintConsequence(
  { buffer }: Rule,
  stage: Stage,
  onFailure: Consequence,
  path: PolicyPath,
  able: readonly JudgedUpstream[],
): Generator<LintFinding> {
  const isStopping = onFailure === 'block' || onFailure === 'reroute';
  if (stage === 'before' && onFailure === 'refund')
    yield { code: 'clause/refund-impossible', path, detail: null };
  if (stage === 'final' && isStopping && !buffer)
    yield { code: 'clause/buffer-needed', path, detail: onFailure };
  if (onFailure === 'reroute' && able.length < 2)
    yield { code: 'clause/reroute-impossible', path, detail: `only ${able[0]?.name} may be asked` };
}

/** What a check needs to be there, without which it would always fail. */
function* lintMeans(
  { check, stage }: CheckClause,
  path: PolicyPath,
  able: readonly JudgedUpstream[],
  { hasPrices }: Surroundings,
): Generator<LintFinding> {
  if (check === 'price-known' && !hasPrices) yield { code: 'clause/prices-missing', path, detail: null };
  if (check === 'model-pinned' && !able.some(({ givesDigests }) => givesDigests))
    yield { code: 'clause/digest-impossible', path, detail: stage };
  if (check === 'upstream-attested' && !able.some(({ isAttested = false }) => isAttested))
    yield { code: 'clause/attestation-impossible', path, detail: null };
  if (check === 'upstream-receipt' && !able.some(({ isTrusted }) => isTrusted))
    yield { code: 'clause/receipt-impossible', path, detail: null };
}
