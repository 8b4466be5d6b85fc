/**
 * What an operator is told of an exchange that has ended, in lines, counters and traces: nothing that a client or an upstream has written, but for
 * names of models that everybody may know. It tells no more than the receipt in the public log, and the request's id.
 */
import type { Usage } from '../exchange/parameters.js';
import type { SurfaceName } from '../exchange/surface-names.js';
import type { ReasonCode } from '../reason.js';
import type { Receipt } from './receipt.js';
import type { TraceContext } from './trace-context.js';

/** One upstream that was tried. Times are milliseconds since 1970. */
export interface ReportedAttempt {
  readonly upstream: string;
  readonly started: number;
  readonly ended: number;
  /** The HTTP status of its answer; null where there was none. */
  readonly status: number | null;
  /** Why it was not good enough; null where it was. */
  readonly reason: ReasonCode | null;
}

/** Times are milliseconds since 1970. */
export interface ExchangeReport {
  readonly exchange: string;
  /** The id of the HTTP request. */
  readonly request: string;
  readonly surface: SurfaceName;
  /** The model that was asked for, and the one that the upstream says has answered; null where the name is not public, or there is none. */
  readonly model: string | null;
  readonly served: string | null;
  readonly stream: boolean;
  readonly status: Receipt['response']['status'];
  readonly reason: ReasonCode | null;
  readonly http: number;
  readonly received: number;
  readonly firstByte: number | null;
  readonly ended: number;
  /** In order; the last is the one that counts. */
  readonly attempts: readonly ReportedAttempt[];
  /** As far as they are of those that the API documents. */
  readonly finish: readonly string[];
  readonly usage: Usage | null;
  /** Why there is no receipt; null where there is one. */
  readonly unsealed: ReasonCode | null;
  /** Null where nothing is traced. */
  readonly trace: TraceContext | null;
}

/** The kinds of paths that a gateway answers at: surfaces by their names, everything else by what it is. */
export type RouteKind =
  | SurfaceName
  | 'models'
  | 'receipts'
  | 'evidence'
  | 'attestation'
  | 'closings'
  | 'log'
  | 'health'
  | 'about'
  | 'unknown';

/** An answer whose head has been written. */
export interface AnsweredRequest {
  readonly request: string;
  readonly route: RouteKind;
  readonly status: number;
  /** Our own code; null where the answer is no refusal of ours. */
  readonly reason: ReasonCode | null;
}

/** One attestation of an upstream: what came of asking it to show by evidence what it is. */
export interface ReportedAttestation {
  readonly upstream: string;
  /** Why it is not accepted; null where it is. */
  readonly reason: ReasonCode | null;
  /** SHA-256, hexadecimal, of what was kept of it; null where nothing could be read. */
  readonly evidence: string | null;
}

/** Who is told of what a gateway does. It is told in the middle of the work: nothing in it waits, and nothing in it throws. */
export interface Observer {
  ended(report: ExchangeReport): void;
  answered(request: AnsweredRequest): void;
  attested(report: ReportedAttestation): void;
  /** How a request is traced whose `traceparent` header this is; null where it is not. */
  trace(traceparent: string | undefined): TraceContext | null;
}
