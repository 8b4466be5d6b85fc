/**
 * Counters, gauges and histograms, and how Prometheus reads them (text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * What is counted on the way of every request is a look into a map; everything else is done when somebody asks.
 */
import { Buckets, type HistogramSample } from './histogram.js';
import { METRICS, type MetricDescription, type MetricName, SECONDS } from './metric-table.js';
import { SeriesByLabels } from './series.js';

/** Values of labels, in the order in which the table has their names. */
export type LabelValues = readonly string[];
export type Sample = readonly [labels: LabelValues, value: number];

export class Registry {
  readonly #counters = new Map<MetricName, SeriesByLabels<number>>();
  readonly #histograms = new Map<MetricName, SeriesByLabels<Buckets>>();
  readonly #collectors = new Map<MetricName, () => Iterable<Sample>>();

  constructor() {
    for (const [name, { type }] of Object.entries(METRICS) as [MetricName, MetricDescription][]) {
      if (type === 'counter') this.#counters.set(name, new SeriesByLabels(() => 0));
      if (type === 'histogram') this.#histograms.set(name, new SeriesByLabels(() => new Buckets(SECONDS)));
    }
  }

  /** Adds to a counter. */
  add(name: MetricName, labels: LabelValues, count = 1): void {
    const series = this.#counters.get(name)?.of(labels);
    if (series !== undefined) series.value += count;
  }

  /** Takes a measurement into a histogram, in seconds. */
  observe(name: MetricName, labels: LabelValues, seconds: number): void {
    this.#histograms.get(name)?.of(labels).value.observe(seconds);
  }

  /** From now on `collect` is asked for this metric, whenever somebody reads it. */
  collect(name: MetricName, collect: () => Iterable<Sample>): void {
    this.#collectors.set(name, collect);
  }

  /** What a counter or a gauge is now. A counter without labels is 0 before anything was counted. */
  samples(name: MetricName): readonly Sample[] {
    const collected = [...(this.#collectors.get(name)?.() ?? [])];
    const counted = this.#counters.get(name)?.all ?? [];
    const samples = [...collected, ...counted.map(({ labels, value }): Sample => [labels, value])];
    const { type, labels } = METRICS[name];
    return samples.length === 0 && type === 'counter' && labels.length === 0 ? [[[], 0]] : samples;
  }

  histogram(name: MetricName): readonly HistogramSample[] {
    return (this.#histograms.get(name)?.all ?? []).map(({ labels, value }) => value.sample(labels));
  }

  /** All of it, as Prometheus reads it. */
  text(): string {
    return (Object.keys(METRICS) as MetricName[]).map(name => this.#textOf(name)).join('');
  }

  #textOf(name: MetricName): string {
    const { type, says, labels: names } = METRICS[name];
    const lines =
      type === 'histogram'
        ? this.histogram(name).flatMap(sample => histogramLines(name, names, sample))
        : this.samples(name).map(([labels, value]) => `${name}${written(names, labels)} ${numeral(value)}`);
    if (lines.length === 0) return '';
    return `# HELP ${name} ${says.replaceAll('\\', '\\\\')}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
  }
}

function histogramLines(
  name: MetricName,
  names: readonly string[],
  { labels, counts, sum, count }: HistogramSample,
): string[] {
  let reached = 0;
  const buckets = [...SECONDS.map(String), '+Inf'].map((bound, at) => {
    reached += counts[at] as number;
    return `${name}_bucket${written([...names, 'le'], [...labels, bound])} ${reached}`;
  });
  const own = written(names, labels);
  return [...buckets, `${name}_sum${own} ${numeral(sum)}`, `${name}_count${own} ${count}`];
}

function written(names: readonly string[], values: LabelValues): string {
  if (names.length === 0) return '';
  const escaped = (value: string) =>
    value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `{${names.map((name, at) => `${name}="${escaped(values[at] ?? '')}"`).join(',')}}`;
}

function numeral(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
