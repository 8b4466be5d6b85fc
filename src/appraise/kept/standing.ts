/**
 * The two questions about evidence that was judged once: was it good as of then, and is it still good now? The first is asked of the very pieces that
 * were kept, the second of what publishers say today. A document may be good as of then for ever, and bad from the next day on.
 */
import type { EvidenceKind } from '../../evidence/report.js';
import type { Appraised } from '../evidence/appraised.js';
import { agrees, judgeEvidence } from './judge.js';
import type { EvidenceTrust, Material } from './material.js';
import type { EvidenceRecord } from './record.js';
import { type Piece, type PieceRole, ROLES } from './roles.js';

/** Where the newest collateral comes from. The shell has one that asks the makers of hardware; another has what somebody put into a folder. */
export interface FreshCollateral {
  /**
   * The newest there is for that material at `asOf` (Unix seconds), in renewable roles of its kind. What could not be had is not there, and each reason
   * is told to `onProblem`; it never throws for what a server or a file does.
   */
  renew(
    material: Material,
    asOf: number,
    onProblem: (problem: Error) => void,
  ): Promise<readonly FreshPiece[]>;
}

export interface FreshPiece extends Piece {
  /** Unix seconds. */
  readonly fetched: number;
}

export interface GoodThen extends Appraised {
  readonly asOf: number;
  /** Whether it found what the record says. Where it did not, the record, a piece or the roots are not what they were. */
  readonly agrees: boolean;
}

export interface GoodNow extends Appraised {
  readonly asOf: number;
  /** Which roles were filled anew; the others are as they were kept. */
  readonly renewed: readonly PieceRole[];
}

/** Judges again as the record says that it was judged. Throws as {@link judgeEvidence}. */
export async function goodAsOfThen(
  record: EvidenceRecord,
  material: Material,
  trust?: EvidenceTrust,
): Promise<GoodThen> {
  const judgement = await judgeEvidence(material, record.asOf, trust);
  return { ...judgement, asOf: record.asOf, agrees: agrees(judgement, record) };
}

/** Judges at `now` (Unix seconds), with what is fresh in place of what was kept. Throws as {@link judgeEvidence}. */
export async function stillGoodNow(
  material: Material,
  fresh: readonly Piece[],
  now: number,
  trust?: EvidenceTrust,
): Promise<GoodNow> {
  const judgement = await judgeEvidence(renewed(material, fresh), now, trust);
  return { ...judgement, asOf: now, renewed: rolesOf(material.kind, fresh) };
}

/** All pieces of a role give way to fresh ones of it: an old answer beside a new one would count as well, and be refused as old. */
function renewed({ kind, pieces }: Material, fresh: readonly Piece[]): Material {
  const roles = rolesOf(kind, fresh);
  return {
    kind,
    pieces: [
      ...pieces.filter(({ role }) => !roles.includes(role)),
      ...fresh.filter(({ role }) => roles.includes(role)),
    ],
  };
}

function rolesOf(kind: EvidenceKind, fresh: readonly Piece[]): readonly PieceRole[] {
  return ROLES[kind].renewable.filter(role => fresh.some(piece => piece.role === role));
}
