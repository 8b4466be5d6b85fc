/** A run as somebody hands it in: evidence that was appraised, with what it is to be bound to; and what all of it comes to. */
import type { EvidenceKind, EvidenceStatus } from '../../evidence/report.js';
import { Failure, type ReasonCode } from '../../reason.js';
import type { Appraised } from '../evidence/appraised.js';
import { carriersOf } from './conventions.js';
import { bind, verdictOf } from './graph.js';
import type { BoundEvidence, Carrying, Edge, Run } from './run.js';

export interface PieceOfRun {
  readonly appraised: Appraised;
  /** Null for what its kind is for: {@link USUAL}. */
  readonly carries: readonly Carrying[] | null;
}

export interface JudgedRun {
  readonly edges: readonly Edge[];
  readonly status: EvidenceStatus;
  /** Why it is not accepted: that of the evidence before that of an edge. Null where it is. */
  readonly code: ReasonCode | null;
}

/** Beside a machine's own: what its devices say, and what the maker's service says of them. */
const OF_GPUS: readonly EvidenceKind[] = ['nvidia', 'nras'];

/** Fields that are for a nonce and nothing else. Whatever another field carries, somebody has to name. */
const USUAL: readonly Carrying[] = [{ field: 'nonce', convention: 'plain-nonce' }];

/**
 * Refused where a piece is or an edge is contradicted; inconclusive where something was not made or not shown. Throws
 * `binding/several-machines`, and what {@link bind} throws.
 */
export async function judgeRun(
  pieces: readonly PieceOfRun[],
  others: Omit<Run, 'quote' | 'gpus'>,
): Promise<JudgedRun> {
  const [quote = null, ...more] = pieces.filter(({ appraised }) => !OF_GPUS.includes(appraised.report.kind));
  if (more.length > 0) throw new Failure('binding/several-machines');
  const gpus = pieces.filter(piece => piece !== quote);
  const edges = await bind({
    ...others,
    quote: quote === null ? null : bound(quote, quote.appraised.report.kind),
    gpus: gpus.map((piece, at) => {
      const { kind } = piece.appraised.report;
      return bound(piece, gpus.length === 1 ? kind : `${kind} ${at + 1}`);
    }),
  });
  const verdicts = [...pieces.map(({ appraised }) => appraised), verdictOf(edges)];
  const decisive =
    verdicts.find(({ status }) => status === 'refused') ??
    verdicts.find(({ status }) => status === 'inconclusive');
  return { edges, status: decisive?.status ?? 'accepted', code: decisive?.code ?? null };
}

function bound({ appraised: { report, status }, carries }: PieceOfRun, name: string): BoundEvidence {
  const carriers = carriersOf(report);
  return {
    name,
    status,
    carriers,
    carries: carries ?? USUAL.filter(({ field }) => carriers[field] !== undefined),
  };
}
