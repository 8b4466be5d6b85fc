import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExchangeReport } from '../../../receipt/exchange-report.js';
import type { TraceContext } from '../../../receipt/trace-context.js';
import { Registry } from '../registry.js';
import { OtlpExporter } from './exporter.js';

interface Received {
  readonly path: string;
  readonly headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: what arrives is looked at member by member
  readonly message: any;
}

let server: Server;
let received: Received[];
let status: number;
let registry: Registry;
let problems: string[];
let exporter: OtlpExporter;
let closing: number;

/** A collector that keeps what it is sent. */
beforeEach(async () => {
  received = [];
  status = 200;
  problems = [];
  closing = 10_000;
  registry = new Registry();
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', part => {
      body += part;
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, message: JSON.parse(body) });
      // A status of 0 is none: it keeps its client waiting.
      if (status > 0) response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  exporter = open();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

const open = (path = '', endpoint?: string) =>
  new OtlpExporter({
    endpoint: endpoint ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    headers: { 'x-collector-key': 'k' },
    service: 'a gateway',
    version: '1.2.3',
    registry,
    onProblem: message => problems.push(message),
    now: () => 5000,
    // Sent when it is closed.
    intervals: { spans: 1e9, metrics: 1e9, closing },
  });

const TRACE: TraceContext = {
  trace: '4bf92f3577b34da6a3ce929d0e0e4736',
  span: '00f067aa0ba902b7',
  parent: 'b7ad6b7169203331',
  isSampled: true,
};
const report = (more: Partial<ExchangeReport> = {}): ExchangeReport => ({
  exchange: 'a'.repeat(26),
  request: 'r-1',
  surface: 'chat/completions',
  model: 'gpt-4o',
  served: 'gpt-4o-2024-08-06',
  stream: true,
  status: 'completed',
  reason: null,
  http: 200,
  received: 1000,
  firstByte: 1250,
  ended: 3000,
  attempts: [
    { upstream: 'mistral', started: 1010, ended: 1100, status: 500, reason: 'upstream/error' },
    { upstream: 'openai', started: 1110, ended: 3000, status: 200, reason: null },
  ],
  finish: ['stop'],
  usage: { prompt_tokens: 12, completion_tokens: 8, cached_tokens: 4 },
  unsealed: null,
  trace: TRACE,
  ...more,
});
const spans = () =>
  received
    .filter(({ path }) => path.endsWith('/v1/traces'))
    .flatMap(({ message }) => message.resourceSpans[0].scopeSpans[0].spans);
const metrics = () =>
  received.filter(({ path }) => path === '/v1/metrics').at(-1)?.message.resourceMetrics[0].scopeMetrics[0]
    .metrics;
const named = (list: { name: string }[], name: string) =>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  list.find(one => one.name === name) as any;
// biome-ignore lint/suspicious/noExplicitAny: as above
const attributesOf = ({ attributes }: any): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }: { key: string; value: object }) => [key, Object.values(value)[0]]),
  );

describe('what a collector gets over OTLP/HTTP', () => {
  it('of an exchange: a span of the server, and within it one for each upstream by the GenAI conventions', async () => {
    exporter.ended(report());
    await exporter.close();
    const [served, first, second, ...rest] = spans();
    expect(rest).toEqual([]);
    expect(served).toMatchObject({
      traceId: TRACE.trace,
      spanId: TRACE.span,
      parentSpanId: TRACE.parent,
      name: 'POST /v1/chat/completions',
      kind: 2,
      startTimeUnixNano: '1000000000',
      endTimeUnixNano: '3000000000',
    });
    expect(attributesOf(served)).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/chat/completions',
      'http.response.status_code': '200',
      'countersign.exchange': 'a'.repeat(26),
      'countersign.request': 'r-1',
      'countersign.status': 'completed',
    });
    for (const span of [first, second]) {
      expect(span).toMatchObject({
        traceId: TRACE.trace,
        parentSpanId: TRACE.span,
        kind: 3,
        name: 'chat gpt-4o',
      });
      expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    }
    expect(attributesOf(first)).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'mistral_ai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.stream': true,
      'http.response.status_code': '500',
      'error.type': 'upstream/error',
    });
    expect(first.status).toEqual({ code: 2 });
    expect(attributesOf(second)).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.stream': true,
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.response.finish_reasons': { values: [{ stringValue: 'stop' }] },
      'gen_ai.usage.input_tokens': '12',
      'gen_ai.usage.output_tokens': '8',
      'gen_ai.usage.cache_read.input_tokens': '4',
      'http.response.status_code': '200',
    });
    expect(second.status).toBeUndefined();
  });

  it('of all exchanges: durations and tokens by the conventions, and everything that Prometheus is told', async () => {
    registry.add('countersign_tokens_total', ['openai', 'prompt'], 12);
    registry.observe('countersign_exchange_seconds', ['chat/completions', 'openai'], 2);
    registry.collect('countersign_log_entries', () => [[[], 7]]);
    exporter.ended(report());
    await exporter.close();
    const durations = named(metrics(), 'gen_ai.client.operation.duration');
    expect(durations.unit).toBe('s');
    expect(durations.histogram.aggregationTemporality).toBe(2);
    const [failed, answered] = durations.histogram.dataPoints;
    expect(attributesOf(failed)).toMatchObject({
      'gen_ai.provider.name': 'mistral_ai',
      'error.type': 'upstream/error',
    });
    expect(answered).toMatchObject({ count: '1', sum: 1.89 });
    expect(answered.bucketCounts).toHaveLength(answered.explicitBounds.length + 1);
    expect(answered.bucketCounts.filter((count: string) => count === '1')).toHaveLength(1);
    const tokens = named(metrics(), 'gen_ai.client.token.usage');
    expect(tokens.histogram.dataPoints.map(attributesOf)).toMatchObject([
      { 'gen_ai.token.type': 'input', 'gen_ai.response.model': 'gpt-4o-2024-08-06' },
      { 'gen_ai.token.type': 'output' },
    ]);
    expect(named(metrics(), 'countersign_tokens_total').sum).toMatchObject({
      isMonotonic: true,
      aggregationTemporality: 2,
      dataPoints: [{ asDouble: 12 }],
    });
    expect(named(metrics(), 'countersign_log_entries').gauge.dataPoints).toMatchObject([{ asDouble: 7 }]);
    expect(named(metrics(), 'countersign_exchange_seconds').histogram.dataPoints).toMatchObject([
      { count: '1' },
    ]);
  });

  it('says whose it is, and shows the collector’s key to it', async () => {
    exporter.ended(report());
    await exporter.close();
    for (const { headers } of received)
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-collector-key': 'k' });
    expect(attributesOf(received[0]?.message.resourceSpans[0].resource)).toEqual({
      'service.name': 'a gateway',
      'service.version': '1.2.3',
    });
  });

  it('below a path, with or without a slash at its end', async () => {
    for (const path of ['/otlp', '/otlp/']) {
      const other = open(path);
      other.ended(report());
      await other.close();
    }
    expect(new Set(received.map(({ path }) => path))).toEqual(
      new Set(['/otlp/v1/traces', '/otlp/v1/metrics']),
    );
  });
});

describe('which trace an exchange is a part of', () => {
  it('its caller’s, with a span of our own', () => {
    const context = exporter.trace(`00-${TRACE.trace}-${TRACE.parent}-01`);
    expect(context).toMatchObject({ trace: TRACE.trace, parent: TRACE.parent, isSampled: true });
    expect(context.span).toMatch(/^[0-9a-f]{16}$/);
    expect(context.span).not.toBe(TRACE.parent);
  });

  it.each([undefined, '', 'garbage'])('a new one, where the header is %j', header => {
    const context = exporter.trace(header);
    expect(context).toMatchObject({ parent: null, isSampled: true });
    expect(context.trace).toMatch(/^[0-9a-f]{32}$/);
    expect(exporter.trace(header).trace).not.toBe(context.trace);
  });

  it('what the caller does not record is not sent, but measured all the same', async () => {
    exporter.ended(report({ trace: { ...TRACE, isSampled: false } }));
    await exporter.close();
    expect(spans()).toEqual([]);
    expect(named(metrics(), 'gen_ai.client.operation.duration')).toBeDefined();
  });
});

describe('a collector that takes nothing', () => {
  it.each([503, 404])('with status %i: it is said once, and what is lost is counted', async answer => {
    status = answer;
    exporter.ended(report());
    await exporter.close();
    expect(problems).toEqual([`telemetry is not taken by its collector: it answered ${answer}`]);
    expect(registry.samples('countersign_telemetry_dropped_total')).toEqual([[[], 3]]);
  });

  it('because it is not there', async () => {
    const alone = open('', 'http://127.0.0.1:1');
    alone.ended(report());
    await alone.close();
    expect(problems).toEqual(['telemetry is not taken by its collector: it cannot be reached']);
  });

  it('because it never answers: a gateway that ends does not wait for it', async () => {
    status = 0;
    closing = 50;
    const alone = open();
    alone.ended(report());
    await alone.close();
    expect(problems).toEqual(['telemetry is not taken by its collector: it cannot be reached']);
    expect(registry.samples('countersign_telemetry_dropped_total')).toEqual([[[], 3]]);
  });

  it('does not fill the memory: what waits is bounded', () => {
    const alone = open('', 'http://127.0.0.1:1');
    for (let at = 0; at < 5000; at++) alone.ended(report());
    const [[, dropped] = [[], 0]] = registry.samples('countersign_telemetry_dropped_total');
    expect(dropped).toBeGreaterThan(5000);
  });
});
