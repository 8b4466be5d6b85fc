/** Who is told of what a gateway does, and passes it on to those who count it, write it down and trace it. */
import type {
  AnsweredRequest,
  ExchangeReport,
  Observer,
  ReportedAttestation,
} from '../../receipt/exchange-report.js';
import type { TraceContext } from '../../receipt/trace-context.js';
import { countAnswer, countAttestation, countExchange } from './count-exchanges.js';
import type { OperatorLog } from './operator-log.js';
import type { Registry } from './registry.js';

/** Who traces exchanges. */
export interface Tracer {
  trace(traceparent: string | undefined): TraceContext;
  ended(report: ExchangeReport): void;
}

export class Observers implements Observer {
  readonly #registry: Registry;
  readonly #log: OperatorLog;
  readonly #tracer: Tracer | null;

  /** `tracer`: null where nothing is traced. */
  constructor(registry: Registry, log: OperatorLog, tracer: Tracer | null) {
    this.#registry = registry;
    this.#log = log;
    this.#tracer = tracer;
  }

  ended(report: ExchangeReport): void {
    countExchange(this.#registry, report);
    this.#log.exchange(report);
    this.#tracer?.ended(report);
  }

  answered(request: AnsweredRequest): void {
    countAnswer(this.#registry, request);
    this.#log.answer(request);
  }

  attested(report: ReportedAttestation): void {
    countAttestation(this.#registry, report);
    this.#log.attestation(report);
  }

  trace(traceparent: string | undefined): TraceContext | null {
    return this.#tracer?.trace(traceparent) ?? null;
  }
}
