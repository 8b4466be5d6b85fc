/** What an operator is told of an exchange that has ended. Names of clients and upstreams are in it under the rules of the public log alone. */
import type { ReasonCode } from '../../reason.js';
import type { ExchangeReport } from '../../receipt/exchange-report.js';
import type { TraceContext } from '../../receipt/trace-context.js';
import type { Ending, ExchangeFacts } from './exchange-facts.js';
import type { ModelNames } from './model-names.js';

/** The HTTP request that an exchange came with, as an operator knows it. */
export interface AskedBy {
  /** Its id. */
  readonly request: string;
  readonly trace: TraceContext | null;
}

/** Choices whose finish reasons are told; a request can ask for as many as it likes. */
const MOST_CHOICES = 8;

/** `ended`: when, in milliseconds since 1970; `unsealed`: why there is no receipt. */
export function reportOf(
  names: ModelNames,
  facts: ExchangeFacts,
  { request: id, trace }: AskedBy,
  { status, reason, http, answer }: Pick<Ending, 'status' | 'reason' | 'http' | 'answer'>,
  ended: number,
  unsealed: ReasonCode | null,
): ExchangeReport {
  const { exchange, surface, host, request, received, firstByte, tried } = facts;
  const model = request?.model ?? null;
  const asked = tried.last?.target.model ?? model;
  const served = answer?.model ?? null;
  return {
    exchange,
    request: id,
    surface: surface.name,
    model: model !== null && names.isPublic(model) ? model : null,
    served: served !== null && names.serves(asked, served) ? served : null,
    stream: request?.stream ?? false,
    status,
    reason,
    http,
    received,
    firstByte,
    ended,
    attempts: tried.reported({ reason, completed: ended }),
    finish: (answer?.finish ?? []).slice(0, MOST_CHOICES).filter(one => host.finishReasons.has(one)),
    usage: answer?.usage ?? null,
    unsealed,
    trace,
  };
}
