/**
 * Counters, gauges and histograms, and how Prometheus reads them (text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * What is counted on the way of every request is a look into a map; everything else is done when somebody asks.
 */
import { METRICS, type MetricName, SECONDS } from './metric-table.js';

/** Values of labels, in the order in which the table has their names. */
export type LabelValues = readonly string[];
export type Sample = readonly [labels: LabelValues, value: number];

/** The series of one metric, at most: what comes beyond is counted together, so that no stranger can fill the memory. */
const MOST_SERIES = 1000;
const OTHER = 'other';

interface Buckets {
  readonly counts: number[];
  sum: number;
  count: number;
}

interface Series<Value> {
  readonly labels: LabelValues;
  value: Value;
}

/** A histogram's series as it is now. `counts`: of each bucket by itself, the last being for what is over every bound. */
export interface HistogramSample {
  readonly labels: LabelValues;
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

export class Registry {
  readonly #counters = new Map<MetricName, Map<string, Series<number>>>();
  readonly #histograms = new Map<MetricName, Map<string, Series<Buckets>>>();
  readonly #collectors = new Map<MetricName, () => Iterable<Sample>>();

  /** Adds to a counter. */
  add(name: MetricName, labels: LabelValues, count = 1): void {
    const series = seriesOf(this.#counters, name, labels, () => 0);
    series.value += count;
  }

  /** Takes a measurement into a histogram, in seconds. */
  observe(name: MetricName, labels: LabelValues, seconds: number): void {
    const { value } = seriesOf(this.#histograms, name, labels, newBuckets);
    const at = SECONDS.findIndex(bound => seconds <= bound);
    const bucket = at < 0 ? SECONDS.length : at;
    value.counts[bucket] = (value.counts[bucket] as number) + 1;
    value.sum += seconds;
    value.count++;
  }

  /** From now on `collect` is asked for this metric, whenever somebody reads it. */
  collect(name: MetricName, collect: () => Iterable<Sample>): void {
    this.#collectors.set(name, collect);
  }

  /** What a counter or a gauge is now. A counter without labels is 0 before anything was counted. */
  samples(name: MetricName): readonly Sample[] {
    const collected = [...(this.#collectors.get(name)?.() ?? [])];
    const counted = [...(this.#counters.get(name)?.values() ?? [])];
    const samples = [...collected, ...counted.map(({ labels, value }): Sample => [labels, value])];
    const { type, labels } = METRICS[name];
    return samples.length === 0 && type === 'counter' && labels.length === 0 ? [[[], 0]] : samples;
  }

  histogram(name: MetricName): readonly HistogramSample[] {
    return [...(this.#histograms.get(name)?.values() ?? [])].map(({ labels, value }) => ({
      labels,
      ...value,
    }));
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

function seriesOf<Value>(
  all: Map<MetricName, Map<string, Series<Value>>>,
  name: MetricName,
  labels: LabelValues,
  begin: () => Value,
): Series<Value> {
  let ofName = all.get(name);
  if (ofName === undefined) {
    ofName = new Map();
    all.set(name, ofName);
  }
  const key = labels.join('\n');
  const known = ofName.get(key);
  if (known !== undefined) return known;
  if (ofName.size >= MOST_SERIES && !labels.every(label => label === OTHER))
    return seriesOf(
      all,
      name,
      labels.map(() => OTHER),
      begin,
    );
  const series = { labels, value: begin() };
  ofName.set(key, series);
  return series;
}

function newBuckets(): Buckets {
  return { counts: [...SECONDS, 0].map(() => 0), sum: 0, count: 0 };
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
