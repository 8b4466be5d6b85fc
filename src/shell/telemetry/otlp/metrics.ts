/** What is measured, as OTLP has it: everything that Prometheus is told, and the metrics of the GenAI conventions. */
import type { ExchangeReport } from '../../../receipt/exchange-report.js';
import { Buckets, type HistogramSample } from '../histogram.js';
import { METRICS, type MetricName, SECONDS } from '../metric-table.js';
import type { Registry } from '../registry.js';
import { SeriesByLabels } from '../series.js';
import { DURATIONS, OPERATIONS, providerOf, TOKENS } from './conventions.js';
import { type Attributes, keyValues, nanoseconds } from './json.js';

/** Since the beginning of the process. */
const CUMULATIVE = 2;
/** What stands where a label has no value. */
const NONE = '';

const DURATION_LABELS = [
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.response.model',
  'error.type',
];
const TOKEN_LABELS = [...DURATION_LABELS.slice(0, 4), 'gen_ai.token.type'];

/** The histograms of the conventions. */
export class GenAiMetrics {
  readonly #durations = new SeriesByLabels(() => new Buckets(DURATIONS));
  readonly #tokens = new SeriesByLabels(() => new Buckets(TOKENS));

  take({ surface, model, served, attempts, usage }: ExchangeReport): void {
    for (const [at, { upstream, started, ended, reason }] of attempts.entries()) {
      const isLast = at === attempts.length - 1;
      const labels = [OPERATIONS[surface], providerOf(upstream), model ?? NONE, (isLast && served) || NONE];
      this.#durations.of([...labels, reason ?? NONE]).value.observe(Math.max(0, ended - started) / 1000);
      if (!isLast) continue;
      const { prompt_tokens: input, completion_tokens: output } = usage ?? {};
      if (input !== undefined) this.#tokens.of([...labels, 'input']).value.observe(input);
      if (output !== undefined) this.#tokens.of([...labels, 'output']).value.observe(output);
    }
  }

  /** `started`, `now`: milliseconds since 1970. */
  metrics(started: number, now: number): object[] {
    const samples = (series: SeriesByLabels<Buckets>) =>
      series.all.map(({ labels, value }) => value.sample(labels));
    return [
      {
        name: 'gen_ai.client.operation.duration',
        unit: 's',
        histogram: histogramOf(samples(this.#durations), DURATION_LABELS, DURATIONS, started, now),
      },
      {
        name: 'gen_ai.client.token.usage',
        unit: '{token}',
        histogram: histogramOf(samples(this.#tokens), TOKEN_LABELS, TOKENS, started, now),
      },
    ].filter(({ histogram }) => histogram.dataPoints.length > 0);
  }
}

/** All of the registry. */
export function registryMetrics(registry: Registry, started: number, now: number): object[] {
  return (Object.keys(METRICS) as MetricName[]).flatMap((name): object[] => {
    const { type, says: description, labels: names } = METRICS[name];
    if (type === 'histogram') {
      const histogram = histogramOf(registry.histogram(name), names, SECONDS, started, now);
      return histogram.dataPoints.length === 0 ? [] : [{ name, description, unit: 's', histogram }];
    }
    const dataPoints = registry.samples(name).map(([labels, value]) => ({
      asDouble: value,
      ...(type === 'counter' ? { startTimeUnixNano: nanoseconds(started) } : {}),
      timeUnixNano: nanoseconds(now),
      attributes: keyValues(labelled(names, labels)),
    }));
    if (dataPoints.length === 0) return [];
    return type === 'counter'
      ? [{ name, description, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } }]
      : [{ name, description, gauge: { dataPoints } }];
  });
}

function histogramOf(
  samples: readonly HistogramSample[],
  names: readonly string[],
  bounds: readonly number[],
  started: number,
  now: number,
) {
  return {
    aggregationTemporality: CUMULATIVE,
    dataPoints: samples.map(({ labels, counts, sum, count }) => ({
      startTimeUnixNano: nanoseconds(started),
      timeUnixNano: nanoseconds(now),
      count: String(count),
      sum,
      bucketCounts: counts.map(String),
      explicitBounds: bounds,
      attributes: keyValues(labelled(names, labels)),
    })),
  };
}

function labelled(names: readonly string[], values: readonly string[]): Attributes {
  return Object.fromEntries(names.map((name, at) => [name, values[at] === NONE ? null : values[at]]));
}
