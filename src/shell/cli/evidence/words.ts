/** What was found about evidence, in words that a person understands. */
import type { Edge } from '../../../appraise/binding/run.js';
import type { Json } from '../../../bytes/json.js';
import type { ByteRange, EvidenceCheck } from '../../../evidence/report.js';
import { advice } from '../../../reason.js';
import type { ConformanceAnswer, ConformanceStatus } from '../conformance/answer.js';
import { hang, paint, printable, type Style } from '../print.js';
import type { JudgedFiles, JudgedPiece } from './judge.js';

const HEADLINE: Record<ConformanceStatus, { readonly style: Style; readonly text: string }> = {
  accepted: { style: 'green', text: 'ACCEPTED      everything that was asked for holds' },
  refused: { style: 'red', text: 'REFUSED       do not rely on this' },
  inconclusive: { style: 'yellow', text: 'INCONCLUSIVE  nothing failed, but something needed is missing' },
  unsupported: { style: 'yellow', text: 'UNSUPPORTED   of a version or kind that is not known here' },
  malformed: { style: 'red', text: 'MALFORMED     this is no evidence that can be read' },
};

const MARK: Record<
  EvidenceCheck['status'] | Edge['status'],
  { readonly style: Style; readonly text: string }
> = {
  pass: { style: 'green', text: 'pass        ' },
  holds: { style: 'green', text: 'holds       ' },
  fail: { style: 'red', text: 'fail        ' },
  contradicted: { style: 'red', text: 'contradicted' },
  'not-checked': { style: 'dim', text: 'not-checked ' },
  'not-shown': { style: 'yellow', text: 'not-shown   ' },
};

/** `explain`: also what the evidence states, where its chain leads, and which bytes nobody has signed. */
export function evidenceLines(judged: JudgedFiles, explain: boolean): string[] {
  const { style, text } = HEADLINE[judged.status];
  const lines = [paint(['bold', style], text)];
  const waived = judged.pieces.flatMap(({ answer }) => waivedIn(answer));
  if (judged.status === 'accepted' && waived.length > 0)
    lines.push(hang(`Not checked, because the policy does without: ${[...new Set(waived)].join(', ')}.`, 0));
  for (const piece of judged.pieces) lines.push('', ...pieceLines(piece, explain));
  if (judged.edges !== null) {
    lines.push('', paint('bold', 'Whether the parts are of one run'));
    lines.push(...judged.edges.map(edgeLine));
  }
  const isRead = judged.pieces.every(({ answer }) => answer.evidenceDigest !== null);
  if (isRead && judged.code !== null) lines.push('', `  ${hang(`What to do: ${advice(judged.code)}`, 2)}`);
  return lines;
}

/** What `claimsOf` makes. */
interface Claims {
  readonly kind: string;
  readonly root: { readonly name: string; readonly simulated: boolean } | null;
  readonly checks: readonly EvidenceCheck[];
  readonly notChecked: readonly string[];
  readonly fields: Json;
  readonly uncovered: readonly ByteRange[];
  readonly document: string;
}

function pieceLines({ name, answer }: JudgedPiece, explain: boolean): string[] {
  const title = (kind: string) => paint('bold', `${printable(name)}  ${kind}  ${answer.status}`);
  if (answer.evidenceDigest === null) return [title('unread'), ...unreadLines(answer)];
  const { kind, root, checks, fields, uncovered, document } = answer.claims as unknown as Claims;
  const lines = [title(kind)];
  if (explain) lines.push(`  signed    ${answer.evidenceDigest}`, `  document  ${document}`);
  const simulated = root?.simulated === true ? ' (simulated)' : '';
  lines.push(`  root      ${root === null ? 'none that is pinned' : `${printable(root.name)}${simulated}`}`);
  lines.push(...checks.map(checkLine));
  if (!explain) return lines;
  lines.push('', paint('bold', 'What it states'), ...fieldLines(fields));
  lines.push('', paint('bold', 'Bytes that no signature covers'));
  if (uncovered.length === 0) lines.push('  none');
  for (const { from, to, what } of uncovered)
    lines.push(`  ${`${from}-${to - 1}`.padEnd(12)}${`${to - from}`.padStart(6)}  ${hang(what, 22)}`);
  return lines;
}

/** What an accepted piece does not say, by the names of its checks. */
function waivedIn({ evidenceDigest, claims }: ConformanceAnswer): readonly string[] {
  return evidenceDigest === null ? [] : (claims as unknown as Claims).notChecked;
}

/** Why it could not be read, and what to do. */
function unreadLines({ reason }: ConformanceAnswer): string[] {
  return [`  ${hang(reason ?? '', 2)}`];
}

function checkLine(check: EvidenceCheck): string {
  const { style, text } = MARK[check.status];
  const start = `  ${paint(style, text)}  ${check.name.padEnd(21)}  `;
  if (check.status === 'pass') return start + hang(check.says, 39);
  const found = [check.field, check.detail].filter(each => each !== null).join(': ');
  const waived = check.waived ? ' The policy does without.' : '';
  const where = found === '' ? '' : ` (${found})`;
  return `${start}${paint(style, check.code)}\n${' '.repeat(39)}${hang(`${check.says}${where}${waived}`, 39)}`;
}

function edgeLine(edge: Edge): string {
  const { style, text } = MARK[edge.status];
  const start = `  ${paint(style, text)}  ${`${edge.from} - ${edge.to}`.padEnd(21)}  `;
  return edge.status === 'holds'
    ? start + hang(edge.says, 39)
    : `${start}${paint(style, edge.code)}\n${' '.repeat(39)}${hang(edge.says, 39)}`;
}

/** One line for each value, under its path. */
function fieldLines(value: Json, path = ''): string[] {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, member]) =>
      fieldLines(member as Json, path === '' ? name : `${path}.${name}`),
    );
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [`  ${printable(path).padEnd(27)}  ${printable(text)}`];
}
