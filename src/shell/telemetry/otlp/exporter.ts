/**
 * Sends spans and metrics to a collector over OTLP/HTTP, as JSON. Nothing waits for it: what a slow or absent collector does not take is dropped, and
 * counted. No content is ever in it, because none is in what it is made of.
 *
 * The collector is the operator's own and is trusted with what it is sent; its answers are not read.
 */
import { toHex } from '../../../bytes/hex.js';
import { utf8 } from '../../../bytes/octets.js';
import type { ExchangeReport } from '../../../receipt/exchange-report.js';
import { parseTraceparent, type TraceContext } from '../../../receipt/trace-context.js';
import { ask } from '../../http/client.js';
import { randomBytes } from '../../random.js';
import type { Tracer } from '../observer.js';
import type { Registry } from '../registry.js';
import { keyValues } from './json.js';
import { GenAiMetrics, registryMetrics } from './metrics.js';
import { spansOf } from './spans.js';

export interface ExporterOptions {
  /** The collector's base, such as `http://127.0.0.1:4318`; `/v1/traces` and `/v1/metrics` are below it. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The `service.name` of what is sent. */
  readonly service: string;
  readonly version: string;
  readonly registry: Registry;
  readonly onProblem: (message: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How often spans and metrics are sent, and how long the last of them may take when it is closed, in milliseconds. */
  readonly intervals?: { readonly spans: number; readonly metrics: number; readonly closing: number };
}

const INTERVALS = { spans: 5000, metrics: 60_000, closing: 3000 };
/** Spans that wait to be sent, at most; and those that are sent together. */
const MOST_WAITING = 4096;
const AT_ONCE = 512;
const PATIENCE = 10_000;
const MAX_ANSWER = 1 << 16;

export class OtlpExporter implements Tracer {
  readonly #options: ExporterOptions;
  readonly #genAi = new GenAiMetrics();
  readonly #started: number;
  readonly #timers: readonly NodeJS.Timeout[];
  /** Aborted when a gateway that ends waits no longer. */
  readonly #ending = new AbortController();
  #waiting: object[] = [];
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;
  /** Said once, until something is taken again. */
  #isDown = false;

  constructor(options: ExporterOptions) {
    const { spans, metrics } = options.intervals ?? INTERVALS;
    this.#options = options;
    this.#started = options.now();
    this.#timers = [
      setInterval(() => void this.#sendSpans(), spans).unref(),
      setInterval(() => void this.#sendMetrics(), metrics).unref(),
    ];
  }

  /** A request becomes a part of the trace that it says it is, or begins one. What its caller does not record is not recorded here. */
  trace(traceparent: string | undefined): TraceContext {
    const given = traceparent === undefined ? null : parseTraceparent(traceparent);
    const span = newId(8);
    if (given === null) return { trace: newId(16), span, parent: null, isSampled: true };
    return { trace: given.trace, span, parent: given.span, isSampled: given.isSampled };
  }

  ended(report: ExchangeReport): void {
    this.#genAi.take(report);
    if (report.trace?.isSampled !== true) return;
    const spans = spansOf(report, report.trace, () => newId(8));
    if (this.#waiting.length + spans.length > MOST_WAITING) {
      this.#options.registry.add('countersign_telemetry_dropped_total', [], spans.length);
      return;
    }
    this.#waiting.push(...spans);
    if (this.#waiting.length >= AT_ONCE && !this.#isSending) void this.#sendSpans();
  }

  /** Sends what is left, as far as the collector takes it. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    const { closing } = this.#options.intervals ?? INTERVALS;
    const patience = setTimeout(() => this.#ending.abort(), closing);
    await this.#sendSpans();
    await this.#sendMetrics();
    clearTimeout(patience);
  }

  #sendSpans(): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      this.#isSending = true;
      while (this.#waiting.length > 0) {
        const spans = this.#waiting.splice(0, AT_ONCE);
        const scopeSpans = [{ scope: this.#scope, spans }];
        const isTaken = await this.#send('traces', {
          resourceSpans: [{ resource: this.#resource, scopeSpans }],
        });
        if (isTaken) continue;
        this.#options.registry.add('countersign_telemetry_dropped_total', [], spans.length);
        break;
      }
      this.#isSending = false;
    });
    return this.#sending;
  }

  async #sendMetrics(): Promise<void> {
    const { registry, now } = this.#options;
    const metrics = [
      ...registryMetrics(registry, this.#started, now()),
      ...this.#genAi.metrics(this.#started, now()),
    ];
    const scopeMetrics = [{ scope: this.#scope, metrics }];
    await this.#send('metrics', { resourceMetrics: [{ resource: this.#resource, scopeMetrics }] });
  }

  get #scope(): object {
    return { name: 'countersign', version: this.#options.version };
  }

  get #resource(): object {
    const { service, version } = this.#options;
    return { attributes: keyValues({ 'service.name': service, 'service.version': version }) };
  }

  /** Whether the collector has taken it. */
  async #send(signal: 'traces' | 'metrics', message: object): Promise<boolean> {
    const { endpoint, headers } = this.#options;
    try {
      const { status } = await ask(`${endpoint.replace(/\/$/, '')}/v1/${signal}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: utf8(JSON.stringify(message)),
        limit: MAX_ANSWER,
        timeout: PATIENCE,
        signal: this.#ending.signal,
      });
      if (status < 300) {
        this.#isDown = false;
        return true;
      }
      this.#tell(`it answered ${status}`);
    } catch {
      this.#tell('it cannot be reached');
    }
    return false;
  }

  #tell(why: string): void {
    if (!this.#isDown) this.#options.onProblem(`telemetry is not taken by its collector: ${why}`);
    this.#isDown = true;
  }
}

function newId(bytes: number): string {
  return toHex(randomBytes(bytes));
}
