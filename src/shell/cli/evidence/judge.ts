/** Files of evidence, judged each on its own and then as parts of one run. */
import { type CarryingField, carriersOf } from '../../../appraise/binding/conventions.js';
import type { Carrying, Edge } from '../../../appraise/binding/run.js';
import { judgeRun, type PieceOfRun } from '../../../appraise/binding/whole-run.js';
import type { HardwareReport } from '../../../appraise/evidence/appraised.js';
import type { ConformanceAnswer } from '../conformance/answer.js';
import { judgeEvidence } from '../conformance/evidence.js';
import type { Circumstances } from '../conformance/evidence-input.js';
import { type GivenFiles, partsOf } from './parts.js';

export interface JudgedPiece {
  /** The file, and of several devices in it which one. */
  readonly name: string;
  readonly answer: ConformanceAnswer;
}

export interface JudgedFiles {
  readonly pieces: readonly JudgedPiece[];
  /** Null where there is nothing that could be bound to something. */
  readonly edges: readonly Edge[] | null;
  readonly status: ConformanceAnswer['status'];
  readonly code: ConformanceAnswer['code'];
}

/** Throws `binding/several-machines`, and what reading a statement or a receipt throws. */
export async function judgeFiles(given: GivenFiles, circumstances: Circumstances): Promise<JudgedFiles> {
  const pieces: JudgedPiece[] = [];
  const ofRun: PieceOfRun[] = [];
  for (const { name, part } of partsOf(given, circumstances)) {
    const { answer, appraised } = await judgeEvidence(part);
    pieces.push({ name, answer });
    if (appraised !== null) ofRun.push({ appraised, carries: carriesOf(appraised.report, given.carries) });
  }
  const unreadable = pieces.find(({ answer }) => answer.evidenceDigest === null);
  if (unreadable !== undefined)
    return { pieces, edges: null, status: unreadable.answer.status, code: unreadable.answer.code };
  const others = Object.values(given.others).filter(other => other !== null);
  if (ofRun.length + others.length > 1) return { pieces, ...(await judgeRun(ofRun, given.others)) };
  const [only] = pieces;
  return { pieces, edges: null, status: only?.answer.status ?? 'malformed', code: only?.answer.code ?? null };
}

/** Null where none of them is about a field of it. */
function carriesOf(report: HardwareReport, all: readonly Carrying[]): readonly Carrying[] | null {
  const fields = Object.keys(carriersOf(report)) as CarryingField[];
  const own = all.filter(({ field }) => fields.includes(field));
  return own.length === 0 ? null : own;
}
