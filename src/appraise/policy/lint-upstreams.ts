/** Whether there is anybody whom a rule lets be asked. */
import { wildcard } from '../../exchange/wildcard.js';
import { FACTS, type FactName } from '../../receipt/policy-words.js';
import { canReach, isAllowed } from './compile.js';
import type { Rule } from './language.js';
import type { LintFinding, PolicyPath } from './lint-finding.js';
import { isAtLeast, type JudgedUpstream, reachable } from './surroundings.js';

/** `able`: who may be asked and can give what is required. */
export function lintUpstreams(
  rule: Rule,
  path: PolicyPath,
  upstreams: readonly JudgedUpstream[],
): { readonly findings: readonly LintFinding[]; readonly able: readonly JudgedUpstream[] } {
  const findings = [...unknownNames(rule, path, upstreams), ...unknownParties(rule, path, upstreams)];
  const allowed = upstreams.filter(upstream => isAllowed(rule, upstream));
  if (allowed.length === 0) {
    if (findings.length === 0)
      findings.push({ code: 'clause/upstream-none', path: [...path, 'upstreams'], detail: null });
    return { findings, able: [] };
  }
  const able = allowed.filter(upstream => canReach(rule, upstream));
  if (able.length === 0) findings.push(...impossibleGrades(rule, path, allowed));
  return { findings, able };
}

function unknownNames(
  { upstreams: { names = [] } = {} }: Rule,
  path: PolicyPath,
  upstreams: readonly JudgedUpstream[],
): LintFinding[] {
  return names.flatMap((pattern, at) => {
    if (upstreams.some(({ name }) => wildcard(pattern)(name))) return [];
    const known = upstreams.map(({ name }) => name).join(', ');
    const detail = `"${pattern}"; there are ${known}`;
    return [{ code: 'clause/upstream-unknown', path: [...path, 'upstreams', 'names', at], detail }];
  });
}

function unknownParties(
  { upstreams: { controllers = [], clouds = [] } = {} }: Rule,
  path: PolicyPath,
  upstreams: readonly JudgedUpstream[],
): LintFinding[] {
  const unknown = (member: string, of: 'controller' | 'cloud', parties: readonly string[]) =>
    parties.flatMap((party, at): LintFinding[] =>
      upstreams.some(upstream => upstream[of] === party)
        ? []
        : [
            {
              code: 'clause/party-unknown',
              path: [...path, 'upstreams', member, at],
              detail: `"${party}" is the ${of} of no upstream`,
            },
          ],
    );
  return [...unknown('controllers', 'controller', controllers), ...unknown('clouds', 'cloud', clouds)];
}

/** The facts whose grade nobody allowed can give; all that are required, where each has somebody and nobody has all. */
function impossibleGrades(
  { require }: Rule,
  path: PolicyPath,
  allowed: readonly JudgedUpstream[],
): LintFinding[] {
  const required = FACTS.filter(fact => require?.[fact] !== undefined);
  const isImpossible = (fact: FactName) =>
    !allowed.some(upstream => isAtLeast(fact, reachable(upstream)[fact], require?.[fact] ?? ''));
  const impossible = required.filter(isImpossible);
  return (impossible.length > 0 ? impossible : required).map(fact => {
    const highest = [...new Set(allowed.map(upstream => reachable(upstream)[fact]))].join(' or ');
    return {
      code: 'clause/grade-impossible',
      path: [...path, 'require', fact],
      detail: `${fact} "${require?.[fact]}"; those who may be asked give "${highest}" at most`,
    };
  });
}
