/**
 * Whether a receipt is in keeping with the policy that it names, for whoever has both: an auditor, years later. What shows only in content, or in who
 * asked, cannot be judged by it; nor can for which model a rule is, where the operator has names of his own that stand for several.
 */
import { isSubstitution } from '../../exchange/substitution.js';
import { Failure } from '../../reason-core.js';
import type { LoggedPolicy, LoggedRule } from '../../receipt/logged-policy.js';
import type { PolicyCheckName } from '../../receipt/policy-words.js';
import type { PolicyFinding, Receipt } from '../../receipt/receipt.js';

/**
 * `digest`: that of the policy, hexadecimal. Throws `clause/policy-mismatch`, `clause/rule-unknown`, or the code of the clause that was broken:
 * `clause/upstream-refused`, `clause/finding-unfounded`, `clause/finding-ignored`, `clause/finding-omitted` or
 * `clause/responsibility-differs`.
 */
export function checkAgainstPolicy(
  receipt: Receipt,
  policy: LoggedPolicy,
  digest: string,
): LoggedRule | null {
  if (receipt.policy.digest !== digest)
    throw new Failure('clause/policy-mismatch', { field: 'policy.digest' });
  const { rule: name } = receipt.policy;
  if (name === undefined) {
    // Without a rule nothing may be sent.
    if (receipt.request.sent !== null || receipt.attempts.some(({ sent }) => typeof sent === 'string'))
      throw new Failure('clause/rule-unknown', { field: 'policy.rule' });
    return null;
  }
  const rule = policy.rules.find(one => one.name === name);
  if (rule === undefined) throw new Failure('clause/rule-unknown', { field: 'policy.rule', detail: name });
  checkUpstreams(receipt, rule);
  checkFindings(receipt, rule);
  checkResponsibility(receipt, rule);
  return rule;
}

function checkUpstreams({ attempts, request }: Receipt, rule: LoggedRule): void {
  for (const [at, { upstream, sent = request.sent }] of attempts.entries())
    if (sent !== null && !rule.upstreams.includes(upstream))
      throw new Failure('clause/upstream-refused', { field: `attempts.${at}.upstream`, detail: upstream });
}

function checkFindings(receipt: Receipt, rule: LoggedRule): void {
  const { policy, response } = receipt;
  const { findings = [] } = policy;
  for (const [at, finding] of findings.entries()) {
    const { check, done } = finding;
    const field = `policy.findings.${at}`;
    const isFounded = FOUNDED[check]?.(rule) ?? hasCheck(rule, finding);
    if (!isFounded) throw new Failure('clause/finding-unfounded', { field, detail: check });
    if ((done === 'block' || done === 'reroute') && response.status === 'completed')
      throw new Failure('clause/finding-ignored', { field, detail: check });
  }
  checkOmissions(receipt, rule);
}

/** What follows from clauses that are no checks. */
const FOUNDED: Readonly<Partial<Record<string, (rule: LoggedRule) => boolean>>> = {
  diversity: ({ diversity }) => diversity.length > 0,
  grades: ({ requires }) => requires !== null,
  'upstream-allowed': () => true,
};

/** Where another upstream was to be asked and there was none, the exchange was refused. */
function hasCheck({ checks }: LoggedRule, { check, stage, done }: PolicyFinding): boolean {
  return checks.some(
    one =>
      one.check === check &&
      one.stage === stage &&
      (one.onFailure === done || (one.onFailure === 'reroute' && done === 'block')),
  );
}

/** What the receipt itself shows to have gone wrong cannot be passed over. At the end alone: what was known before that may have been other. */
function checkOmissions(receipt: Receipt, rule: LoggedRule): void {
  const { policy, response } = receipt;
  if (response.status !== 'completed') return;
  const omits = (check: PolicyCheckName) =>
    rule.checks.some(one => one.check === check && one.stage === 'final') &&
    !(policy.findings ?? []).some(one => one.check === check);
  if (omits('usage-known') && response.usage === null)
    throw new Failure('clause/finding-omitted', { field: 'response.usage' });
  if (omits('finish-known') && response.finish.length === 0)
    throw new Failure('clause/finding-omitted', { field: 'response.finish' });
  if (omits('price-known') && receipt.price.lines === null && receipt.price.reason !== 'free')
    throw new Failure('clause/finding-omitted', { field: 'price' });
  if (omits('upstream-receipt') && !receipt.evidence.some(({ type }) => type === 'countersign-receipt'))
    throw new Failure('clause/finding-omitted', { field: 'evidence' });
  if (isUnattested(receipt, policy.findings ?? [], rule))
    throw new Failure('clause/finding-omitted', { field: 'evidence' });
  if (omits('model-as-asked') && isAnotherModel(receipt))
    throw new Failure('clause/finding-omitted', { field: 'model.served' });
}

/** What was sent to somebody without evidence that the rule asks for, and no finding says so. */
function isUnattested(
  { upstream, evidence }: Receipt,
  findings: readonly PolicyFinding[],
  { checks, requires }: LoggedRule,
): boolean {
  const place = requires?.place ?? 'asserted';
  const asking = [
    ...(checks.some(({ check }) => check === 'upstream-attested') ? ['upstream-attested'] : []),
    ...(place === 'asserted' ? [] : ['grades']),
  ];
  const isSaid = (check: string) => findings.some(one => one.check === check);
  return (
    upstream !== null &&
    !evidence.some(({ type }) => type === 'upstream-attestation') &&
    asking.some(check => !isSaid(check))
  );
}

/** Where a name is only committed to, nobody can say. */
function isAnotherModel({ attempts, model: { requested, served } }: Receipt): boolean {
  if (served === null) return true;
  const asked = attempts.at(-1)?.model ?? requested;
  if (asked === null || !('name' in asked) || !('name' in served)) return false;
  return isSubstitution(asked.name, served.name);
}

function checkResponsibility({ responsibility }: Receipt, rule: LoggedRule): void {
  const missing = rule.responsibility.find(
    ({ role, party }) => !responsibility.some(one => one.role === role && one.party === party),
  );
  if (missing !== undefined)
    throw new Failure('clause/responsibility-differs', { field: 'responsibility', detail: missing.role });
}
