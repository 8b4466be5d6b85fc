/** Whether the traffic of a rule can be spread as it says: all of it has to go somewhere. */
import { mostOf } from './diversity.js';
import type { Rule } from './language.js';
import type { LintFinding, PolicyPath } from './lint-finding.js';
import type { JudgedUpstream } from './surroundings.js';

/** `able`: who may be asked. */
export function* lintDiversity(
  { diversity }: Rule,
  path: PolicyPath,
  able: readonly JudgedUpstream[],
): Generator<LintFinding> {
  for (const [at, { of, atMost, ofLast }] of diversity.entries()) {
    const here = [...path, 'diversity', at];
    if (diversity.slice(0, at).some(one => one.of === of))
      yield { code: 'clause/diversity-repeated', path: here, detail: of };
    const parties = new Set(able.map(upstream => upstream[of]));
    const room = parties.size * mostOf(atMost, ofLast);
    if (room < ofLast)
      yield {
        code: 'clause/diversity-impossible',
        path: here,
        detail: `${parties.size} ${of}${parties.size === 1 ? '' : 's'}, each for ${mostOf(atMost, ofLast)} of the last ${ofLast} exchanges at most`,
      };
  }
}
