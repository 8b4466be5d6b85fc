/** What every part of the gateway works with; the CLI composes it. */
import type { Admission } from '../../economy/admission.js';
import type { Upstream } from '../../exchange/upstream.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import type { CarriedRevocation } from '../../receipt/bundle.js';
import type { EvidenceArchive } from '../../receipt/evidence-archive.js';
import type { Observer } from '../../receipt/exchange-report.js';
import type { Receipt } from '../../receipt/receipt.js';
import type { Sealer } from '../../receipt/sealer.js';
import type { TransparencyLog } from '../../tree/log.js';
import type { BodyBudget } from '../http/body-budget.js';
import type { Turns } from '../http/turns.js';
import type { ActiveExchanges } from './active-exchanges.js';
import type { AttestedEpochs } from './attested-epochs.js';
import type { AnswerCache } from './cache/answer-cache.js';
import type { EpochBook } from './epochs/epoch-book.js';
import type { Issuer } from './issuer.js';
import type { ModelLists } from './model-lists.js';
import type { ModelNames } from './model-names.js';
import type { OwnAttestation } from './own-attestation.js';
import type { PolicyDesk } from './policy/in-force.js';
import type { Refunds } from './policy/refunds.js';
import type { Pricing } from './pricing.js';
import type { RetryPolicy } from './routing/route-plan.js';
import type { RoutingTable } from './routing/routing-table.js';
import type { HealthBoard } from './routing/upstream-health.js';
import type { Timeouts } from './timeouts.js';

export interface GatewayLimits {
  /** The most connections of clients at a time; fewer where the process may not open many files. */
  readonly connections: number;
  /** The most bytes that a request's body may have. */
  readonly requestBytes: number;
  /** The most bytes of requests that may be held at once. */
  readonly heldBytes: number;
  /** The most bytes of answers that may be held at once: of those that are on their way, and those that clients have not read. */
  readonly heldAnswerBytes: number;
  /** How long a client may leave what it was sent unread, without reading any of it, in milliseconds. */
  readonly readingTime: number;
  /** How long whoever asks for a receipt may wait for it, in milliseconds; after it, there is what there is. */
  readonly receiptTime: number;
  /** The most bytes that an answer may have, all of which may be in one event. */
  readonly responseBytes: number;
  /** The most events, and comments that stand alone, that a stream may have. */
  readonly events: number;
}

export const DEFAULT_LIMITS: GatewayLimits = {
  connections: 10_000,
  // OpenAI takes 50 MB with images in them and sounds of 25 MB, Anthropic 32 MB, Google 20 MB.
  requestBytes: 50 * 1024 * 1024,
  heldBytes: 256 * 1024 * 1024,
  heldAnswerBytes: 256 * 1024 * 1024,
  readingTime: 120_000,
  receiptTime: 10_000,
  responseBytes: 64 * 1024 * 1024,
  // One for each token of the longest answers that there are, several times over; in 64 MiB there is room for sixteen million, which take minutes.
  events: 500_000,
};

export interface GatewayContext {
  /** Who may ask, and how much. */
  readonly admission: Admission;
  /** Null, or left out, where every request is asked anew. */
  readonly cache?: AnswerCache | null;
  /** Null where nothing has a price. */
  readonly pricing: Pricing | null;
  /** Which policy is in force. */
  readonly policy: PolicyDesk;
  /** Orders what a policy gives back; null where nothing ever is. */
  readonly refunds: Refunds | null;
  readonly issuer: Issuer;
  /** What the gateway shows of its own machine; null, or left out, where it shows nothing. */
  readonly attestation?: OwnAttestation | null;
  /** Which evidence of its own machine receipts name; null, or left out, where they name none. */
  readonly attested?: Pick<AttestedEpochs, 'namedBy'> | null;
  readonly log: TransparencyLog;
  /** Which numbers were given, and what became of them. */
  readonly epochs: EpochBook;
  readonly sealer: Sealer;
  readonly archive: EvidenceArchive;
  readonly routing: RoutingTable;
  readonly health: HealthBoard<Upstream>;
  readonly retries: RetryPolicy;
  readonly timeouts: Pick<Timeouts, 'firstToken' | 'keepAlive'>;
  readonly names: ModelNames;
  readonly lists: ModelLists;
  readonly active: ActiveExchanges;
  readonly bodies: BodyBudget;
  readonly answers: BodyBudget;
  /** In which whatever may take long is done. */
  readonly turns: Turns;
  /** The published identity of whoever runs the gateway. */
  readonly operator: string;
  readonly limits: GatewayLimits;
  /** Whether streams carry acceptance and receipt, unless the request says otherwise. */
  readonly inline: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The latest witnessed checkpoint: a lower bound on when a receipt was made. */
  readonly seen: () => Checkpoint;
  /** Why the entry at an index is not shown to anybody, or null; left out where everything is. */
  readonly denialOf?: (index: number) => Failure | null;
  /** What has been revoked of that receipt, for its bundle; left out where nothing ever is. */
  readonly revocationsOf?: (receipt: Receipt) => Promise<readonly CarriedRevocation[]>;
  /** Told of each receipt that has its place in the log; left out where nobody wants to know. */
  readonly onSealed?: (index: number, receipt: Receipt) => void;
  /** Told of faults of our own, without any content. */
  readonly onProblem: (message: string) => void;
  /** Told of every exchange that has ended; left out where nobody wants to know. */
  readonly observer?: Observer;
  /** Whether upstreams are told of which trace a request is a part. */
  readonly propagates?: boolean;
}

/** What a client is told of an error: its own code, or for a fault of ours that there was one, which the operator is told in full. */
export function asFailure({ onProblem }: Pick<GatewayContext, 'onProblem'>, error: unknown): Failure {
  if (error instanceof Failure) return error;
  onProblem(`a fault of our own: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`);
  return new Failure('gateway/fault');
}
