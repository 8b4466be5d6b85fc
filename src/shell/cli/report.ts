/** A verification in words that a person understands. */

import type { Check } from '../../appraise/check.js';
import type { Fact } from '../../appraise/facts.js';
import { codeOf } from '../../appraise/policy/checks.js';
import { REVOKED } from '../../appraise/revoked.js';
import type { KnownRevocation } from '../../appraise/trust.js';
import type { EvidenceVerification } from '../../appraise/verdict/verify-evidence.js';
import type { Outcome, Verification } from '../../appraise/verify.js';
import { advice, type ReasonCode } from '../../reason.js';
import type { Consequence, Stage } from '../../receipt/policy-words.js';
import type { Receipt } from '../../receipt/receipt.js';
import { briefly } from './concentration.js';
import { hang, paint, printable, type Style } from './print.js';
import { evidenceLines } from './report-evidence.js';

const HEADLINE: Record<Outcome, { readonly style: Style; readonly text: string }> = {
  pass: { style: 'green', text: 'PASS          everything that could be checked holds' },
  fail: { style: 'red', text: 'FAIL          do not rely on this' },
  inconclusive: { style: 'yellow', text: 'INCONCLUSIVE  nothing failed, but something needed is missing' },
  malformed: { style: 'red', text: 'MALFORMED     this is not a bundle with a receipt in it' },
};

const MARK: Record<Check['status'], { readonly style: Style; readonly text: string }> = {
  pass: { style: 'green', text: 'pass       ' },
  fail: { style: 'red', text: 'fail       ' },
  'not-checked': { style: 'dim', text: 'not-checked' },
};

/** What leaves no verdict open: nobody has to do anything about it. */
const NOT_NEEDED: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'content/not-given',
  'content/request-partial',
  'epoch/not-checked',
  'witness/not-asked',
]);

/** As `verify` gives it, or as it is with evidence. */
type Reported = Verification & Partial<Pick<EvidenceVerification, 'evidence'>>;

/** The lines of the report. */
export function report(verification: Reported): string[] {
  const { outcome, checks, facts, responsibility, receipt, concentration, revocations } = verification;
  const { style, text } = HEADLINE[outcome];
  const ending = outcome === 'pass' && receipt !== null ? receipt.response.status : 'completed';
  // A receipt can be in perfect order and say that nothing was answered.
  const ended = ending === 'completed' ? text : `${text}; the exchange itself was ${ending}`;
  const headline = revocations.length === 0 ? ended : `${ended}; what it rests on was revoked`;
  const lines = [paint(['bold', style], headline), '', ...checks.map(checkLine)];
  lines.push(...evidenceLines(verification.evidence ?? []));
  const toDo = checks.filter(
    ({ status }) => status === (outcome === 'inconclusive' ? 'not-checked' : 'fail'),
  );
  const codes = toDo.flatMap(check =>
    check.status === 'pass' || NOT_NEEDED.has(check.code) ? [] : [check.code],
  );
  for (const code of new Set(codes)) lines.push('', `  ${hang(`What to do: ${advice(code)}`, 2)}`);
  // A receipt that failed says nothing that anybody should read as a fact.
  if (receipt !== null && outcome !== 'fail') {
    lines.push('', paint('bold', 'The four facts, each on its own'));
    lines.push(factLine('model', facts.model), factLine('place', facts.place));
    lines.push(factLine('record', facts.record), factLine('answer', facts.answer));
    lines.push(...revocationLines(revocations));
    lines.push(...policyLines(receipt));
    lines.push('', paint('bold', 'Who answers for it'));
    for (const { role, party, key } of responsibility) {
      lines.push(
        `  ${role.padEnd(14)}  ${printable(party)}${key === null ? '' : paint('dim', `  ${printable(key)}`)}`,
      );
    }
    if (concentration !== null) {
      lines.push(
        '',
        paint('bold', 'How few controllers could cheat'),
        `  ${hang(briefly(concentration), 2)}`,
      );
    }
  }
  return lines;
}

/** What was taken back of it: what, why, since when it was bad, and since when that is known. */
function revocationLines(revocations: readonly KnownRevocation[]): string[] {
  if (revocations.length === 0) return [];
  const lines = revocations.map(({ revocation: { field, value, reason, since }, decided, entry }) => {
    const code = paint('yellow', REVOKED[field]);
    const bad = since === null ? 'always bad' : `bad since ${new Date(since).toISOString()}`;
    const by = entry === null ? 'by the trust file' : `entry ${entry} of the log`;
    const says = `${printable(value)}: ${reason}, ${bad}, known since ${new Date(decided).toISOString()}, ${by}`;
    return `  ${code}\n          ${hang(says, 10)}`;
  });
  return ['', paint('bold', 'What was revoked'), ...lines];
}

/** Under which rule the exchange was, and what of it failed; nothing for a policy without rules. */
function policyLines({ policy: { digest, index, rule, findings = [] } }: Receipt): string[] {
  if (rule === undefined) return [];
  const found = findings.map(
    ({ check, stage, done }) =>
      `  ${paint('yellow', check.padEnd(18))}failed ${WHEN[stage]}: ${DONE[done]} (${codeOf(check)})`,
  );
  return [
    '',
    paint('bold', 'The policy that was in force'),
    `  rule "${rule}" of entry ${index}, ${paint('dim', `${digest.slice(0, 16)}…`)}`,
    ...found,
  ];
}

const WHEN: Record<Stage, string> = {
  before: 'before anything was sent',
  'first-byte': 'when the answer began',
  final: 'when the answer was there',
};

const DONE: Record<Consequence, string> = {
  block: 'refused',
  reroute: 'another was asked',
  refund: 'to be refunded',
  flag: 'flagged',
};

function checkLine(check: Check): string {
  const { style, text } = MARK[check.status];
  const start = `  ${paint(style, text)}  ${check.name.padEnd(9)}  `;
  const where = check.status === 'pass' || check.field === null ? '' : ` (${check.field})`;
  const says = hang(`${check.says}${where}`, 26);
  return check.status === 'pass'
    ? start + says
    : `${start}${paint(style, check.code)}\n${' '.repeat(26)}${says}`;
}

function factLine(name: string, { grade, because, revoked }: Fact<string>): string {
  const line = `  ${name.padEnd(7)} ${paint(['bold', 'cyan'], grade.padEnd(14))}  `;
  if (revoked === undefined) return line + hang(because, 26);
  const was = `was ${revoked.was} until ${new Date(revoked.until).toISOString()}: ${revoked.code}`;
  return `${line}${paint('yellow', was)}\n${' '.repeat(26)}${hang(because, 26)}`;
}
