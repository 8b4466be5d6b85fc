/** Evidence that was handed in with a bundle, piece by piece, in words. */
import type { VerifiedEvidence } from '../../appraise/verdict/verify-evidence.js';
import { paint, type Style } from './print.js';

type Judged = Pick<VerifiedEvidence, 'status' | 'code'>;

const STYLES: Readonly<Record<Judged['status'], Style>> = {
  accepted: 'green',
  refused: 'red',
  inconclusive: 'yellow',
};

/** None where there is none. */
export function evidenceLines(evidence: readonly VerifiedEvidence[]): string[] {
  if (evidence.length === 0) return [];
  return ['', paint('bold', 'The evidence that was given'), ...evidence.map(evidenceLine)];
}

function evidenceLine(each: VerifiedEvidence, at: number): string {
  const { judged, binding } = each;
  const name = `${judged.kind} ${judged.whole.slice(0, 16)}…`;
  const bound = binding === null ? '' : `, ${word(binding, 'of this run', 'not of this run')}`;
  return `  evidence.${at}  ${name}  ${word(each, 'accepted', 'refused')}${bound}`;
}

function word({ status, code }: Judged, good: string, bad: string): string {
  const says = status === 'accepted' ? good : status === 'refused' ? bad : 'open';
  return paint(STYLES[status], says) + (code === null ? '' : ` (${code})`);
}
