import { describe, expect, it } from 'vitest';
import { METRICS, type MetricName, SECONDS } from './metric-table.js';
import { Registry } from './registry.js';

/** Series by their names and labels, as a scraper reads them. */
function read(text: string): Map<string, number> {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('the metrics of a gateway, as Prometheus reads them', () => {
  it('counters add up, by their labels', () => {
    const registry = new Registry();
    registry.add('countersign_tokens_total', ['openai', 'prompt'], 3);
    registry.add('countersign_tokens_total', ['openai', 'prompt'], 4);
    registry.add('countersign_tokens_total', ['openai', 'completion']);
    const series = read(registry.text());
    expect(series.get('countersign_tokens_total{upstream="openai",kind="prompt"}')).toBe(7);
    expect(series.get('countersign_tokens_total{upstream="openai",kind="completion"}')).toBe(1);
  });

  it('a counter without labels is 0 before anything was counted, so that its first increase is seen', () => {
    expect(read(new Registry().text()).get('countersign_problems_total')).toBe(0);
  });

  it('histograms count up to each bound, what is on it included, and all', () => {
    const registry = new Registry();
    for (const seconds of [0.001, 0.005, 0.3, 1000])
      registry.observe('countersign_exchange_seconds', ['messages', 'a'], seconds);
    const series = read(registry.text());
    const bucket = (le: string) =>
      series.get(`countersign_exchange_seconds_bucket{surface="messages",upstream="a",le="${le}"}`);
    expect(SECONDS.map(bound => bucket(String(bound)))).toEqual([
      2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3,
    ]);
    expect(bucket('+Inf')).toBe(4);
    expect(series.get('countersign_exchange_seconds_count{surface="messages",upstream="a"}')).toBe(4);
    expect(series.get('countersign_exchange_seconds_sum{surface="messages",upstream="a"}')).toBeCloseTo(
      1000.306,
    );
  });

  it('gauges are asked when somebody reads', () => {
    const registry = new Registry();
    let entries = 1;
    registry.collect('countersign_log_entries', () => [[[], entries]]);
    expect(read(registry.text()).get('countersign_log_entries')).toBe(1);
    entries = 5;
    expect(read(registry.text()).get('countersign_log_entries')).toBe(5);
  });

  it('a name in a label cannot end the line or the quotes', () => {
    const registry = new Registry();
    registry.add('countersign_attempts_total', ['a"\\\nb', 'failed']);
    expect(registry.text()).toContain(
      'countersign_attempts_total{upstream="a\\"\\\\\\nb",outcome="failed"} 1\n',
    );
  });

  it('is bounded, whatever comes: what is too much is counted together', () => {
    const registry = new Registry();
    for (let at = 0; at < 5000; at++) registry.add('countersign_refusals_total', [`reason-${at}`]);
    const samples = registry.samples('countersign_refusals_total');
    expect(samples.length).toBe(1001);
    expect(samples.find(([[label]]) => label === 'other')?.[1]).toBe(4000);
  });

  it.each(Object.keys(METRICS) as MetricName[])(
    '%s has a name and a sentence as Prometheus wants them',
    name => {
      const { type, says, labels } = METRICS[name];
      expect(name).toMatch(/^(?:countersign|process|nodejs)_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(says).toMatch(/^[0-9A-Z].*\.$|^1, with the version that runs\.$/);
      for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
    },
  );
});
