/** A verification in words that a person understands. */

import type { Check } from '../../appraise/check.js';
import type { Fact } from '../../appraise/facts.js';
import { advice } from '../../reason.js';
import type { Outcome, Verification } from '../../verify.js';
import { paint, type Style } from './print.js';

const HEADLINE: Record<Outcome, { readonly style: Style; readonly text: string }> = {
  pass: { style: 'green', text: 'PASS          everything that could be checked holds' },
  fail: { style: 'red', text: 'FAIL          do not rely on this' },
  inconclusive: { style: 'yellow', text: 'INCONCLUSIVE  nothing failed, but something needed is missing' },
  malformed: { style: 'red', text: 'MALFORMED     this is not a bundle' },
};

const MARK: Record<Check['status'], { readonly style: Style; readonly text: string }> = {
  pass: { style: 'green', text: 'pass       ' },
  fail: { style: 'red', text: 'fail       ' },
  'not-checked': { style: 'dim', text: 'not-checked' },
};

/** The lines of the report. */
export function report({ outcome, checks, facts, responsibility, receipt }: Verification): string[] {
  const { style, text } = HEADLINE[outcome];
  const lines = [paint(['bold', style], text), '', ...checks.map(checkLine)];
  const failed = checks.flatMap(check => (check.status === 'fail' ? [check.code] : []));
  for (const code of new Set(failed)) lines.push('', `What to do: ${advice(code)}`);
  // A receipt that failed says nothing that anybody should read as a fact.
  if (receipt !== null && outcome !== 'fail') {
    lines.push('', paint('bold', 'The four facts, each on its own'));
    lines.push(factLine('model', facts.model), factLine('place', facts.place));
    lines.push(factLine('record', facts.record), factLine('answer', facts.answer));
    lines.push('', paint('bold', 'Who answers for it'));
    for (const { role, party, key } of responsibility) {
      lines.push(`  ${role.padEnd(15)} ${party}${key === null ? '' : paint('dim', `  ${key}`)}`);
    }
  }
  return lines;
}

function checkLine(check: Check): string {
  const { style, text } = MARK[check.status];
  const code = check.status === 'pass' ? '' : `${paint(style, check.code)}  `;
  return `  ${paint(style, text)}  ${check.name.padEnd(9)}  ${code}${check.says}`;
}

function factLine(name: string, { grade, because }: Fact<string>): string {
  return `  ${name.padEnd(7)} ${paint(['bold', 'cyan'], grade.padEnd(14))}  ${because}`;
}
