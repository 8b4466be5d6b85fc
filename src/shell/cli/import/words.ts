/** What somebody else's receipt comes to, in words that a person understands. */
import type { ClaimStatus, Imported } from '../../../appraise/imports/imported.js';
import type { EvidenceCheck, EvidenceStatus } from '../../../evidence/report.js';
import { advice, says } from '../../../reason.js';
import { hang, paint, printable, type Style } from '../print.js';

interface Mark {
  readonly style: Style;
  readonly text: string;
}

const HEADLINE: Record<EvidenceStatus, Mark> = {
  accepted: { style: 'green', text: 'ACCEPTED      every check that its makers intend has passed' },
  refused: { style: 'red', text: 'REFUSED       do not rely on this' },
  inconclusive: { style: 'yellow', text: 'INCONCLUSIVE  nothing failed, but something needed is missing' },
};

const CHECK: Record<EvidenceCheck['status'], Mark> = {
  pass: { style: 'green', text: 'pass        ' },
  fail: { style: 'red', text: 'fail        ' },
  'not-checked': { style: 'dim', text: 'not-checked ' },
};

const CLAIM: Record<ClaimStatus, Mark> = {
  verified: { style: 'green', text: 'verified    ' },
  refuted: { style: 'red', text: 'refuted     ' },
  asserted: { style: 'yellow', text: 'asserted    ' },
  unknown: { style: 'yellow', text: 'unknown     ' },
};

export function importLines({ status, code, checks, claims, facts, evidence }: Imported): string[] {
  const { style, text } = HEADLINE[status];
  const lines = [paint(['bold', style], text), ''];
  lines.push(...checks.map(checkLine));
  for (const { report, checks: ofHardware, status: ofPiece } of evidence) {
    lines.push('', paint('bold', `Evidence of hardware  ${report.kind}  ${ofPiece}`));
    lines.push(`  root      ${report.root === null ? 'none that is pinned' : printable(report.root.name)}`);
    lines.push(...ofHardware.map(checkLine));
  }
  lines.push('', paint('bold', 'What follows'));
  for (const claim of claims) {
    const mark = CLAIM[claim.status];
    const why = claim.code === null ? '' : ` (${claim.code})`;
    lines.push(`  ${paint(mark.style, mark.text)}  ${hang(`${claim.says}${why}`, 16)}`);
  }
  lines.push('', paint('bold', 'Graded'));
  for (const name of ['model', 'place'] as const)
    lines.push(`  ${name.padEnd(8)}${facts[name].grade.padEnd(17)}  ${hang(facts[name].because, 29)}`);
  if (code !== null) lines.push('', `  ${hang(`What to do: ${advice(code)}`, 2)}`);
  return lines;
}

function checkLine(check: EvidenceCheck): string {
  const { style, text } = CHECK[check.status];
  const start = `  ${paint(style, text)}  ${check.name.padEnd(21)}  `;
  if (check.status === 'pass') return start + hang(check.says, 39);
  const found = [check.field, check.detail].filter(each => each !== null).join(': ');
  const where = found === '' ? '' : ` (${found})`;
  return `${start}${paint(style, check.code)}\n${' '.repeat(39)}${hang(`${says(check.code)}${where}`, 39)}`;
}
